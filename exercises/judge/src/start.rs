//! Where a program that has been started is, or what went wrong before any client came.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU16, Ordering};

use probe::load::listening;
use probe::named_addresses;

use crate::failure::{Fault, Place, Verdict, What};
use crate::patience::{self, Silence};
use crate::program::{Program, look, panic_in};

const TASK: &str =
    "The task: ADDRESS is the first argument, and 127.0.0.1:4545 without one.";

/// Waits for the address in the lines that the program prints first, and holds it
/// against the one that was `wanted` and against what the system says.
pub fn find_address(program: &Program, wanted: &str) -> Verdict<SocketAddr> {
    let found = patience::wait_for_start(
        program.id,
        |tick| {
            let named = || named_address(&program.stdout.text()).is_some();
            look(tick, || named() || program.is_over() || program.is_flooding())
        },
        // One that is somewhere already, or has begun to speak, has no reason to wait.
        || match (listening(program.id).is_empty(), program.stdout.text().is_empty()) {
            (false, _) => patience::RESPONSE_TIMEOUT,
            (true, false) => patience::START_TIMEOUT / 3,
            (true, true) => patience::START_TIMEOUT,
        },
    );
    if found.is_ok() && program.is_over() {
        program.wait_for_all_output();
    }
    match (named_address(&program.stdout.text()), found) {
        (Some(address), _) => is_as_wanted(program, address, wanted).map(|()| address),
        (None, _) if program.is_flooding() => Err(program.flood()),
        (None, Ok(())) => Err(never_ready(program, wanted)),
        (None, Err(silence)) => Err(no_address(program, silence)),
    }
}

fn is_as_wanted(program: &Program, address: SocketAddr, wanted: &str) -> Verdict {
    let Ok(wanted) = wanted.parse::<SocketAddr>() else { return Ok(()) };
    let (another_port, any) = match wanted.port() {
        0 => (address.port() < first_free_port(), ", where port 0 means any free one"),
        port => (address.port() != port, ""),
    };
    let is_wanted = address.ip() == wanted.ip() && !another_port;
    if is_wanted && !has_all_addresses(program.id, address) {
        return Ok(());
    }
    let (port, real) = (address.port(), SocketAddr::new(wanted.ip(), address.port()));
    let (meaning, why) = if is_wanted {
        (
            format!(
                "Your program says that it is at {address}, and the system says that \
                 it is at 0.0.0.0:{port}: at every address of this machine. So anyone \
                 on the same network can connect."
            ),
            "ip(7): bound to INADDR_ANY, 0.0.0.0, a socket gets what is sent to any \
             address of the machine. The task: ADDRESS is the first argument.",
        )
    } else if address != real && listening(program.id).contains(&real) {
        (
            format!(
                "Your program has {real} and says {address}: the port is right, but \
                 the part before it is always the same."
            ),
            "getsockname(2): `local_addr` of the socket names both, the IP address and \
             the port.",
        )
    } else {
        let meaning = if another_port {
            "it took no notice of its first argument."
        } else {
            "that is another IP address. Only the port may follow from its first \
             argument, or nothing does."
        };
        let started =
            format!("It was started for {wanted}{any}, and says that it is at");
        (format!("{started} {address}: {meaning}"), TASK)
    };
    program.note_output();
    let addresses = named_addresses(&program.stdout.text());
    let offset = addresses.iter().find(|(_, it)| *it == address).map_or(0, |it| it.0);
    Err(program.log.failure(Place::Printed(offset), meaning, why))
}

fn never_ready(program: &Program, wanted: &str) -> Fault {
    let ended = program.ended();
    let panic = panic_in(&ended.stderr);
    let (meaning, why) = if is_in_use(&ended.stderr) || is_in_use(&ended.stdout) {
        let meaning = format!(
            "Your program was started for {wanted}, and says that its address is in \
             use. It took no notice of its first argument: a fixed address can be had \
             once."
        );
        (meaning, TASK)
    } else if let Some((place, _)) = panic {
        let why = "A todo! that is still there does that, and so does an `unwrap` of \
                   an error.";
        (format!("Your program has crashed before any client came: {place}."), why)
    } else {
        let why = "A server says where it is, and goes on until Ctrl-C; its last words \
                   are below.";
        ("Your program has ended before any client came.".into(), why)
    };
    program.wrong(meaning, why)
}

