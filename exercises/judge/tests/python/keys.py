"""Presses keys in a terminal of its own: python3 keys.py COMMAND…

Says after each whether what belongs to it has come, within half a minute."""

import os
import pty
import select
import sys
import termios
import time

KEYS = [(b"", b"q quit"), (b"h", b"Hint 1 of 3 for 01b"), (b"c", b"01b address-taken"),
        (b"n", b"01a which-port")]


def comes(terminal, wanted):
    seen, end = b"", time.monotonic() + 30
    while wanted not in seen and time.monotonic() < end:
        if select.select([terminal], [], [], 1)[0]:
            seen += os.read(terminal, 65536)
    return wanted in seen


def hands_out_lines(terminal):
    return bool(termios.tcgetattr(terminal)[3] & termios.ICANON)


child, terminal = pty.fork()
if child == 0:
    os.execv(sys.argv[1], sys.argv[1:])
for key, wanted in KEYS:
    os.write(terminal, key)
    print(key.decode() or "-", comes(terminal, wanted))
print("single keys", not hands_out_lines(terminal))
os.write(terminal, b"q")
print("q", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
print("lines again", hands_out_lines(terminal))
