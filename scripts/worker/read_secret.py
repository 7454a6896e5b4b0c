"""Reads a secret that wg-run handed over: Python 3, nothing but its library.

read_secret() returns the bytes, closes the descriptor and removes both variables
from os.environ, so that programs started afterwards find nothing. Call it once,
early: subprocess closes descriptors above 2 in a child, os.system and os.spawn*
do not. Where it stops: it cannot wipe the value, because Python's bytes are
immutable, and what becomes of it afterwards is yours.
"""
import os
import re
import stat
import sys

MAX = 1 << 20  # bytes; wg-run hands over no more


class SecretError(Exception):
    """No secret could be read. Its text never holds any of the value."""


def read_secret(name: str = "API_KEY") -> bytes:
    upper = re.sub("[^A-Z0-9]", "_", name.upper())
    variable = f"WG_{upper}_FD"
    text = os.environ.pop(variable, None)
    os.environ.pop(f"WG_{upper}_FILE", None)
    if text is None:
        raise SecretError(f"reading {variable}: it is not set: was this started by wg-run?")
    if not re.fullmatch("[0-9]{1,9}", text):
        raise SecretError(f"reading {variable}: it does not hold a descriptor's number")
    fd = int(text)
    try:
        mode = os.fstat(fd).st_mode
    except OSError as e:
        raise SecretError(f"reading {variable}: the descriptor is not open") from e
    if not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or stat.S_ISREG(mode)):
        raise SecretError(f"reading {variable}: the descriptor is neither a pipe, a socket nor a memory file")
    with open(fd, "rb") as f:  # closes fd
        if stat.S_ISREG(mode):
            f.seek(0)  # the offset is shared with whoever else inherited it
        value = f.read(MAX + 1)
    if len(value) > MAX:
        raise SecretError(f"reading {variable}: more than {MAX} bytes")
    if not value:
        raise SecretError(f"reading {variable}: nothing to read: it was read before")
    return value


if __name__ == "__main__" and sys.argv[1:2] == ["--length"]:
    print(len(read_secret(*sys.argv[2:])))
