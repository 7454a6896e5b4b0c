#include "textflag.h"

// A signal handler in the kernel's convention: DI is the signal, SI the siginfo_t.
TEXT ·handler(SB),NOSPLIT|NOFRAME,$0
	CMPL 8(SI), $-6 // si_code is SI_TKILL
	JEQ  runtime
	MOVL ·handlerPipe(SB), DI
	MOVL $128, DX
	MOVL $1, AX // write
	SYSCALL
	RET

runtime:
	MOVQ ·runtimeHandler(SB), AX
	JMP  AX

TEXT ·handlerAddress(SB),NOSPLIT,$0-8
	MOVQ $·handler(SB), AX
	MOVQ AX, ret+0(FP)
	RET