/// In the words of Linux, macOS, Windows, Rust, Python, Go, Java and Node.
fn is_in_use(said: &str) -> bool {
    let said = said.to_lowercase();
    let words = ["in use", "eaddrinuse", "addrinuse", "only one usage of each socket"];
    words.iter().any(|word| said.contains(word))
}

fn no_address(program: &Program, silence: Silence) -> Fault {
    let text = program.stdout.text();
    program.note_output();
    let why = "The task: a line on standard output names the address, such as \
               127.0.0.1:4545, so that people know where to go.";
    if let Some(&(offset, address)) = named_addresses(&text).first() {
        let meaning = format!(
            "Nobody can connect to port 0. Your program says which address it was \
             given, {address}, and not which one it has got."
        );
        let why = "getsockname(2): `local_addr` of the socket names the port that the \
                   system has chosen.";
        return program.log.failure(Place::Printed(offset), meaning, why);
    }
    let stderr = program.stderr.text();
    if !stderr.is_empty() {
        program.log.add(What::Complained(stderr.clone()));
    }
    program.log.silent(silence, patience::START_TIMEOUT);
    if let Some(address) = named_address(&stderr) {
        let meaning = format!(
            "Your program says on standard error that it is at {address}. Nothing is \
             wrong, so that is no complaint: it belongs on standard output."
        );
        return program.wrong(meaning, why);
    }
    if text.is_empty() {
        let meaning = "Your program never says where it is: nothing has come on \
                       standard output. (Rust's `print!` keeps its text back until the \
                       line ends, and C's `printf`, when it isn't a terminal it prints \
                       to, until fflush.)";
        return program.wrong(meaning, why);
    }
    if !text.contains('\n') {
        return program.wrong(
            "Your program has begun a line and not ended it. What is printed is kept \
             back until the line is complete, or until it is flushed.",
            "stdio(3), std::io::Stdout: output is buffered; `println!` ends its line, \
             and C needs fflush(3) as well when it prints into a pipe.",
        );
    }
    let meaning = "What your program has printed names no address. Print it like this: \
                   127.0.0.1:4545";
    program.log.failure(Place::Printed(0), meaning, why)
}

/// Returns the first address at which a client can be let in: one with a port. The one
/// that was asked for may come before it.
pub fn named_address(text: &str) -> Option<SocketAddr> {
    let mut named = named_addresses(text).into_iter().map(|(_, address)| address);
    named.find(|address| address.port() != 0)
}

/// Returns whether a process has the port at all addresses of this machine. Linux only.
pub fn has_all_addresses(id: u32, address: SocketAddr) -> bool {
    if !cfg!(target_os = "linux") || !address.is_ipv4() || address.ip().is_unspecified()
    {
        return false;
    }
    let listening = listening(id);
    if listening.contains(&address) {
        return false;
    }
    let all = SocketAddr::from((Ipv4Addr::UNSPECIFIED, address.port()));
    listening.contains(&all) || probe::is_taken(SocketAddr::new(nobodys(), all.port()))
}

/// Returns an address that nobody has: all that begins with 127 is this machine.
fn nobodys() -> IpAddr {
    static COUNT: AtomicU16 = AtomicU16::new(0);
    let [high, low] = COUNT.fetch_add(1, Ordering::Relaxed).to_be_bytes();
    let ours = u8::try_from(100 + std::process::id() % 100).unwrap_or(100);
    Ipv4Addr::new(127, ours, high, low.max(1)).into()
}

/// Returns the port from which on a system chooses when it is asked for any.
pub fn first_free_port() -> u16 {
    let range = fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range");
    let first =
        range.ok().and_then(|range| range.split_whitespace().next()?.parse().ok());
    first.unwrap_or(10_000)
}
