package inject

// Launcher is a program that starts others without the descriptors it has, so that a
// worker behind it finds none.
type Launcher struct {
	// Name is the program's file name.
	Name string
	// Why says what closes them.
	Why string
	// Instead is what to do.
	Instead string
}

// launchers are known to close descriptors from 3 on, or to start a worker where
// there are none of theirs. sh, env, timeout, setsid, xargs, make and bwrap pass them
// on.
var launchers = []Launcher{
	{"sudo", "sudo closes them (sudoers(5), closefrom)", "sudo -u USER wg-run … -- WORKER"},
	{"doas", "doas closes them (doas(1))", "doas -u USER wg-run … -- WORKER"},
	{"python3", "subprocess closes them (close_fds)", "in Python: subprocess.run(…, pass_fds=(fd,))"},
	{"python", "subprocess closes them (close_fds)", "in Python: subprocess.run(…, pass_fds=(fd,))"},
	{"node", "child_process passes on only those in stdio", "in Node: spawn(…, {stdio: [0, 1, 2, fd]})"},
	{"docker", "a container gets none of them", "docker run … IMAGE wg-run … -- WORKER"},
	{"podman", "a container gets none without --preserve-fds", "podman run --preserve-fds=1 …"},
	{"systemd-run", "the service manager starts the unit, not the caller", "systemd-run … wg-run … -- WORKER"},
	{"ssh", "the other host gets none of them", "ssh HOST wg-run … -- WORKER"},
	{"pkexec", "pkexec closes them (pkexec(1))", "pkexec wg-run … -- WORKER"},
}

// Launchers returns the list; the caller must not change it.
func Launchers() []Launcher { return launchers }

// LauncherOf returns the launcher that a program's path names, or nil.
func LauncherOf(program string) *Launcher {
	for i := range launchers {
		if launchers[i].Name == programName(program) {
			return &launchers[i]
		}
	}
	return nil
}
