//! What usually goes wrong in exercise 02a.

use std::env;
use std::io::{self, BufRead, Write};
use std::net::{SocketAddr, TcpListener};
use std::thread;
use std::time::Duration;

use crate::Mistake;
use crate::Mistake::Program;
use socket2::{Domain, Socket, Type};

pub const MISTAKES: &[(&str, Mistake)] = &[
    ("listens-after-enter", Program(listens_after_enter)),
    ("drops-the-socket", Program(drops_the_socket)),
    ("ends-at-once", Program(ends_at_once)),
    ("accepts-and-drops", Program(accepts_and_drops)),
    ("answers", Program(answers)),
    ("always-5", Program(always_5)),
    ("always-1", Program(always_1)),
    ("another-default", Program(another_default)),
    ("one-too-few", Program(one_too_few)),
    ("listens-by-std", Program(listens_by_std)),
    ("accepts-and-keeps", Program(accepts_and_keeps)),
    ("goes-on-after-enter", Program(goes_on_after_enter)),
];

/// Returns a socket that has its address, as it should.
fn bind(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    #[cfg(not(windows))]
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    Ok(socket)
}

/// Says so, as it should.
fn announce(socket: &Socket) -> io::Result<()> {
    let address = socket.local_addr()?.as_socket().ok_or(io::ErrorKind::Other)?;
    writeln!(io::stdout(), "at {address}; press Enter to end")
}

/// Returns the second argument after the mistake's name, or 5.
fn backlog() -> i32 {
    env::args().nth(3).and_then(|argument| argument.parse().ok()).unwrap_or(5)
}

fn wait() -> io::Result<()> {
    io::stdin().lock().skip_until(b'\n').map(drop)
}

/// Does `with_clients` in a thread, and waits for Enter.
fn beside(
    address: SocketAddr,
    with_clients: impl FnOnce(&Socket) -> io::Result<()> + Send + 'static,
) -> io::Result<()> {
    let socket = bind(address)?;
    socket.listen(backlog())?;
    announce(&socket)?;
    thread::spawn(move || with_clients(&socket));
    wait()
}

/// The call is there, but after the line that waits.
fn listens_after_enter(address: SocketAddr) -> io::Result<()> {
    let socket = bind(address)?;
    announce(&socket)?;
    wait()?;
    socket.listen(backlog())
}

/// A function opens the waiting room, and the socket is gone at its end.
fn drops_the_socket(address: SocketAddr) -> io::Result<()> {
    open(address)?;
    wait()
}

fn open(address: SocketAddr) -> io::Result<()> {
    let socket = bind(address)?;
    socket.listen(backlog())?;
    announce(&socket)
}

/// `listen` waits for no client: it returns right away.
fn ends_at_once(address: SocketAddr) -> io::Result<()> {
    open(address)
}

/// `accept` is what usually comes next; what it returns is dropped.
fn accepts_and_drops(address: SocketAddr) -> io::Result<()> {
    beside(address, |socket| {
        loop {
            socket.accept()?;
        }
    })
}

/// A whole server, which takes its time.
fn answers(address: SocketAddr) -> io::Result<()> {
    beside(address, |socket| {
        loop {
            let (mut client, _) = socket.accept()?;
            thread::sleep(Duration::from_secs(1));
            client.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")?;
        }
    })
}

/// Listens with this backlog, whatever the second argument is.
fn hold(address: SocketAddr, backlog: i32) -> io::Result<()> {
    let socket = bind(address)?;
    socket.listen(backlog)?;
    announce(&socket)?;
    wait()
}

/// The number of step 2.
fn always_5(address: SocketAddr) -> io::Result<()> {
    hold(address, 5)
}

/// The number of the example.
fn always_1(address: SocketAddr) -> io::Result<()> {
    hold(address, 1)
}

/// Without a second argument, no client may wait.
fn another_default(address: SocketAddr) -> io::Result<()> {
    hold(address, env::args().nth(3).map_or(0, |_| backlog()))
}

/// Linux lets in one more than it's told, so it's told one less.
fn one_too_few(address: SocketAddr) -> io::Result<()> {
    hold(address, backlog() - 1)
}

/// The standard library listens too, and has a backlog of its own.
fn listens_by_std(address: SocketAddr) -> io::Result<()> {
    let listener = TcpListener::bind(address)?;
    writeln!(io::stdout(), "at {}; press Enter to end", listener.local_addr()?)?;
    wait()
}

/// Accepted clients don't wait any more, even if the program ignores them.
fn accepts_and_keeps(address: SocketAddr) -> io::Result<()> {
    beside(address, |socket| {
        let mut clients = Vec::new();
        loop {
            clients.push(socket.accept()?);
        }
    })
}

/// It waits, but not for Enter.
fn goes_on_after_enter(address: SocketAddr) -> io::Result<()> {
    let socket = bind(address)?;
    socket.listen(backlog())?;
    announce(&socket)?;
    loop {
        thread::park();
    }
}
