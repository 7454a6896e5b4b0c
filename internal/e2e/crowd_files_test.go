//go:build unix

package e2e

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Fifty make a profile of their own, and as many set the backend, all at once:
// every profile is there and nothing else in config.toml has changed.
func TestCrowdOfProfiles(t *testing.T) {
	t.Parallel()
	config := "# mine\ntheme = \"dark\" # not to be lost\n\n[tui]\nsecrets = \"none\"\n\n[secrets] # where keys are\nallow_plaintext = true\ndefault_backend = \"keyring\"\n"
	p := newPlace(t, map[string]string{"config.toml": config})
	list := named("p", crowd)
	atOnce(2*crowd, func(i int) {
		if i%2 == 0 {
			p.must("", "profile", "create", list[i/2], "--ref", "plaintext:"+list[i/2], "-m", valueOf(list[i/2]))
		} else {
			p.must("", "secret", "backend", "set", []string{"plaintext", "keyring"}[i/2%2])
		}
	})
	want := map[string]string{".lock": "-rw------- ", ".": "drwx------ ", "profiles": "drwx------ "}
	for _, name := range list {
		want["profiles/"+name+".toml"] = "-rw------- " + profile("plaintext:"+name, valueOf(name))
	}
	p.must("", "secret", "backend", "set", "keyring")
	want["config.toml"] = "-rw------- " + config
	p.unchanged(want, "fifty profiles made at once")
}

// Fifty make the same profile: one does, the others are told so.
func TestCrowdOfOneProfile(t *testing.T) {
	t.Parallel()
	p := newPlace(t, map[string]string{"config.toml": allowed})
	models := named("m", crowd)
	codes := make([]int, crowd)
	atOnce(crowd, func(i int) {
		got := p.run("", "profile", "create", "one", "-m", valueOf(models[i]))
		if codes[i] = got.code; got.code != 0 && !(got.code == 1 && strings.Contains(got.stderr, "there is a profile of that name")) {
			t.Errorf("profile create one, among fifty = %d, %q; want 0, or that it is there", got.code, got.stderr)
		}
	})
	winners := 0
	for i, code := range codes {
		if code != 0 {
			continue
		}
		winners++
		if got, want := p.tree()["profiles/one.toml"], "-rw------- "+profile("plaintext:one", valueOf(models[i])); got != want {
			t.Errorf("profile create one, among fifty: the file is %q, want that of the one that made it, %q", got, want)
		}
	}
	if winners != 1 {
		t.Errorf("profile create one, by fifty: %d made it, want 1", winners)
	}
}

// Several migrate at once: each finds done what another did, and what is left is
// what one of them alone leaves.
func TestCrowdMigrates(t *testing.T) {
	t.Parallel()
	undisturbed := newPlace(t, manyLeftovers(), leftoverValues...)
	undisturbed.must("", "migrate")
	for range 5 {
		p := newPlace(t, manyLeftovers(), leftoverValues...)
		atOnce(4, func(int) { p.must("", "migrate") })
		p.unchanged(undisturbed.tree(), "four that migrate at once")
	}
}

// Several that migrate different values under one name: the first keeps it, the
// others are told so, and nobody is told that a value is stored which is not.
func TestCrowdMigratesOthers(t *testing.T) {
	t.Parallel()
	p := newPlace(t, manyLeftovers())
	stored := regexp.MustCompile(`(?m)^wg-run: stored ONE_KEY as plaintext:(\w+)$`)
	var told [4][][]string
	atOnce(len(told), func(i int) {
		mine := *p
		mine.env = append(slices.Clone(p.env), "ONE_KEY="+valueOf(strconv.Itoa(i)))
		got := mine.run("", "migrate")
		told[i] = stored.FindAllStringSubmatch(got.stderr, -1)
	})
	count := 0
	for i, list := range told {
		for _, m := range list {
			count++
			if got, want := p.value("plaintext:"+m[1]), valueOf(strconv.Itoa(i)); got != want {
				t.Errorf("migrate said that it stored %s; secret get: %q, want %q", m[1], got, want)
			}
		}
	}
	if names := p.listed(); len(names) != 12 || count != 12 {
		t.Errorf("migrate, four with values of their own: %d were told of a value, %d are stored; want 12", count, len(names))
	}
}

func manyLeftovers() map[string]string {
	files := map[string]string{"config.toml": allowed, "active-profile": "p00\n"}
	for _, name := range named("p", 12) {
		files["profiles/"+name+".toml"] = "# " + name + "\napi_key_env = \"ONE_KEY\"\n"
	}
	return files
}
