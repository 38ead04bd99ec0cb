"""Python's http.server with one page.

python3 http_server.py PORT PAGE
"""

import http.server
import pathlib
import sys

PAGE = pathlib.Path(sys.argv[2]).read_bytes()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(PAGE)))
        self.end_headers()
        self.wfile.write(PAGE)


class Server(http.server.HTTPServer):
    # The others have room for 128 waiting clients or more. With the 5 of the library, some
    # of 16 clients would be turned away and come back a second later.
    request_queue_size = 128


Server(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
