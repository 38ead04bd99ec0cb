//! A client that writes down what it does and what comes back.

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use probe::{End, Received};

use crate::failure::{Fault, Place, Str, Verdict, What};
use crate::patience::{Found, RESPONSE_TIMEOUT, SILENCE_WINDOW, Silence};
use crate::program::Program;
use crate::response::{self, Reason, Response, Stop};

/// How long to look whether a program that was silent says something after all.
const PROBE: Duration = Duration::from_millis(200);

/// Who has sent so much never comes to an end.
const MAX_RECEIVED: usize = 4 * 1024 * 1024;

/// A pause may become longer than it should be, but not by so much.
const MUCH_MORE: Duration = Duration::from_millis(100);

/// One connection to the program.
#[derive(Debug)]
pub struct Client {
    stream: probe::Client,
    number: usize,
    program: Program,
    address: SocketAddr,
    received: Vec<u8>,
    /// How much of what came has been understood.
    used: usize,
    sent: usize,
    is_late: bool,
    /// How long it has waited since it last sent something.
    paused: Duration,
    end: Option<End>,
    /// What it means here when the program waits for more, or closes without an answer.
    waiting: Option<Reason>,
    closing: Option<Reason>,
}

const RESET: &str = "RFC 9112, section 9.6: a system sends RST when a socket is closed \
                     whose bytes have not all been read";

impl Client {
    pub fn new(
        stream: probe::Client,
        number: usize,
        program: Program,
        address: SocketAddr,
    ) -> Self {
        Self {
            stream,
            number,
            program,
            address,
            received: Vec::new(),
            used: 0,
            sent: 0,
            is_late: false,
            paused: Duration::ZERO,
            end: None,
            waiting: None,
            closing: None,
        }
    }

    /// Says what it means from now on when the program waits for more bytes.
    pub fn waiting_means(&mut self, meaning: &'static str, why: &'static str) {
        self.waiting = Some((meaning.into(), why));
    }

    /// Says what it means from now on when the program closes without an answer.
    pub fn closing_means(&mut self, meaning: &'static str, why: &'static str) {
        self.closing = Some((meaning.into(), why));
    }

    /// Sends all of `bytes`: the program must take them. That the connection breaks
    /// over it is not yet a failure: the answer may have come before.
    pub fn send(&mut self, bytes: &[u8]) -> Verdict {
        let paused = std::mem::take(&mut self.paused);
        if self.sent > 0 && !paused.is_zero() {
            self.program.log.add(What::Paused(self.number, paused));
        }
        self.sent += bytes.len();
        self.program.log.add(What::Sent(self.number, bytes.to_vec()));
        let mut left = bytes;
        // The program's FIN says only that nothing more will come from there.
        while !left.is_empty() && self.end != Some(End::Rst) {
            let taken = self.program.wait(RESPONSE_TIMEOUT, |tick| {
                match self.stream.send_some(left, tick) {
                    Ok(0) => None,
                    taken => Some(taken.ok()),
                }
            });
            match taken {
                Ok(Some(length)) => left = &left[length..],
                // The connection is gone. What came before is still there to be read.
                Ok(None) => {
                    if self.end.is_some() {
                        self.program.log.add(What::Reset(self.number));
                        self.end = Some(End::Rst);
                    }
                    break;
                }
                Err(silence) => {
                    self.program.log.add(What::Stuck(self.number, left.len()));
                    self.program.log.silent(silence, RESPONSE_TIMEOUT);
                    return Err(self.wrong(
                        "Your program does not read what the client sends, so the \
                         client cannot go on and never gets to reading the answer.",
                        "tcp(7): what nobody reads fills the buffers of both systems; \
                         then the sender has to wait.",
                    ));
                }
            }
        }
        Ok(())
    }

    /// Says that nothing more will be sent (FIN), and goes on listening.
    pub fn half_close(&mut self) {
        self.program.log.add(What::HalfClosed(self.number));
        // A connection that is gone cannot be closed; reading tells how it went.
        let _ = self.stream.half_close();
    }

    /// Closes the connection, whatever may still come.
    pub fn leave(self) {
        self.program.log.add(What::Left(self.number, false));
        // A program that another thread starts right now has the socket too until it
        // runs, so dropping it may come to nothing for a moment. This does not.
        let _ = self.stream.half_close();
    }

    /// Leaves without a goodbye: the connection ends with RST.
    pub fn reset(self) {
        self.program.log.add(What::Left(self.number, true));
        let address = self.address();
        let _ = self.stream.reset();
        // See above: when its address is free, it is really gone.
        let until = Instant::now() + RESPONSE_TIMEOUT;
        while address.is_some_and(probe::is_taken) && Instant::now() < until {
            thread::sleep(Duration::from_millis(1));
        }
    }

    pub fn received(&self) -> &[u8] {
        &self.received
    }

