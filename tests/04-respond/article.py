"""Does what the article's server does, in our own words. Nothing is caught.

python3 article.py IP:PORT
"""

import socket
import sys

STATUS = b"HTTP/1.1 200 OK\r\n\r\n"
PAGE = b"<h1>Hello world</h1>"


def handle(visitor):
    """Reads once, decodes, and sends twice."""
    received = visitor.recv(4096)
    print(received.decode(), flush=True)
    visitor.send(STATUS)
    visitor.send(PAGE)
    visitor.close()


ip, port = sys.argv[1].split(":")
with socket.socket() as listener:
    listener.bind((ip, int(port)))
    listener.listen()
    print("serving http://%s:%d/" % listener.getsockname(), flush=True)
    while True:
        visitor, _ = listener.accept()
        handle(visitor)
