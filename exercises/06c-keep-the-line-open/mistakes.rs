//! What usually goes wrong in exercise 06c.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use crate::Mistake;
use crate::Mistake::Threaded;

/// A program that does all as [`RIGHT`] does, but this.
macro_rules! but {
    ($($field:ident: $value:expr),+) => {
        Threaded(|client| serve(client, Rules { $($field: $value,)+ ..RIGHT }))
    };
}

pub const MISTAKES: &[(&str, Mistake)] = &[
    ("hangs-up", but!(requests: 1)),
    ("three-requests", but!(requests: 3, announces: false)),
    ("ten-requests", but!(requests: 10, announces: false)),
    ("always-says-close", but!(always_says_close: true)),
    // Patient enough for the check to give up first, and each time.
    ("drops-the-rest", but!(drops_the_rest: true, idle: None)),
    ("waits-for-the-rest", but!(waits_for_the_rest: true, idle: None)),
    ("body-is-a-request", but!(ignores_bodies: true)),
    ("no-chunks", but!(ignores_chunks: true)),
    ("body-from-the-buffer", but!(body_from_the_buffer: true)),
    ("counts-letters", but!(counts_letters: true)),
    ("body-after-head", but!(body_after_head: true)),
    ("does-not-hear-close", but!(hears_close: |_| false)),
    (
        "wants-close-alone",
        but!(hears_close: |value| value.eq_ignore_ascii_case("close")),
    ),
    (
        "close-is-the-last-word",
        but!(hears_close: |value| value.to_lowercase().ends_with("close")),
    ),
    (
        "close-in-a-word",
        but!(hears_close: |value| value.to_lowercase().contains("close")),
    ),
    ("one-connection-field", but!(first_connection_field: true)),
    ("does-not-say-close", but!(says_close: false)),
    ("keeps-1.0-open", but!(keeps_1_0: true)),
    ("does-not-read-on", but!(reads_on: false)),
    ("length-wins", but!(both: Both::Length)),
    ("chunks-win", but!(both: Both::Chunks)),
    ("goes-on-after-400", but!(goes_on: true)),
    ("parse-takes-a-plus", but!(length: |text| text.parse().ok().filter(fits))),
    ("last-length-wins", but!(last_length_wins: true)),
    ("any-coding", but!(any_coding: true)),
    ("blank-before-the-colon", but!(blanks: true)),
    (
        "radix-takes-a-plus",
        but!(size: |text| usize::from_str_radix(text, 16).ok().filter(fits)),
    ),
    ("skips-two-bytes", but!(end_unseen: true)),
    ("one-second-in-all", but!(in_all: Some(Duration::from_secs(1)))),
    ("closes-too-early", but!(idle: Some(Duration::from_millis(700)))),
    ("waits-for-ever", but!(idle: None)),
    ("waits-within-a-request", but!(idle_within: None)),
];

/// How a program works. Each mistake differs from [`RIGHT`] in one thing.
#[derive(Clone, Copy)]
struct Rules {
    /// After so many it hangs up; in step 5 it's one.
    requests: usize,
    /// Whether it says so in time.
    announces: bool,
    /// Each response says `close`, and few of them are right.
    always_says_close: bool,
    /// A new buffer for each request: what came after the last one is lost.
    drops_the_rest: bool,
    /// As long as there is more, it reads on, and only then looks at what there is.
    waits_for_the_rest: bool,
    /// The next request begins after the head.
    ignores_bodies: bool,
    /// Content-Length is all it knows.
    ignores_chunks: bool,
    /// HEAD is as good as GET.
    body_after_head: bool,
    /// Whether a Connection field means that this was the last request.
    hears_close: fn(&str) -> bool,
    /// Whether it says so too.
    says_close: bool,
    /// HTTP/1.0 is as good as HTTP/1.1.
    keeps_1_0: bool,
    /// Which of them to believe when there are both Content-Length and chunks.
    both: Both,
    /// After a refusal, it looks for the next request.
    goes_on: bool,
    /// Converts a length to a number.
    length: fn(&str) -> Option<usize>,
    /// The last of several Content-Lengths counts.
    last_length_wins: bool,
    /// Ignores a coding that it doesn't know.
    any_coding: bool,
    /// Names may have spaces around them, as if they were values.
    blanks: bool,
    /// Converts a size in hexadecimal digits to a number.
    size: fn(&str) -> Option<usize>,
    /// Two bytes follow a chunk, whatever they are.
    end_unseen: bool,
    /// The body seems to be whatever has come by now.
    body_from_the_buffer: bool,
    /// The body becomes a text, and its length is that of the text.
    counts_letters: bool,
    /// A map keeps the first field of each name.
    first_connection_field: bool,
    /// Reads what still comes, before it closes.
    reads_on: bool,
    /// How long the connection may last.
    in_all: Option<Duration>,
    /// How long it waits for the next request.
    idle: Option<Duration>,
    /// How long it waits for the rest of one.
    idle_within: Option<Duration>,
}

