//! What usually goes wrong in exercise 06c.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use crate::Mistake;
use crate::Mistake::Threaded;

pub const MISTAKES: &[(&str, Mistake)] = &[
    ("hangs-up", Threaded(|client| serve(client, Rules { hangs_up: true, ..RIGHT }))),
    (
        "drops-the-rest",
        Threaded(|client| serve(client, Rules { drops_the_rest: true, ..PATIENT })),
    ),
    (
        "waits-for-the-rest",
        Threaded(|client| serve(client, Rules { waits_for_the_rest: true, ..PATIENT })),
    ),
    (
        "body-is-a-request",
        Threaded(|client| serve(client, Rules { ignores_bodies: true, ..RIGHT })),
    ),
    (
        "no-chunks",
        Threaded(|client| serve(client, Rules { ignores_chunks: true, ..RIGHT })),
    ),
    (
        "body-from-the-buffer",
        Threaded(|client| serve(client, Rules { body_from_the_buffer: true, ..RIGHT })),
    ),
    (
        "body-after-head",
        Threaded(|client| serve(client, Rules { body_after_head: true, ..RIGHT })),
    ),
    (
        "does-not-hear-close",
        Threaded(|client| serve(client, Rules { hears_close: |_| false, ..RIGHT })),
    ),
    (
        "wants-close-alone",
        Threaded(|client| {
            serve(
                client,
                Rules { hears_close: |value| value.trim() == "close", ..RIGHT },
            )
        }),
    ),
    (
        "does-not-say-close",
        Threaded(|client| serve(client, Rules { says_close: false, ..RIGHT })),
    ),
    (
        "keeps-1.0-open",
        Threaded(|client| serve(client, Rules { keeps_1_0: true, ..RIGHT })),
    ),
    (
        "length-wins",
        Threaded(|client| serve(client, Rules { both: Both::Length, ..RIGHT })),
    ),
    (
        "chunks-win",
        Threaded(|client| serve(client, Rules { both: Both::Chunks, ..RIGHT })),
    ),
    (
        "goes-on-after-400",
        Threaded(|client| serve(client, Rules { goes_on: true, ..RIGHT })),
    ),
    (
        "kind-to-numbers",
        Threaded(|client| {
            serve(client, Rules { length: |text| text.parse().ok(), ..RIGHT })
        }),
    ),
    (
        "takes-one-of-two",
        Threaded(|client| serve(client, Rules { takes_one_of_two: true, ..RIGHT })),
    ),
    (
        "any-coding",
        Threaded(|client| serve(client, Rules { any_coding: true, ..RIGHT })),
    ),
    (
        "blank-before-the-colon",
        Threaded(|client| serve(client, Rules { blanks: true, ..RIGHT })),
    ),
    (
        "kind-to-chunk-sizes",
        Threaded(|client| {
            serve(
                client,
                Rules {
                    size: |text| usize::from_str_radix(text.trim(), 16).ok(),
                    ..RIGHT
                },
            )
        }),
    ),
    (
        "end-of-chunk-unseen",
        Threaded(|client| serve(client, Rules { end_unseen: true, ..RIGHT })),
    ),
    ("waits-for-ever", Threaded(|client| serve(client, Rules { idle: None, ..RIGHT }))),
];

/// What a program does. Each mistake differs from [`RIGHT`] in one thing.
#[derive(Clone, Copy)]
struct Rules {
    /// One answer, as in step 5.
    hangs_up: bool,
    /// A new buffer for each request: what came behind the last one is lost.
    drops_the_rest: bool,
    /// As long as there is more, it reads on, and only then looks at what there is.
    waits_for_the_rest: bool,
    /// The next request begins behind the head.
    ignores_bodies: bool,
    /// Content-Length is all it knows.
    ignores_chunks: bool,
    /// HEAD is as good as GET.
    body_after_head: bool,
    /// What in a Connection field means that this was the last request.
    hears_close: fn(&str) -> bool,
    /// Whether it says so too.
    says_close: bool,
    /// HTTP/1.0 is as good as HTTP/1.1.
    keeps_1_0: bool,
    /// What to believe when there are both Content-Length and chunks.
    both: Both,
    /// After a refusal, it looks for the next request.
    goes_on: bool,
    /// What number that is.
    length: fn(&str) -> Option<usize>,
    /// The last of several Content-Lengths counts.
    takes_one_of_two: bool,
    /// A coding that it does not know is none.
    any_coding: bool,
    /// Names may have blanks around them, as if they were values.
    blanks: bool,
    /// What number that is, in hexadecimal digits.
    size: fn(&str) -> Option<usize>,
    /// Two bytes follow a chunk, whatever they are.
    end_unseen: bool,
    /// What has come by now is all of the body.
    body_from_the_buffer: bool,
    /// How long it waits for more.
    idle: Option<Duration>,
}

