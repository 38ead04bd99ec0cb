"""Step 4: respond. Every client gets a page, whatever it asked for.

python3 respond.py [ADDRESS]
"""

import contextlib
import io
import ipaddress
import os
import signal
import socket
import sys


# Status line, blank line, page.
RESPONSE = b"HTTP/1.1 200 OK\r\n\r\n<h1>Hello world</h1>"


def main():
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends it without a traceback
    wanted = address()
    try:
        server = bind(wanted)
    except OSError as error:
        sys.exit(
            f"cannot bind {show(wanted)} (stop what uses it, or try 127.0.0.1:0): "
            f"{error.strerror} (os error {error.errno})"
        )
    server.listen(128)
    bound = show(server.getsockname())
    print(f"serving http://{bound}/ until you press Ctrl-C", flush=True)
    while True:
        try:
            client, _ = server.accept()
            handle(client)
        # What goes wrong with one client must not end the server for the others.
        except OSError as error:
            why = f"{error.strerror} (os error {error.errno})"
            print(f"a client was lost: {why}", file=sys.stderr, flush=True)


def address():
    """The address on the command line, or port 4545 of this machine."""
    text = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:4545"
    host, _, port = text.rpartition(":")
    try:
        if not port.isdecimal() or int(port) > 65535:
            raise ValueError(port)
        return str(ipaddress.ip_address(host.strip("[]"))), int(port)
    except ValueError:
        sys.exit(f'"{text}" is not an IP address and a port, such as 127.0.0.1:4545')


def show(pair):
    """The address as it is written on a command line and in a URL."""
    host, port = pair[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def bind(pair):
    """A new TCP socket that has the address `pair`."""
    family = socket.AF_INET6 if ":" in pair[0] else socket.AF_INET
    server = socket.socket(family, socket.SOCK_STREAM)
    # Connections that ended a minute ago must not keep the address taken. Not on
    # Windows, where this would let another program take the address from us.
    if os.name != "nt":
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(pair)
    return server


def handle(client):
    """Reads once, shows every byte, answers. Leaving `with` closes the connection."""
    with client:
        request = client.recv(4096)
        for line in io.BytesIO(request):
            # It is no trouble when nobody reads the output, as after `| head -1`.
            with contextlib.suppress(BrokenPipeError):
                print(escape_ascii(line), flush=True)
        client.sendall(RESPONSE)


def escape_ascii(line):
    """What `escape_ascii` does in Rust: a carriage return becomes `\\r`, and so on."""
    text = line.decode("latin-1").encode("unicode_escape").decode("ascii")
    return text.replace("'", "\\'").replace('"', '\\"')


if __name__ == "__main__":
    main()
