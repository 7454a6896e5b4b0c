package broker

import (
	"errors"
	"testing"
)

// system is a fake of the processes; each look at one may be another.
type system map[int][]process

// faked puts a fake in place; what is looked at more often than it tells stays.
func faked(t *testing.T, s system) {
	was := processOf
	t.Cleanup(func() { processOf = was })
	looks := map[int]int{}
	processOf = func(pid int) (process, error) {
		list := s[pid]
		if len(list) == 0 {
			return process{}, errors.New("no such process")
		}
		i := min(looks[pid], len(list)-1)
		looks[pid]++
		if list[i] == (process{}) {
			return process{}, errors.New("it has ended")
		}
		return list[i], nil
	}
}

// In these systems 10 is the dispatcher, which began at 100.
func TestKin(t *testing.T) {
	one := func(parent int, started uint64) []process { return []process{{parent, started}} }
	top := system{1: one(0, 1), 2: one(1, 2), 10: one(2, 100)}
	deep := system{}
	for i := 1000; i < 1000+maxDepth+10; i++ {
		deep[i] = one(i+1, 200)
	}
	for name, row := range map[string]struct {
		more    system
		workers map[int]uint64
		pid     int
		want    kinship
		fails   bool
	}{
		"the dispatcher":                          {nil, nil, 10, below, false},
		"its child":                               {system{20: one(10, 200)}, nil, 20, below, false},
		"its grandchild":                          {system{20: one(10, 200), 30: one(20, 300)}, nil, 30, below, false},
		"its parent":                              {nil, nil, 2, stranger, false},
		"a sibling":                               {system{20: one(2, 200)}, nil, 20, stranger, false},
		"the first process":                       {nil, nil, 1, stranger, false},
		"an orphan":                               {system{20: one(1, 200)}, nil, 20, stranger, false},
		"a kernel's":                              {system{20: one(0, 200)}, nil, 20, stranger, false},
		"a worker":                                {system{20: one(10, 200)}, map[int]uint64{20: 200}, 20, ofWorker, false},
		"a worker's child":                        {system{20: one(10, 200), 30: one(20, 300)}, map[int]uint64{20: 200}, 30, ofWorker, false},
		"far below a worker":                      {system{20: one(10, 200), 30: one(20, 300), 40: one(30, 400)}, map[int]uint64{20: 200}, 40, ofWorker, false},
		"a worker that is an orphan":              {system{20: one(1, 200)}, map[int]uint64{20: 200}, 20, ofWorker, false},
		"one with a worker's old number":          {system{20: one(10, 201)}, map[int]uint64{20: 200}, 20, below, false},
		"below one with a worker's old number":    {system{20: one(10, 201), 30: one(20, 300)}, map[int]uint64{20: 200}, 30, below, false},
		"a dispatcher that became a worker":       {system{20: one(10, 200)}, map[int]uint64{10: 100}, 20, ofWorker, false},
		"below another with its number":           {system{10: one(2, 101), 20: one(10, 200)}, nil, 20, stranger, false},
		"gone":                                    {nil, nil, 20, stranger, true},
		"its parent is gone":                      {system{20: one(15, 200)}, nil, 20, stranger, true},
		"a parent that ends in mid-walk":          {system{15: {{10, 150}, {}}, 20: {{15, 200}, {1, 200}}}, nil, 20, stranger, false},
		"adopted by the dispatcher in mid-walk":   {system{15: {{}}, 20: {{15, 200}, {10, 200}}}, nil, 20, below, false},
		"adopted by a worker in mid-walk":         {system{15: {{}}, 20: {{15, 200}, {16, 200}}, 16: one(10, 160)}, map[int]uint64{16: 160}, 20, ofWorker, false},
		"its number is reused in mid-walk":        {system{15: one(10, 150), 20: {{15, 200}, {15, 201}}}, nil, 20, stranger, true},
		"it ends in mid-walk":                     {system{15: one(10, 150), 20: {{15, 200}, {}}}, nil, 20, stranger, true},
		"the parent's number is the dispatcher's": {system{15: {{10, 150}}, 20: {{15, 200}, {1, 200}, {1, 200}}}, nil, 20, stranger, false},
		"a circle":                                {system{20: one(30, 200), 30: one(20, 300)}, nil, 20, stranger, false},
		"its own parent":                          {system{20: one(20, 200)}, nil, 20, stranger, false},
		"too far below":                           {deep, nil, 1000, stranger, false},
		"reparented always":                       {system{20: {{31, 200}, {32, 200}, {33, 200}, {31, 200}, {10, 200}}}, nil, 20, below, false},
	} {
		t.Run(name, func(t *testing.T) {
			all := system{}
			for _, s := range []system{top, row.more} {
				for pid, list := range s {
					all[pid] = list
				}
			}
			faked(t, all)
			got, _, err := kin(row.pid, identity{10, 100}, identity{10, 100}.lives, func(pid int, started uint64) bool { return row.workers[pid] == started })
			if got != row.want || err != nil != row.fails {
				t.Errorf("kin(%d) = %v, %v; want %v, an error: %v", row.pid, got, err, row.want, row.fails)
			}
		})
	}
}

// A dispatcher that is the first process of a namespace: orphans are its children.
func TestKinOfTheFirst(t *testing.T) {
	faked(t, system{1: {{0, 5}}, 20: {{1, 200}}, 30: {{20, 300}}, 40: {{0, 400}}, 50: {{1, 500}}})
	workers := map[int]uint64{50: 500}
	for pid, want := range map[int]kinship{1: below, 20: below, 30: below, 40: stranger, 50: ofWorker} {
		got, _, err := kin(pid, identity{1, 5}, identity{1, 5}.lives, func(pid int, started uint64) bool { return workers[pid] == started })
		if got != want || err != nil {
			t.Errorf("kin(%d) = %v, %v; want %v", pid, got, err, want)
		}
	}
	if got, _, _ := kin(20, identity{1, 6}, identity{1, 6}.lives, func(int, uint64) bool { return false }); got != stranger {
		t.Errorf("kin(20) below another first process = %v, want stranger", got)
	}
}

func TestUnlike(t *testing.T) {
	for _, row := range []struct {
		m, ours marks
		want    bool
	}{
		{marks{false, 0}, marks{false, 0}, false}, {marks{true, 0}, marks{false, 0}, true}, {marks{true, 1}, marks{false, 0}, true},
		{marks{false, 1}, marks{false, 0}, false}, {marks{true, 1}, marks{true, 1}, false}, {marks{true, 2}, marks{true, 1}, true},
		{marks{false, 1}, marks{true, 1}, false}, {marks{true, 0}, marks{true, 0}, false}, {marks{true, 1}, marks{true, 0}, true},
	} {
		if got := row.m.unlike(row.ours); got != row.want {
			t.Errorf("%+v.unlike(%+v) = %v, want %v", row.m, row.ours, got, row.want)
		}
	}
}
