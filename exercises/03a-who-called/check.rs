//! Who called, and how many bytes came.

use crate::{
    Check, Client, Exercise, Failure, SILENCE_WINDOW, Server, Submission, Verdict,
};

pub const EXERCISE: Exercise = Exercise {
    id: "03a",
    name: "who-called",
    given: 0,
    readme: include_str!("README.md"),
    checks: &[
        Check {
            points: 2,
            reproduce: "printf 'Good morning' | nc -N 127.0.0.1 4545",
            run: one_client,
        },
        Check {
            points: 1,
            reproduce: "printf Hello | nc -N 127.0.0.1 4545\n\
                      printf 'again, Sam' | nc -N 127.0.0.1 4545",
            run: two_clients,
        },
        Check {
            points: 2,
            reproduce: "(printf 'Good '; sleep 1; printf 'morning') | nc -N 127.0.0.1 \
                      4545",
            run: in_pieces,
        },
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
        Check {
            points: 1,
            reproduce: "printf 'Good morning' | nc -N 127.0.0.1 4545",
            run: closes,
        },
    ],
};

const ONE_READ: &str = "read(2) returns what has come so far, and 0 when the client \
                        has said its last word. Until then there may be more.";

const ONE_LINE: &str = "The task: one line for each connection, and in it the client's \
                        address and the number of bytes, in digits.";

/// A client, and where the output begins that may be about it.
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

/// The next client. What is printed at once, is shown before what it says.
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
    if !line.numbers(&client).contains(&bytes.len()) {
        expect_no_second(&server, &mut client, &line, bytes.len())?;
    }
    let why = "read(2) returns how many bytes it has put into the buffer. The buffer \
               itself is always as large, and most of it may be empty.";
    expect_count(&mut server, &client, &line, bytes.len(), |count| match count {
        Some(count) => (
            format!("{} bytes were sent, and the line says {count}.", bytes.len()),
            why,
        ),
        None => (
            "The line about this client says who called, and has no number in it: how \
             many bytes came is missing."
                .into(),
            ONE_LINE,
        ),
    })
}

/// What the line does not say must not be in another one.
fn expect_no_second(
    server: &Server,
    client: &mut Client,
    line: &Line,
    count: usize,
) -> Verdict {
    server.settle();
    server.see_output();
    client.listen(SILENCE_WINDOW);
    let behind = line.offset + line.text.len();
    let second = line_about(&server.printed()[behind..], client);
    match second.filter(|second| second.numbers(client).contains(&count)) {
        None => Ok(()),
        Some(second) => Err(server.wrong_in_output(
            behind + second.offset,
            "Your program prints two lines about one connection: the first says who \
             called, and only the second how many bytes came. One line is to say both.",
            ONE_LINE,
        )),
    }
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
                "The first client sent 5 bytes, the second one 10, and the second line \
                 says 15: what the first one sent is counted with it."
            }
            _ => "The second client sent 10 bytes, and its line does not say so.",
        };
        (
            meaning.into(),
            "Each connection is a stream of its own; what is counted begins at 0.",
        )
    })
}

fn in_pieces(submission: &Submission) -> Verdict {
    let mut server = start(submission)?;
    let mut call = call(&mut server)?;
    call.client.send(b"Good ")?;
    call.client.listen(SILENCE_WINDOW);
    // By now it has printed what it wanted to print.
    server.see_output();
    if call.client.end().is_some()
        && let Some(line) = line_about(&server.printed(), &call.client)
    {
        return Err(server.wrong_in_output(
            line.offset,
            "Your program has heard one piece, and hangs up. But the client has not \
             said its last word: \"morning\" is still to come.",
            ONE_READ,
        ));
    }
    let (mut client, line) = says(&mut server, call, b"morning", NO_LINE)?;
    let behind = line.offset + line.text.len();
    server.settle();
    if !line.numbers(&client).contains(&12)
        && let Some(second) = line_about(&server.printed()[behind..], &client)
    {
        server.see_output();
        return Err(server.wrong_in_output(
            behind + second.offset,
            "Your program prints a line for each piece that it reads. How many there \
             are is decided on the way; a connection is one call, and gets one line.",
            ONE_READ,
        ));
    }
    expect_count(&mut server, &client, &line, 12, |count| {
        let meaning = match count {
            Some(7) => {
                "\"Good \" and \"morning\" came in two pieces, and the line says 7: \
                 only the last piece is counted."
            }
            _ => "12 bytes came in two pieces, and the line does not say so.",
        };
        (meaning.into(), ONE_READ)
    })?;
    client.listen(SILENCE_WINDOW);
    match line_about(&server.printed()[behind..], &client) {
        None => Ok(()),
        Some(second) => {
            server.see_output();
            Err(server.wrong_in_output(
                behind + second.offset,
                "There is a second line about the same client.",
                "The task: one line for all, however many pieces there were.",
            ))
        }
    }
}

