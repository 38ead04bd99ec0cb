//! What usually goes wrong in exercise 01a.

use std::io::{self, BufRead, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::thread;

use crate::Mistake;
use crate::Mistake::Program;

pub const MISTAKES: &[(&str, Mistake)] = &[
    ("says-port-0", Program(says_port_0)),
    ("says-it-on-stderr", Program(says_it_on_stderr)),
    ("names-no-address", Program(names_no_address)),
    ("drops-the-socket", Program(drops_the_socket)),
    ("binds-twice", Program(binds_twice)),
    ("ends-at-once", Program(ends_at_once)),
    ("always-any-port", Program(always_any_port)),
    ("always-the-same-ip", Program(always_the_same_ip)),
    ("goes-on-after-enter", Program(goes_on_after_enter)),
    ("waits-for-the-end-of-input", Program(waits_for_the_end_of_input)),
];

/// What is right: waits for Enter.
fn wait() -> io::Result<()> {
    io::stdin().lock().skip_until(b'\n').map(drop)
}

/// The address that was asked for is at hand, so it is printed.
fn says_port_0(address: SocketAddr) -> io::Result<()> {
    let _listener = TcpListener::bind(address)?;
    writeln!(io::stdout(), "bound to {address}; press Enter to end")?;
    wait()
}

/// `eprintln!` shows it in the same window, so it seems to be all the same.
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

/// The socket has no name, so it is gone at the end of the line.
fn drops_the_socket(address: SocketAddr) -> io::Result<()> {
    let address = TcpListener::bind(address)?.local_addr()?;
    writeln!(io::stdout(), "bound to {address}; press Enter to end")?;
    wait()
}

/// One socket to find a free port, and one to keep, with port 0 again.
fn binds_twice(address: SocketAddr) -> io::Result<()> {
    let first = TcpListener::bind(address)?;
    let found = first.local_addr()?;
    let second = TcpListener::bind(SocketAddr::new(address.ip(), 0))?;
    drop(first);
    writeln!(io::stdout(), "bound to {found}; press Enter to end")?;
    wait()?;
    drop(second);
    Ok(())
}

/// It has said what it knows.
fn ends_at_once(address: SocketAddr) -> io::Result<()> {
    let listener = TcpListener::bind(address)?;
    writeln!(io::stdout(), "bound to {}", listener.local_addr()?)
}

/// Port 0 is written down, since that is what the exercise is about.
fn always_any_port(address: SocketAddr) -> io::Result<()> {
    let listener = TcpListener::bind((address.ip(), 0))?;
    writeln!(io::stdout(), "bound to {}; press Enter to end", listener.local_addr()?)?;
    wait()
}

/// Only the port is asked for; the rest of the address seems to be known.
fn always_the_same_ip(address: SocketAddr) -> io::Result<()> {
    let listener = TcpListener::bind(address)?;
    let port = listener.local_addr()?.port();
    writeln!(io::stdout(), "bound to {}:{port}", Ipv4Addr::LOCALHOST)?;
    wait()
}

/// It waits, and not for Enter.
fn goes_on_after_enter(address: SocketAddr) -> io::Result<()> {
    let listener = TcpListener::bind(address)?;
    writeln!(io::stdout(), "bound to {}; press Enter to end", listener.local_addr()?)?;
    loop {
        thread::park();
    }
}

/// It reads what is typed, all of it.
fn waits_for_the_end_of_input(address: SocketAddr) -> io::Result<()> {
    let listener = TcpListener::bind(address)?;
    writeln!(io::stdout(), "bound to {}; press Enter to end", listener.local_addr()?)?;
    io::stdin().read_to_string(&mut String::new()).map(drop)
}
