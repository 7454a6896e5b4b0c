package mask

import (
	"encoding/base64"
	stdjson "encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// naive masks a whole text the slow way: it looks for every form at every place.
func naive(text string, secrets []Secret) string {
	type found struct{ at, end, secret int }
	var all []found
	for i, s := range secrets {
		value := strings.TrimSuffix(strings.TrimSuffix(string(s.Value), "\n"), "\r")
		if len(value) < Shortest {
			continue
		}
		for at := range len(text) {
			for _, size := range naiveSizes(text[at:], value) {
				all = append(all, found{at, at + size, i})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b found) int {
		if a.at != b.at {
			return a.at - b.at
		}
		if a.end != b.end {
			return b.end - a.end
		}
		return a.secret - b.secret
	})
	var b strings.Builder
	done, last := 0, -1
	for _, f := range all {
		if f.at >= done {
			b.WriteString(text[done:f.at])
			last = -1
		}
		if f.end > done {
			if f.secret != last {
				fmt.Fprintf(&b, "[redacted:%s]", secrets[f.secret].Name)
			}
			done, last = f.end, f.secret
		}
	}
	return b.String() + text[done:]
}

// naiveSizes is how long the forms are that a text begins with.
func naiveSizes(text, value string) (sizes []int) {
	read := func(form string, fold func(rune) rune, next func(string) (string, int)) {
		rest := text
		for got := ""; got != form; {
			if rest == "" {
				return
			}
			v, n := rest[:1], 1
			if next != nil && (got != "" || !strings.ContainsAny(v, "\r\n")) {
				v, n = next(rest)
			}
			if fold != nil {
				v = strings.Map(fold, v)
			}
			if got += v; !strings.HasPrefix(form, got) {
				return
			}
			rest = rest[n:]
		}
		sizes = append(sizes, len(text)-len(rest))
	}
	read(value, nil, nil)
	read(strings.ReplaceAll(value, "\n", "\r\n"), nil, nil)
	read(value, nil, naivePercent)
	read(value, nil, naiveJSON)
	if strings.Contains(value, " ") {
		read(value, nil, naiveQuery)
	}
	read(fmt.Sprintf("%x", value), naiveLower, nil)
	read(fmt.Sprintf("%x", value), naiveLower, naiveWrapped)
	for offset := range 3 {
		coded := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("?", offset) + value))
		form := coded[[]int{0, 2, 3}[offset] : 8*(offset+len(value))/6]
		read(form, naiveStandard, nil)
		read(form, naiveStandard, naiveWrapped)
		read(form, naiveStandard, naivePercent)
		read(form, naiveStandard, naiveJSON)
	}
	return sizes
}

func naiveLower(r rune) rune {
	if r >= 'A' && r <= 'F' {
		return r + 'a' - 'A'
	}
	return r
}

func naiveStandard(r rune) rune {
	switch r {
	case '-':
		return '+'
	case '_':
		return '/'
	}
	return r
}

func naivePercent(s string) (string, int) {
	if s[0] == '%' && len(s) >= 3 {
		if v, err := url.PathUnescape(s[:3]); err == nil {
			return v, 3
		}
	}
	return s[:1], 1
}

func naiveQuery(s string) (string, int) {
	if s[0] == '+' {
		return " ", 1
	}
	return naivePercent(s)
}

func naiveJSON(s string) (string, int) {
	for _, n := range []int{12, 6, 2} {
		if len(s) < n || s[0] != '\\' || n == 12 && (s[1] != 'u' || s[6] != '\\' || s[7] != 'u') || n == 6 && s[1] != 'u' {
			continue
		}
		var v string
		if stdjson.Unmarshal([]byte(`"`+s[:n]+`"`), &v) == nil && (n < 12 || utf8.RuneCountInString(v) == 1) {
			return v, n
		}
	}
	return s[:1], 1
}

func naiveWrapped(s string) (string, int) {
	if !strings.HasPrefix(s, "\n") && !strings.HasPrefix(s, "\r\n") {
		return s[:1], 1
	}
	rest := strings.TrimLeft(s, " \t\r\n")
	if n := len(s) - len(rest); rest != "" && n <= 16 {
		return rest[:1], n + 1
	}
	return s[:1], 1
}