    /// Its own address, by which the program knows it.
    pub fn address(&self) -> Option<SocketAddr> {
        self.stream.local_addr().ok()
    }

    pub fn end(&self) -> Option<End> {
        self.end
    }

    /// Reads what comes, until nothing does for so long or the connection has ended.
    pub fn listen(&mut self, quiet: Duration) {
        self.paused += quiet;
        while self.read(quiet).is_ok() {}
    }

    /// Reads what comes until then, by the clock on the wall: for a client that keeps
    /// times which the program is to be judged by.
    pub fn listen_until(&mut self, until: Instant) {
        let left = || until.saturating_duration_since(Instant::now());
        self.paused += left();
        while !left().is_zero() && self.end.is_none() && !self.is_flooded() {
            let seen = self.stream.read_until(left(), |bytes| !bytes.is_empty());
            if !seen.bytes.is_empty() || seen.end != End::Deadline {
                let _ = self.take(seen);
            }
        }
        thread::sleep(left());
    }

    /// Lets so much time pass, and reads what comes meanwhile. Where the machine is
    /// busy, it may become much more; [`Client::is_late`] remembers that.
    pub fn pause(&mut self, quiet: Duration) {
        let begun = Instant::now();
        self.listen(quiet);
        if self.end.is_some() {
            let _ = self.program.wait(quiet, |tick| {
                thread::sleep(tick);
                None::<()>
            });
        }
        // What came has begun it anew.
        self.is_late |= begun.elapsed() > 2 * quiet + MUCH_MORE;
    }

    /// A pause has become so long that a program may have lost its patience over it.
    pub fn is_late(&self) -> bool {
        self.is_late
    }

    /// No more than `limit` may have passed since then by the clock on the wall.
    /// [`Client::wait`] is patient with a program on a busy machine, so what it has
    /// seen come may have come late.
    ///
    /// # Errors
    /// When more has passed: then nobody knows whose fault it was.
    pub fn expect_in_time(&self, since: Instant, limit: Duration) -> Verdict {
        if since.elapsed() > limit { Err(self.inconclusive()) } else { Ok(()) }
    }

    /// Returns how many bytes have been sent.
    pub fn sent(&self) -> usize {
        self.sent
    }

    /// Gives the program so long to send something or to close, and says if it did.
    pub fn wait(&mut self, quiet: Duration) -> bool {
        self.paused += quiet;
        let Err(silence) = self.read(quiet) else { return true };
        if self.end.is_none() {
            self.program.log.silent(silence, quiet);
        }
        self.end.is_some()
    }

    /// Nothing may come for a moment, nor an end; `meaning` says what it means if not.
    pub fn expect_silence(&mut self, meaning: &str, why: &str) -> Verdict {
        self.expect_silence_for(SILENCE_WINDOW, meaning, why)
    }

    /// As [`Client::expect_silence`], for so long: one pause should be longer than any
    /// `sleep` of a program that hopes for everything to be there afterwards.
    ///
    /// # Errors
    /// When something comes; `meaning` says what that means.
    pub fn expect_silence_for(
        &mut self,
        quiet: Duration,
        meaning: &str,
        why: &str,
    ) -> Verdict {
        self.paused += quiet;
        let before = self.received.len();
        if self.read(quiet).is_err() && self.end.is_none() {
            return Ok(());
        }
        self.settle();
        if self.received.len() > before {
            return Err(self.wrong_at(before, meaning, why));
        }
        Err(self.wrong(meaning, why))
    }

    /// Reads the one complete answer to a request, and what may come after it.
    pub fn response(&mut self) -> Verdict<Response> {
        self.response_to("GET")
    }

    /// As [`Client::response`], to another method: after HEAD, no body comes.
    pub fn response_to(&mut self, method: &str) -> Verdict<Response> {
        let answer = self.read_response(method)?;
        if self.end != Some(End::Rst) {
            return Ok(answer);
        }
        Err(self.wrong(
            "The answer came, and then the connection was thrown away. This client was \
             quick enough to read it; another one loses it.",
            format!("{RESET}, and RST destroys what is still on its way."),
        ))
    }

    /// As [`Client::response_to`], however the connection ends behind the answer.
    pub fn read_response(&mut self, method: &str) -> Verdict<Response> {
        let answer = self.next_response_to(method)?;
        self.settle();
        if self.used < self.received.len() {
            return Err(answer.goes_on(self.received.len()));
        }
        Ok(answer)
    }

    /// Reads the head of the answer, and lets the rest come without looking at it:
    /// whatever is wrong with the body is nobody's business here.
    pub fn head(&mut self) -> Verdict<Response> {
        let head = self.next_response_to("HEAD")?;
        self.settle();
        Ok(head)
    }

    /// Begins again with what came first: after [`Client::head`].
    pub fn rewind(&mut self) {
        self.used = 0;
    }