#[derive(Clone, Copy, PartialEq)]
enum Both {
    Refused,
    Length,
    Chunks,
}

const RIGHT: Rules = Rules {
    requests: usize::MAX,
    announces: true,
    always_says_close: false,
    drops_the_rest: false,
    waits_for_the_rest: false,
    ignores_bodies: false,
    ignores_chunks: false,
    body_after_head: false,
    hears_close: |value| {
        value.split(',').any(|word| word.trim().eq_ignore_ascii_case("close"))
    },
    says_close: true,
    keeps_1_0: false,
    both: Both::Refused,
    goes_on: false,
    length: |text| {
        let is_good = text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|length| is_good && fits(length))
    },
    last_length_wins: false,
    any_coding: false,
    blanks: false,
    size: |text| {
        let is_good = text.bytes().all(|byte| byte.is_ascii_hexdigit());
        usize::from_str_radix(text, 16).ok().filter(|size| is_good && fits(size))
    },
    end_unseen: false,
    body_from_the_buffer: false,
    counts_letters: false,
    first_connection_field: false,
    reads_on: true,
    in_all: None,
    idle: Some(IDLE),
    idle_within: Some(IDLE),
};

/// A body has at most a megabyte.
fn fits(length: &usize) -> bool {
    *length <= 1 << 20
}

const IDLE: Duration = Duration::from_millis(1500);

/// A request understood, or a status.
type Parsed = Result<Request, &'static str>;

struct Request {
    method: String,
    target: String,
    is_last: bool,
    length: usize,
    is_chunked: bool,
}

fn serve(client: TcpStream, rules: Rules) -> io::Result<()> {
    client.set_nodelay(true)?;
    let begun = Instant::now();
    let mut line = Line { client, bytes: Vec::new(), rules };
    let mut left = rules.requests;
    loop {
        if rules.in_all.is_some_and(|in_all| begun.elapsed() > in_all) {
            return line.close();
        }
        let Some(head) = line.until(b"\r\n\r\n")? else { return Ok(()) };
        let refused = match parse(&head, rules) {
            Ok(request) => match line.body(&request)? {
                Ok(length) => {
                    left -= 1;
                    let says_close = request.is_last || left == 0 && rules.announces;
                    line.answer(&request, length, says_close)?;
                    if request.is_last || left == 0 {
                        return line.close();
                    }
                    None
                }
                Err(status) => Some(status),
            },
            Err(status) => Some(status),
        };
        if let Some(status) = refused {
            let head = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n");
            let close = if rules.goes_on { "" } else { "Connection: close\r\n" };
            line.client.write_all(format!("{head}{close}\r\n").as_bytes())?;
            if !rules.goes_on {
                return line.close();
            }
        }
        if rules.drops_the_rest {
            line.bytes.clear();
        }
    }
}

fn parse(head: &str, rules: Rules) -> Parsed {
    let mut lines = head.split("\r\n");
    let first = lines.next().unwrap_or_default();
    let words: Vec<&str> = first.split(' ').collect();
    let [method, target, version] = words[..] else { return Err("400 Bad Request") };
    let (mut length, mut coding) = (None, None);
    let is_1_0 = version == "HTTP/1.0";
    let mut connections = 0;
    let mut is_last = is_1_0 && !rules.keeps_1_0;
    for line in lines {
        let Some((name, value)) = line.split_once(':') else {
            return Err("400 Bad Request");
        };
        if !rules.blanks && name.contains([' ', '\t']) {
            return Err("400 Bad Request");
        }
        let value = value.trim_matches([' ', '\t']);
        match name.trim().to_lowercase().as_str() {
            "connection" => {
                connections += 1;
                let counts = connections == 1 || !rules.first_connection_field;
                is_last |= counts && (rules.hears_close)(value);
            }
            "transfer-encoding" => coding = Some(value.to_lowercase()),
            "content-length" => {
                let number = (rules.length)(value).ok_or("400 Bad Request")?;
                let before = length.replace(number);
                if before.is_some_and(|other| other != number)
                    && !rules.last_length_wins
                {
                    return Err("400 Bad Request");
                }
            }
            _ => {}
        }
    }
    if coding.is_some() && length.is_some() && rules.both == Both::Refused {
        return Err("400 Bad Request");
    }
    let is_chunked = coding.as_deref() == Some("chunked");
    let is_doubtful = coding.is_some() && (!is_chunked || is_1_0);
    if is_doubtful && !rules.any_coding {
        return Err("501 Not Implemented");
    }
    let is_chunked = is_chunked && (length.is_none() || rules.both == Both::Chunks);
    let length = length.unwrap_or(0);
    Ok(Request {
        method: method.into(),
        target: target.into(),
        is_last,
        length,
        is_chunked,
    })
}

