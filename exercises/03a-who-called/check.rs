//! Who called, and how many bytes came.

use std::time::{Duration, Instant};

use crate::{
    Check, Client, Exercise, Failure, SILENCE_WINDOW, Server, Submission, Verdict,
};

pub const EXERCISE: Exercise = Exercise {
    id: "03a",
    name: "who-called",
    given: 0,
    readme: include_str!("README.md"),
    checks: &[
        Check { points: 2, reproduce: "", run: one_client },
        Check {
            points: 1,
            reproduce: "printf Hello | nc -N 127.0.0.1 4545\n\
                      printf 'again, Sam' | nc -N 127.0.0.1 4545",
            run: two_clients,
        },
        Check { points: 2, reproduce: "", run: in_pieces },
        Check {
            points: 1,
            reproduce: "head -c 100000 /dev/urandom | nc -N 127.0.0.1 4545",
            run: any_bytes,
        },
        Check {
            points: 1,
            reproduce: "nc -N 127.0.0.1 4545 < /dev/null",
            run: no_bytes,
        },
        Check { points: 1, reproduce: "", run: closes },
    ],
};

/// Longer than a program sleeps, or waits for more, that takes a pause for the end.
const LONG: Duration = Duration::from_millis(1500);

/// The task states no longer one, so a program may lose its patience after this.
const STATED: Duration = Duration::from_secs(2);

const ONE_READ: &str = "read(2) returns what has come so far, and 0 when the client \
                        has finished. Until then there may be more.";

const ONE_LINE: &str = "The task: one line for each connection, with the client's \
                        address and the number of bytes, in plain digits.";

/// A client, and where the output about it may begin.
struct Call {
    client: Client,
    before: usize,
}

/// The line about a client.
struct Line {
    offset: usize,
    text: String,
}

/// Starts the program; what it prints from now on is about clients.
fn start(submission: &Submission) -> Verdict<Server> {
    let server = submission.start()?;
    server.see_output();
    Ok(server)
}

/// Connects. What the program prints right away is shown before what the client sends.
fn call(server: &mut Server) -> Verdict<Call> {
    server.settle();
    let before = server.printed().len();
    let client = server.connect()?;
    server.settle();
    server.see_output();
    Ok(Call { client, before })
}

fn one_client(submission: &Submission) -> Verdict {
    let mut server = start(submission)?;
    let (call, bytes) = (call(&mut server)?, b"Good morning");
    let (mut client, line) = says(&mut server, call, bytes, NO_LINE)?;
    expect_one_line(&server, &mut client, &line)?;
    let why = "read(2) returns how many bytes it has put into the buffer. The buffer \
               itself always has the same size, and most of it may be unused.";
    expect_count(&mut server, &client, &line, bytes.len(), |count| match count {
        Some(count) => (
            format!(
                "The client sent {} bytes, and the line says {count}.",
                bytes.len()
            ),
            why,
        ),
        None => (
            "The line says who called, and there's no number in it: how many bytes \
             came is missing."
                .into(),
            ONE_LINE,
        ),
    })
}

/// Checks that this line is the only one about the client.
fn expect_one_line(server: &Server, client: &mut Client, line: &Line) -> Verdict {
    server.settle();
    server.see_output();
    client.listen(SILENCE_WINDOW);
    let end = line.offset + line.text.len();
    let Some(second) = line_about(&server.printed()[end..], client) else {
        return Ok(());
    };
    let meaning = if line.numbers(client).is_empty() {
        "Your program prints two lines about one connection: the first says who \
         called, and only the second how many bytes came. One line should say both."
    } else {
        "Your program prints more than one line about this connection: one for each \
         piece that it reads. How many pieces there are is the network's choice."
    };
    server.see_output();
    Err(server.wrong_in_output(end + second.offset, meaning, ONE_LINE))
}

fn two_clients(submission: &Submission) -> Verdict {
    let mut server = start(submission)?;
    let first = call(&mut server)?;
    says(&mut server, first, b"Hello", NO_LINE)?;
    let second = call(&mut server)?;
    let (second, line) = says(&mut server, second, b"again, Sam", NO_LINE)?;
    expect_count(&mut server, &second, &line, 10, |count| {
        let meaning = match count {
            Some(15) => {
                "The first client sent 5 bytes and the second 10, but the second line \
                 says 15: your program goes on counting where it stopped."
            }
            _ => "The second client sent 10 bytes, and its line doesn't say so.",
        };
        (
            meaning.into(),
            "Each connection is a stream of its own, so its count begins at 0.",
        )
    })
}

