//! What usually goes wrong in exercise 06b.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

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
    ("ends-with-its-client", Program(ends_with_its_client)),
    ("a-deadline-instead", Handler(a_deadline_instead)),
    ("answers-half", Program(answers_half)),
    ("a-thread-when-it-speaks", Program(a_thread_when_it_speaks)),
    ("forgets-its-queue", Program(forgets_its_queue)),
    ("makes-room", Program(makes_room)),
    ("right-one-thread", Program(right_one_thread)),
    ("right-a-deadline", Program(right_a_deadline)),
];

/// As it should be: reads a whole head, and answers.
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
    each_with(address, 4, handle)
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
    // The listener is still there: the kernel lets clients in, and no thread accepts.
    loop {
        thread::park();
    }
}

/// Counts up for each client, and never down.
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
    each_with(address, 32, handle)
}

/// Threads that accept for themselves, without end.
fn each_with(
    address: SocketAddr,
    threads: usize,
    handle: fn(TcpStream) -> io::Result<()>,
) -> io::Result<()> {
    with_threads(address, threads, |listener| {
        loop {
            let _ = listener.accept().and_then(|(client, _)| handle(client));
        }
    })
}

/// A client that leaves without a word takes its thread along.
fn ends_with_its_client(address: SocketAddr) -> io::Result<()> {
    with_threads(address, MANY, |listener| {
        while let Ok((client, _)) = listener.accept() {
            if client.peek(&mut [0]).is_ok_and(|length| length == 0) {
                break;
            }
            let _ = handle(client);
        }
    })
}

/// Still one after the other, but no client may take long.
fn a_deadline_instead(client: TcpStream) -> io::Result<()> {
    client.set_read_timeout(Some(Duration::from_millis(200)))?;
    handle(client)
}

/// There are enough threads, and each of them reads once.
fn answers_half(address: SocketAddr) -> io::Result<()> {
    each_with(address, MANY, |mut client| {
        let length = client.read(&mut [0; 4096])?;
        if length > 0 { client.write_all(PAGE) } else { Ok(()) }
    })
}

/// Silent clients cost nothing here; those that have begun get a thread each.
fn a_thread_when_it_speaks(address: SocketAddr) -> io::Result<()> {
    crowd(address, |clients| {
        while let Some(index) = clients.iter().position(has_spoken) {
            let client = clients.swap_remove(index);
            let _ = client.set_nonblocking(false);
            thread::spawn(|| handle(client));
        }
    })
}

fn has_spoken(client: &TcpStream) -> bool {
    client.peek(&mut [0]).is_ok()
}

/// One thread that looks after all, again and again.
fn right_one_thread(address: SocketAddr) -> io::Result<()> {
    let mut requests: Vec<(TcpStream, Vec<u8>)> = Vec::new();
    crowd(address, |clients| {
        requests.extend(clients.drain(..).map(|client| (client, Vec::new())));
        requests.retain_mut(|(client, request)| {
            let mut buffer = [0; 4096];
            match client.read(&mut buffer) {
                Ok(0) => return false,
                Ok(length) => request.extend_from_slice(&buffer[..length]),
                Err(error) => return error.kind() == io::ErrorKind::WouldBlock,
            }
            let is_whole = request.ends_with(b"\r\n\r\n");
            !(is_whole && client.write_all(PAGE).is_ok())
        });
    })
}

/// Accepts all that come, and looks after them every few milliseconds.
fn crowd(
    address: SocketAddr,
    mut look: impl FnMut(&mut Vec<TcpStream>),
) -> io::Result<()> {
    let listener = TcpListener::bind(address)?;
    writeln!(io::stdout(), "serving http://{}/", listener.local_addr()?)?;
    listener.set_nonblocking(true)?;
    let mut clients = Vec::new();
    loop {
        while let Ok((client, _)) = listener.accept() {
            client.set_nonblocking(true)?;
            clients.push(client);
        }
        look(&mut clients);
        thread::sleep(Duration::from_millis(5));
    }
}

/// As many threads as there may be, and a place can be kept for a second.
fn right_a_deadline(address: SocketAddr) -> io::Result<()> {
    each_with(address, 31, |client| {
        client.set_read_timeout(Some(Duration::from_secs(1)))?;
        handle(client)
    })
}

/// Clients wait in a queue, and it is looked at only when another one comes.
fn forgets_its_queue(address: SocketAddr) -> io::Result<()> {
    let taken = Arc::new(AtomicUsize::new(0));
    let queue = Mutex::new(VecDeque::new());
    crate::serve(address, |client| {
        let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.push_back(client);
        while taken.load(Ordering::SeqCst) < MANY
            && let Some(client) = queue.pop_front()
        {
            in_a_place(&taken, client);
        }
        Ok(())
    })
}

/// The one that has been there longest has to go.
fn makes_room(address: SocketAddr) -> io::Result<()> {
    let clients = Mutex::new(VecDeque::new());
    crate::serve(address, |client| {
        let mut clients = clients.lock().unwrap_or_else(PoisonError::into_inner);
        clients.push_back(client.try_clone()?);
        if clients.len() > MANY
            && let Some(oldest) = clients.pop_front()
        {
            let _ = oldest.shutdown(Shutdown::Both);
        }
        thread::spawn(|| handle(client));
        Ok(())
    })
}

/// A thread for this client, and a place as long as it's there.
fn in_a_place(taken: &Arc<AtomicUsize>, client: TcpStream) {
    taken.fetch_add(1, Ordering::SeqCst);
    let taken = Arc::clone(taken);
    thread::spawn(move || {
        let _ = handle(client);
        taken.fetch_sub(1, Ordering::SeqCst);
    });
}

/// Sixteen are served; the others hear that this was all.
fn turns_away(address: SocketAddr) -> io::Result<()> {
    at_most(address, |client| client.shutdown(Shutdown::Write))
}

/// As servers do that have nowhere to let a client wait.
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
        in_a_place(&taken, client);
        Ok(())
    })
}
