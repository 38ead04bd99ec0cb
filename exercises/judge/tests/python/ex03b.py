"""Exercise 03b in Python: python3 ex03b.py [ADDRESS]"""

import socket
import sys

PAGE = b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nI heard all\n"


def handle(client):
    request = b""
    while b"\r\n\r\n" not in request:
        piece = client.recv(4096)
        if not piece:
            return
        request += piece
    client.sendall(PAGE)


host, port = (sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:4545").rsplit(":", 1)
with socket.create_server((host, int(port))) as listener:
    print("serving http://%s:%d/" % listener.getsockname())
    while True:
        client, _ = listener.accept()
        with client:
            try:
                handle(client)
            except OSError as error:
                print(f"lost a client: {error}", file=sys.stderr)
