# shellcheck shell=sh
# read_secret [NAME] reads the secret that wg-run handed over as WG_<NAME>_FD
# (API_KEY if no NAME is given) into the shell variable NAME, which is not
# exported. It closes the descriptor and unsets WG_<NAME>_FD and WG_<NAME>_FILE,
# so that programs started afterwards find nothing. Source this file or paste it:
#
#     . ./read_secret.sh
#     read_secret || exit
#
# It returns 1, with a line on stderr, if nothing was handed over or nothing is
# left to read. The value is in no argument and no environment, and set -a and
# set -x are off while it is handled; lines of yours that use it are traced.
#
# Where it stops: a shell variable holds neither NUL bytes nor newlines at its
# end, so both are lost; read_secret.py and read_secret.mjs keep them. It takes the
# descriptor for what wg-run made it, so call it early. dash and others can redirect
# only descriptors up to 9. A higher number is read through its path there, which
# fails after a change of uid, and it stays open: a pipe is empty then, but a memory
# file can be read again by every child, which a line on stderr says. bash has no
# such limit.
read_secret() {
	set -- "${1:-API_KEY}" "$-"
	set +ax
	if _read_secret "$1"; then set -- "$2" 0; else set -- "$2" 1; fi
	case $1 in *a*) set -a ;; esac
	case $1 in *x*) set -x ;; esac
	return "$2"
}

_read_secret() {
	case $1 in # in full, because what a range holds depends on the locale
	[0123456789]* | *[!ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_]*)
		echo "read_secret: the name has to stand as in WG_<NAME>_FD, and begin with a letter" >&2
		return 1 ;;
	esac
	eval "set -- $1 \"\${WG_$1_FD-}\" \"\${WG_$1_FILE-}\""
	unset "WG_$1_FD" "WG_$1_FILE"
	case $2 in
	'' | *[!0123456789]*)
		echo "read_secret: WG_$1_FD holds no number: was this started by wg-run?" >&2
		return 1 ;;
	esac
	unset "$1" # it may have come exported from the environment
	if [ -z "$(eval "echo $2>&1")" ]; then # otherwise "10>" is the word 10 here
		eval "$1=\$(cat <&$2)" || unset "$1"
		eval "exec $2<&-"
	else
		eval "$1=\$(cat <\"\$3\")" || unset "$1"
		[ ! -f "$3" ] || echo "read_secret: this shell cannot close descriptor $2: its children can read the secret" >&2
	fi
	if eval "[ -z \"\${$1-}\" ]"; then
		unset "$1"
		echo "read_secret: WG_$1_FD: nothing to read: read before, or closed on the way" >&2
		return 1
	fi
}
