package mask

import (
	"encoding/base64"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

const benchKey = "sk-or-v1-0a1b2c3d4e5f60718293a4b5c6d7e8f9"

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(b)
	return b
}

func repeated(s string) []byte { return []byte(strings.Repeat(s, 1<<20/len(s)+1)) }

const prose = "level=info ts=2026-01-02T03:04:05Z msg=\"listening on 127.0.0.1:8080, 50% of 3 workers idle\" path=/var/lib/x\n" +
	"The quick brown fox jumps over the lazy dog, and nothing else happens that would be worth a line.\n"

const source = "{\"id\": \"msg_01\", \"text\": \"func main() {\\n\\tfmt.Println(\\\"hello\\\")\\n}\\n\", \"url\": \"https://x.example/?q=a%20b%2Fc\"}\n"

var benchTexts = []struct {
	name string
	text []byte
}{
	{"text", repeated(prose)},
	{"binary", random(1 << 20)},
	{"json", repeated(source)},
	{"base64", []byte(base64.StdEncoding.EncodeToString(random(1 << 20)))},
	{"hex", fmt.Appendf(nil, "%x", random(1<<19))},
	{"hostile-percent", repeated("%")},
	{"hostile-escaped", repeated("%41")},
	{"hostile-backslash", repeated(`\`)},
	{"hostile-unicode", repeated(`\u0041`)},
	{"hostile-lines", repeated("\n")},
	{"hostile-beginnings", repeated(benchKey[:len(benchKey)-1] + "_")},
	{"hostile-beginnings-percent", repeated(strings.ReplaceAll(benchKey[:len(benchKey)-1], "-", "%2d") + "_")},
	{"hostile-secrets", repeated(benchKey + " ")},
}

func BenchmarkMask(b *testing.B) {
	for _, c := range []struct {
		name    string
		secrets []Secret
	}{
		{"one", []Secret{{"api_key", []byte(benchKey)}}},
		{"short", []Secret{{"api_key", []byte("hunter2 ")}}},
		{"ten", ten()},
	} {
		set := NewSet(c.secrets)
		for _, text := range benchTexts {
			b.Run(c.name+"/"+text.name, func(b *testing.B) {
				w := set.Writer(io.Discard)
				b.SetBytes(int64(len(text.text)))
				before := used(b)
				for b.Loop() {
					for rest := text.text; len(rest) > 0; {
						n := min(len(rest), 64<<10)
						_, _ = w.Write(rest[:n])
						rest = rest[n:]
					}
				}
				b.ReportMetric(float64(b.N*len(text.text))/1e6/(used(b)-before).Seconds(), "cpuMB/s")
			})
		}
	}
}

// used is the processor time of this process: others may keep the processor busy.
func used(b *testing.B) time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func ten() (list []Secret) {
	for i := range 10 {
		list = append(list, Secret{fmt.Sprint(i), fmt.Appendf(nil, "%d-%x", i, random(200)[i*10:i*10+10+i])})
	}
	return list
}

func BenchmarkNewSet(b *testing.B) {
	for b.Loop() {
		NewSet([]Secret{{"api_key", []byte(benchKey)}})
	}
}
