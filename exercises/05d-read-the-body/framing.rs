//! Requests with bodies that must be refused, for every exercise that reads bodies.

use crate::client::Client;
use crate::failure::{Failure, Verdict};
use crate::patience::SILENCE_WINDOW;
use crate::server::Server;

/// A POST that says in a doubtful way where it ends.
#[derive(Clone, Debug)]
pub struct Doubtful {
    /// `HTTP/1.1`.
    pub version: &'static str,
    /// Its fields beside Host, without the last line end.
    pub fields: Vec<u8>,
    /// What follows the head.
    pub body: Vec<u8>,
    /// The wrong part, in the fields or the body.
    pub place: Vec<u8>,
    /// The statuses that refuse it.
    pub statuses: &'static [u16],
    /// What it means when it is accepted.
    pub meaning: &'static str,
    /// Why that is wrong.
    pub why: &'static str,
}

const BAD: &[u16] = &[400];
const TOO_LARGE: &[u16] = &[413, 400];
const UNKNOWN: &[u16] = &[501, 400];

const LENGTH: &str = "RFC 9110, section 8.6: Content-Length = 1*DIGIT. What one server \
                      takes for 5 and another for nothing is a way to smuggle \
                      requests.";
const CHUNK: &str = "RFC 9112, section 7.1: a chunk is its size in hexadecimal digits, \
                     a line end, that many bytes, a line end.";
const NO_LIMIT: &str = "RFC 9110, section 8.6: there is no upper limit to \
                        Content-Length, so a recipient must expect numbers that are \
                        too large for it.";
const BOTH: &str = "RFC 9112, section 6.3: both fields together are a sign of request \
                    smuggling. A server in front of yours may have believed the other \
                    one.";
const CODING: &str = "RFC 9112, section 6.1: an unknown coding gets 501, chunked must \
                      be the last one, and Transfer-Encoding in HTTP/1.0 means that \
                      the framing is faulty.";
const SPACE: &str = "RFC 9112, section 5.1: a space between name and colon must be \
                     refused with 400. Section 5.2: so must a line that begins with a \
                     space, outside of one media type.";

impl Doubtful {
    fn new(fields: &[u8], body: &[u8], place: &[u8], meaning: &'static str) -> Self {
        Self {
            version: "HTTP/1.1",
            fields: fields.to_vec(),
            body: body.to_vec(),
            place: place.to_vec(),
            statuses: BAD,
            meaning,
            why: LENGTH,
        }
    }

    fn of_length(value: &[u8], meaning: &'static str) -> Self {
        let field = [b"Content-Length: ", value].concat();
        Self::new(
            &field,
            b"hello",
            if value.is_empty() { &field } else { value },
            meaning,
        )
    }

    fn of_chunks(chunks: &[u8], place: &[u8], meaning: &'static str) -> Self {
        let field = b"Transfer-Encoding: chunked";
        Self { why: CHUNK, ..Self::new(field, chunks, place, meaning) }
    }

    /// Returns all of it, to this path.
    pub fn request(&self, path: &str) -> Vec<u8> {
        let head = format!("POST {path} {}\r\nHost: 127.0.0.1\r\n", self.version);
        [head.as_bytes(), &self.fields, b"\r\n\r\n", &self.body].concat()
    }

