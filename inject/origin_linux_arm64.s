#include "textflag.h"

// A signal handler in the kernel's convention: R0 is the signal, R1 the siginfo_t.
TEXT ·handler(SB),NOSPLIT|NOFRAME,$0
	MOVW 8(R1), R3
	CMPW $-6, R3 // si_code is SI_TKILL
	BNE  tell
	MOVW 16(R1), R3 // si_pid
	MOVW ·handlerPID(SB), R4
	CMPW R4, R3
	BEQ  runtime
tell:
	MOVW ·handlerPipe(SB), R0
	MOVD $128, R2
	MOVD $64, R8 // write
	SVC
	RET

runtime:
	MOVD ·runtimeHandler(SB), R3
	JMP  (R3)

// The same for signals that are faults, too: then si_code is positive, which no process can send.
TEXT ·faultHandler(SB),NOSPLIT|NOFRAME,$0
	MOVW 8(R1), R3
	CMPW $0, R3
	BGT  fault
	JMP  ·handler(SB)

fault:
	MOVD ·runtimeHandler(SB), R3
	JMP  (R3)

TEXT ·handlerAddress(SB),NOSPLIT,$0-8
	MOVD $·handler(SB), R0
	MOVD R0, ret+0(FP)
	RET

TEXT ·faultHandlerAddress(SB),NOSPLIT,$0-8
	MOVD $·faultHandler(SB), R0
	MOVD R0, ret+0(FP)
	RET
