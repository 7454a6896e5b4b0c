package cli

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// decoded are the structs that our files are decoded into. They belong to other
// packages, which do not show them: their source does.
var decoded = map[string]struct{ file, name string }{
	"config":   {"../../profiles/config.go", "configFile"},
	"profile":  {"../../profiles/profile.go", "profileFile"},
	"managers": {"../../resolve/managers.go", "managerRow"},
	"clients":  {"../../inject/clients.go", "Client"},
}

// keysOf returns the keys of a struct that is decoded from TOML, those of tables as
// "secrets.timeout", each with its type in words.
func keysOf(of string) (map[string]string, error) {
	where, ok := decoded[of]
	if !ok {
		return nil, fmt.Errorf("%q is no file that is decoded", of)
	}
	file, err := parser.ParseFile(token.NewFileSet(), where.file, nil, 0)
	if err != nil {
		return nil, err
	}
	keys := map[string]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.TypeSpec); ok && spec.Name.Name == where.name {
			addKeys(keys, "", spec.Type)
		}
		return true
	})
	if len(keys) == 0 {
		return nil, fmt.Errorf("%s: there is no struct %s with keys", where.file, where.name)
	}
	return keys, nil
}

func addKeys(keys map[string]string, before string, typ ast.Expr) {
	s, ok := typ.(*ast.StructType)
	if !ok {
		return
	}
	for _, field := range s.Fields.List {
		if field.Tag == nil {
			continue
		}
		tag, _ := strconv.Unquote(field.Tag.Value)
		name, _, _ := strings.Cut(reflect.StructTag(tag).Get("toml"), ",")
		if name == "" || name == "-" {
			continue
		}
		table := field.Type
		if m, ok := table.(*ast.MapType); ok {
			table = m.Value
			addKeys(keys, before+name+".NAME.", table)
		} else {
			addKeys(keys, before+name+".", table)
		}
		if _, ok := table.(*ast.StructType); !ok {
			keys[before+name] = inWords(field.Type)
		}
	}
}

// inWords is a type as somebody calls it who writes TOML.
func inWords(typ ast.Expr) string {
	switch t := typ.(type) {
	case *ast.ArrayType:
		return "list of " + inWords(t.Elt) + "s"
	case *ast.MapType:
		first, rest, _ := strings.Cut(inWords(t.Value), " ")
		return strings.TrimSpace("table of " + first + "s " + rest)
	case *ast.Ident:
		if word := map[string]string{"bool": "true or false", "int": "number", "string": "string"}[t.Name]; word != "" {
			return word
		}
	}
	return "table"
}

// key is the head of a key's item.
func (m *manual) key(of, name string) (string, error) {
	keys, err := keysOf(of)
	if err != nil || keys[name] == "" {
		return "", fmt.Errorf("%s has no key %q: %w", of, name, err)
	}
	m.show("key of "+of, name)
	short := name
	if !strings.Contains(name, ".NAME.") { // else the dotted key says where it stands
		short = name[strings.LastIndex(name, ".")+1:]
	}
	return ".It Ic " + argument(short) + " Pq " + keys[name], nil
}

// explained is a line of the comment that explains the keys of a table, and those that continue it.
var explained = regexp.MustCompile(`(?m)^# ([a-z_]+)  +(.+(?:\n#     +.+)*)`)

// rows lists the keys of managers.toml or clients.toml as the comment there explains them.
func (m *manual) rows(of, path string) (string, error) {
	keys, err := keysOf(of)
	if err != nil {
		return "", err
	}
	text, err := os.ReadFile("../../" + path)
	if err != nil {
		return "", err
	}
	comment, _, _ := strings.Cut(string(text), "\n\n[")
	var items [][2]string
	for _, found := range explained.FindAllStringSubmatch(comment, -1) {
		name, help := found[1], strings.ReplaceAll(found[2], "\n#", " ")
		if keys[name] == "" {
			return "", fmt.Errorf("%s explains %q, which is no key", path, name)
		}
		kind := keys[name]
		if keys[name+"_exit"] != "" {
			m.show("key of "+of, name+"_exit")
		}
		items = append(items, [2]string{"Ic " + argument(name) + " Pq " + kind, prose(upper(strings.TrimSuffix(help, ".")) + ".")})
		m.show("key of "+of, name)
	}
	return list("Ds", items...), nil
}

// wantKeys are all keys of all files, as show notes them.
func wantKeys() (want []string, err error) {
	for of := range decoded {
		keys, err := keysOf(of)
		if err != nil {
			return nil, err
		}
		for _, k := range slices.Sorted(maps.Keys(keys)) {
			want = append(want, "key of "+of+" "+k)
		}
	}
	return want, nil
}