    /// Sends it to this path, with `after` following it, and reads the response, which
    /// must refuse it.
    ///
    /// # Errors
    /// When it doesn't.
    pub fn is_refused(
        &self,
        server: &mut Server,
        path: &str,
        after: &[u8],
    ) -> Verdict<Client> {
        let request = self.request(path);
        let mut client = server.connect()?;
        client.send(&[&request, after].concat())?;
        let (waits, why) = match self.statuses {
            BAD | UNKNOWN => (
                "Your program waits for more, instead of refusing what it can't \
                 understand.",
                "RFC 9112, section 6.3: when it is doubtful where a request ends, the \
                 server answers 400 and closes the connection.",
            ),
            TOO_LARGE => (
                "More is announced here than any server takes, and your program waits \
                 for all of it: it has no limit.",
                NO_LIMIT,
            ),
            _ => (self.meaning, self.why),
        };
        client.waiting_means(waits, why);
        let should = |failure: Box<Failure>| {
            failure.should_see(format!("HTTP/1.1 {}", self.statuses[0]))
        };
        // What a refused client has sent in vain may lead to a reset; that is another
        // exercise.
        let response = client.next_response_to("POST").map_err(should)?;
        if self.statuses.contains(&response.status) {
            return Ok(client);
        }
        if response.status >= 300 {
            return Err(should(client.wrong_at(
                "HTTP/1.1 ".len(),
                "The request is refused, and the status names another reason than it \
                 should.",
                "RFC 9110, section 15.5: 400 is for what is not well formed, 413 for a \
                 body that is larger than the server wants; section 15.6: 501 is for \
                 what the server does not know.",
            )));
        }
        // So that it's seen what else is answered.
        client.listen(SILENCE_WINDOW);
        let place = &self.place[..];
        let at = request.windows(place.len().max(1)).rposition(|bytes| bytes == place);
        let meaning = match self.meaning {
            // What it believed shows in what it took for the body: `0\r\n\r\n`, as it
            // is or counted.
            "" if response.body.starts_with(b"0\r\n")
                || response.body.ends_with(b" 5\n") =>
            {
                BELIEVES_LENGTH
            }
            "" => BELIEVES_CHUNKS,
            meaning => meaning,
        };
        Err(should(client.wrong_at_sent(at.unwrap_or(0), meaning, self.why)))
    }
}

const BELIEVES_LENGTH: &str = "There are two ways to say where this body ends, and \
                               your program believes Content-Length. Another server in \
                               front of it believes the chunks: then one of them sees \
                               a request that the other has never checked.";
const BELIEVES_CHUNKS: &str = "There are two ways to say where this body ends, and \
                               your program believes the chunks. Another server in \
                               front of it believes Content-Length: then a request can \
                               be smuggled past it.";

/// Content-Lengths that aren't numbers.
pub fn bad_lengths() -> Vec<Doubtful> {
    let spaces = "After the 5 comes a no-break space. Your program removes it, as \
                  `trim` does in Rust and `strip` in Python; only a space and a tab \
                  may be around a value.";
    let cases: [(&[u8], &str); 11] = [
        (
            b"five",
            "This isn't a number, and your program goes on as if the field hadn't \
             come.",
        ),
        (
            b"+5",
            "A plus isn't a digit. `parse` of a number in Rust takes it, and so does \
             your program.",
        ),
        (b"-5", "A length below 0 isn't a length, and your program accepts it."),
        (b"5 bytes", "There's more after the digits, and your program doesn't look."),
        (b"5a", "There's a letter after the digit, and your program doesn't look."),
        (
            b"0x5",
            "`0x` begins a number in programs, and not here. Your program reads it.",
        ),
        (
            b"0_5",
            "An underscore isn't a digit. Python's `int` takes it, and so does your \
             program.",
        ),
        (
            b"",
            "No length follows the name, and your program reads an empty text as a \
             number.",
        ),
        (b"5\xa0", spaces),
        ("5\u{a0}".as_bytes(), spaces),
        (
            "\u{665}".as_bytes(),
            "This is a five in the digits of Arabic. Only the ten digits of ASCII make \
             a length; Python's `isdigit` and `int` know more of them.",
        ),
    ];
    cases.map(|(value, meaning)| Doubtful::of_length(value, meaning)).into()
}

/// Content-Lengths that can't be added up, or not without a look.
pub fn huge_lengths() -> Vec<Doubtful> {
    let cases: [(&[u8], &str); 3] = [
        (
            b"4294967301",
            "This number is 2³² more than 5, and your program takes it for 5: what \
             doesn't fit into 32 bits is cut off.",
        ),
        (
            b"18446744073709551621",
            "This number is 2⁶⁴ more than 5, and your program takes it for 5: it \
             counts in 64 bits, and doesn't see that they are full.",
        ),
        (
            b"99999999999999999999999",
            "This number has more digits than your program can take, and it goes on as \
             if there were no body.",
        ),
    ];
    let cases = cases.map(|(value, meaning)| Doubtful::of_length(value, meaning));
    cases.map(|case| Doubtful { statuses: TOO_LARGE, why: NO_LIMIT, ..case }).into()
}

