"""Exercise 04a in Python, with the server that Python brings: python3 ex04a.py [ADDRESS]"""

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGE = "<h1>Grüße, 世界</h1>\n".encode()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(PAGE)))
        self.end_headers()
        self.wfile.write(PAGE)


host, port = (sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:4545").rsplit(":", 1)
server = ThreadingHTTPServer((host, int(port)), Handler)
print("serving http://%s:%d/" % server.server_address)
server.serve_forever()
