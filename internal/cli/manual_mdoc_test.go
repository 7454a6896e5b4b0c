package cli

import (
	"fmt"
	"regexp"
	"strings"
)

// The texts of wg-run in mdoc(7). Nothing here is linked into the program.

// escapes are the characters that groff_char(7) says are shown as others.
var escapes = strings.NewReplacer(`\`, `\e`, `~`, `\(ti`, `^`, `\(ha`, "`", `\(ga`, `'`, `\(aq`, `"`, `\(dq`)

// literal is text that is copied by its readers: a hyphen stays one.
func literal(text string) string { return strings.ReplaceAll(escapes.Replace(text), "-", `\-`) }

// argument is a word behind a macro, where the name of another one would be obeyed.
func argument(word string) string {
	if len(word) <= 3 && word != "" && strings.ToUpper(word[:1]) == word[:1] || strings.Trim(word, ".,:;()[]?!|") == "" {
		return `\&` + literal(word)
	}
	if strings.Contains(word, " ") {
		return `"` + literal(word) + `"`
	}
	return literal(word)
}

// ascii writes all other characters by their number, for terminals and old readers.
func ascii(page string) string {
	var b strings.Builder
	for _, r := range page {
		if r < 0x80 {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, `\[u%04X]`, r)
		}
	}
	return b.String()
}

var (
	marked   = regexp.MustCompile(`^(\(?)(--[a-z][a-z-]*|\$[A-Z][A-Z_]+)([.,:;)]*)$`)
	sentence = regexp.MustCompile(`[.?!][')]*$`)
)

// prose is text for people: a flag and a variable get their macro, and each sentence
// begins a line.
func prose(text string) string {
	var lines []string
	line := ""
	flush := func() {
		if line != "" {
			lines = append(lines, line)
		}
		line = ""
	}
	for word := range strings.FieldsSeq(text) {
		if m := marked.FindStringSubmatch(word); m != nil {
			flush()
			lines = append(lines, macro(m[1], m[2], m[3]))
			continue
		}
		if len(line)+len(word) > 72 {
			flush()
		}
		word = whole(word)
		if line == "" && strings.ContainsAny(word[:1], ".'") {
			word = `\&` + word
		}
		line = strings.TrimSpace(line + " " + word)
		if sentence.MatchString(word) {
			flush()
		}
	}
	flush()
	return strings.Join(lines, "\n")
}

// whole is a word that is not hyphenated where it is a name that is copied.
func whole(word string) string {
	if strings.Contains(word, "wg-run") || strings.ContainsAny(word[:len(word)-1], "/_.:={") {
		return `\%` + literal(word)
	}
	return escapes.Replace(word)
}

// macro is a flag or a variable with the signs that stand around it.
func macro(opening, word, closing string) string {
	list := []string{".Ev", opening, argument(strings.TrimPrefix(word, "$"))}
	if flag, ok := strings.CutPrefix(word, "--"); ok {
		list = []string{".Fl", opening, `\-` + literal(flag)}
	}
	for _, r := range closing {
		list = append(list, string(r))
	}
	return strings.Join(strings.Fields(strings.Join(list, " ")), " ")
}

// display is text that is shown as it stands.
func display(text string) string {
	var b strings.Builder
	b.WriteString(".Bd -literal -offset 2n\n")
	for line := range strings.SplitSeq(strings.Trim(text, "\n"), "\n") {
		line = literal(line)
		if strings.HasPrefix(line, ".") {
			line = `\&` + line
		}
		b.WriteString(line + "\n")
	}
	return b.String() + ".Ed"
}

// paragraphs are those of a help text; an indented one is shown as it stands.
func paragraphs(text string) string {
	var list []string
	for p := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		if strings.HasPrefix(p, "  ") {
			list = append(list, strings.Replace(display(unindented(p)), " -offset 2n", "", 1))
		} else {
			list = append(list, ".Pp\n"+prose(p))
		}
	}
	return strings.Join(list, "\n")
}

func unindented(p string) string {
	rest := strings.TrimLeft(p, " ")
	return strings.ReplaceAll(rest, "\n"+p[:len(p)-len(rest)], "\n")
}

// list is a tagged list of items, of which each is a head and its text.
func list(width string, items ...[2]string) string {
	var b strings.Builder
	fmt.Fprintf(&b, ".Bl -tag -width %s\n", width)
	for _, item := range items {
		fmt.Fprintf(&b, ".It %s\n%s\n", item[0], item[1])
	}
	return b.String() + ".El"
}
