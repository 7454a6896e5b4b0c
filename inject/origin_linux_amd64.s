#include "textflag.h"

// A signal handler in the kernel's convention: DI is the signal, SI the siginfo_t.
TEXT ·handler(SB),NOSPLIT|NOFRAME,$0
	CMPL 8(SI), $-6 // si_code is SI_TKILL
	JNE  tell
	MOVL ·handlerPID(SB), AX
	CMPL 16(SI), AX // si_pid
	JEQ  runtime
tell:
	MOVL ·handlerPipe(SB), DI
	MOVL $128, DX
	MOVL $1, AX // write
	SYSCALL
	RET

runtime:
	MOVQ ·runtimeHandler(SB), AX
	JMP  AX

// The same for signals that are faults, too: then si_code is positive, which no process can send.
TEXT ·faultHandler(SB),NOSPLIT|NOFRAME,$0
	CMPL 8(SI), $0
	JGT  fault
	JMP  ·handler(SB)

fault:
	MOVQ ·runtimeHandler(SB), AX
	JMP  AX

TEXT ·handlerAddress(SB),NOSPLIT,$0-8
	MOVQ $·handler(SB), AX
	MOVQ AX, ret+0(FP)
	RET

TEXT ·faultHandlerAddress(SB),NOSPLIT,$0-8
	MOVQ $·faultHandler(SB), AX
	MOVQ AX, ret+0(FP)
	RET