/// Chunks whose size isn't a number, or isn't theirs.
pub fn bad_chunks() -> Vec<Doubtful> {
    let sizes: [(&[u8], &str); 10] = [
        (
            b"xyz",
            "This isn't a size, and your program reads it as the end, or as a chunk.",
        ),
        (
            b"+5",
            "A plus isn't a hexadecimal digit. `from_str_radix` takes it, and so does \
             your program.",
        ),
        (b"-5", "A size below 0 isn't a size, and your program accepts it."),
        (
            b"0x5",
            "`0x` comes before hexadecimal digits in programs, and not here. Your \
             program reads it.",
        ),
        (
            b"5g",
            "After the digit comes a letter that isn't one, and your program \
                 doesn't look.",
        ),
        (b"5_", "An underscore isn't a hexadecimal digit, and your program skips it."),
        (
            b"0_5",
            "An underscore isn't a hexadecimal digit. Python's `int` takes it, and \
                  so does your program.",
        ),
        (
            b" 5",
            "A space comes before this size, and your program removes it. Nothing \
                 comes before a size.",
        ),
        (
            b"",
            "This line has no size, and your program reads an empty text as a number.",
        ),
        (
            "\u{665}".as_bytes(),
            "This is a five in the digits of Arabic. Only digits of ASCII make a size; \
             Python's `int` knows more of them.",
        ),
    ];
    let sizes = sizes.map(|(size, meaning)| {
        let chunks = [size, b"\r\nhello\r\n0\r\n\r\n"].concat();
        let place: &[u8] = if size.is_empty() { b"\r\nhello" } else { size };
        Doubtful::of_chunks(&chunks, place, meaning)
    });
    let ends: [(&[u8], &[u8], &str); 5] = [
        (
            b"5\r\nhello world\r\n0\r\n\r\n",
            b" world",
            "Here the chunk of five bytes should end, and more comes. Your program \
             skips it without a word.",
        ),
        (
            b"5\r\nhello \r\n0\r\n\r\n",
            b" \r\n0",
            "This chunk is one space longer than its size, and your program takes the \
             space for nothing.",
        ),
        (
            b"5\r\nhelloXX0\r\n\r\n",
            b"XX",
            "Here the line end of the chunk should be. Your program skips two bytes \
             without looking at them.",
        ),
        (
            b"5\r\nhelloX\n0\r\n\r\n",
            b"X\n",
            "Here the line end of the chunk should be, and only its second byte is. \
             Your program doesn't look at the first.",
        ),
        (
            b"5\r\nhello\rX0\r\n\r\n",
            b"\rX",
            "Here the line end of the chunk should be, and only its first byte is. \
             Your program doesn't look at the second.",
        ),
    ];
    let ends = ends
        .map(|(chunks, place, meaning)| Doubtful::of_chunks(chunks, place, meaning));
    sizes.into_iter().chain(ends).collect()
}

/// Chunks whose sizes can't be added up, or not without a look.
pub fn huge_chunks() -> Vec<Doubtful> {
    let cases: [(&[u8], &str); 4] = [
        (
            b"100000005",
            "This size is 2³² more than 5, and your program takes it for 5: what \
             doesn't fit into 32 bits is cut off.",
        ),
        (
            b"10000000000000005",
            "This size is 2⁶⁴ more than 5, and your program takes it for 5: it counts \
             in 64 bits, and doesn't see that they are full.",
        ),
        (
            b"FFFFFFFFFFFFFFFF",
            "This is the largest size that fits into 64 bits. Your program takes it, \
             or has added it to another one and got a small number.",
        ),
        (
            b"10000000000000000",
            "This size has more digits than your program can take, and it goes on all \
             the same.",
        ),
    ];
    let cases = cases.map(|(size, meaning)| {
        let chunks = [b"5\r\nhello\r\n", size, b"\r\nhello\r\n0\r\n\r\n"].concat();
        Doubtful::of_chunks(&chunks, size, meaning)
    });
    let why = "RFC 9112, section 7.1: recipients must expect sizes that are too large \
               for them, and must not take them for others.";
    cases.map(|case| Doubtful { statuses: TOO_LARGE, why, ..case }).into()
}

