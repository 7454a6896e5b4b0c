//go:build unix

package broker

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// An order goes to the broker's process as one message, and what is in stock as another.
// Values are written, and read, by themselves.

func (o *Order) write(w io.Writer) error {
	m := newMessage().add(frameHome, o.Policy.Home).
		add(frameOrder, fmt.Sprintf("%d %d %t", o.Dispatcher, int64(o.TTL), o.Person))
	for name, content := range o.Policy.Files {
		m.add(frameFile, name).add(frameContent, string(content))
	}
	return writeAll(w, m.end())
}

// readOrder reads what write wrote.
func readOrder(r io.Reader, parse func(home string, files map[string][]byte) (*Policy, error)) (*Order, error) {
	o := &Order{Policy: &Policy{Files: map[string][]byte{}}}
	file := ""
	err := (&reader{r: r, limit: maxOrder}).each(func(tag byte, text string) error {
		switch tag {
		case frameHome:
			o.Policy.Home = text
		case frameOrder:
			return o.numbers(text)
		case frameFile:
			file = text
		case frameContent:
			o.Policy.Files[file] = []byte(text)
		default:
			return errWire
		}
		return nil
	}, nil)
	if err == nil {
		o.Policy, err = parse(o.Policy.Home, o.Policy.Files)
	}
	return o, err
}

func (o *Order) numbers(text string) error {
	fields := strings.Fields(text)
	if len(fields) != 3 {
		return errWire
	}
	pid, err1 := strconv.Atoi(fields[0])
	ttl, err2 := strconv.ParseInt(fields[1], 10, 64)
	person, err3 := strconv.ParseBool(fields[2])
	o.Dispatcher, o.TTL, o.Person = pid, time.Duration(ttl), person
	return errors.Join(err1, err2, err3)
}

func (st *Stock) write(w io.Writer) error {
	m := newMessage()
	if st.Identity != nil {
		m.b = append(m.b, header(frameIdentity, len(st.Identity))...)
		if err := writeAll(w, m.b, st.Identity); err != nil {
			return err
		}
		m.b = nil
	}
	for _, v := range st.Values {
		m.add(frameOf, v.Profile)
		if err := v.write(w, m); err != nil {
			return err
		}
		m.b = nil
	}
	return writeAll(w, m.end())
}

// readStock reads what write wrote, into memory of mem.
func readStock(r io.Reader, mem *pages) (*Stock, error) {
	st, of := &Stock{}, ""
	last := func() *Value { return &st.Values[len(st.Values)-1] }
	take := func(tag byte, text string) error {
		switch tag {
		case frameOf:
			of = text
		case frameName:
			st.Values = append(st.Values, Value{Profile: of, Name: text})
		default:
			if len(st.Values) == 0 || !last().take(tag, text) {
				return errWire
			}
		}
		return nil
	}
	into := func(tag byte, length int) (b []byte, err error) {
		b, err = mem.take(length)
		switch {
		case err != nil:
		case tag == frameIdentity:
			st.Identity = b
		case len(st.Values) == 0:
			err = errWire
		default:
			last().Secret = b
		}
		return b, err
	}
	return st, (&reader{r: r, limit: maxOrder}).each(take, into)
}