    /// Reads the next answer of several on one connection, and not further.
    pub fn next_response_to(&mut self, method: &str) -> Verdict<Response> {
        loop {
            let bytes = &self.received[self.used..];
            let has_ended = self.end == Some(End::Fin);
            match response::parse(bytes, self.used, method, has_ended) {
                Ok((mut answer, length)) => {
                    self.used += length;
                    answer.seen_by(self.number, self.program.log.clone());
                    return Ok(answer);
                }
                Err(Stop::Wrong(offset, meaning, why)) => {
                    self.settle();
                    return Err(self.wrong_at(offset, meaning, why));
                }
                Err(cut) if self.end.is_some() => return Err(self.ended_early(cut)),
                Err(cut) => {
                    if let Err(silence) = self.read(RESPONSE_TIMEOUT)
                        && self.end.is_none()
                    {
                        return Err(self.silent(cut, silence));
                    }
                }
            }
        }
    }

    /// The program must close the connection now, whatever it sends before.
    pub fn expect_close(&mut self) -> Verdict {
        while self.end.is_none() {
            if let Err(silence) = self.read(RESPONSE_TIMEOUT)
                && self.end.is_none()
            {
                let meaning = "Your program does not close the connection. The client \
                               that waits for it, and everybody behind it, waits for \
                               ever.";
                let why =
                    "close(2): a connection is closed when its last owner drops it.";
                let stuck = self.is_stuck(silence);
                return Err(stuck.unwrap_or_else(|| self.wrong(meaning, why)));
            }
        }
        if self.end == Some(End::Fin) {
            return Ok(());
        }
        let meaning = "The connection is thrown away, not closed.";
        Err(self.wrong(meaning, format!("{RESET}.")))
    }

