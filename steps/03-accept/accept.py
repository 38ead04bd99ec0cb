"""Step 3: accept. Each client is let in, read from once, and hung up on."""

import io
import socket
import sys


def handle(client):
    """Reads once and prints every byte. Leaving the `with` closes the connection."""
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
print(f"listening on http://{address}/; press Ctrl-C to stop", flush=True)
while True:
    try:
        handle(server.accept()[0])
    # An error with one client mustn't end the server for the others.
    except OSError as error:
        print(f"lost a client: {error}", file=sys.stderr)
