//= copies-the-line 2 Says that it is at an address that it was copied from.
//= counts-letters 3 Announces as many bytes as the page has letters.
//= reads-to-the-end 4 Reads until the client has closed its side, and looks afterwards.
//= answers-the-gone 5 Takes every error lightly, that of half a request too.
//= reads-the-line-only 6 Answers as soon as the first line has come: it needs no more.
//= asks-the-old-for-a-host 7 Demands a Host of HTTP/1.0 too, which never had one.
//= is-impatient 8 Gives a client half a second for its request.
//= waits-for-a-goodbye 9 Reads on after its answer, however long that takes.
//= hangs-up-on-large-bodies 10 Refuses a large body, and closes without having read it.
//= always-has-a-folder 11 Serves a folder even if it was given none.
//= decodes-first 11 Decodes the whole target, and looks for the query afterwards.
//= trusts-in-threads 12 Has no deadline any more: there are other threads.
//= goes-on-after-a-refusal 13 Keeps the connection of a client that it has refused.
//= falls-back-on-a-page 14 Sends the first page of the folder for whatever is missing.
//! A server of one's own.

use std::env;
//: 11
use std::fs;
//: 1-1
use std::net::TcpListener;
//: 2
use std::io::{self, Read, Write};
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

/// A head may be that long: no browser sends so much.
const MAX_HEAD: usize = 16 * 1024;
//: 10
const MAX_BODY: usize = 10_000;
//: 8
/// A client has so long for its request.
//: 8 !is-impatient
const TIME: Duration = Duration::from_secs(3);
//: is-impatient
const TIME: Duration = Duration::from_millis(500);
//: 9 !waits-for-a-goodbye
/// And so long to hear the end of its answer.
const PATIENCE: Duration = Duration::from_secs(1);
//:

//: 12
/// So many clients are served at the same time. The others wait in the kernel's queue.
const THREADS: usize = 24;

//:
fn main() -> Result<()> {
    let address = env::args().nth(1).unwrap_or("127.0.0.1:4545".into());
//: 11 !always-has-a-folder
    let folder = env::args().nth(2).map(fs::canonicalize).transpose()?;
//: always-has-a-folder
    let folder = env::args().nth(2).unwrap_or(".".into());
    let folder = Some(fs::canonicalize(folder)?);
//:
    let listener = TcpListener::bind(&address)
        .with_context(|| format!("cannot bind {address}"))?;
//: 1 !copies-the-line
    println!("serving http://{}/ until you press Ctrl-C", listener.local_addr()?);
//: copies-the-line
    println!("serving http://127.0.0.1:4545/ until you press Ctrl-C");
//: 5-10
    serve_all(&listener);
//: 11-11
    serve_all(&listener, folder.as_deref());
//: 12
    thread::scope(|threads| {
        for _ in 0..THREADS {
            threads.spawn(|| serve_all(&listener, folder.as_deref()));
        }
    });
//: 5
    Ok(())
}

