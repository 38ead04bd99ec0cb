//! What usually goes wrong in exercise 06b.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;

use crate::Mistake;
use crate::Mistake::{Handler, Program, Threaded};

const PAGE: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nYour turn.\n";
const MANY: usize = 16;

pub const MISTAKES: &[(&str, Mistake)] = &[
    ("one-after-the-other", Handler(handle)),
    ("waits-for-its-thread", Program(waits_for_its_thread)),
    ("holds-the-lock", Program(holds_the_lock)),
    ("four-at-a-time", Program(four_at_a_time)),
    ("never-gives-back", Program(never_gives_back)),
    ("in-batches", Program(in_batches)),
    ("a-thread-for-each", Threaded(handle)),
    ("forgets-main", Program(forgets_main)),
    ("turns-away", Program(turns_away)),
    ("says-503", Program(says_503)),
    ("threads-die", Program(threads_die)),
];

/// What is right: reads a whole head, and answers.
fn handle(mut client: TcpStream) -> io::Result<()> {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    while !request.windows(4).any(|window| window == b"\r\n\r\n") {
        match client.read(&mut buffer)? {
            0 => return Ok(()),
            length => request.extend_from_slice(&buffer[..length]),
        }
    }
    client.write_all(PAGE)
}

/// There is a thread, and `join` waits for its end before the next `accept`.
fn waits_for_its_thread(address: SocketAddr) -> io::Result<()> {
    crate::serve(address, |client| {
        let thread = thread::spawn(|| handle(client));
        thread.join().unwrap_or(Ok(()))
    })
}

/// `while let` holds what its expression has locked until the end of its body.
fn holds_the_lock(address: SocketAddr) -> io::Result<()> {
    let (sender, clients) = mpsc::channel::<TcpStream>();
    let clients = Arc::new(Mutex::new(clients));
    for _ in 0..MANY {
        let clients = Arc::clone(&clients);
        thread::spawn(move || {
            while let Ok(client) =
                clients.lock().unwrap_or_else(PoisonError::into_inner).recv()
            {
                let _ = handle(client);
            }
        });
    }
    crate::serve(address, |client| sender.send(client).map_err(io::Error::other))
}

/// The number of threads in the book, where it is enough.
fn four_at_a_time(address: SocketAddr) -> io::Result<()> {
    with_threads(address, 4, |listener| {
        loop {
            let _ = listener.accept().and_then(|(client, _)| handle(client));
        }
    })
}

/// The error of one client ends the thread that serves all.
fn threads_die(address: SocketAddr) -> io::Result<()> {
    with_threads(address, MANY, |listener| {
        while let Ok((client, _)) = listener.accept() {
            if handle(client).is_err() {
                break;
            }
        }
    })
}

fn with_threads(
    address: SocketAddr,
    threads: usize,
    serve: impl Fn(&TcpListener) + Sync,
) -> io::Result<()> {
    let listener = TcpListener::bind(address)?;
    writeln!(io::stdout(), "serving http://{}/", listener.local_addr()?)?;
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| serve(&listener));
        }
    });
    // The listener stays: clients are let in, and nobody comes for them.
    loop {
        thread::park();
    }
}

/// Counts up for each client, and down for none.
fn never_gives_back(address: SocketAddr) -> io::Result<()> {
    let taken = AtomicUsize::new(0);
    crate::serve(address, |client| {
        while taken.load(Ordering::Relaxed) >= MANY {
            thread::park();
        }
        taken.fetch_add(1, Ordering::Relaxed);
        thread::spawn(|| handle(client));
        Ok(())
    })
}

/// Twenty threads, and a `join` of them all before the next twenty.
fn in_batches(address: SocketAddr) -> io::Result<()> {
    let listener = TcpListener::bind(address)?;
    writeln!(io::stdout(), "serving http://{}/", listener.local_addr()?)?;
    loop {
        let mut batch = Vec::new();
        for _ in 0..20 {
            let (client, _) = listener.accept()?;
            batch.push(thread::spawn(|| handle(client)));
        }
        for thread in batch {
            let _ = thread.join();
        }
    }
}

/// Thirty-two threads, and the one that has started them.
fn forgets_main(address: SocketAddr) -> io::Result<()> {
    with_threads(address, 32, |listener| {
        loop {
            let _ = listener.accept().and_then(|(client, _)| handle(client));
        }
    })
}

/// Sixteen are served; the others hear that this was all.
fn turns_away(address: SocketAddr) -> io::Result<()> {
    at_most(address, |client| client.shutdown(Shutdown::Write))
}

/// As servers do that would rather say so than let anybody wait.
fn says_503(address: SocketAddr) -> io::Result<()> {
    at_most(address, |mut client| {
        client
            .write_all(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")
    })
}

fn at_most(
    address: SocketAddr,
    otherwise: impl Fn(&TcpStream) -> io::Result<()>,
) -> io::Result<()> {
    let taken = Arc::new(AtomicUsize::new(0));
    let too_many = Mutex::new(Vec::new());
    crate::serve(address, |client| {
        if taken.load(Ordering::SeqCst) >= MANY {
            otherwise(&client)?;
            // Kept, so that it ends the same way each time: with FIN and without RST.
            too_many.lock().unwrap_or_else(PoisonError::into_inner).push(client);
            return Ok(());
        }
        taken.fetch_add(1, Ordering::SeqCst);
        let taken = Arc::clone(&taken);
        thread::spawn(move || {
            let _ = handle(client);
            taken.fetch_sub(1, Ordering::SeqCst);
        });
        Ok(())
    })
}
