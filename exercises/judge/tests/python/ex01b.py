"""Exercise 01b in Python: python3 ex01b.py [ADDRESS]"""

import socket
import sys

address = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:4545"
host, port = address.rsplit(":", 1)
try:
    listener = socket.create_server((host, int(port)))
except OSError as error:
    sys.exit(f"cannot bind {address}: {error.strerror}")
print("bound to %s:%d; press Enter to end" % listener.getsockname(), flush=True)
sys.stdin.readline()