/// Of five letters, two have two bytes each.
const LETTERS: &str = "Grüße";

fn letters(submission: &Submission) -> Verdict {
    let mut server = start(submission)?;
    let call = call(&mut server)?;
    let (client, line) = says(&mut server, call, LETTERS.as_bytes(), NO_LINE)?;
    let counted = expect_count(&mut server, &client, &line, LETTERS.len(), |count| {
        let meaning = match count {
            Some(5) => {
                "\"Grüße\" is 7 bytes, and the line says 5: your program counts \
                 letters."
            }
            _ => "\"Grüße\" is 7 bytes, and the line does not say so.",
        };
        (
            meaning.into(),
            "RFC 3629: in UTF-8 a letter has up to four bytes; ü and ß have two. What \
             comes from a socket, and what read(2) counts, is bytes.",
        )
    });
    counted.map_err(|failure| {
        failure.reproduce("printf 'Gr\\303\\274\\303\\237e' | nc -N 127.0.0.1 4545")
    })
}

fn any_bytes(submission: &Submission) -> Verdict {
    letters(submission)?;
    let mut server = start(submission)?;
    let call = call(&mut server)?;
    let bytes: Vec<u8> = (0..=u8::MAX).cycle().take(100_000).collect();
    let why = "RFC 3629: not every byte is a part of a text in UTF-8. A socket carries \
               bytes, `Vec<u8>`; whether they are text is another question, and nobody \
               asks it here.";
    let (client, line) = says(
        &mut server,
        call,
        &bytes,
        (
            "These bytes are no text, and your program prints no line about them. It \
             counts only what it can read as one.",
            why,
        ),
    )?;
    expect_count(&mut server, &client, &line, bytes.len(), |count| match count {
        Some(count) => (
            format!(
                "100000 bytes were sent, and the line says {count}. What is counted is \
                 not what came: a text was made of it before."
            ),
            why,
        ),
        None => ("The line does not say how many bytes came.".into(), why),
    })
}

fn no_bytes(submission: &Submission) -> Verdict {
    let mut server = start(submission)?;
    let call = call(&mut server)?;
    let why = "read(2): 0 is what it returns at the end, and here the end comes first. \
               Browsers open such connections too, and may never use them.";
    let meaning =
        "Somebody called and said nothing, and your program prints no line about it.";
    let (client, line) = says(&mut server, call, b"", (meaning, why))?;
    expect_count(&mut server, &client, &line, 0, |_| {
        ("Nothing was sent, and the line does not say 0.".into(), why)
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
            "Your program answers. Here nobody has asked for anything: the line is for \
             the diary, not for the client.",
            "The task: nothing is answered. RFC 9110, section 3.3: what a server \
             answers is a request, and \"Good morning\" is none.",
        ));
    }
    if client.end().is_some() {
        return closed;
    }
    closed.map_err(|failure| {
        failure.because(
            "The line is there, and the connection is still open. The client waits for \
             a word, and your program collects connections: some day it can have no \
             more of them.",
            "close(2): a connection is closed when its last owner drops it. \
             getrlimit(2): a program may have so many descriptors, often 1024.",
        )
    })
}