/// Serves one client after the other, without end.
//: 5-10
fn serve_all(listener: &TcpListener) {
//: 11
fn serve_all(listener: &TcpListener, folder: Option<&Path>) {
//:
    loop {
//: 1-1
        listener.accept()?;
//: 2-4
        let (stream, _) = listener.accept()?;
        serve(stream)?;
//: 5-10
        let served = listener.accept().and_then(|(stream, _)| serve(stream));
//: 11
        let accepted = listener.accept();
        let served = accepted.and_then(|(stream, _)| serve(stream, folder));
//: 5
        // What goes wrong with one client must not end the server for the others.
        if let Err(error) = served {
            eprintln!("a client was lost: {error}");
        }
//:
    }
}
//: 2

//: 2-3
/// Reads what has come, and answers.
fn serve(mut stream: TcpStream) -> io::Result<()> {
    let mut buffer = [0; 4096];
    let _length = stream.read(&mut buffer)?;
//: 2-2
    write!(stream, "HTTP/1.1 200 OK\r\n\r\n{HOME}")
//: 3-3 !counts-letters
    let length = HOME.len();
//: counts-letters
    let length = HOME.chars().count();
//: 3-3
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n{HOME}"
    )
//: 4
/// Reads a request, and answers.
//: 4-10
fn serve(stream: TcpStream) -> io::Result<()> {
//: 11
fn serve(stream: TcpStream, folder: Option<&Path>) -> io::Result<()> {
//: 4-7
    let mut client = Client { stream, bytes: Vec::new() };
//: 8
    stream.set_write_timeout(Some(TIME))?;
//: 13
    // Or the second of two answers would wait until the first is acknowledged.
    stream.set_nodelay(true)?;
//: 8
    let deadline = Instant::now() + TIME;
    let mut client = Client { stream, bytes: Vec::new(), deadline };
//: 4-4
    // Whoever leaves before that wants no answer.
    if client.head().is_err() {
        return Ok(());
    }
//: 5-5 !answers-the-gone
    client.head()?;
//: answers-the-gone
    let _ = client.head();
//: 4-5
    client.send()
//: 6-6
    let head = client.head()?;
    let head = String::from_utf8_lossy(&head);
    let mut words = head.lines().next().unwrap_or_default().split(' ');
    let request = Request {
        method: words.next().unwrap_or_default().into(),
        target: words.next().unwrap_or_default().into(),
//: 7-12
    let answer = match client.request() {
        Ok(request) => Answer {
            is_head: request.method == "HEAD",
//: 7-10
            ..respond(&request).unwrap_or_else(Answer::refusal)
//: 11-12
            ..respond(&request, folder).unwrap_or_else(Answer::refusal)
//: 7-12
        },
//: 7-12 !hangs-up-on-large-bodies
        Err(Stop::Refused(status)) => Answer::refusal(status),
//: hangs-up-on-large-bodies
        Err(Stop::Refused(status)) => return client.send(&Answer::refusal(status)),
//: 7-12
        Err(Stop::Lost(error)) => return Err(error),
//: 6-12
    };
//: 6-6
    let mut answer = respond(&request).unwrap_or_else(Answer::refusal);
    answer.is_head = request.method == "HEAD";
//: 6-8
    client.send(&answer)
//: 9-12
    client.send(&answer)?;
//: 13
    let mut is_last = false;
    while !is_last {
//: 13 !goes-on-after-a-refusal
        let mut answer = match client.request() {
//: goes-on-after-a-refusal
        let answer = match client.request() {
//: 13
            Ok(request) => Answer {
                is_head: request.method == "HEAD",
                is_last: request.is_last(),
//: 13-13
                ..respond(&request, folder).unwrap_or_else(Answer::refusal)
//: 14
                ..respond(&request, folder)
                    .unwrap_or_else(|status| explained(status, folder))
//: 13
            },
//: 13 !goes-on-after-a-refusal
            Err(Stop::Refused(status)) => Answer::refusal(status),
//: goes-on-after-a-refusal
            Err(Stop::Refused(status)) => {
                Answer { is_last: true, ..Answer::refusal(status) }
            }
//: 13
            Err(Stop::Lost(error)) => return Err(error),
        };
//: 13 !goes-on-after-a-refusal
        // Where a request that was refused ends is anyone's guess.
        answer.is_last |= answer.status != "200 OK";
//: 13
        is_last = answer.is_last;
        client.send(&answer)?;
        client.deadline = Instant::now() + TIME;
    }
//: 9
    client.close()
//: 7
}

/// Why there is no request.
enum Stop {
    Refused(&'static str),
    Lost(io::Error),
}

const BAD: Stop = Stop::Refused("400 Bad Request");
//: 10
const TOO_LARGE: Stop = Stop::Refused("413 Content Too Large");
//: 7

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Lost(error)
    }
//: 6
}

/// What a client asks for.
struct Request {
    method: String,
    target: String,
//: 7 !asks-the-old-for-a-host
    /// In HTTP/1.0, which knows less.
    is_old: bool,
//: 7
    /// The names in lower case.
    fields: Vec<(String, String)>,
//: 10
    body: Vec<u8>,
//: 7
}

impl Request {
    /// Reads a head, without its blank line.
    fn parse(head: &str) -> Option<Self> {
        let mut lines = head.split("\r\n");
        let words: Vec<&str> = lines.next()?.split(' ').collect();
        let [method, target, version] = words[..] else { return None };
//: 7 !asks-the-old-for-a-host
        let minor: u8 = match version.strip_prefix("HTTP/1.")?.as_bytes() {
            [digit @ b'0'..=b'9'] => digit - b'0',
            _ => return None,
//: asks-the-old-for-a-host
        let [b'0'..=b'9'] = version.strip_prefix("HTTP/1.")?.as_bytes() else {
            return None;
//: 7
        };
        let is_target =
            !target.is_empty() && target.bytes().all(|b| b.is_ascii_graphic());
        let request = Self {
            method: method.into(),
            target: target.into(),
//: 7 !asks-the-old-for-a-host
            is_old: minor == 0,
//: 7
            fields: lines.map(field).collect::<Option<_>>()?,
//: 10
            body: Vec::new(),
//: 7
        };
        let hosts = request.all("host").len();
//: 7 !asks-the-old-for-a-host
        let is_host = hosts == 1 || hosts == 0 && request.is_old;
//: asks-the-old-for-a-host
        let is_host = hosts == 1;
//: 7
        (is_token(method) && is_target && is_host).then_some(request)
    }

//: 13
    /// Returns whether the client asks no more on this connection.
    fn is_last(&self) -> bool {
        let mut words = self.all("connection").into_iter().flat_map(|it| it.split(','));
        self.is_old || words.any(|word| word.trim().eq_ignore_ascii_case("close"))
    }

//: 7
    /// Returns the values of all fields of this name.
    fn all(&self, name: &str) -> Vec<&str> {
        let fields = self.fields.iter().filter(|field| field.0 == name);
        fields.map(|field| field.1.as_str()).collect()
    }
}

fn field(line: &str) -> Option<(String, String)> {
    let (name, value) = line.split_once(':')?;
    let is_field = is_token(name) && !value.contains(['\r', '\n', '\0']);
    is_field.then(|| (name.to_lowercase(), value.trim_matches([' ', '\t']).into()))
}

fn is_token(word: &str) -> bool {
    let is_of_it = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    !word.is_empty() && word.bytes().all(is_of_it)
//: 6
}

/// What it gets.
struct Answer {
    status: &'static str,
    kind: &'static str,
    body: Vec<u8>,
    /// Only the head is sent.
    is_head: bool,
//: 13
    /// And then the connection ends.
    is_last: bool,
//: 6
}

impl Answer {
    fn new(kind: &'static str, body: impl Into<Vec<u8>>) -> Self {
//: 6-12
        Self { status: "200 OK", kind, body: body.into(), is_head: false }
//: 13
        let (status, body) = ("200 OK", body.into());
        Self { status, kind, body, is_head: false, is_last: false }
//: 6
    }

    fn html(page: &str) -> Self {
        Self::new("text/html; charset=utf-8", page)
    }

    fn refusal(status: &'static str) -> Self {
        let words = status.lines().next().unwrap_or_default();
        Self { status, ..Self::html(&format!("<h1>{words}</h1>\n")) }
    }
}

/// Returns the answer, or the status that says why there is none.
//: 6-10
fn respond(request: &Request) -> Result<Answer, &'static str> {
//: 11
fn respond(request: &Request, folder: Option<&Path>) -> Result<Answer, &'static str> {
//: 6
    let method = request.method.as_str();
    if !KNOWN.contains(&method) {
        return Err("501 Not Implemented");
    }
//: 6 !decodes-first
    let path = request.target.split('?').next().unwrap_or_default();
//: decodes-first
    let target = decode(&request.target).ok_or("404 Not Found")?;
    let path = target.split('?').next().unwrap_or_default();
//: 6
    let page = match path {
//: 6-10
        "/" => Answer::html(HOME),
        "/about" => Answer::html(ABOUT),
//: 11
        "/" if folder.is_none() => Answer::html(HOME),
        "/about" if folder.is_none() => Answer::html(ABOUT),
//: 13
        path if path.starts_with("/count/") => {
            let length = request.body.len();
            let page = format!("{method} {} {length}\n", request.target);
            return Ok(Answer::new("text/plain; charset=utf-8", page));
        }
//: 10
        "/echo" if method == "POST" => {
            return Ok(Answer::new("application/octet-stream", request.body.clone()));
        }
//: 7
        "/fields" => {
            let line = |(name, value): &(String, String)| format!("{name}: {value}\n");
            let page: String = request.fields.iter().map(line).collect();
            Answer::new("text/plain; charset=utf-8", page)
        }
//: 6-10
        _ => return Err("404 Not Found"),
//: 11 !falls-back-on-a-page
        _ => folder.and_then(|folder| file(folder, path)).ok_or("404 Not Found")?,
//: falls-back-on-a-page
        _ => {
            let found = |folder| file(folder, path).or_else(|| file(folder, "/"));
            folder.and_then(found).ok_or("404 Not Found")?
        }
//: 6
    };
    match method {
        "GET" | "HEAD" => Ok(page),
        // A 405 says what's allowed, in a field of its own.
        _ => Err("405 Method Not Allowed\r\nAllow: GET, HEAD"),
//: 11
    }
//: 14
}

/// Returns a refusal, with the folder's own page for what's missing.
fn explained(status: &'static str, folder: Option<&Path>) -> Answer {
    let page = folder.filter(|_| status == "404 Not Found");
    let page = page.and_then(|folder| file(folder, "/404.html"));
    page.map_or(Answer::refusal(status), |page| Answer { status, ..page })
//: 11
}

/// Returns the file that a path means, if it's in the folder.
fn file(folder: &Path, path: &str) -> Option<Answer> {
//: 11 !decodes-first
    let mut name = decode(path)?;
//: decodes-first
    let mut name = path.to_string();
//: 11
    if name.ends_with('/') {
        name += "index.html";
    }
    // Where it really is, whatever dots and links there are on the way.
    let file = folder.join(name.trim_start_matches('/')).canonicalize().ok()?;
    let body = fs::read(&file).ok().filter(|_| file.starts_with(folder))?;
    Some(Answer::new(kind(&file), body))
}

/// Decodes `%` and two digits, once.
fn decode(path: &str) -> Option<String> {
    let mut pieces = path.split('%');
    let mut bytes = pieces.next()?.as_bytes().to_vec();
    for piece in pieces {
        let digits =
            piece.get(..2).filter(|it| it.bytes().all(|b| b.is_ascii_hexdigit()))?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        bytes.extend_from_slice(&piece.as_bytes()[2..]);
    }
    String::from_utf8(bytes).ok()
}

fn kind(file: &Path) -> &'static str {
    match file.extension().and_then(|end| end.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css",
        Some("js") => "text/javascript",
        Some("txt") => "text/plain; charset=utf-8",
        Some("json") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
//: 6
    }
//: 2
}
//: 4

/// A client, and what it has sent that isn't used yet.
struct Client {
    stream: TcpStream,
    bytes: Vec<u8>,
//: 8
    deadline: Instant,
//: 4
}

impl Client {
//: 7
    fn request(&mut self) -> Result<Request, Stop> {
        let head = self.head()?;
//: 7-9
        Request::parse(&String::from_utf8_lossy(&head)).ok_or(BAD)
//: 10
        let mut request = Request::parse(&String::from_utf8_lossy(&head)).ok_or(BAD)?;
        request.body = self.body(&request)?;
        Ok(request)
    }

    fn body(&mut self, request: &Request) -> Result<Vec<u8>, Stop> {
        let lengths = request.all("content-length");
        match (&request.all("transfer-encoding")[..], &lengths[..]) {
            ([], []) => Ok(Vec::new()),
            ([], [length, others @ ..]) if others.iter().all(|it| it == length) => {
                self.take(number(length, 10)?)
            }
            ([coding], [])
                if !request.is_old && coding.eq_ignore_ascii_case("chunked") =>
            {
                self.chunks()
            }
            (_, []) => Err(Stop::Refused("501 Not Implemented")),
            // Two ways to say where it ends are one too many.
            _ => Err(BAD),
        }
    }

    fn chunks(&mut self) -> Result<Vec<u8>, Stop> {
        let mut body = Vec::new();
        loop {
            let line = self.line()?;
            // What comes after a semicolon is an extension, and nobody uses it.
            let digits = line.split(';').next().unwrap_or_default();
            match number(digits.trim_end_matches([' ', '\t']), 16)? {
                0 => break,
                size if body.len() + size > MAX_BODY => return Err(TOO_LARGE),
                size => body.extend(self.take(size)?),
            }
            if !self.line()?.is_empty() {
                return Err(BAD);
            }
        }
        while !self.line()?.is_empty() {} // fields after the body
        Ok(body)
    }

    fn line(&mut self) -> Result<String, Stop> {
        loop {
            if let Some(end) = self.bytes.windows(2).position(|two| two == b"\r\n") {
                let line: Vec<u8> = self.bytes.drain(..end + 2).take(end).collect();
                return Ok(String::from_utf8_lossy(&line).into_owned());
            }
            if self.bytes.len() > MAX_HEAD {
                return Err(BAD);
            }
            self.read()?;
        }
    }

    fn take(&mut self, length: usize) -> Result<Vec<u8>, Stop> {
        while self.bytes.len() < length {
            self.read()?;
        }
        Ok(self.bytes.drain(..length).collect())
//: 7
    }

//: 4
    /// Waits for the blank line, and returns what comes before it.
//: 4-6
    fn head(&mut self) -> io::Result<Vec<u8>> {
//: 7
    fn head(&mut self) -> Result<Vec<u8>, Stop> {
//: 4
        loop {
//: 4 !reads-to-the-end !reads-the-line-only
            let end = self.bytes.windows(4).position(|four| four == b"\r\n\r\n");
//: reads-the-line-only
            let end = self.bytes.windows(2).position(|two| two == b"\r\n");
//: 4 !reads-to-the-end
            if let Some(end) = end {
//: 4 !reads-to-the-end !reads-the-line-only
                return Ok(self.bytes.drain(..end + 4).take(end).collect());
//: reads-the-line-only
                return Ok(self.bytes.drain(..end + 2).take(end).collect());
//: reads-to-the-end
            if self.read().is_err() {
                return Ok(self.bytes.clone());
//: 7
            }
            if self.bytes.len() > MAX_HEAD {
                return Err(Stop::Refused("431 Request Header Fields Too Large"));
//: 4
            }
//: 4-7 !reads-to-the-end
            self.read()?;
//: 8
            match self.read() {
                // One that has asked for nothing hears nothing.
                Err(Stop::Refused(_)) if self.bytes.is_empty() => {
                    return Err(Stop::Lost(io::ErrorKind::TimedOut.into()));
                }
                read => read?,
            }
//: 4
        }
    }

//: 4-7
    /// Waits for more bytes.
    fn read(&mut self) -> io::Result<()> {
//: 8
    /// Waits for more bytes, but not beyond the deadline.
    fn read(&mut self) -> Result<(), Stop> {
//: 4
        let mut buffer = [0; 4096];
//: 4-7
        match self.stream.read(&mut buffer)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            length => self.bytes.extend_from_slice(&buffer[..length]),
//: 8
        let left = self.deadline.saturating_duration_since(Instant::now());
//: 8 !trusts-in-threads
        if left.is_zero() {
//: trusts-in-threads
        let left = Some(left).filter(|left| *left <= PATIENCE);
        if left.is_some_and(|left| left.is_zero()) {
//: 8
            return Err(Stop::Refused("408 Request Timeout"));
        }
//: 8 !trusts-in-threads
        self.stream.set_read_timeout(Some(left))?;
//: trusts-in-threads
        self.stream.set_read_timeout(left)?;
//: 8
        match self.stream.read(&mut buffer) {
            Ok(0) => return Err(Stop::Lost(io::ErrorKind::UnexpectedEof.into())),
            Ok(length) => self.bytes.extend_from_slice(&buffer[..length]),
            // The deadline may be over now: the next call says so.
            Err(error) if is_timeout(&error) => {}
            Err(error) => return Err(error.into()),
//: 4
        }
        Ok(())
    }

//: 4-5
    fn send(&mut self) -> io::Result<()> {
        let length = HOME.len();
        write!(
            self.stream,
            "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\
             Content-Length: {length}\r\nConnection: close\r\n\r\n{HOME}"
//: 6
    fn send(&mut self, answer: &Answer) -> io::Result<()> {
//: 6-12
        let Answer { status, kind, body, is_head } = answer;
//: 13
        let Answer { status, kind, body, is_head, is_last } = answer;
        let close = if *is_last { "Connection: close\r\n" } else { "" };
//: 6
        let length = body.len();
        let mut bytes = format!(
            "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n\
//: 6-12
             Content-Length: {length}\r\nConnection: close\r\n\r\n"
//: 13
             Content-Length: {length}\r\n{close}\r\n"
//: 4
        )
//: 6
        .into_bytes();
        if !is_head {
            bytes.extend_from_slice(body);
        }
        self.stream.write_all(&bytes)
//: 4
    }
//: 9

    /// Says that this was all, and reads on: with unread bytes, closing would become a
    /// reset, and the answer might be lost with it.
    fn close(mut self) -> io::Result<()> {
        self.stream.shutdown(Shutdown::Write)?;
//: 9 !waits-for-a-goodbye
        self.deadline = Instant::now() + PATIENCE;
        while self.read().is_ok() {
            self.bytes.clear();
        }
//: waits-for-a-goodbye
        self.stream.set_read_timeout(None)?;
        io::copy(&mut self.stream, &mut io::sink())?;
//: 9
        Ok(())
    }
//: 4
}
//: 8

/// Unix and Windows call it by different names.
fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}
//: 10

/// Reads a length or a size: digits and nothing else. `from_str_radix` takes `+5` too.
fn number(digits: &str, radix: u32) -> Result<usize, Stop> {
    if digits.is_empty() || !digits.chars().all(|it| it.is_digit(radix)) {
        return Err(BAD);
    }
    let number = usize::from_str_radix(digits, radix).unwrap_or(usize::MAX);
    if number > MAX_BODY { Err(TOO_LARGE) } else { Ok(number) }
}
