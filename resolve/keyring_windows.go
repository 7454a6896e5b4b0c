package resolve

func init() {
	keyringUnlock = "log in to Windows again"
	// CRED_MAX_CREDENTIAL_BLOB_SIZE, wincred.h.
	keyringMax = func(string) int { return 5 * 512 }
}
