"""The article's server, in our own words: it decodes the request, and sends twice.

python3 article.py IP:PORT
"""

import socket
import sys

ip, port = sys.argv[1].split(":")
server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server.bind((ip, int(port)))
server.listen()
print("serving http://%s:%d/" % server.getsockname(), flush=True)

while True:
    client, _ = server.accept()
    request = client.recv(4096).decode()
    print(request, flush=True)
    client.send(b"HTTP/1.1 200 OK\r\n\r\n")
    client.send(b"<h1>Hello world</h1>")
    client.close()
