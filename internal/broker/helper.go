package broker

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/graphwork/wg-run/resolve"
)

// Query is what a helper is asked: one secret of one profile, by the policy's files.
type Query struct {
	Home          string
	Files         map[string][]byte
	Programs      map[string]string
	Profile, Name string
	// Quiet has nobody asked to unlock anything.
	Quiet bool
	// Person says that somebody is there to answer a window.
	Person bool
}

func (q *Query) write(w io.Writer) error {
	flags := ""
	if q.Quiet {
		flags += "quiet "
	}
	if q.Person {
		flags += "person "
	}
	m := newMessage().add(frameHome, q.Home).add(frameOf, q.Profile).add(frameName, q.Name).add(frameOrder, flags)
	for name, content := range q.Files {
		m.add(frameFile, name).add(frameContent, string(content))
	}
	for name, print := range q.Programs {
		m.add(frameProgram, name+"\x00"+print)
	}
	return writeAll(w, m.end())
}

func readQuery(r io.Reader) (*Query, error) {
	q := &Query{Files: map[string][]byte{}, Programs: map[string]string{}}
	file := ""
	err := (&reader{r: r, limit: maxOrder}).each(func(tag byte, text string) error {
		switch tag {
		case frameHome:
			q.Home = text
		case frameOf:
			q.Profile = text
		case frameName:
			q.Name = text
		case frameOrder:
			q.Quiet, q.Person = strings.Contains(text, "quiet"), strings.Contains(text, "person")
		case frameFile:
			file = text
		case frameContent:
			q.Files[file] = []byte(text)
		case frameProgram:
			name, print, _ := strings.Cut(text, "\x00")
			q.Programs[name] = print
		default:
			return errWire
		}
		return nil
	}, nil)
	return q, err
}

// Help answers one query, as the process that a broker starts for it: a value is in the
// memory of a process that ends, and a library that hangs or panics is not in the
// broker. The caller has closed its memory to other processes, which it says first: what
// traced it before is seen then. It returns when the answer is written. Where the broker
// ends before that it ends what it has started, and the process by exit.
func Help(in io.Reader, out io.Writer, exit func(), do func(context.Context, *Query) Value) error {
	if _, err := out.Write([]byte{closedMemory}); err != nil {
		return err
	}
	q, err := readQuery(in)
	if err != nil {
		return errors.New("reading what to look up: this command is wg-run's own, for its broker")
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		_, _ = in.Read(make([]byte, 1)) // its end is the broker's
		cancel()
		time.Sleep(lastWord)
		exit()
	}()
	v := do(ctx, q)
	if ctx.Err() != nil {
		exit()
	}
	v.Name = q.Name
	defer clear(v.Secret)
	m := newMessage()
	if err := v.write(out, m); err != nil {
		return err
	}
	return writeAll(out, (&message{}).end())
}

// closedMemory says that a helper's memory is closed to other processes.
const closedMemory byte = '!'

// lastWord is how long a helper without a broker may take to end what it has started.
const lastWord = time.Second

// readAnswer reads what Help wrote.
func readAnswer(r io.Reader, into func(length int) ([]byte, error)) Value {
	var v Value
	there := false
	err := (&reader{r: r, limit: maxOrder}).each(func(tag byte, text string) error {
		if tag != frameName && !v.take(tag, text) {
			return errWire
		}
		return nil
	}, func(tag byte, length int) ([]byte, error) {
		if tag != frameValue || there {
			return nil, errWire
		}
		there = true
		return into(length)
	})
	if err != nil || v.Err == nil && !there {
		v.Err = &Failure{Text: "the lookup broke down", Outcome: resolve.Failed}
	}
	return v
}

// write writes a value behind what m holds, without a copy of it.
func (v *Value) write(w io.Writer, m *message) error {
	m.add(frameName, v.Name).add(frameSource, v.Source)
	for _, line := range v.Says {
		m.add(frameSay, line)
	}
	if v.Err != nil {
		return writeAll(w, m.failure(v.Err).b)
	}
	m.b = append(m.b, header(frameValue, len(v.Secret))...)
	return writeAll(w, m.b, v.Secret)
}

func writeAll(w io.Writer, parts ...[]byte) error {
	for _, b := range parts {
		if _, err := w.Write(b); err != nil {
			return err
		}
	}
	return nil
}
