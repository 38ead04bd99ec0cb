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
    ("names-only-the-port", Program(names_only_the_port)),
    ("several-lines", Program(several_lines)),
    ("talks-on-stdout-too", Program(talks_on_stdout_too)),
    ("prints-debug", Program(prints_debug)),
    ("one-reason-for-all", Program(one_reason_for_all)),
    ("reason-as-a-number", Program(reason_as_a_number)),
    ("panics-at-anything-else", Program(panics_at_anything_else)),
    ("tries-the-next-port", Program(tries_the_next_port)),
    ("tries-forever", Program(tries_forever)),
];

/// Says where it is, and waits for Enter, as it should.
fn hold(bound: io::Result<TcpListener>) -> io::Result<()> {
    // Without a listener there's nothing to hold; the mistake is made already.
    let Ok(listener) = bound else { return Ok(()) };
    writeln!(io::stdout(), "bound to {}; press Enter to end", listener.local_addr()?)?;
    io::stdin().lock().skip_until(b'\n')?;
    Ok(())
}

/// Prints what went wrong, as `say` puts it, and ends with status 1, as it should.
fn complain(
    address: SocketAddr,
    say: impl FnOnce(io::Error) -> String,
) -> io::Result<()> {
    hold(TcpListener::bind(address).map_err(|error| {
        let text = say(error);
        if !text.is_empty() {
            let _ = writeln!(io::stderr(), "{text}");
        }
        process::exit(1)
    }))
}

/// The error is reported, and the program ends as if all were well.
fn exit_status_0(address: SocketAddr) -> io::Result<()> {
    hold(TcpListener::bind(address).inspect_err(|error| {
        let _ = writeln!(io::stderr(), "cannot bind {address}: {error}");
    }))
}

/// `println!`, as for everything else.
fn says_it_on_stdout(address: SocketAddr) -> io::Result<()> {
    complain(address, |error| {
        let _ = writeln!(io::stdout(), "cannot bind {address}: {error}");
        String::new()
    })
}

/// The exit status is all there is.
fn without_a_word(address: SocketAddr) -> io::Result<()> {
    complain(address, |_| String::new())
}

/// What the system says doesn't name the address.
fn does_not_say_which(address: SocketAddr) -> io::Result<()> {
    complain(address, |error| error.to_string())
}

/// On one machine, the port seems to be enough.
fn names_only_the_port(address: SocketAddr) -> io::Result<()> {
    complain(address, |error| format!("not bound to port {}: {error}", address.port()))
}

/// As `main` itself reports an error of anyhow.
fn several_lines(address: SocketAddr) -> io::Result<()> {
    complain(address, |error| {
        format!("Error: cannot bind {address}\n\nCaused by:\n    {error}")
    })
}

/// It greets before it knows whether it can work.
fn talks_on_stdout_too(address: SocketAddr) -> io::Result<()> {
    writeln!(io::stdout(), "starting")?;
    complain(address, |error| format!("cannot bind {address}: {error}"))
}

/// `{error:?}`, as `unwrap` shows it: the sentence is in there, somewhere.
fn prints_debug(address: SocketAddr) -> io::Result<()> {
    complain(address, |error| format!("cannot bind {address}: {error:?}"))
}

/// Whatever it was, it's called a taken address.
fn one_reason_for_all(address: SocketAddr) -> io::Result<()> {
    complain(address, |_| format!("{address} is already in use"))
}

/// As programs in C do that print `errno`.
fn reason_as_a_number(address: SocketAddr) -> io::Result<()> {
    complain(address, |error| {
        format!("cannot bind {address}: error {}", error.raw_os_error().unwrap_or(0))
    })
}

/// One kind of error is handled, since the exercise is about that one.
fn panics_at_anything_else(address: SocketAddr) -> io::Result<()> {
    complain(address, |error| match error.kind() {
        io::ErrorKind::AddrInUse => format!("cannot bind {address}: {error}"),
        other => panic!("what is {other:?}?"),
    })
}

/// Helpful, but no user finds it there.
fn tries_the_next_port(address: SocketAddr) -> io::Result<()> {
    let next = SocketAddr::new(address.ip(), 0);
    hold(TcpListener::bind(address).or_else(|_| TcpListener::bind(next)))
}

/// It will be free some day.
fn tries_forever(address: SocketAddr) -> io::Result<()> {
    loop {
        if let Ok(listener) = TcpListener::bind(address) {
            return hold(Ok(listener));
        }
        thread::sleep(Duration::from_millis(100));
    }
}