/// Both fields, and lengths that differ.
pub fn two_ways() -> Vec<Doubtful> {
    let both: [(&[u8], &[u8]); 2] = [
        (b"Content-Length: 5\r\nTransfer-Encoding: chunked", b"Transfer"),
        (b"Transfer-Encoding: chunked\r\nContent-Length: 5", b"Content-L"),
    ];
    let both = both.map(|(fields, place)| {
        let case = Doubtful::new(fields, b"0\r\n\r\n", place, "");
        Doubtful { why: BOTH, ..case }
    });
    let second = "Here is a second length, and it's another one. Your program believes \
                  one of the two.";
    let lengths: [(&[u8], &str); 4] = [
        (b"Content-Length: 5\r\nContent-Length: 4", second),
        (b"Content-Length: 4\r\nContent-Length: 5", second),
        (
            b"Content-Length: 5\r\nContent-Length: 5\r\nContent-Length: 4",
            "The third length is another one than the two before it, and your program \
             doesn't look that far.",
        ),
        (
            b"Content-Length: 5, 4",
            "There are two lengths in one field, and they differ. Your program takes \
             one of them.",
        ),
    ];
    let lengths = lengths.map(|(fields, meaning)| {
        let why = "RFC 9112, section 6.3: with differing lengths the framing is \
                   invalid, and the answer is 400.";
        let place = if fields.ends_with(b", 4") { &b", 4"[..] } else { b"Content-L" };
        Doubtful { why, ..Doubtful::new(fields, b"hello", place, meaning) }
    });
    both.into_iter().chain(lengths).collect()
}

/// Transfer codings that aren't `chunked` alone.
pub fn bad_codings() -> Vec<Doubtful> {
    let unknown = "Your program doesn't know this coding, so it can't know where the \
                   body ends; yet it answers, as if there were none.";
    let last = "The last coding is the outermost, and here that isn't chunked: nothing \
                says where this body ends. Your program believes that something does.";
    let cases: [(&[u8], &str); 5] = [
        (b"gzip", unknown),
        (
            b"xchunked",
            "This coding only ends like chunked. Your program believes that it is.",
        ),
        (
            b"chunkedx",
            "This coding only begins like chunked. Your program believes that it is.",
        ),
        (b"chunked, identity", last),
        (b"chunked\r\nTransfer-Encoding: identity", last),
    ];
    let cases = cases.map(|(coding, meaning)| {
        let fields = [b"Transfer-Encoding: ", coding].concat();
        let chunks = b"5\r\nhello\r\n0\r\n\r\n";
        let case = Doubtful::new(&fields, chunks, b"Transfer", meaning);
        Doubtful { statuses: UNKNOWN, why: CODING, ..case }
    });
    cases.into()
}

/// Heads that a server must read strictly to see what's wrong.
pub fn bad_heads() -> Vec<Doubtful> {
    let before_colon = "There's a space before the colon. Your program takes the field \
                        for a good one, or for an unknown one; others do the opposite, \
                        and see another body.";
    let folded = "This line begins with a space, so for some it continues the one \
                  before. Your program answers as if it were nothing.";
    let old = "HTTP/1.0 has no transfer codings. Something on the way didn't \
               understand this field and let it pass; your program believes it.";
    let cases: [(&[u8], &[u8], &str); 3] = [
        (b"Content-Length : 5", b"hello", before_colon),
        (b"Transfer-Encoding : chunked", b"5\r\nhello\r\n0\r\n\r\n", before_colon),
        (b"X: y\r\n Content-Length: 5", b"hello", folded),
    ];
    let spaces = cases.map(|(fields, body, meaning)| {
        let place = if meaning == folded { &b" Content"[..] } else { b" :" };
        Doubtful { why: SPACE, ..Doubtful::new(fields, body, place, meaning) }
    });
    let coding = Doubtful::of_chunks(b"5\r\nhello\r\n0\r\n\r\n", b"Transfer", old);
    let coding =
        Doubtful { version: "HTTP/1.0", statuses: UNKNOWN, why: CODING, ..coding };
    spaces.into_iter().chain([coding]).collect()
}
