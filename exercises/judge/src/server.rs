//! A program that runs and has said where.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

use crate::client::Client;
use crate::failure::{Fault, Place, Str, Verdict, What};
use crate::patience::{self, RESPONSE_TIMEOUT};
use crate::program::{Ended, Program, look, panic_in};
use crate::response::Response;

/// A program that runs at an address. It ends when this is dropped.
#[derive(Debug)]
pub struct Server {
    program: Program,
    address: SocketAddr,
    clients: usize,
}

/// What becomes of an attempt to connect.
#[derive(Debug)]
pub enum ConnectOutcome {
    Connected(Box<Client>),
    Refused,
    /// Neither, for as long as we waited.
    TimedOut,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.program.end();
    }
}

impl Server {
    pub fn new(program: Program, address: SocketAddr) -> Self {
        Self { program, address, clients: 0 }
    }

    /// The address that it said it has.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn id(&self) -> u32 {
        self.program.id
    }

    /// On standard output, so far.
    pub fn printed(&self) -> String {
        self.program.stdout.text()
    }

    pub fn complained(&self) -> String {
        self.program.stderr.text()
    }

    /// Connects: somebody must listen there, and let it in.
    pub fn connect(&mut self) -> Verdict<Client> {
        match self.try_connect(RESPONSE_TIMEOUT) {
            ConnectOutcome::Connected(client) => Ok(*client),
            ConnectOutcome::Refused => Err(self.nobody_listens()),
            ConnectOutcome::TimedOut => Err(self.wrong(
                "The connection is neither made nor refused: the waiting room in front \
                 of your program is full, because nobody accepts.",
                "listen(2): backlog says how many clients may wait for `accept`.",
            )),
        }
    }

    pub fn try_connect(&mut self, deadline: Duration) -> ConnectOutcome {
        self.try_connect_at(self.address, deadline)
    }

    /// Connects to a program of ours that carries everything to this one and back.
    pub fn connect_through(&mut self, address: SocketAddr) -> Verdict<Client> {
        let outcome = self.try_connect_at(address, RESPONSE_TIMEOUT);
        if let ConnectOutcome::Connected(client) = outcome {
            return Ok(*client);
        }
        let meaning = "The check's own client isn't there any more.";
        Err(self.wrong(meaning, "That is not the fault of your program."))
    }

    fn try_connect_at(&mut self, to: SocketAddr, within: Duration) -> ConnectOutcome {
        // What the clients before have done to it is done, and no matter of chance.
        self.settle();
        self.clients += 1;
        let (number, at) = (self.clients, self.program.log.now());
        let (what, outcome) = match probe::Client::connect_within(to, within) {
            Ok(stream) => {
                let program = self.program.clone();
                let client = Client::new(stream, number, program, self.address);
                (What::Connected(number), ConnectOutcome::Connected(Box::new(client)))
            }
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => {
                (What::Refused(number), ConnectOutcome::Refused)
            }
            Err(_) => (What::NotLetIn(number), ConnectOutcome::TimedOut),
        };
        self.program.log.add_at(at, what);
        outcome
    }

    pub fn ask(&mut self, request: &[u8]) -> Verdict<Response> {
        let mut client = self.connect()?;
        client.send(request)?;
        client.response()
    }

    /// Types a line (`""` is Enter), or ends the input, and waits for the program to
    /// end. If it had ended before, nothing is known.
    pub fn typed(mut self, line: Option<&str>) -> Verdict<Ended> {
        if self.program.has_ended() {
            let ended = self.program.ended();
            if panic_in(&ended.stderr).is_some() {
                self.survives()?;
            }
            let early = "Your program had ended before anyone told it to.";
            let why = "read(2) waits until a line comes, or the end of input.";
            return Err(ended.wrong(early, why).unreached());
        }
        self.program.type_in(line);
        let ended = self.program.wait_for_end(RESPONSE_TIMEOUT);
        let Err(silence) = ended else { return Ok(self.program.ended()) };
        self.program.log.silent(silence, RESPONSE_TIMEOUT);
        Err(self.wrong(
            "Your program goes on, although it was told to end.",
            "read(2): a line, or 0 for the end of input, wakes a program that reads \
             there.",
        ))
    }

    pub fn wrong(&self, meaning: impl Str, why: impl Str) -> Fault {
        self.program.wrong(meaning, why)
    }

    /// Returns a failure at this byte of what the program has printed.
    pub fn wrong_in_output(
        &self,
        offset: usize,
        meaning: impl Str,
        why: impl Str,
    ) -> Fault {
        self.program.note_output();
        self.program.log.failure(Place::Printed(offset), meaning, why)
    }

    /// Waits until `found` finds it in what was printed, or returns what that is.
    pub fn wait_for_output<T>(
        &mut self,
        mut found: impl FnMut(&str) -> Option<T>,
    ) -> Result<T, String> {
        let program = &self.program;
        let mut result = None;
        let waited = program.wait(RESPONSE_TIMEOUT, |tick| {
            look(tick, || {
                result = found(&program.stdout.text());
                result.is_some()
            })
        });
        if let Some(result) = result {
            return Ok(result);
        }
        let before = program.log.events().len();
        self.see_output();
        if let Err(silence) = waited
            && program.log.events().len() == before
        {
            program.log.silent(silence, RESPONSE_TIMEOUT);
        }
        Err(program.stdout.text())
    }

    /// Writes what it has printed since the last time into the course of events, now.
    pub fn see_output(&self) {
        let text = self.printed().into_bytes();
        let events = self.program.log.events();
        let seen = events.iter().map(|event| match &event.what {
            What::Printed(bytes) => bytes.len(),
            _ => 0,
        });
        if let Some(new @ [_, ..]) = text.get(seen.sum()..) {
            self.program.log.add(What::Printed(new.to_vec()));
        }
    }

    pub fn show_output(&self) {
        self.program.note_output();
    }

    /// Waits until the program has done what it has to do for those who have come.
    pub fn settle(&self) {
        patience::wait_until_asleep(self.program.id);
    }

    /// Waits until it is so old: some look at the clock only once, when they start.
    pub fn wait_for_age(&self, age: Duration) {
        thread::sleep(age.saturating_sub(self.program.log.now()));
    }

    /// Writes something that the reader should know into the course of events.
    pub fn note(&self, text: impl Into<String>) {
        self.program.log.add(What::Note(text.into()));
    }

    /// Checks that the program is still running, and that no thread of it has given up.
    pub fn survives(&mut self) -> Verdict {
        self.program.crash().map_or(Ok(()), Err)
    }

    /// Checks that the program is still running; `meaning` is for one without a panic.
    pub fn expect_running(&mut self, meaning: &str, why: &str) -> Verdict {
        match self.program.crash() {
            Some(crash) if panic_in(&self.complained()).is_some() => Err(crash),
            Some(_) if !self.program.is_flooding() => Err(self.wrong(meaning, why)),
            other => other.map_or(Ok(()), Err),
        }
    }

    /// Returns whether the program has ended, after a moment in which it could; then
    /// all that it has printed is there.
    pub fn has_ended(&mut self) -> bool {
        let has_ended = self.program.has_ended();
        if has_ended {
            self.program.wait_for_all_output();
        }
        has_ended
    }

    /// As the system says.
    pub fn listens_at(&self) -> Vec<SocketAddr> {
        probe::load::listening(self.program.id)
    }

    /// Returns how many clients wait for its `accept`, on Linux (`ss -ltn`).
    pub fn waiting(&self) -> Option<usize> {
        probe::queue(self.address)
    }

    /// Returns whether the address that it has named is taken, listening or not.
    pub fn has_its_address(&self) -> bool {
        probe::is_taken(self.address)
    }

    fn nobody_listens(&mut self) -> Fault {
        if let Some(crash) = self.program.crash() {
            return crash;
        }
        let elsewhere = self.listens_at();
        self.show_output();
        match elsewhere.first() {
            Some(other) => self.wrong(
                format!(
                    "Your program says that it is at {}, but it listens on {other}.",
                    self.address
                ),
                "getsockname(2): `local_addr` of the listener is the address it really \
                 has.",
            ),
            None => self.wrong(
                "Your program has an address, but nobody listens there.",
                "listen(2): without it, the system refuses every connection. \
                 `TcpListener::bind` does both; the listener must not be dropped.",
            ),
        }
    }
}
