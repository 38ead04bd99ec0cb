//= copies-the-address 2 Has the address of a page that it was copied from.
//= counts-letters 3 Announces as many bytes as the page has letters.
//= reads-to-the-end 4 Waits for the client's last byte, not for the blank line.
//= answers-the-gone 5 Takes every error lightly, that of a request cut short too.
//= unwraps-the-line 6 Takes it for granted that a request line has two spaces.
//= asks-the-old-for-a-host 7 Demands a Host of HTTP/1.0 too, which never had it.
//= gives-half-a-second 8 Has no patience: half a second for a request.
//= waits-for-a-goodbye 9 Reads on after its answer, however long that takes.
//= reads-what-it-refuses 10 Waits for a body that it's not going to take.
//= always-has-a-folder 11 Serves a folder even if it was given none.
//= decodes-first 11 Decodes the whole target, and looks for the query afterwards.
//= trusts-in-threads 12 Gives up its deadlines: there are other threads.
//= goes-on-after-a-refusal 13 Keeps the connection of a client that it refuses.
//= shares-its-leftovers 13 Has one buffer for all clients of a thread.
//= falls-back-on-a-page 14 Sends the page for what's missing as if it were there.
//! A server of one's own, after stage {stage}.

use std::env;
//: 11
use std::fs;
//: 2
use std::io::{self, Read, Write};
//: 1-1
use std::net::TcpListener;
//: 2-8
use std::net::{TcpListener, TcpStream};
//: 9
use std::net::{Shutdown, TcpListener, TcpStream};
//: 11
use std::path::Path;
//: 12
use std::thread;
//: 8
use std::time::{Duration, Instant};
//:

use anyhow::{Context, Result};
//: 2

const HOME: &str = "<h1>Grüße, 世界</h1>\n";
//: 6
const ABOUT: &str = "<h1>About</h1>\n";

/// The methods of RFC 9110, section 9, and PATCH of RFC 5789.
const KNOWN: [&str; 9] =
    ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];
//: 7

/// A head may be that long, and more than any browser sends.
const MAX_HEAD: usize = 16 * 1024;
//: 10
const MAX_BODY: usize = 10_000;
//: 8 !gives-half-a-second

/// A client has so long for a request.
const TIME: Duration = Duration::from_secs(3);
//: gives-half-a-second

const TIME: Duration = Duration::from_millis(500);
//: 9
/// And so long to hear the end of the answer.
const PATIENCE: Duration = Duration::from_secs(1);
//: 12

/// So many clients are served at the same time. The others wait in the kernel's queue.
const THREADS: usize = 24;
//:

fn main() -> Result<()> {
//: 1 !copies-the-address
    let address = env::args().nth(1).unwrap_or("127.0.0.1:4545".into());
//: copies-the-address
    let _ = env::args();
    let address = "127.0.0.1:4545";
//: 11 !always-has-a-folder
    let folder = env::args().nth(2).map(fs::canonicalize).transpose()?;
    let folder = folder.as_deref();
//: always-has-a-folder
    let folder = env::args().nth(2).unwrap_or("exercises".into());
    let folder = Some(fs::canonicalize(folder)?);
    let folder = folder.as_deref();
//: 1 !copies-the-address
    let listener = TcpListener::bind(&address)
        .with_context(|| format!("cannot bind {address}"))?;
//: copies-the-address
    let listener =
        TcpListener::bind(address).with_context(|| format!("cannot bind {address}"))?;
//:
    println!("serving http://{}/ until you press Ctrl-C", listener.local_addr()?);
//: 1-1
    loop {
        listener.accept()?;
    }
}
//: 2-3
    loop {
        let (client, _) = listener.accept()?;
        serve(client)?;
    }
}
//: 4-4
    loop {
        let (stream, _) = listener.accept()?;
        serve(Client { stream, bytes: Vec::new() })?;
    }
}
//: 5-11
    serve_all(&listener);
    Ok(())
}
//: 12
    thread::scope(|threads| {
        for _ in 0..THREADS {
            threads.spawn(|| serve_all(&listener));
        }
    });
    Ok(())
}
//:
