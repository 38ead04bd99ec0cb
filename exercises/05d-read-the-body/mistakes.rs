//! What usually goes wrong in exercise 05d.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use crate::Mistake;
use crate::Mistake::Handler;

pub const MISTAKES: &[(&str, Mistake)] = &[
    ("read-to-end", Handler(read_to_end)),
    ("drops-the-rest", Handler(drops_the_rest)),
    ("what-came-with-the-head", Handler(what_came_with_the_head)),
    ("one-more-read", Handler(one_more_read)),
    ("sleeps-then-reads", Handler(sleeps_then_reads)),
    ("up-to-a-blank-line", Handler(up_to_a_blank_line)),
    ("makes-text-of-it", Handler(makes_text_of_it)),
    ("strips-the-body", Handler(strips_the_body)),
    ("takes-all-that-came", Handler(takes_all_that_came)),
    ("always-a-body", Handler(always_a_body)),
    ("body-without-a-length", Handler(body_without_a_length)),
    ("knows-no-chunks", Handler(knows_no_chunks)),
    ("chunks-as-they-are", Handler(chunks_as_they_are)),
    ("one-chunk", Handler(one_chunk)),
    ("decimal-sizes", Handler(decimal_sizes)),
    ("capitals-only", Handler(capitals_only)),
    ("chunks-are-lines", Handler(chunks_are_lines)),
    ("chunks-are-text", Handler(chunks_are_text)),
    ("last-is-the-text-0", Handler(last_is_the_text_0)),
    ("coding-with-case", Handler(coding_with_case)),
    ("whole-lines-come", Handler(whole_lines_come)),
    ("no-extension", Handler(no_extension)),
    ("no-trailer", Handler(no_trailer)),
    ("one-trailer-line", Handler(one_trailer_line)),
    ("one-too-little", Handler(one_too_little)),
    ("no-limit", Handler(no_limit)),
    ("sixteen-bits", Handler(sixteen_bits)),
    ("too-large-is-nothing", Handler(too_large_is_nothing)),
    ("no-limit-for-chunks", Handler(no_limit_for_chunks)),
    ("limit-for-each", Handler(limit_for_each)),
    ("one-too-little-in-chunks", Handler(one_too_little_in_chunks)),
    ("adds-without-a-look", Handler(adds_without_a_look)),
    ("no-number-is-nothing", Handler(no_number_is_nothing)),
    ("parse-takes-a-plus", Handler(parse_takes_a_plus)),
    ("digits-at-the-beginning", Handler(digits_at_the_beginning)),
    ("trims-too-much", Handler(trims_too_much)),
    ("no-size-is-the-end", Handler(no_size_is_the_end)),
    ("radix-takes-a-plus", Handler(radix_takes_a_plus)),
    ("hex-at-the-beginning", Handler(hex_at_the_beginning)),
    ("skips-to-the-line-end", Handler(skips_to_the_line_end)),
    ("trims-the-line-end", Handler(trims_the_line_end)),
    ("skips-two-bytes", Handler(skips_two_bytes)),
    ("looks-at-the-second-byte", Handler(looks_at_the_second_byte)),
    ("chunks-win", Handler(chunks_win)),
    ("length-wins", Handler(length_wins)),
    ("last-length-wins", Handler(last_length_wins)),
    ("compares-two-lengths", Handler(compares_two_lengths)),
    ("any-coding", Handler(any_coding)),
    ("takes-half-a-body", Handler(takes_half_a_body)),
    ("end-is-the-last-chunk", Handler(end_is_the_last_chunk)),
    ("stops-at-the-last-chunk", Handler(stops_at_the_last_chunk)),
];

/// Why a body didn't come: a status, or the connection.
enum Stop {
    Refused(u16),
    Lost(io::Error),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Lost(error)
    }
}

type Outcome<T> = Result<T, Stop>;
type Framing = fn(&Habits, &[(String, String)]) -> Outcome<(Option<usize>, bool)>;
type Bytes = fn(&mut Reader<'_>, usize, &mut Vec<u8>) -> Outcome<()>;
type Chunks = fn(&Habits, &mut Reader<'_>, &mut Vec<u8>) -> Outcome<()>;
type Reader<'a> = BufReader<&'a TcpStream>;

const BAD: Stop = Stop::Refused(400);
const TOO_MUCH: Stop = Stop::Refused(413);
const MAX: usize = 10_000;

/// What a program does. One of these is wrong in each, and the others are right.
#[derive(Clone, Copy)]
struct Habits {
    /// The length and whether there are chunks, from the fields.
    framing: Framing,
    length: fn(&str) -> Outcome<usize>,
    coding: fn(&str) -> bool,
    other_coding: fn(&str) -> Outcome<()>,
    limit: usize,
    /// Reads so many bytes.
    bytes: Bytes,
    /// Reads chunks.
    chunks: Chunks,
    size: fn(&str) -> Outcome<usize>,
    /// Whether a chunk of this size may come after so many bytes.
    may_come: fn(usize, usize) -> bool,
    end_of_chunk: fn(&mut Reader<'_>) -> Outcome<()>,
    end_of_chunks: fn(&mut Reader<'_>) -> Outcome<()>,
    /// Turns the body into what is sent back.
    body: fn(Vec<u8>) -> Vec<u8>,
}

const RIGHT: Habits = Habits {
    framing,
    length: |digits| number(digits, 10),
    coding: |coding| coding.eq_ignore_ascii_case("chunked"),
    other_coding: |_| Err(Stop::Refused(501)),
    limit: MAX,
    bytes,
    chunks,
    size: |line| number(line.split(';').next().unwrap_or_default().trim_end(), 16),
    may_come: |size, before| size <= MAX - before,
    end_of_chunk: |reader| if line(reader)?.is_empty() { Ok(()) } else { Err(BAD) },
    end_of_chunks: |reader| {
        while !line(reader)?.is_empty() {}
        Ok(())
    },
    body: |body| body,
};

fn answer(client: TcpStream, habits: &Habits) -> io::Result<()> {
    let mut reader = BufReader::new(&client);
    let body = fields(&mut reader).and_then(|fields| {
        let mut body = Vec::new();
        match (habits.framing)(habits, &fields)? {
            (_, true) => (habits.chunks)(habits, &mut reader, &mut body)?,
            (Some(length), _) if length > habits.limit => return Err(TOO_MUCH),
            (length, _) => (habits.bytes)(&mut reader, length.unwrap_or(0), &mut body)?,
        }
        Ok((habits.body)(body))
    });
    send(client, body)
}

fn send(mut client: TcpStream, body: Outcome<Vec<u8>>) -> io::Result<()> {
    let (status, body) = match body {
        Ok(body) => (200, body),
        Err(Stop::Refused(status)) => (status, Vec::new()),
        Err(Stop::Lost(error)) => return Err(error),
    };
    let head = format!("HTTP/1.1 {status} \r\nContent-Length: {}\r\n\r\n", body.len());
    client.write_all(&[head.as_bytes(), &body].concat())
}

fn line(reader: &mut Reader<'_>) -> Outcome<String> {
    let mut line = Vec::new();
    reader.by_ref().take(8192).read_until(b'\n', &mut line)?;
    let line = line.strip_suffix(b"\r\n").ok_or(BAD)?;
    Ok(String::from_utf8_lossy(line).into_owned())
}

fn fields(reader: &mut Reader<'_>) -> Outcome<Vec<(String, String)>> {
    line(reader)?;
    let mut fields = Vec::new();
    loop {
        let line = line(reader)?;
        if line.is_empty() {
            return Ok(fields);
        }
        let (name, value) = line.split_once(':').ok_or(BAD)?;
        fields
            .push((name.to_ascii_lowercase(), value.trim_matches([' ', '\t']).into()));
    }
}

fn framing(
    habits: &Habits,
    fields: &[(String, String)],
) -> Outcome<(Option<usize>, bool)> {
    let named = |wanted| fields.iter().filter(move |(name, _)| name == wanted);
    let mut lengths = named("content-length").map(|(_, value)| (habits.length)(value));
    let length = lengths.next().transpose()?;
    for other in lengths {
        if Some(other?) != length {
            return Err(BAD);
        }
    }
    let mut is_chunked = false;
    for (_, coding) in named("transfer-encoding") {
        is_chunked = (habits.coding)(coding);
        if !is_chunked {
            (habits.other_coding)(coding)?;
        }
    }
    if is_chunked && length.is_some() { Err(BAD) } else { Ok((length, is_chunked)) }
}

fn number(digits: &str, radix: u32) -> Outcome<usize> {
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
        return Err(BAD);
    }
    usize::from_str_radix(digits, radix).map_err(|_| TOO_MUCH)
}

fn bytes(reader: &mut Reader<'_>, length: usize, body: &mut Vec<u8>) -> Outcome<()> {
    let start = body.len();
    body.resize(start + length, 0);
    Ok(reader.read_exact(&mut body[start..])?)
}

fn chunks(habits: &Habits, reader: &mut Reader<'_>, body: &mut Vec<u8>) -> Outcome<()> {
    loop {
        let size = (habits.size)(&line(reader)?)?;
        if size == 0 {
            return (habits.end_of_chunks)(reader);
        }
        if !(habits.may_come)(size, body.len()) {
            return Err(TOO_MUCH);
        }
        // Without a limit it would need all memory; here it's enough to wait for it.
        let size = size.min(100 * MAX);
        (habits.bytes)(reader, size, body)?;
        (habits.end_of_chunk)(reader)?;
    }
}

/// `read_to_end` ends when the client closes, and the client waits for the answer.
fn read_to_end(client: TcpStream) -> io::Result<()> {
    let mut reader = BufReader::new(&client);
    let body = fields(&mut reader).and_then(|_| {
        let mut body = Vec::new();
        reader.read_to_end(&mut body)?;
        Ok(body)
    });
    send(client, body)
}

/// The head has a reader of its own, which has read more than the head.
fn drops_the_rest(client: TcpStream) -> io::Result<()> {
    let fields = fields(&mut BufReader::new(&client));
    let body = fields.and_then(|fields| {
        let (length, _) = framing(&RIGHT, &fields)?;
        let mut body = vec![0; length.unwrap_or(0)];
        (&client).read_exact(&mut body)?;
        Ok(body)
    });
    send(client, body)
}

/// The rest of the buffer, after the blank line, seems to be the body.
fn what_came_with_the_head(client: TcpStream) -> io::Result<()> {
    let mut reader = BufReader::new(&client);
    let body = fields(&mut reader).map(|_| reader.buffer().to_vec());
    send(client, body)
}

/// If nothing came with the head, one more `read` will bring it.
fn one_more_read(client: TcpStream) -> io::Result<()> {
    let bytes: Bytes = |reader, length, body| {
        let mut buffer = vec![0; length];
        let came = reader.read(&mut buffer)?;
        body.extend_from_slice(&buffer[..came]);
        Ok(())
    };
    answer(client, &Habits { bytes, ..RIGHT })
}

/// After a while, everything must have come.
fn sleeps_then_reads(client: TcpStream) -> io::Result<()> {
    let bytes: Bytes = |reader, length, body| {
        thread::sleep(Duration::from_secs(1));
        let mut buffer = vec![0; length];
        let came = reader.read(&mut buffer)?;
        body.extend_from_slice(&buffer[..came]);
        Ok(())
    };
    answer(client, &Habits { bytes, ..RIGHT })
}

/// The blank line ends the head, so it seems to end the body too.
fn up_to_a_blank_line(client: TcpStream) -> io::Result<()> {
    let body = |body: Vec<u8>| {
        let end = body.windows(4).position(|window| window == b"\r\n\r\n");
        body[..end.unwrap_or(body.len())].to_vec()
    };
    answer(client, &Habits { body, ..RIGHT })
}

/// `from_utf8_lossy`, because a `String` is so much more convenient.
fn makes_text_of_it(client: TcpStream) -> io::Result<()> {
    let body = |body: Vec<u8>| String::from_utf8_lossy(&body).into_owned().into_bytes();
    answer(client, &Habits { body, ..RIGHT })
}

/// `trim`, as one does with what people have typed.
fn strips_the_body(client: TcpStream) -> io::Result<()> {
    answer(client, &Habits { body: |body| body.trim_ascii().to_vec(), ..RIGHT })
}

/// Waits until there are enough bytes, and forgets that there may be too many.
fn takes_all_that_came(client: TcpStream) -> io::Result<()> {
    let bytes: Bytes = |reader, length, body| {
        (RIGHT.bytes)(reader, length, body)?;
        body.extend_from_slice(reader.buffer());
        Ok(())
    };
    answer(client, &Habits { bytes, ..RIGHT })
}

/// A POST always has a body, or so it seems.
fn always_a_body(client: TcpStream) -> io::Result<()> {
    let bytes: Bytes = |reader, length, body| bytes(reader, length.max(1), body);
    answer(client, &Habits { bytes, ..RIGHT })
}

/// Whatever came after a head must be its body.
fn body_without_a_length(client: TcpStream) -> io::Result<()> {
    let bytes: Bytes = |reader, length, body| {
        if length == 0 {
            body.extend_from_slice(reader.buffer());
        }
        bytes(reader, length, body)
    };
    answer(client, &Habits { bytes, ..RIGHT })
}

/// Has never heard of chunks.
fn knows_no_chunks(client: TcpStream) -> io::Result<()> {
    answer(client, &Habits { coding: |_| false, other_coding: |_| Ok(()), ..RIGHT })
}

/// Reads the chunks to their end, and sends them back with all that is around them.
fn chunks_as_they_are(client: TcpStream) -> io::Result<()> {
    let chunks: Chunks = |_, reader, body| {
        while !body.ends_with(b"0\r\n\r\n") {
            if reader.read_until(b'\n', body)? == 0 {
                return Err(BAD);
            }
        }
        Ok(())
    };
    answer(client, &Habits { chunks, ..RIGHT })
}

/// Reads a chunk where a loop should be.
fn one_chunk(client: TcpStream) -> io::Result<()> {
    let chunks: Chunks = |habits, reader, body| {
        let size = (habits.size)(&line(reader)?)?;
        bytes(reader, size.min(MAX), body)
    };
    answer(client, &Habits { chunks, ..RIGHT })
}

/// Reads the size as if it were any other number.
fn decimal_sizes(client: TcpStream) -> io::Result<()> {
    answer(client, &Habits { size: |line| number(line, 10), ..RIGHT })
}

/// Has seen sizes in capitals only.
fn capitals_only(client: TcpStream) -> io::Result<()> {
    let size = |line: &str| {
        let is_small = line.contains(|digit: char| digit.is_ascii_lowercase());
        if is_small { Err(BAD) } else { (RIGHT.size)(line) }
    };
    answer(client, &Habits { size, ..RIGHT })
}

/// A size is a line, so what follows seems to be one too.
fn chunks_are_lines(client: TcpStream) -> io::Result<()> {
    let chunks: Chunks = |habits, reader, body| {
        while (habits.size)(&line(reader)?)? != 0 {
            body.extend_from_slice(line(reader)?.as_bytes());
        }
        line(reader).map(drop)
    };
    answer(client, &Habits { chunks, ..RIGHT })
}

/// Counts right, and then keeps each chunk as a `String`.
fn chunks_are_text(client: TcpStream) -> io::Result<()> {
    let chunks: Chunks = |habits, reader, body| {
        chunks(habits, reader, body)?;
        *body = String::from_utf8_lossy(body).into_owned().into_bytes();
        Ok(())
    };
    answer(client, &Habits { chunks, ..RIGHT })
}

/// Compares the line with `0`, and not the number.
fn last_is_the_text_0(client: TcpStream) -> io::Result<()> {
    let chunks: Chunks = |habits, reader, body| loop {
        let line = line(reader)?;
        if line == "0" {
            return (habits.end_of_chunks)(reader);
        }
        let size = (habits.size)(&line)?;
        if size > MAX - body.len() {
            return Err(TOO_MUCH);
        }
        bytes(reader, size, body)?;
        (habits.end_of_chunk)(reader)?;
    };
    answer(client, &Habits { chunks, ..RIGHT })
}

/// Compares the name of the coding letter by letter.
fn coding_with_case(client: TcpStream) -> io::Result<()> {
    let other_coding = |_: &str| Ok(());
    answer(
        client,
        &Habits { coding: |coding| coding == "chunked", other_coding, ..RIGHT },
    )
}

/// Takes what one `read` brings for the rest of the chunks.
fn whole_lines_come(client: TcpStream) -> io::Result<()> {
    let chunks: Chunks = |habits, reader, body| {
        let came = reader.fill_buf()?.to_vec();
        if came.len() > 4 && came.ends_with(b"\r\n") {
            return chunks(habits, reader, body);
        }
        Err(BAD)
    };
    answer(client, &Habits { chunks, ..RIGHT })
}

/// The whole line is the size.
fn no_extension(client: TcpStream) -> io::Result<()> {
    answer(client, &Habits { size: |line| number(line, 16), ..RIGHT })
}

/// After the last chunk comes the empty line, and nothing else.
fn no_trailer(client: TcpStream) -> io::Result<()> {
    let end_of_chunks = RIGHT.end_of_chunk;
    answer(client, &Habits { end_of_chunks, ..RIGHT })
}

/// After the last chunk comes one line, whatever is in it.
fn one_trailer_line(client: TcpStream) -> io::Result<()> {
    answer(client, &Habits { end_of_chunks: |reader| line(reader).map(drop), ..RIGHT })
}

/// `>=` where `>` is meant.
fn one_too_little(client: TcpStream) -> io::Result<()> {
    answer(client, &Habits { limit: MAX - 1, ..RIGHT })
}

/// Takes as much as the client likes to send.
fn no_limit(client: TcpStream) -> io::Result<()> {
    answer(client, &Habits { limit: 100 * MAX, ..RIGHT })
}

/// `as u16`: a number that doesn't fit becomes another one.
#[expect(clippy::cast_possible_truncation, reason = "that is the mistake")]
fn sixteen_bits(client: TcpStream) -> io::Result<()> {
    let length = |digits: &str| Ok(usize::from(number(digits, 10)? as u16));
    answer(client, &Habits { length, ..RIGHT })
}

/// `unwrap_or(0)`, for numbers that don't fit.
fn too_large_is_nothing(client: TcpStream) -> io::Result<()> {
    let length = |digits: &str| match number(digits, 10) {
        Err(Stop::Refused(413)) => Ok(0),
        length => length,
    };
    answer(client, &Habits { length, ..RIGHT })
}

/// Compares Content-Length with the limit, and forgets that there is another way.
fn no_limit_for_chunks(client: TcpStream) -> io::Result<()> {
    answer(client, &Habits { may_come: |_, _| true, ..RIGHT })
}

/// Compares each chunk with the limit, but not their sum.
fn limit_for_each(client: TcpStream) -> io::Result<()> {
    answer(client, &Habits { may_come: |size, _| size <= MAX, ..RIGHT })
}

/// `>=` where `>` is meant, once more.
fn one_too_little_in_chunks(client: TcpStream) -> io::Result<()> {
    answer(client, &Habits { may_come: |size, before| size < MAX - before, ..RIGHT })
}

/// Adds two numbers that a client has chosen.
fn adds_without_a_look(client: TcpStream) -> io::Result<()> {
    answer(client, &Habits { may_come: |size, before| size + before <= MAX, ..RIGHT })
}

/// `unwrap_or(0)`, for what isn't a number.
fn no_number_is_nothing(client: TcpStream) -> io::Result<()> {
    let length = |digits: &str| match number(digits, 10) {
        Err(Stop::Refused(400)) => Ok(0),
        length => length,
    };
    answer(client, &Habits { length, ..RIGHT })
}

/// `parse` takes a plus.
fn parse_takes_a_plus(client: TcpStream) -> io::Result<()> {
    answer(client, &Habits { length: |text| text.parse().or(Err(BAD)), ..RIGHT })
}

/// Reads digits as long as there are some.
fn digits_at_the_beginning(client: TcpStream) -> io::Result<()> {
    let length = |text: &str| {
        let end =
            text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
        number(&text[..end], 10)
    };
    answer(client, &Habits { length, ..RIGHT })
}

/// `str::trim` knows more spaces than HTTP does.
fn trims_too_much(client: TcpStream) -> io::Result<()> {
    answer(client, &Habits { length: |text| number(text.trim(), 10), ..RIGHT })
}

/// `unwrap_or(0)`, for what isn't a size: and 0 is the end.
fn no_size_is_the_end(client: TcpStream) -> io::Result<()> {
    let size = |line: &str| match (RIGHT.size)(line) {
        Err(Stop::Refused(400)) => Ok(0),
        size => size,
    };
    answer(client, &Habits { size, ..RIGHT })
}

/// `from_str_radix` takes a plus too.
fn radix_takes_a_plus(client: TcpStream) -> io::Result<()> {
    let size = |line: &str| (RIGHT.size)(line.strip_prefix('+').unwrap_or(line));
    answer(client, &Habits { size, ..RIGHT })
}

/// As C's `strtoul` does it, which stops where the digits end.
fn hex_at_the_beginning(client: TcpStream) -> io::Result<()> {
    let size = |line: &str| {
        let is_other = |letter: char| !letter.is_ascii_hexdigit();
        number(&line[..line.find(is_other).unwrap_or(line.len())], 16)
    };
    answer(client, &Habits { size, ..RIGHT })
}

/// Reads a line where the line end should be, and doesn't look at it.
fn skips_to_the_line_end(client: TcpStream) -> io::Result<()> {
    answer(client, &Habits { end_of_chunk: |reader| line(reader).map(drop), ..RIGHT })
}

/// A line with nothing but spaces in it looks empty.
fn trims_the_line_end(client: TcpStream) -> io::Result<()> {
    let end_of_chunk = |reader: &mut Reader<'_>| {
        if line(reader)?.trim().is_empty() { Ok(()) } else { Err(BAD) }
    };
    answer(client, &Habits { end_of_chunk, ..RIGHT })
}

/// A line end has two bytes, whichever they are.
fn skips_two_bytes(client: TcpStream) -> io::Result<()> {
    let end_of_chunk = |reader: &mut Reader<'_>| Ok(reader.read_exact(&mut [0; 2])?);
    answer(client, &Habits { end_of_chunk, ..RIGHT })
}

/// A line end ends in `\n`, so that seems to be enough.
fn looks_at_the_second_byte(client: TcpStream) -> io::Result<()> {
    let end_of_chunk = |reader: &mut Reader<'_>| {
        let mut end = [0; 2];
        reader.read_exact(&mut end)?;
        if end[1] == b'\n' { Ok(()) } else { Err(BAD) }
    };
    answer(client, &Habits { end_of_chunk, ..RIGHT })
}

/// As RFC 2616 demanded it, in the days before request smuggling was known.
fn chunks_win(client: TcpStream) -> io::Result<()> {
    let framing: Framing = |habits, fields| {
        let mut fields = fields.to_vec();
        if fields.iter().any(|(name, _)| name == "transfer-encoding") {
            fields.retain(|(name, _)| name != "content-length");
        }
        framing(habits, &fields)
    };
    answer(client, &Habits { framing, ..RIGHT })
}

/// Looks for a length first, and for chunks only if there's none.
fn length_wins(client: TcpStream) -> io::Result<()> {
    let framing: Framing = |habits, fields| {
        let mut fields = fields.to_vec();
        if fields.iter().any(|(name, _)| name == "content-length") {
            fields.retain(|(name, _)| name != "transfer-encoding");
        }
        framing(habits, &fields)
    };
    answer(client, &Habits { framing, ..RIGHT })
}

/// A map keeps the last one.
fn last_length_wins(client: TcpStream) -> io::Result<()> {
    let framing: Framing = |habits, fields| {
        let last = fields.iter().rposition(|(name, _)| name == "content-length");
        let is_kept = |(index, (name, _)): &(usize, &(String, String))| {
            name != "content-length" || Some(*index) == last
        };
        let kept = fields.iter().enumerate().filter(is_kept);
        let kept: Vec<_> = kept.map(|(_, field)| field.clone()).collect();
        framing(habits, &kept)
    };
    answer(client, &Habits { framing, ..RIGHT })
}

/// Two lengths are compared; a third seems unlikely.
fn compares_two_lengths(client: TcpStream) -> io::Result<()> {
    let framing: Framing = |habits, fields| {
        let is_length = |(name, _): &&(String, String)| name == "content-length";
        let others = fields.iter().filter(|field| !is_length(field));
        let two = fields.iter().filter(is_length).take(2);
        framing(habits, &others.chain(two).cloned().collect::<Vec<_>>())
    };
    answer(client, &Habits { framing, ..RIGHT })
}

/// Takes a coding other than chunked for no coding, and so for no body.
fn any_coding(client: TcpStream) -> io::Result<()> {
    answer(client, &Habits { other_coding: |_| Ok(()), ..RIGHT })
}

/// `take` and `read_to_end` are content with less.
fn takes_half_a_body(client: TcpStream) -> io::Result<()> {
    let bytes: Bytes = |reader, length, body| {
        let limit = u64::try_from(length).unwrap_or(u64::MAX);
        reader.by_ref().take(limit).read_to_end(body)?;
        Ok(())
    };
    answer(client, &Habits { bytes, ..RIGHT })
}

/// When no further line comes, that seems to be the end of the chunks.
fn end_is_the_last_chunk(client: TcpStream) -> io::Result<()> {
    let chunks: Chunks = |habits, reader, body| match chunks(habits, reader, body) {
        Err(Stop::Refused(400)) if reader.fill_buf()?.is_empty() => Ok(()),
        ended => ended,
    };
    answer(client, &Habits { chunks, ..RIGHT })
}

/// After the chunk of size 0, nothing is read any more.
fn stops_at_the_last_chunk(client: TcpStream) -> io::Result<()> {
    answer(client, &Habits { end_of_chunks: |_| Ok(()), ..RIGHT })
}