const NO_LINE: (&str, &str) = (
    "Your program prints nothing about this client.",
    "setvbuf(3): a program may keep back what it prints, until there is enough of it. \
     `println!` does not, once its line is complete; a `BufWriter` does, until it is \
     flushed.",
);

/// The client sends its last bytes and says that these were all. There must be a line
/// about it; `no_line` says what it means if nothing is printed.
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
        Err(text) => {
            let failure = without_line(server, &client, &text, before, no_line);
            Err(failure)
        }
    }
}

fn without_line(
    server: &Server,
    client: &Client,
    text: &str,
    before: usize,
    (meaning, why): (&str, &str),
) -> Box<Failure> {
    let peer = "accept(2) returns two things, the connection and the address of the \
                peer: the one who called.";
    let (new, address) = (&text[before..], address_of(client));
    let (ip, port) = address.rsplit_once(':').unwrap_or_default();
    if line_about(&server.complained(), client).is_some() {
        return server.wrong(
            "The line is there, but on standard error. It is no complaint: it is what \
             the program is for.",
            "stdout(3): results go to standard output, so that others can read and \
             count them.",
        );
    }
    if let Some(offset) = new.find(&server.address().to_string()) {
        return server.wrong_in_output(
            before + offset,
            "This is the address of your program, not of the one who called.",
            peer,
        );
    }
    let ports = "ip(7): an address is an IP address and a port. Two connections from \
                 one machine may have the same IP address, and the port tells them \
                 apart.";
    if let Some(offset) = find_number(new, ip)
        && new.contains('\n')
    {
        let meaning = match find_number(new, port) {
            None => format!(
                "Your program prints the IP address of this client, and the port is \
                 missing: its address is {address}."
            ),
            Some(_) => format!(
                "Your program prints IP address and port of this client, and not as \
                 one address: that is {address}."
            ),
        };
        return server.wrong_in_output(before + offset, meaning, ports);
    }
    if new.contains('\n') {
        return server.wrong_in_output(
            before,
            format!(
                "Your program prints something about this client, but not who it is: \
                 {address}."
            ),
            peer,
        );
    }
    note_complaint(server);
    server.wrong(meaning, why)
}

/// Where the number, or the IP address, stands: not as a part of a longer one, and not
/// before the port of somebody else.
fn find_number(text: &str, number: &str) -> Option<usize> {
    let is_digit = |letter: char| letter.is_ascii_digit();
    let found = text.match_indices(number).find(|(offset, _)| {
        let behind = &text[offset + number.len()..];
        let behind = behind.strip_prefix([':', '.']).unwrap_or(behind);
        !number.is_empty()
            && !text[..*offset].ends_with(is_digit)
            && !behind.starts_with(is_digit)
    });
    found.map(|(offset, _)| offset)
}

/// What it said last on standard error may be the reason.
fn note_complaint(server: &Server) {
    let complained = server.complained();
    if let Some(line) = complained.lines().rfind(|line| !line.trim().is_empty()) {
        let line: String = line.escape_debug().take(200).collect();
        server.note(format!("your program has said on standard error: {line}"));
    }
}

/// The line must have this number in it. `otherwise` says what it means that it has
/// another one, or none.
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
        return Err(server.wrong_in_output(line.offset, meaning, why));
    }
    Ok(())
}

fn address_of(client: &Client) -> String {
    client.address().map(|address| address.to_string()).unwrap_or_default()
}

/// The first complete line with the client's address.
fn line_about(text: &str, client: &Client) -> Option<Line> {
    let address = address_of(client);
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let mut behind = line.split(&address).skip(1);
        // Not the beginning of a longer port.
        if line.ends_with('\n')
            && behind
                .any(|rest| !rest.starts_with(|letter: char| letter.is_ascii_digit()))
        {
            return Some(Line { offset, text: line.into() });
        }
        offset += line.len();
    }
    None
}

impl Line {
    /// The numbers in it, apart from those of the address.
    fn numbers(&self, client: &Client) -> Vec<usize> {
        let text = self.text.replace(&address_of(client), " ");
        let words = text.split(|letter: char| !letter.is_ascii_digit());
        words.filter_map(|word| word.parse().ok()).collect()
    }
}