    /// Sends a byte now and then, and says whether the program has closed the
    /// connection for good in so much time: the system answers with RST then. After a
    /// FIN alone, it takes what comes.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub fn is_gone_within(&mut self, time: Duration) -> Verdict<bool> {
        for _ in 0..=time.as_millis() / SILENCE_WINDOW.as_millis() {
            self.send(b"x")?;
            self.pause(SILENCE_WINDOW);
            if self.end == Some(End::Rst) {
                break;
            }
        }
        Ok(self.end == Some(End::Rst))
    }

    /// Something is wrong, and it shows at the last event.
    pub fn wrong(&self, meaning: impl Str, why: impl Str) -> Fault {
        self.or_crash(Place::Moment, meaning, why)
    }

    /// The check has not kept its own times, so whatever came of it means nothing.
    pub fn inconclusive(&self) -> Fault {
        self.program.wrong("", "").inconclusive()
    }

    pub fn wrong_at(&self, offset: usize, meaning: impl Str, why: impl Str) -> Fault {
        self.or_crash(Place::Received(self.number, offset), meaning, why)
    }

    /// Something is wrong with what the program made of this byte that was sent.
    pub fn wrong_at_sent(&self, at: usize, meaning: impl Str, why: impl Str) -> Fault {
        self.or_crash(Place::Sent(self.number, at), meaning, why)
    }

    /// What a client finds wrong may be only the shadow of something greater: that the
    /// program has ended. Then this says so instead.
    fn or_crash(&self, place: Place, meaning: impl Str, why: impl Str) -> Fault {
        let crash = self.program.crash();
        crash.unwrap_or_else(|| self.program.log.failure(place, meaning, why))
    }

    /// Lets the rest come, so that it is seen whole.
    fn settle(&mut self) {
        self.listen(SILENCE_WINDOW);
    }

    /// Waits for more bytes or the end. `Ok` when bytes came.
    fn read(&mut self, quiet: Duration) -> Found<()> {
        if self.end.is_some() {
            return Err(Silence::Asleep);
        }
        if self.is_flooded() {
            return Err(Silence::Busy);
        }
        let stream = &mut self.stream;
        let came = self.program.wait(quiet, |tick| {
            let seen = stream.read_until(tick, |bytes| !bytes.is_empty());
            (!seen.bytes.is_empty() || seen.end != End::Deadline).then_some(seen)
        })?;
        self.take(came)
    }

    fn take(&mut self, mut came: Received) -> Result<(), Silence> {
        if !came.bytes.is_empty() {
            came.bytes.truncate(MAX_RECEIVED - self.received.len());
            self.received.extend_from_slice(&came.bytes);
            self.program.log.add(What::Received(self.number, came.bytes));
            return Ok(());
        }
        self.program.log.add(match came.end {
            End::Rst => What::Reset(self.number),
            _ => What::Closed(self.number),
        });
        self.end = Some(came.end);
        Err(Silence::Asleep)
    }

    fn ended_early(&self, cut: Stop) -> Fault {
        let length = self.received.len();
        match (cut, &self.closing) {
            (Stop::Nothing, Some((meaning, why))) => self.wrong(meaning, *why),
            _ if self.end == Some(End::Rst) => {
                let meaning = if length == self.used {
                    "The connection was thrown away instead of an answer. A browser \
                     shows \"The connection was reset\"."
                } else {
                    "The connection was thrown away in the middle of the answer. What \
                     the client has not read by then is lost."
                };
                self.wrong(meaning, format!("{RESET}."))
            }
            (Stop::Partial((meaning, why), _), _) => {
                self.wrong_at(length, meaning, why)
            }
            _ => self.wrong(
                "Your program closes the connection without an answer. curl says \
                 \"Empty reply from server\".",
                "RFC 9110, section 3.3: a server answers each request with one or more \
                 responses. When the stream is dropped, the connection is closed.",
            ),
        }
    }

    fn silent(&mut self, cut: Stop, silence: Silence) -> Fault {
        if let Some(failure) = self.is_stuck(silence) {
            return failure;
        }
        match cut {
            Stop::Partial(_, (meaning, why)) => {
                self.wrong_at(self.received.len(), meaning, why)
            }
            Stop::Open => self.wrong(
                "The answer does not say how long it is, and the connection stays \
                 open: the client cannot know that this was all, and waits.",
                "RFC 9112, section 6.3: without Content-Length and without chunks, the \
                 body ends when the connection does.",
            ),
            _ => self.no_answer(),
        }
    }

    /// What is wrong with one that is silent, but doesn't just sleep, or never silent.
    fn is_stuck(&self, silence: Silence) -> Option<Fault> {
        if self.is_flooded() {
            let sent = self.received.len() / 1024 / 1024;
            let note = format!("it has sent {sent} MB, and goes on");
            self.program.log.add(What::Note(note));
            return Some(self.wrong(
                "Your program answers without end. Whoever asks for the page gets it \
                 again and again, until one of the two gives up.",
                "RFC 9112, section 6.3: a body without a length ends with the \
                 connection. A loop around the answer has to end, and then the client \
                 has to be closed.",
            ));
        }
        self.program.log.silent(silence, RESPONSE_TIMEOUT);
        (silence == Silence::Busy).then(|| {
            self.wrong(
                "Your program goes round in circles: it uses the processor all the \
                 time and gets nowhere.",
                "read(2): at the end of what comes it returns 0, at once, as often as \
                 it is asked. A loop must end at 0, and must get further at each turn.",
            )
        })
    }

    /// Nothing has come. What the program waits for shows when the client goes on.
    fn no_answer(&mut self) -> Fault {
        let before = self.received.len();
        self.half_close();
        self.listen(PROBE);
        let after = &self.received[before..];
        // That a request was cut short by our end of it is not the answer to it.
        let is_refusal = [b"HTTP/1.1 400", b"HTTP/1.1 408", b"HTTP/1.1 413"]
            .iter()
            .any(|status| after.starts_with(*status));
        if !after.is_empty() && !is_refusal {
            return self.wrong(
                "The answer comes only when the client has closed its side. But a \
                 client that has sent its request waits for the answer, and closes \
                 afterwards: both wait for each other.",
                "read(2): `read_to_end` and the like read until it returns 0, and that \
                 means that the client will send no more. A request ends with its \
                 blank line, or behind it as many bytes as its head says.",
            );
        }
        match (&self.waiting, self.end) {
            (Some((meaning, why)), Some(_)) => self.wrong(meaning, *why),
            (None, Some(_)) => self.wrong(
                "The request is complete, and your program waits for more bytes: they \
                 will not come, because the client waits for the answer.",
                "read(2): `read_exact` and a loop without the right end wait for what \
                 was never promised. RFC 9112, section 2.1: a head ends with an empty \
                 line.",
            ),
            // Somebody waits for an `accept` there, as far as the system tells.
            (_, None) if probe::queue(self.address) > Some(0) => self.wrong(
                "This client is still in the waiting room: your program has not \
                 accepted it, and does not come to do so. What is it waiting for?",
                "accept(2): the system lets clients in by itself, and keeps them until \
                 they are accepted. Only then they can be read and answered.",
            ),
            (_, None) => self.wrong(
                "No answer comes, and the connection stays open even when the client \
                 leaves: your program keeps it, and has forgotten it.",
                "close(2): a connection is closed when its last owner drops it; until \
                 then the client waits.",
            ),
        }
    }

    /// So much has come that nothing more is read.
    fn is_flooded(&self) -> bool {
        self.received.len() >= MAX_RECEIVED
    }
}

pub fn byte_count(count: usize) -> String {
    if count == 1 { "1 byte".into() } else { format!("{count} bytes") }
}

/// The shortest `GET` of a client that wants the connection closed.
pub fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        .into()
}
