//! The load: clients that connect, ask, read until the server closes, and come again.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Barrier;
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

/// curl's, and told to close, which not every peer would do unasked.
const REQUEST: &[u8] = b"GET / HTTP/1.1\r\n\
    Host: 127.0.0.1:4545\r\n\
    User-Agent: curl/8.5.0\r\n\
    Accept: */*\r\n\
    Connection: close\r\n\
    \r\n";
/// Longer than any server here may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What came of one batch.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// How many requests were answered.
    pub requests: u32,
    /// In each second, by all clients together.
    pub per_second: f64,
    /// Half of the requests took no longer, from connecting to the end.
    pub p50: Duration,
    /// All but one in a hundred took no longer.
    pub p99: Duration,
}

/// Sends about `requests` requests, by as many threads as there are clients, and checks
/// that each is answered with 200 and `length` bytes.
///
/// # Errors
/// When one is not.
pub fn load(
    address: SocketAddr,
    clients: u32,
    requests: u32,
    length: usize,
) -> Result<Load> {
    // All begin together, once all are there.
    let start = Barrier::new(clients as usize);
    let one = || {
        let mut visits = Vec::new();
        start.wait();
        for _ in 0..requests.div_ceil(clients) {
            let begin = Instant::now();
            let received = visit(address)?;
            visits.push((begin, Instant::now()));
            ensure!(received == length, "{received} bytes came instead of {length}");
        }
        Ok(visits)
    };
    let outcomes: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..clients).map(|_| scope.spawn(one)).collect();
        threads.into_iter().map(ScopedJoinHandle::join).collect()
    });
    let mut visits = Vec::new();
    for outcome in outcomes {
        visits.extend(outcome.ok().context("a client panicked")??);
    }
    // The clock runs from the first visit's begin, whoever made it, to the last one's
    // end.
    let first = visits.iter().map(|(begin, _)| *begin).min().context("no visit")?;
    let last = visits.iter().map(|(_, end)| *end).max().context("no visit")?;
    let elapsed = last - first;
    let mut times: Vec<_> = visits.iter().map(|(begin, end)| *end - *begin).collect();
    times.sort_unstable();
    let requests = u32::try_from(times.len())?;
    Ok(Load {
        requests,
        per_second: f64::from(requests) / elapsed.as_secs_f64(),
        p50: times[times.len() / 2],
        p99: times[times.len() * 99 / 100],
    })
}

/// One request; how many bytes its answer has.
///
/// # Errors
/// When there is no answer, or another than 200.
pub fn visit(address: SocketAddr) -> Result<usize> {
    let mut server = TcpStream::connect(address).context("connect")?;
    server.set_read_timeout(Some(PATIENCE))?;
    server.write_all(REQUEST).context("write")?;
    let mut buffer = [0; 4096];
    let mut length = 0;
    loop {
        let arrived = server.read(&mut buffer[length..]).context("read")?;
        if arrived == 0 {
            break;
        }
        length += arrived;
    }
    let status = buffer.get(8..13).unwrap_or_default();
    ensure!(status == b" 200 ", "not 200: {}", buffer[..length].escape_ascii());
    Ok(length)
}
