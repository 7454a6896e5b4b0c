package profiles

import (
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"
)

// filled is a value of that type in which nothing is zero: a field that is not packed is
// found, also one that is added later.
func filled(t reflect.Type, n int) reflect.Value {
	v := reflect.New(t).Elem()
	switch t.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("text %d \x00\n\xff", n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int64:
		v.SetInt(int64(n) * 1e9)
	case reflect.Slice:
		v.Set(reflect.Append(v, filled(t.Elem(), n+1), filled(t.Elem(), n+2)))
	case reflect.Struct:
		for i := range t.NumField() {
			if t.Field(i).Type.Kind() != reflect.Map { // these are not packed
				v.Field(i).Set(filled(t.Field(i).Type, 10*n+i+1))
			}
		}
	default:
		panic("a field of a new kind: " + t.String())
	}
	return v
}

func TestPackProfile(t *testing.T) {
	for name, want := range map[string]Profile{
		"filled": filled(reflect.TypeFor[Profile](), 1).Interface().(Profile),
		"empty":  {},
	} {
		var got Profile
		if err := got.unpack(&packing{b: want.pack()}); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: unpack(pack()) = %+v, %v; want %+v", name, got, err, want)
		}
	}
}

func TestPackConfig(t *testing.T) {
	for name, want := range map[string]Config{
		"filled": filled(reflect.TypeFor[Config](), 1).Interface().(Config),
		"empty":  {},
	} {
		var got Config
		if err := got.unpack(&packing{b: want.pack()}); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: unpack(pack()) = %+v, %v; want %+v", name, got, err, want)
		}
	}
}

// What is packed and unpacked reads as the folder does, and so does a frozen one.
func TestPackedHome(t *testing.T) {
	const managers = "[managers.corp]\nget = [\"corp\", \"{path}\"]\n"
	for name, files := range map[string]map[string]string{
		"whole":        {"config.toml": "[secrets]\ntimeout = \"3s\"\n", "active-profile": "p\n", "profiles/p.toml": "model = \"m\"\napi_key_ref = \"age:p\"\n[secrets.x]\nref = \"age:x\"\n[env]\nA = \"{fd}\"\n"},
		"no settings":  {"active-profile": "p\n", "profiles/p.toml": "api_key_ref = \"age:p\"\n"},
		"none active":  {"profiles/p.toml": "api_key_ref = \"age:p\"\n"},
		"own managers": {"config.toml": managers, "profiles/p.toml": "api_key_ref = \"corp:p\"\n"},
		"own clients":  {"config.toml": "[clients.mine]\nenv = { A = \"{fd}\" }\n", "profiles/p.toml": "api_key_ref = \"age:p\"\n"},
		"no profile":   {"config.toml": "[secrets]\nallow_plaintext = true\n[audit]\nenabled = true\n"},
	} {
		h := home(t, files)
		snapshot, problems, err := h.Snapshot()
		if err != nil || len(problems) > 0 || len(snapshot) != len(files) {
			t.Fatalf("%s: Snapshot() = %d files, %v, %v; want %d", name, len(snapshot), problems, err, len(files))
		}
		frozen := Frozen(h.Dir, snapshot)
		profile := "p"
		if name == "no profile" {
			profile = ""
		}
		packed, err := frozen.Pack(profile)
		if err != nil {
			t.Fatalf("%s: Pack() = %v", name, err)
		}
		for how, other := range map[string]Home{"Frozen": frozen, "Unpack": Unpack(h.Dir, packed)} {
			sameReading(t, name+", "+how, other, h)
		}
	}
}

func sameReading(t *testing.T, name string, got, want Home) {
	t.Helper()
	gotConfig, err := got.Config()
	if wantConfig, _ := want.Config(); err != nil || !reflect.DeepEqual(gotConfig, wantConfig) {
		t.Errorf("%s: Config() = %+v, %v; want %+v", name, gotConfig, err, wantConfig)
	}
	gotActive, err := got.Active()
	if wantActive, wantErr := want.Active(); gotActive != wantActive || !errors.Is(err, wantErr) {
		t.Errorf("%s: Active() = %q, %v; want %q, %v", name, gotActive, err, wantActive, wantErr)
	}
	for _, p := range []string{"p", "nosuch"} {
		gotProfile, err := got.Profile(p)
		wantProfile, wantErr := want.Profile(p)
		if !reflect.DeepEqual(gotProfile, wantProfile) || (err == nil) != (wantErr == nil) || errors.Is(err, ErrNoProfile) != errors.Is(wantErr, ErrNoProfile) {
			t.Errorf("%s: Profile(%s) = %+v, %v; want %+v, %v", name, p, gotProfile, err, wantProfile, wantErr)
		}
	}
}

// A broken profile is left out and named; broken settings are an error.
func TestSnapshotOfWhatIsBroken(t *testing.T) {
	h := home(t, map[string]string{"profiles/good.toml": "api_key_ref = \"age:p\"\n", "profiles/bad.toml": "api_key_ref\n"})
	files, problems, err := h.Snapshot()
	if err != nil || len(problems) != 1 || len(files) != 1 || files["profiles/good.toml"] == nil {
		t.Errorf("Snapshot() = %d files, %v, %v; want the good profile, and one problem", len(files), problems, err)
	}
	h = home(t, map[string]string{"config.toml": "[secrets\n"})
	if _, _, err := h.Snapshot(); err == nil {
		t.Error("Snapshot() with broken settings = nil, want an error")
	}
}

func FuzzUnpack(f *testing.F) {
	p := filled(reflect.TypeFor[Profile](), 1).Interface().(Profile)
	c := Config{DefaultBackend: "age", Timeout: time.Second}
	f.Add(p.pack())
	f.Add(c.pack())
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, data []byte) {
		var p Profile
		if err := p.unpack(&packing{b: data}); err == nil && !reflect.DeepEqual(p.pack(), data) {
			var again Profile // a length may be written in several ways
			if err := again.unpack(&packing{b: p.pack()}); err != nil || !reflect.DeepEqual(p, again) {
				t.Errorf("unpack(%q) = %+v, and packed again %+v, %v", data, p, again, err)
			}
		}
		var c Config
		_ = c.unpack(&packing{b: data})
	})
}