#[derive(Clone, Copy, PartialEq)]
enum Both {
    Refused,
    Length,
    Chunks,
}

const RIGHT: Rules = Rules {
    hangs_up: false,
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
        text.parse().ok().filter(|_| text.bytes().all(|b| b.is_ascii_digit()))
    },
    takes_one_of_two: false,
    any_coding: false,
    blanks: false,
    size: |text| {
        let is_good = text.bytes().all(|byte| byte.is_ascii_hexdigit());
        usize::from_str_radix(text, 16).ok().filter(|_| is_good)
    },
    end_unseen: false,
    body_from_the_buffer: false,
    idle: Some(Duration::from_secs(2)),
};

/// Patient enough for the check to give up first, and each time.
const PATIENT: Rules = Rules { idle: None, ..RIGHT };

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
    client.set_read_timeout(rules.idle)?;
    client.set_nodelay(true)?;
    let mut line = Line { client, bytes: Vec::new(), rules };
    loop {
        let Some(head) = line.until(b"\r\n\r\n")? else { return Ok(()) };
        let refused = match parse(&head, rules) {
            Ok(request) => match line.body(&request)? {
                Ok(length) => {
                    line.answer(&request, length)?;
                    if request.is_last || rules.hangs_up {
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
    let mut is_last = is_1_0 && !rules.keeps_1_0;
    for line in lines {
        let Some((name, value)) = line.split_once(':') else {
            return Err("400 Bad Request");
        };
        if !rules.blanks && name.contains([' ', '\t']) {
            return Err("400 Bad Request");
        }
        let value = value.trim();
        match name.trim().to_lowercase().as_str() {
            "connection" => is_last |= (rules.hears_close)(value),
            "transfer-encoding" => coding = Some(value.to_lowercase()),
            "content-length" => {
                let number = (rules.length)(value).ok_or("400 Bad Request")?;
                let before = length.replace(number);
                if before.is_some_and(|other| other != number)
                    && !rules.takes_one_of_two
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
    /// What comes before `end`, which is taken too; none when the client has left.
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

    /// Reads the body, and says how long it was.
    fn body(&mut self, request: &Request) -> io::Result<Result<usize, &'static str>> {
        if self.rules.ignores_bodies {
            return Ok(Ok(0));
        }
        if request.is_chunked && !self.rules.ignores_chunks {
            return self.chunks();
        }
        self.skip(request.length)?;
        Ok(Ok(request.length))
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
            length += size;
            self.skip(size)?;
            if self.rules.end_unseen {
                self.skip(2)?;
            } else if self.until(b"\r\n")?.is_none_or(|rest| !rest.is_empty()) {
                return Ok(Err("400 Bad Request"));
            }
        }
        while self.until(b"\r\n")?.is_some_and(|field| !field.is_empty()) {}
        Ok(Ok(length))
    }

    fn skip(&mut self, length: usize) -> io::Result<()> {
        let reads_on = !self.rules.body_from_the_buffer;
        while reads_on && self.bytes.len() < length && self.read()? {}
        self.bytes.drain(..length.min(self.bytes.len()));
        Ok(())
    }

    fn answer(&mut self, request: &Request, length: usize) -> io::Result<()> {
        let page = format!("{} {} {length}\n", request.method, request.target);
        let says_close =
            self.rules.says_close && (request.is_last || self.rules.hangs_up);
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
        while self.read()? {
            self.bytes.clear();
        }
        Ok(())
    }
}
