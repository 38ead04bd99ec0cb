"""One server of your own in Python, of another shape than the solution: it passes all stages."""

import os, re, socket, sys, threading, time

host, port = (sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:4545").rsplit(":", 1)
FOLDER = os.path.realpath(sys.argv[2]) if len(sys.argv) > 2 else None
server = socket.create_server((host, int(port)), backlog=128)
print("at %s:%d" % server.getsockname(), flush=True)

HTML = "text/html; charset=utf-8"
PAGES = {b"/": "<h1>Grüße, 世界</h1>\n".encode(), b"/about": b"<h1>About</h1>\n"}
METHODS = b"GET HEAD POST PUT DELETE PATCH OPTIONS TRACE CONNECT".split()
TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
TYPES = dict(html=HTML, css="text/css", js="text/javascript", txt="text/plain; charset=utf-8",
             json="application/json", svg="image/svg+xml", png="image/png", woff2="font/woff2")


class Refused(Exception):
    pass


class Gone(Exception):
    pass


class Client:
    def __init__(self, sock):
        self.sock, self.data, self.until = sock, b"", time.monotonic() + 3

    def more(self):
        left = self.until - time.monotonic()
        if left <= 0:
            raise Refused("408 Request Timeout")
        self.sock.settimeout(left)
        try:
            got = self.sock.recv(65536)
        except TimeoutError:
            raise Refused("408 Request Timeout")
        if not got:
            raise Gone
        self.data += got

    def upto(self, mark):
        while mark not in self.data:
            if len(self.data) > 20000:
                raise Refused("431 Request Header Fields Too Large")
            self.more()
        part, self.data = self.data.split(mark, 1)
        return part

    def exactly(self, n):
        while len(self.data) < n:
            self.more()
        part, self.data = self.data[:n], self.data[n:]
        return part


def number(text, base, digits):
    if not re.fullmatch(digits, text):
        raise Refused("400 Bad Request")
    n = int(text, base)
    if n > 10000:
        raise Refused("413 Content Too Large")
    return n


def body(client, fields, old):
    lengths = [v for n, v in fields if n == b"content-length"]
    codings = [v for n, v in fields if n == b"transfer-encoding"]
    if codings:
        if lengths:
            raise Refused("400 Bad Request")
        if old or len(codings) > 1 or codings[0].lower() != b"chunked":
            raise Refused("501 Not Implemented")
        whole = b""
        while True:
            size = number(client.upto(b"\r\n").split(b";")[0].rstrip(b" \t"), 16, rb"[0-9A-Fa-f]+")
            if size == 0:
                break
            if len(whole) + size > 10000:
                raise Refused("413 Content Too Large")
            whole += client.exactly(size)
            if client.exactly(2) != b"\r\n":
                raise Refused("400 Bad Request")
        while client.upto(b"\r\n"):
            pass
        return whole
    if len(set(lengths)) > 1:
        raise Refused("400 Bad Request")
    return client.exactly(number(lengths[0], 10, rb"[0-9]+")) if lengths else b""


def file(path):
    path = path.decode()
    if re.search("%(?![0-9A-Fa-f]{2})", path):
        return None
    raw = re.sub(rb"%(..)", lambda m: bytes([int(m[1], 16)]), path.encode())
    try:
        name = raw.decode()
    except UnicodeDecodeError:
        return None
    if name.endswith("/"):
        name += "index.html"
    try:
        full = os.path.realpath(FOLDER + "/" + name)
        if not full.startswith(FOLDER + "/"):
            return None
        with open(full, "rb") as f:
            content = f.read()
    except (OSError, ValueError):
        return None
    base = os.path.basename(full)
    return TYPES.get(base.rsplit(".", 1)[1] if "." in base else "", "application/octet-stream"), content


def respond(method, target, fields, content):
    path = target.split(b"?")[0]
    if method not in METHODS:
        raise Refused("501 Not Implemented")
    if path.startswith(b"/count/"):
        return "text/plain", b"%s %s %d\n" % (method, target, len(content))
    if path == b"/echo" and method == b"POST":
        return "application/octet-stream", content
    if path == b"/fields":
        page = "text/plain; charset=utf-8", b"".join(b"%s: %s\n" % f for f in fields)
    elif FOLDER:
        page = file(path)
    else:
        page = (HTML, PAGES[path]) if path in PAGES else None
    if page is None:
        raise Refused("404 Not Found")
    if method not in (b"GET", b"HEAD"):
        raise Refused("405 Method Not Allowed\r\nAllow: GET, HEAD")
    return page


def handle(client):
    last = False
    while not last:
        method, status = b"", "200 OK"
        try:
            client.until = time.monotonic() + 3
            try:
                head = client.upto(b"\r\n\r\n")
            except Refused:
                if client.data:
                    raise
                return
            lines = head.split(b"\r\n")
            m = re.fullmatch(rb"(" + TOKEN + rb") ([!-~]+) HTTP/1\.([0-9])", lines[0])
            if not m:
                raise Refused("400 Bad Request")
            method, target, old = m[1], m[2], m[3] == b"0"
            fields = []
            for line in lines[1:]:
                f = re.fullmatch(rb"(" + TOKEN + rb"):([^\r\n\0]*)", line)
                if not f:
                    raise Refused("400 Bad Request")
                fields.append((f[1].lower(), f[2].strip(b" \t")))
            hosts = sum(n == b"host" for n, _ in fields)
            if hosts > 1 or hosts == 0 and not old:
                raise Refused("400 Bad Request")
            words = [w.strip().lower() for n, v in fields if n == b"connection" for w in v.split(b",")]
            last = old or b"close" in words
            kind, page = respond(method, target, fields, body(client, fields, old))
        except Refused as why:
            status, last, kind, page = str(why), True, HTML, b"<h1>No</h1>\n"
            missing = FOLDER and status.startswith("404") and file(b"/404.html")
            if missing:
                kind, page = missing
        close = "Connection: close\r\n" if last else ""
        head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(page)}\r\n{close}\r\n"
        client.sock.settimeout(3)
        client.sock.sendall(head.encode() + (b"" if method == b"HEAD" else page))
    client.sock.shutdown(socket.SHUT_WR)
    client.until = time.monotonic() + 1
    try:
        while True:
            client.data = b""
            client.more()
    except Refused:
        pass


def work():
    while True:
        sock, _ = server.accept()
        with sock:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                handle(Client(sock))
            except (Gone, OSError):
                pass


for _ in range(25):
    threading.Thread(target=work, daemon=True).start()
threading.Event().wait()
