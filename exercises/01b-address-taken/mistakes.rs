//! What usually goes wrong in exercise 01b.

use std::io::{self, BufRead, Write};
use std::net::{SocketAddr, TcpListener};
use std::process;
use std::thread;
use std::time::Duration;

use crate::Mistake;
use crate::Mistake::Program;

pub const MISTAKES: &[(&str, Mistake)] = &[
    ("exit-status-0", Program(exit_status_0)),
    ("says-it-on-stdout", Program(says_it_on_stdout)),
    ("without-a-word", Program(without_a_word)),
    ("does-not-say-which", Program(does_not_say_which)),
    ("several-lines", Program(several_lines)),
    ("prints-debug", Program(prints_debug)),
    ("one-reason-for-all", Program(one_reason_for_all)),
    ("tries-the-next-port", Program(tries_the_next_port)),
    ("tries-for-ever", Program(tries_for_ever)),
];

/// What is right: says where it is, and waits for Enter.
fn hold(bound: io::Result<TcpListener>) -> io::Result<()> {
    // Without a listener there is nothing to hold; the mistake is made already.
    let Ok(listener) = bound else { return Ok(()) };
    writeln!(io::stdout(), "bound to {}; press Enter to end", listener.local_addr()?)?;
    io::stdin().lock().skip_until(b'\n')?;
    Ok(())
}

/// The error is reported, and the program ends as if all were well.
fn exit_status_0(address: SocketAddr) -> io::Result<()> {
    hold(TcpListener::bind(address).inspect_err(|error| {
        let _ = writeln!(io::stderr(), "cannot bind {address}: {error}");
    }))
}

/// `println!`, as for everything else.
fn says_it_on_stdout(address: SocketAddr) -> io::Result<()> {
    hold(TcpListener::bind(address).inspect_err(|error| {
        let _ = writeln!(io::stdout(), "cannot bind {address}: {error}");
        process::exit(1);
    }))
}

/// The exit status says it all, to those who ask for it.
fn without_a_word(address: SocketAddr) -> io::Result<()> {
    hold(TcpListener::bind(address).inspect_err(|_| process::exit(1)))
}

/// What the system says does not name the address.
fn does_not_say_which(address: SocketAddr) -> io::Result<()> {
    hold(TcpListener::bind(address).inspect_err(|error| {
        let _ = writeln!(io::stderr(), "{error}");
        process::exit(1);
    }))
}

/// As `main` itself reports an error of anyhow.
fn several_lines(address: SocketAddr) -> io::Result<()> {
    hold(TcpListener::bind(address).inspect_err(|error| {
        let message =
            format!("Error: cannot bind {address}\n\nCaused by:\n    {error}");
        let _ = writeln!(io::stderr(), "{message}");
        process::exit(1);
    }))
}

/// `{error:?}`, as `unwrap` shows it: the sentence is in there, somewhere.
fn prints_debug(address: SocketAddr) -> io::Result<()> {
    hold(TcpListener::bind(address).inspect_err(|error| {
        let _ = writeln!(io::stderr(), "cannot bind {address}: {error:?}");
        process::exit(1);
    }))
}

/// Whatever it was, it is called a taken address.
fn one_reason_for_all(address: SocketAddr) -> io::Result<()> {
    hold(TcpListener::bind(address).inspect_err(|_| {
        let _ = writeln!(io::stderr(), "{address} is already in use");
        process::exit(1);
    }))
}

/// Helpful, and nobody knows where it is now.
fn tries_the_next_port(address: SocketAddr) -> io::Result<()> {
    let next = SocketAddr::new(address.ip(), 0);
    hold(TcpListener::bind(address).or_else(|_| TcpListener::bind(next)))
}

/// It will be free some day.
fn tries_for_ever(address: SocketAddr) -> io::Result<()> {
    loop {
        if let Ok(listener) = TcpListener::bind(address) {
            return hold(Ok(listener));
        }
        thread::sleep(Duration::from_millis(100));
    }
}