struct Line {
    client: TcpStream,
    bytes: Vec<u8>,
    rules: Rules,
}

impl Line {
    /// Takes what comes before `end`, and `end` too; `None` when the client has left.
    fn until(&mut self, end: &[u8]) -> io::Result<Option<String>> {
        loop {
            let found = self.bytes.windows(end.len()).position(|bytes| bytes == end);
            let is_complete = !self.rules.waits_for_the_rest
                || end.len() < 4
                || self.bytes.ends_with(end);
            if let Some(length) = found.filter(|_| is_complete) {
                let text = String::from_utf8_lossy(&self.bytes[..length]).into_owned();
                self.bytes.drain(..length + end.len());
                return Ok(Some(text));
            }
            if !self.read()? {
                return Ok(None);
            }
        }
    }

    fn read(&mut self) -> io::Result<bool> {
        let Rules { idle, idle_within, .. } = self.rules;
        let idle = if self.bytes.is_empty() { idle } else { idle.and(idle_within) };
        self.client.set_read_timeout(idle)?;
        let mut buffer = [0; 4096];
        match self.client.read(&mut buffer) {
            Ok(length) => {
                self.bytes.extend_from_slice(&buffer[..length]);
                Ok(length > 0)
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Reads the body, and returns how long it was.
    fn body(&mut self, request: &Request) -> io::Result<Result<usize, &'static str>> {
        if self.rules.ignores_bodies {
            return Ok(Ok(0));
        }
        if request.is_chunked && !self.rules.ignores_chunks {
            return self.chunks();
        }
        self.skip(request.length).map(Ok)
    }

    fn chunks(&mut self) -> io::Result<Result<usize, &'static str>> {
        let mut length = 0;
        loop {
            let line = self.until(b"\r\n")?.unwrap_or_default();
            let size = line.split(';').next().unwrap_or_default();
            let Some(size) = (self.rules.size)(size) else {
                return Ok(Err("400 Bad Request"));
            };
            if size == 0 {
                break;
            }
            length += self.skip(size)?;
            if self.rules.end_unseen {
                self.skip(2)?;
            } else if self.until(b"\r\n")?.is_none_or(|rest| !rest.is_empty()) {
                return Ok(Err("400 Bad Request"));
            }
        }
        while self.until(b"\r\n")?.is_some_and(|field| !field.is_empty()) {}
        Ok(Ok(length))
    }

    /// Takes so many bytes, and returns how many that are.
    fn skip(&mut self, length: usize) -> io::Result<usize> {
        let reads_on = !self.rules.body_from_the_buffer;
        while reads_on && self.bytes.len() < length {
            if !self.read()? {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let length = length.min(self.bytes.len());
        let body: Vec<u8> = self.bytes.drain(..length).collect();
        let letters = String::from_utf8_lossy(&body).chars().count();
        Ok(if self.rules.counts_letters { letters } else { length })
    }

    fn answer(
        &mut self,
        request: &Request,
        length: usize,
        says_close: bool,
    ) -> io::Result<()> {
        let page = format!("{} {} {length}\n", request.method, request.target);
        let says_close =
            says_close && self.rules.says_close || self.rules.always_says_close;
        let close = if says_close { "Connection: close\r\n" } else { "" };
        let mut answer =
            format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n{close}\r\n", page.len());
        if request.method != "HEAD" || self.rules.body_after_head {
            answer += &page;
        }
        self.client.write_all(answer.as_bytes())
    }

    fn close(mut self) -> io::Result<()> {
        self.client.shutdown(Shutdown::Write)?;
        while self.rules.reads_on && self.read()? {
            self.bytes.clear();
        }
        Ok(())
    }
}
