//! What usually goes wrong in exercise 01a.

use std::io::{self, BufRead, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::thread;
use std::time::Duration;

use crate::Mistake;
use crate::Mistake::Program;

pub const MISTAKES: &[(&str, Mistake)] = &[
    ("says-port-0", Program(says_port_0)),
    ("says-it-on-stderr", Program(says_it_on_stderr)),
    ("names-no-address", Program(names_no_address)),
    ("all-addresses", Program(all_addresses)),
    ("drops-the-socket", Program(drops_the_socket)),
    ("binds-twice", Program(binds_twice)),
    ("ends-at-once", Program(ends_at_once)),
    ("sleeps-a-second", Program(sleeps_a_second)),
    ("always-any-port", Program(always_any_port)),
    ("has-another-port", Program(has_another_port)),
    ("always-the-same-ip", Program(always_the_same_ip)),
    ("goes-on-after-enter", Program(goes_on_after_enter)),
    ("waits-for-the-end-of-input", Program(waits_for_the_end_of_input)),
    ("wants-an-empty-line", Program(wants_an_empty_line)),
    ("ends-as-if-it-failed", Program(ends_as_if_it_failed)),
];

/// Waits for Enter, as it should.
fn wait() -> io::Result<()> {
    io::stdin().lock().skip_until(b'\n').map(drop)
}

/// Prints this address and waits, whatever the program has.
fn say(address: SocketAddr) -> io::Result<()> {
    writeln!(io::stdout(), "bound to {address}; press Enter to end")?;
    wait()
}

/// Binds and says where, as it should.
fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(address)?;
    writeln!(io::stdout(), "bound to {}", listener.local_addr()?)?;
    Ok(listener)
}

/// The address that was asked for is at hand, so it is printed.
fn says_port_0(address: SocketAddr) -> io::Result<()> {
    let _listener = TcpListener::bind(address)?;
    say(address)
}

/// `eprintln!` prints into the same window, so it looks the same.
fn says_it_on_stderr(address: SocketAddr) -> io::Result<()> {
    let listener = TcpListener::bind(address)?;
    writeln!(io::stderr(), "bound to {}; press Enter to end", listener.local_addr()?)?;
    wait()
}

/// A port is only half of an address.
fn names_no_address(address: SocketAddr) -> io::Result<()> {
    let listener = TcpListener::bind(address)?;
    writeln!(io::stdout(), "bound to port {}", listener.local_addr()?.port())?;
    wait()
}

/// Only the port of the argument is used; what is printed looks right.
fn all_addresses(address: SocketAddr) -> io::Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, address.port()))?;
    say(SocketAddr::new(address.ip(), listener.local_addr()?.port()))
}

/// The socket has no name, so it is gone at the end of the line.
fn drops_the_socket(address: SocketAddr) -> io::Result<()> {
    let address = TcpListener::bind(address)?.local_addr()?;
    say(address)
}

/// One socket to find a free port, and one to keep, at port 0 again.
fn binds_twice(address: SocketAddr) -> io::Result<()> {
    let first = TcpListener::bind(address)?;
    let found = first.local_addr()?;
    let _second = TcpListener::bind(SocketAddr::new(address.ip(), 0))?;
    drop(first);
    say(found)
}

/// It has printed all that it knows.
fn ends_at_once(address: SocketAddr) -> io::Result<()> {
    bind(address).map(drop)
}

/// Long enough for a look at it.
fn sleeps_a_second(address: SocketAddr) -> io::Result<()> {
    let _listener = bind(address)?;
    thread::sleep(Duration::from_secs(1));
    Ok(())
}

/// The exercise is about port 0, so that is what is in the program.
fn always_any_port(address: SocketAddr) -> io::Result<()> {
    let listener = TcpListener::bind((address.ip(), 0))?;
    say(listener.local_addr()?)
}

/// As above, but it prints the port that was asked for.
fn has_another_port(address: SocketAddr) -> io::Result<()> {
    let listener = TcpListener::bind((address.ip(), 0))?;
    match address.port() {
        0 => say(listener.local_addr()?),
        _ => say(address),
    }
}

/// Only the port is asked for; the rest of the address seems to be known.
fn always_the_same_ip(address: SocketAddr) -> io::Result<()> {
    let listener = TcpListener::bind(address)?;
    say(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), listener.local_addr()?.port()))
}

/// It waits, but not for Enter.
fn goes_on_after_enter(address: SocketAddr) -> io::Result<()> {
    let _listener = bind(address)?;
    loop {
        thread::park();
    }
}

/// It reads all that is typed.
fn waits_for_the_end_of_input(address: SocketAddr) -> io::Result<()> {
    let _listener = bind(address)?;
    io::stdin().read_to_string(&mut String::new()).map(drop)
}

/// "Press Enter" is taken at its word.
fn wants_an_empty_line(address: SocketAddr) -> io::Result<()> {
    let _listener = bind(address)?;
    let mut lines = io::stdin().lines();
    while lines.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
    Ok(())
}

/// In C, a `main` that returns the length of what it has read.
fn ends_as_if_it_failed(address: SocketAddr) -> io::Result<()> {
    let _listener = bind(address)?;
    wait()?;
    Err(io::Error::other("the end"))
}
