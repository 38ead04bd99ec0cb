"""Step 1: bind. A socket gets an address, and doesn't listen on it."""

import os
import socket
import sys

address = sys.argv[1] if sys.argv[1:] else "127.0.0.1:4545"
if address in ("-h", "--help"):
    print("usage: bind.py [ADDRESS]  (default 127.0.0.1:4545; port 0: any free)")
    sys.exit()
host, port = address.rsplit(":", 1)

server = socket.socket()
# Otherwise a connection that closed within the last minute keeps the address
# taken. Not on Windows, where this would let other programs take it from us.
if os.name == "posix":
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind((host, int(port)))

address = "%s:%d" % server.getsockname()
print(f"bound to {address}, but not listening; press Enter to quit", flush=True)
sys.stdin.readline()
server.close()
