"""Step 4: respond. Every client gets a page, whatever it asked for."""

import io
import socket
import sys


def handle(client):
    """Reads once, prints every byte, answers. Leaving `with` closes the connection."""
    with client:
        for line in io.BytesIO(client.recv(4096)):
            print(repr(line)[2:-1], flush=True)
        client.sendall(b"HTTP/1.1 200 OK\r\n\r\n<h1>Hello world</h1>")


address = sys.argv[1] if sys.argv[1:] else "127.0.0.1:4545"
if address in ("-h", "--help"):
    print("usage: respond.py [ADDRESS]  (default 127.0.0.1:4545; port 0: any free)")
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
