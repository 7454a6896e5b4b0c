package resolve

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// example is a reference of a row of managers.toml, the arguments with which its
// program is called then, and what it says of an entry that is not there: its text
// as the tool's documentation, its source or a report has it. The program is a
// stand-in: most of them cannot be had here.
type example struct {
	path, argv    string // argv: joined by a blank
	missing, said string // said: on stderr, with exit status code; "" for silence
	code          string
}

var examples = map[string]example{
	"op": {"//v/planted/f", "op read --no-newline op://v/planted/f", "//v/missing/f",
		`[ERROR] 2026/01/01 10:00:00 could not read secret 'op://v/missing/f': could not get item v/missing: "missing" isn't an item in the "v" vault.`, "1"},
	"gopass":  {"dev/planted", "gopass show --noparsing --unsafe dev/planted", "dev/missing", `Error: failed to retrieve secret "dev/missing": entry is not in the password store`, "10"},
	"passage": {"dev/planted", "passage show dev/planted", "dev/missing", "Error: dev/missing is not in the password store.", "1"},
	"bw":      {"planted#username", "bw --nointeraction get username planted", "missing", "Not found.", "1"},
	"bws": {"382580ab-1368-4e85-bfa3-b02e01400c9f", "bws --color no --output json secret get 382580ab-1368-4e85-bfa3-b02e01400c9f", "082580ab-1368-4e85-bfa3-b02e01400c9f",
		`Error: 0: Received error message from server: [404 Not Found] {"message":"Resource not found.","object":"error"}`, "1"},
	"rbw":       {"planted#user", "rbw get --field=user planted", "missing", "rbw get: couldn't find entry for 'missing': no entry found", "1"},
	"keepassxc": {"/db.kdbx#dev/planted", "keepassxc-cli show --show-protected --attributes Password /db.kdbx dev/planted", "/db.kdbx#missing", "Enter password to unlock /db.kdbx: \nCould not find entry with path missing.", "1"},
	"vault":     {"secret/dev/planted#key", "vault kv get -mount=secret -field=key dev/planted", "secret/missing#key", "No value found at secret/data/missing", "2"},
	"bao":       {"secret/dev/planted#key", "bao kv get -mount=secret -field=key dev/planted", "secret/planted#missing", `Field "missing" not present in secret`, "1"},
	"doppler": {"api/prd/PLANTED", "doppler secrets get PLANTED --plain --no-check-version --project=api --config=prd", "MISSING",
		"Doppler Error: Could not find requested secret: MISSING", "1"},
	"infisical": {"64f0/dev/PLANTED", "infisical secrets get PLANTED --plain --silent --projectId=64f0 --env=dev", "dev/MISSING", "", "0"},
	"awssm": {"dev/planted", "aws secretsmanager get-secret-value --output json --secret-id dev/planted", "dev/missing",
		"An error occurred (ResourceNotFoundException) when calling the GetSecretValue operation: Secrets Manager can't find the specified secret.", "254"},
	"awsps": {"/dev/planted", "aws ssm get-parameter --with-decryption --output json --name /dev/planted", "/dev/missing",
		"An error occurred (ParameterNotFound) when calling the GetParameter operation: ", "254"},
	"gcpsm": {"api/planted", "gcloud secrets versions access latest --secret=planted --project=api --quiet", "missing#3",
		"ERROR: (gcloud.secrets.versions.access) NOT_FOUND: Secret [projects/1/secrets/missing] not found or has no versions.", "1"},
	"azkv": {"kv/planted", "az keyvault secret show --output json --vault-name=kv --name=planted", "kv/missing",
		"ERROR: (SecretNotFound) A secret with (name/id) missing was not found in this key vault.", "3"},
	"systemd-creds": {"/f#planted", "systemd-creds decrypt --name=planted /f -", "/missing", "Failed to read encrypted credential data: No such file or directory", "1"},
}

// trial is the conformance of a row with a stand-in, which looks at its arguments.
func (e example) trial(scheme string) trial {
	row, err := managerOf(scheme)
	if err != nil {
		return trial{}
	}
	values, _ := row.values(scheme, e.missing)
	name, _, _ := strings.Cut(e.argv, " ")
	c := trial{
		setup: func(t *testing.T, _ *Resolver) {
			dir := standIn(t, name, `cd "$(dirname "$0")"
case "`+name+` $*" in
"$(cat planted)") exec cat value ;;
"$(cat missing)") cat said >&2; exit `+e.code+` ;;
esac
echo "called with $*" >&2; exit 9`)
			for file, text := range map[string]string{"planted": e.argv, "missing": strings.Join(fill(row.Get, values), " "), "said": e.said} {
				plantFile(t, filepath.Join(dir, file), []byte(text), "")
			}
		},
		plant: func(t *testing.T, _ *Resolver, value []byte) string {
			program, err := exec.LookPath(name)
			if err != nil {
				t.Fatal(err)
			}
			if row.Field != "" {
				value = fieldValue(row.Field, value)
			}
			return plantFile(t, filepath.Join(filepath.Dir(program), "value"), value, e.path)
		},
		missing: e.missing, missed: NotFound, empty: NotFound,
		absent: func(t *testing.T, _ *Resolver) string { t.Setenv("PATH", t.TempDir()); return e.path },
	}
	if row.Field != "" {
		c.empty = Failed
	}
	return c
}

// fieldValue is JSON that has the value at a pointer.
func fieldValue(pointer string, value []byte) []byte {
	var v any = string(value)
	for parts := strings.Split(pointer[1:], "/"); len(parts) > 0; parts = parts[:len(parts)-1] {
		v = map[string]any{"version": 1, parts[len(parts)-1]: v}
	}
	text, _ := json.Marshal(v)
	return text
}