fn in_pieces(submission: &Submission) -> Verdict {
    let mut server = start(submission)?;
    let mut call = call(&mut server)?;
    call.client.send(b"Good ")?;
    for (pause, meaning) in [
        (
            SILENCE_WINDOW,
            "Your program has read one piece, and it hangs up. But the client hasn't \
             finished: \"morning\" is still to come.",
        ),
        (
            LONG,
            "Your program takes a pause for the end: it waits for a while, and then it \
             hangs up. But the client hasn't finished: \"morning\" is still to come.",
        ),
    ] {
        let begun = Instant::now();
        call.client.listen(pause);
        let is_late = begun.elapsed() > STATED;
        // By now it has printed what it wanted to print.
        server.see_output();
        if call.client.end().is_some()
            && let Some(line) = line_about(&server.printed(), &call.client)
        {
            let failure = server.wrong_in_output(line.offset, meaning, ONE_READ);
            return Err(if is_late { failure.inconclusive() } else { failure });
        }
    }
    let (mut client, line) = says(&mut server, call, b"morning", NO_LINE)?;
    expect_one_line(&server, &mut client, &line)?;
    expect_count(&mut server, &client, &line, 12, |count| {
        let meaning = match count {
            Some(7) => {
                "\"Good \" and \"morning\" came in two pieces, and the line says 7: \
                 your program counts only the last piece."
            }
            _ => "12 bytes came in two pieces, and the line doesn't say so.",
        };
        (meaning.into(), ONE_READ)
    })
}

/// Of five letters, two have two bytes each.
const LETTERS: &str = "Grüße";

fn letters(submission: &Submission) -> Verdict {
    let mut server = start(submission)?;
    let call = call(&mut server)?;
    let (client, line) = says(&mut server, call, LETTERS.as_bytes(), NO_LINE)?;
    expect_count(&mut server, &client, &line, LETTERS.len(), |count| {
        let meaning = match count {
            Some(5) => {
                "\"Grüße\" is 7 bytes, and the line says 5: your program counts \
                 letters."
            }
            _ => "\"Grüße\" is 7 bytes, and the line doesn't say so.",
        };
        (
            meaning.into(),
            "RFC 3629: in UTF-8 a letter has up to four bytes; ü and ß have two. A \
             socket carries bytes, and read(2) counts them.",
        )
    })
}

fn any_bytes(submission: &Submission) -> Verdict {
    letters(submission)?;
    let mut server = start(submission)?;
    let call = call(&mut server)?;
    let bytes: Vec<u8> = (0..=u8::MAX).cycle().take(100_000).collect();
    let why = "RFC 3629: not every sequence of bytes is UTF-8. A socket carries bytes, \
               `Vec<u8>`; whether they're text is another question, and not asked \
               here.";
    let (client, line) = says(
        &mut server,
        call,
        &bytes,
        (
            "These bytes aren't text, and your program prints no line about them: it \
             counts only what it can convert to text.",
            why,
        ),
    )?;
    expect_count(&mut server, &client, &line, bytes.len(), |count| match count {
        Some(count) => (
            format!(
                "The client sent 100000 bytes, and the line says {count}. Your program \
                 doesn't count what came, but what it has converted to text, or only \
                 a part."
            ),
            why,
        ),
        None => ("The line doesn't say how many bytes came.".into(), why),
    })
}

fn no_bytes(submission: &Submission) -> Verdict {
    let mut server = start(submission)?;
    let call = call(&mut server)?;
    let why = "read(2) returns 0 at the end, and here the end comes first. Browsers \
               open such connections too, and may never use them.";
    let meaning =
        "A client called and sent nothing, and your program prints no line about it.";
    let (client, line) = says(&mut server, call, b"", (meaning, why))?;
    expect_count(&mut server, &client, &line, 0, |_| {
        ("The client sent nothing, and the line doesn't say 0.".into(), why)
    })
}

fn closes(submission: &Submission) -> Verdict {
    let mut server = start(submission)?;
    let call = call(&mut server)?;
    let (mut client, _) = says(&mut server, call, b"Good morning", NO_LINE)?;
    let closed = client.expect_close();
    if !client.received().is_empty() {
        return Err(client.wrong_at(
            0,
            "Your program answers, although the client hasn't asked for anything: the \
             line is for the log.",
            "The task: nothing is sent back. RFC 9110, section 3.3: a server answers \
             requests, and \"Good morning\" isn't one.",
        ));
    }
    if client.end().is_some() {
        return closed;
    }
    closed.map_err(|failure| {
        failure.because(
            "The line is there, but the connection is still open. The client goes on \
             waiting, and your program collects connections: one day it can't open \
             any more.",
            "close(2): a connection is closed when its last owner drops it. \
             getrlimit(2): the number of open descriptors is limited, often to 1024.",
        )
    })
}

const NO_LINE: (&str, &str) = (
    "Your program prints nothing about this client.",
    "setvbuf(3): a program may keep back what it prints until there's enough of it. \
     `println!` prints each complete line; a `BufWriter` waits until it's flushed, and \
     so does C's `printf` when standard output isn't a terminal.",
);

/// Sends the client's last bytes, finishes, and returns the line about it; `no_line`
/// says what it means when there's none.
fn says(
    server: &mut Server,
    Call { mut client, before }: Call,
    bytes: &[u8],
    no_line: (&str, &str),
) -> Verdict<(Client, Line)> {
    if !bytes.is_empty() {
        client.send(bytes)?;
    }
    client.half_close();
    let found = server.wait_for_output(|text| line_about(text, &client));
    server.see_output();
    match found {
        Ok(line) => Ok((client, line)),
        Err(text) => Err(without_line(server, &client, &text, before, no_line)),
    }
}

fn without_line(
    server: &Server,
    client: &Client,
    text: &str,
    before: usize,
    (meaning, why): (&str, &str),
) -> Box<Failure> {
    let peer = "accept(2) returns two things: the connection, and the address of the \
                peer, which is the client.";
    let (new, address) = (&text[before..], address_of(client));
    let (ip, _) = address.rsplit_once(':').unwrap_or_default();
    if line_about(&server.complained(), client).is_some() {
        return server.wrong(
            "The line is there, but on standard error. It isn't a complaint: it's what \
             the program is for.",
            "stdout(3): results go to standard output, so that other programs can read \
             and count them.",
        );
    }
    if !new.contains('\n') {
        note_complaint(server);
        return server.wrong(meaning, why);
    }
    let own = server.address();
    let (offset, meaning) =
        if let Some(offset) = find_word(new, &own.port().to_string()) {
            (offset, "This is the address of your program, not the client's.".into())
        } else if let Some(offset) = find_word(new, ip) {
            let meaning = format!(
                "Your program prints the client's IP address without its port: both \
             together, {address}, are its address. (Two connections from one machine \
             have the same IP address, and the port tells them apart.)"
            );
            (offset, meaning)
        } else {
            let meaning = format!(
                "Your program prints something about this client, but not who it is: \
             {address}."
            );
            (0, meaning)
        };
    server.wrong_in_output(before + offset, meaning, peer)
}

/// Returns where the number, or the IP address, is in the text, not as a part of a
/// longer one.
fn find_word(text: &str, word: &str) -> Option<usize> {
    let is_part = |letter: char| letter.is_ascii_alphanumeric();
    let found = text.match_indices(word).find(|(offset, _)| {
        let after = &text[offset + word.len()..];
        !text[..*offset].ends_with(is_part) && !after.starts_with(is_part)
    });
    found.map(|(offset, _)| offset)
}

/// Shows the last line on standard error, which may be the reason.
fn note_complaint(server: &Server) {
    let complained = server.complained();
    if let Some(line) = complained.lines().rfind(|line| !line.trim().is_empty()) {
        let line: String = line.escape_debug().take(200).collect();
        server.note(format!("your program has printed on standard error: {line}"));
    }
}

/// Checks that the line has this number in it. `otherwise` says what it means when it
/// has another one, or none.
fn expect_count(
    server: &mut Server,
    client: &Client,
    line: &Line,
    count: usize,
    otherwise: impl Fn(Option<usize>) -> (String, &'static str),
) -> Verdict {
    let counts = line.numbers(client);
    if !counts.contains(&count) {
        let (meaning, why) = otherwise(counts.last().copied());
        let failure = server.wrong_in_output(line.offset, meaning, why);
        return Err(
            failure.should_see(format!("{count} in the line about this client"))
        );
    }
    Ok(())
}

fn address_of(client: &Client) -> String {
    client.address().map(|address| address.to_string()).unwrap_or_default()
}

/// Returns the first complete line with the client's address, however it's written:
/// `127.0.0.1:51234`, `('127.0.0.1', 51234)`.
fn line_about(text: &str, client: &Client) -> Option<Line> {
    let address = client.address()?;
    let words = [address.ip().to_string(), address.port().to_string()];
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let has = |word: &String| find_word(line, word).is_some();
        if line.ends_with('\n') && words.iter().all(has) {
            return Some(Line { offset, text: line.into() });
        }
        offset += line.len();
    }
    None
}

impl Line {
    /// Returns the numbers in it, apart from those of the address.
    fn numbers(&self, client: &Client) -> Vec<usize> {
        let mut text = self.text.clone();
        if let Some(address) = client.address() {
            for word in [address.ip().to_string(), address.port().to_string()] {
                let at = find_word(&text, &word).unwrap_or_default();
                text.replace_range(at..at + word.len(), " ");
            }
        }
        let words = text.split(|letter: char| !letter.is_ascii_digit());
        words.filter_map(|word| word.parse().ok()).collect()
    }
}
