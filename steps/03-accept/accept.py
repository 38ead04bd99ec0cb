"""Step 3: accept. Clients are let in one by one, heard once, and sent away."""

import io
import socket
import sys


def handle(client):
    """Reads once and shows every byte. Leaving the `with` closes the connection."""
    with client:
        for line in io.BytesIO(client.recv(4096)):
            print(repr(line)[2:-1], flush=True)


address = sys.argv[1] if sys.argv[1:] else "127.0.0.1:4545"
if address in ("-h", "--help"):
    print("usage: accept.py [ADDRESS]  (default 127.0.0.1:4545; port 0: any free)")
    sys.exit()
host, port = address.rsplit(":", 1)
server = socket.create_server((host, int(port)))
address = "%s:%d" % server.getsockname()
print(f"accepting at http://{address}/ until you press Ctrl-C", flush=True)
while True:
    try:
        handle(server.accept()[0])
    # What goes wrong with one client must not end the server for the others.
    except OSError as error:
        print(f"a client was lost: {error}", file=sys.stderr)
