//! The program that is judged: how to start it, and what it says about itself.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use probe::addresses_in;

use crate::client::Client;
use crate::failure::{Failure, Log, Place, Verdict, What};
use crate::patience::{self, QUIET, QUIET_AT_START, Silence};
use crate::process::{self, Process};

/// A program that can be started: `COMMAND… ADDRESS`.
#[derive(Clone, Debug)]
pub struct Subject {
    command: Vec<String>,
    /// What a person types to start it, and what comes between that and an address.
    shown: (String, &'static str),
    /// Where it is started when a check does not say where.
    ip: IpAddr,
    /// By which all that it starts can be found again.
    mark: String,
}

/// A program that runs and has said at which address.
#[derive(Debug)]
pub struct Server {
    process: Process,
    address: SocketAddr,
    log: Log,
    clients: usize,
}

/// How a program ended by itself.
#[derive(Debug)]
pub struct Ended {
    /// Its exit status; none when a signal ended it.
    pub code: Option<i32>,
    /// All of standard output.
    pub stdout: String,
    /// All of standard error.
    pub stderr: String,
    log: Log,
}

/// What becomes of an attempt to connect.
#[derive(Debug)]
pub enum Knock {
    /// The system has let the client in.
    LetIn(Client),
    /// Nobody listens.
    Refused,
    /// Neither, for as long as we waited.
    NotLetIn,
}

impl Subject {
    /// Any program.
    pub fn new(command: Vec<String>) -> Self {
        let words: Vec<String> = command.iter().map(|word| quoted(word)).collect();
        let shown = (words.join(" "), " 127.0.0.1:4545");
        Self { command, shown, ip: Ipv4Addr::LOCALHOST.into(), mark: new_mark() }
    }

    /// The program of a package, which has been built as `command`.
    pub fn of_package(package: &str, command: Vec<String>) -> Self {
        let shown = (format!("cargo run -p {package}"), "");
        Self { command, shown, ip: Ipv4Addr::LOCALHOST.into(), mark: new_mark() }
    }

    /// The same, at another address of this machine. Where many programs are judged at
    /// once, a port that one gives up is at once another's, unless each has an address
    /// of its own.
    #[must_use]
    pub fn at(self, ip: IpAddr) -> Self {
        Self { ip, ..self }
    }

    /// Ends what is left of all that has been started. Most of it ends with its
    /// [`Server`]; a daemon does not.
    pub fn end_strays(&self) {
        process::end_strays(&self.mark);
    }

    /// A command of a check, with `{command}` and `{program}` filled in: how a person
    /// starts it at 127.0.0.1:4545, and at an address that follows.
    pub fn fill_in(&self, by_hand: &str) -> String {
        let program = self.shown_with(&[]);
        by_hand
            .replace("{command}", &self.shown())
            .replace("{program}", program.trim_end())
    }

    /// How a person starts it at 127.0.0.1:4545.
    pub fn shown(&self) -> String {
        let (command, default) = &self.shown;
        format!("{command}{default}")
    }

    /// It is the program of a package here, and no script that starts something else.
    fn is_ours(&self) -> bool {
        self.shown.1.is_empty()
    }

    fn shown_with(&self, arguments: &[&str]) -> String {
        let (command, _) = &self.shown;
        let dashes = if self.is_ours() { " --" } else { "" };
        format!("{command}{dashes} {}", arguments.join(" "))
    }

    /// Starts the program at a free port of this machine and waits for it to say which.
    ///
    /// # Errors
    /// When it does not say so.
    pub fn start(&self) -> Verdict<Server> {
        self.start_with(&[])
    }

    /// As [`Subject::start`], with more arguments after the address.
    ///
    /// # Errors
    /// When it does not say so.
    pub fn start_with(&self, more: &[&str]) -> Verdict<Server> {
        self.start_at(&SocketAddr::new(self.ip, 0).to_string(), more)
    }

    /// As [`Subject::start_with`], at another address.
    ///
    /// # Errors
    /// When it does not say so.
    pub fn start_at(&self, address: &str, more: &[&str]) -> Verdict<Server> {
        let (process, log) = self.spawn(address, more)?;
        let unknown = SocketAddr::from(([0, 0, 0, 0], 0));
        let mut server = Server { process, address: unknown, log, clients: 0 };
        server.address = server.find_address(address)?;
        // What it does next may be to drop what it has spoken of.
        patience::wait_until_asleep(server.id());
        Ok(server)
    }

    /// Starts the program where it cannot work, and waits for it to end by itself.
    ///
    /// # Errors
    /// When it goes on.
    pub fn run_at(&self, address: &str, more: &[&str]) -> Verdict<Ended> {
        let (mut process, log) = self.spawn(address, more)?;
        let ended = patience::wait_for_start(process.id(), |tick| {
            let ended = process.ended();
            if ended.is_none() {
                thread::sleep(tick.min(Duration::from_millis(2)));
            }
            ended
        });
        match ended {
            Ok(_) => Ok(ended_with_all_output(&mut process, log)),
            Err(silence) => {
                log.printed(&process);
                Err(goes_on_at(address, &process.stdout.text(), silence, &log))
            }
        }
    }

    fn spawn(&self, address: &str, more: &[&str]) -> Verdict<(Process, Log)> {
        let log = Log::new();
        let (program, arguments) =
            self.command.split_first().unwrap_or((&self.shown.0, &[]));
        let mut command = Command::new(program);
        command.args(arguments).arg(address).args(more);
        log.add(What::Started(self.shown_with(&[&[address], more].concat())));
        match Process::start(command, &self.mark) {
            Ok(process) => Ok((process, log)),
            Err(error) => {
                log.add(What::Note(format!("it cannot be started: {error}")));
                Err(log.failure(
                    Place::Moment,
                    format!("There is no program \"{program}\" that can be run here."),
                    "execve(2): the first word of the command names a file that may be \
                     run, or is looked for in the folders of PATH.",
                ))
            }
        }
    }
}

impl Server {
    /// The address that it said it has.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// What it has printed on standard output so far.
    pub fn printed(&self) -> String {
        self.process.stdout.text()
    }

    /// What it has printed on standard error so far.
    pub fn complained(&self) -> String {
        self.process.stderr.text()
    }

    /// Connects.
    ///
    /// # Errors
    /// When nobody listens there, or lets nobody in.
    pub fn connect(&mut self) -> Verdict<Client> {
        match self.knock(QUIET) {
            Knock::LetIn(client) => Ok(client),
            Knock::Refused => Err(self.nobody_listens()),
            Knock::NotLetIn => Err(self.wrong(
                "The connection is neither made nor refused: the waiting room in front \
                 of your program is full, because nobody accepts.",
                "listen(2): backlog says how many clients may wait for `accept`.",
            )),
        }
    }

    /// Tries to connect, and says what becomes of it.
    pub fn knock(&mut self, deadline: Duration) -> Knock {
        self.knock_at(self.address, deadline)
    }

    /// Connects to a program of ours that carries everything to this one, in another
    /// form.
    pub(crate) fn connect_through(&mut self, address: SocketAddr) -> Verdict<Client> {
        match self.knock_at(address, QUIET) {
            Knock::LetIn(client) => Ok(client),
            Knock::Refused | Knock::NotLetIn => Err(self.wrong(
                "The check's own client is not there any more.",
                "That is not the fault of your program.",
            )),
        }
    }

    fn knock_at(&mut self, address: SocketAddr, deadline: Duration) -> Knock {
        // What the clients before have done to the program is done: it does not depend
        // on chance.
        self.settle();
        self.clients += 1;
        let (number, at) = (self.clients, self.log.now());
        let connected = probe::Client::connect_within(address, deadline);
        let (what, knock) = match connected {
            Ok(stream) => {
                let (log, id) = (self.log.clone(), self.process.id());
                let client = Client::new(stream, number, log, id, self.address);
                (What::Connected(number), Knock::LetIn(client))
            }
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
                (What::Refused(number), Knock::Refused)
            }
            Err(_) => (What::NotLetIn(number), Knock::NotLetIn),
        };
        self.log.add_at(at, what);
        knock
    }

    /// Connects, sends `request`, and reads the answer to it.
    ///
    /// # Errors
    /// When there is no proper answer.
    pub fn ask(&mut self, request: &[u8]) -> Verdict<crate::Answer> {
        let mut client = self.connect()?;
        client.send(request)?;
        let answer = client.answer();
        self.finish(answer)
    }

    /// What a client has found wrong may be only the shadow of something greater: that
    /// the program has ended. Then this says so instead.
    ///
    /// # Errors
    /// As `verdict`.
    pub fn finish<T>(&mut self, verdict: Verdict<T>) -> Verdict<T> {
        verdict.map_err(|failure| self.crash().unwrap_or(failure))
    }

    /// Types a line into the program (`""` is Enter), or ends its input, and waits for
    /// it to end by itself.
    ///
    /// # Errors
    /// When it goes on.
    pub fn typed(mut self, line: Option<&str>) -> Verdict<Ended> {
        self.log.add(What::Typed(line.map(Into::into)));
        // It may have ended before; then it does not hear it, and the status tells.
        let _ = self.process.input(line);
        match self.wait_for_end(QUIET) {
            Ok(()) => Ok(ended_with_all_output(&mut self.process, self.log.clone())),
            Err(silence) => {
                self.log.silent(silence, QUIET);
                Err(self.wrong(
                    "Your program goes on, although it was told to end.",
                    "read(2): a line, or 0 for the end of input, wakes whoever reads \
                     there.",
                ))
            }
        }
    }

    /// Something is wrong, and it shows at the last event.
    pub fn wrong(
        &self,
        meaning: impl Into<String>,
        why: impl Into<String>,
    ) -> Box<Failure> {
        self.log.failure(Place::Moment, meaning, why)
    }

    /// Something is wrong with what the program has printed, at this byte of it.
    pub fn wrong_in_output(
        &self,
        offset: usize,
        meaning: impl Into<String>,
        why: impl Into<String>,
    ) -> Box<Failure> {
        self.log.printed(&self.process);
        self.log.failure(Place::Printed(offset), meaning, why)
    }

    /// Waits until what it has printed is as `look` wants it.
    ///
    /// # Errors
    /// When it does not become so, with what has been printed by then.
    pub fn wait_for_output<T>(
        &mut self,
        mut look: impl FnMut(&str) -> Option<T>,
    ) -> Result<T, String> {
        let process = &self.process;
        let found = patience::wait(process.id(), QUIET, |tick| {
            let found = look(&process.stdout.text());
            if found.is_none() {
                thread::sleep(tick.min(Duration::from_millis(2)));
            }
            found
        });
        found.map_err(|silence| {
            let before = self.log.events().len();
            self.see_output();
            if self.log.events().len() == before {
                self.log.silent(silence, QUIET);
            }
            self.process.stdout.text()
        })
    }

    /// Writes what it has printed since the last time into the course of events, as
    /// something that has happened by now.
    pub fn see_output(&self) {
        let text = self.process.stdout.text().into_bytes();
        let events = self.log.events();
        let seen = events.iter().map(|event| match &event.what {
            What::Printed(bytes) => bytes.len(),
            _ => 0,
        });
        if let Some(new @ [_, ..]) = text.get(seen.sum()..) {
            self.log.add(What::Printed(new.to_vec()));
        }
    }

    /// Writes what it has printed into the course of events.
    pub fn show_output(&self) {
        self.log.printed(&self.process);
    }

    /// Waits until the program has done what it has to do for those who have come so
    /// far.
    pub fn settle(&self) {
        patience::wait_until_asleep(self.process.id());
    }

    /// Waits until the program is so old: some look at the clock only once, when they
    /// start.
    pub fn wait_for_age(&self, age: Duration) {
        thread::sleep(age.saturating_sub(self.log.now()));
    }

    /// Writes something that the reader should know into the course of events.
    pub fn note(&self, text: impl Into<String>) {
        self.log.add(What::Note(text.into()));
    }

    /// The program must still be running, and no thread of it may have given up.
    ///
    /// # Errors
    /// When it has ended, or panicked.
    pub fn survives(&mut self) -> Verdict {
        match self.crash() {
            Some(crash) => Err(crash),
            None => Ok(()),
        }
    }

    /// The program must still be running, without having been asked for anything.
    ///
    /// # Errors
    /// When it has ended; `meaning` says what that means, unless it has panicked.
    pub fn expect_running(&mut self, meaning: &str, why: &str) -> Verdict {
        match self.crash() {
            Some(crash) if self.complained().contains("panicked at") => Err(crash),
            Some(_) if !self.process.is_flooding() => Err(self.wrong(meaning, why)),
            other => other.map_or(Ok(()), Err),
        }
    }

    /// The program has ended, after a moment in which it could.
    pub fn has_ended(&mut self) -> bool {
        self.wait_for_end(Duration::from_millis(30)).is_ok()
    }

    /// Where the program really listens, as far as the system tells.
    pub fn listens_at(&self) -> Vec<SocketAddr> {
        listening(self.process.id())
    }

    /// How many clients wait for its `accept`, where the system tells (`ss -ltn`).
    pub fn waiting(&self) -> Option<usize> {
        #[cfg(target_os = "linux")]
        let waiting = probe::queue(self.address);
        #[cfg(not(target_os = "linux"))]
        let waiting = None;
        waiting
    }

    /// Somebody, and so the program, has the address that it has named, listening or
    /// not.
    pub fn has_its_address(&self) -> bool {
        probe::is_taken(self.address)
    }

    fn crash(&mut self) -> Option<Box<Failure>> {
        if self.process.is_flooding() {
            return Some(self.flood());
        }
        // A program that is dying needs the processor for it, and so is waited for.
        if self.has_ended() {
            return Some(self.ended());
        }
        let stderr = self.process.stderr.text();
        let panic = stderr.lines().find(|line| line.contains("panicked at"))?;
        self.log.add(What::Complained(stderr.clone()));
        Some(self.wrong(
            format!("A thread of your program has given up: {}.", place_of(panic)),
            format!(
                "Whatever a client sends or leaves out, it must not end anything but \
                 its own connection. {}",
                instead_of_panicking(&stderr)
            ),
        ))
    }

    fn flood(&self) -> Box<Failure> {
        self.log.add(What::Note("it has printed a megabyte".into()));
        self.wrong(
            "Your program prints without end. Nobody can read that; it has been \
             stopped.",
            "A loop that goes on after an error or after the end of what it reads does \
             that: read(2) returns 0 at the end, again and again.",
        )
    }

    fn ended(&mut self) -> Box<Failure> {
        let ended = ended_with_all_output(&mut self.process, self.log.clone());
        let panic = ended.stderr.lines().find(|line| line.contains("panicked at"));
        match (panic, ended.code) {
            (Some(panic), _) => self.wrong(
                format!("Your program has crashed: {}.", place_of(panic)),
                format!(
                    "Whatever a client sends or leaves out, the server must go on for \
                     the others. {}",
                    instead_of_panicking(&ended.stderr)
                ),
            ),
            (None, None) => self.wrong(
                "A signal has ended your program.",
                "signal(7): SIGSEGV, SIGABRT and SIGPIPE are the usual ones.",
            ),
            (None, Some(_)) => self.wrong(
                "Your program has ended, but a server goes on until Ctrl-C.",
                "`accept` lets in one client; the next one needs another `accept`: a \
                 loop. And an error that has to do with one client must not leave that \
                 loop.",
            ),
        }
    }

    fn wait_for_end(&mut self, quiet: Duration) -> Result<(), Silence> {
        let process = &mut self.process;
        patience::wait(process.id(), quiet, |tick| {
            let ended = process.ended().map(|_| ());
            if ended.is_none() {
                thread::sleep(tick.min(Duration::from_millis(2)));
            }
            ended
        })
    }

    fn nobody_listens(&mut self) -> Box<Failure> {
        if let Some(crash) = self.crash() {
            return crash;
        }
        let elsewhere = listening(self.process.id());
        self.log.printed(&self.process);
        match elsewhere.first() {
            Some(other) => self.wrong(
                format!(
                    "Your program says that it is at {}, but it listens at {other}.",
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

    /// The address in the first lines it prints, or why there is none.
    fn find_address(&mut self, wanted: &str) -> Verdict<SocketAddr> {
        let process = &mut self.process;
        let found = patience::wait_for_start(process.id(), |tick| {
            if let Some(address) = named_address(&process.stdout.text()) {
                return Some(Some(address));
            }
            if process.ended().is_some() || process.is_flooding() {
                return Some(None);
            }
            thread::sleep(tick.min(Duration::from_millis(2)));
            None
        });
        match found {
            Ok(Some(address)) => self.is_as_wanted(address, wanted),
            Ok(None) if self.process.is_flooding() => Err(self.flood()),
            Ok(None) => {
                wait_for_all_output(&self.process);
                // It may have named its address in its very last moment.
                match named_address(&self.process.stdout.text()) {
                    Some(address) => self.is_as_wanted(address, wanted),
                    None => Err(self.never_ready(wanted)),
                }
            }
            Err(silence) => Err(self.no_address(silence)),
        }
    }

    fn is_as_wanted(
        &mut self,
        address: SocketAddr,
        wanted: &str,
    ) -> Verdict<SocketAddr> {
        let Ok(wanted) = wanted.parse::<SocketAddr>() else { return Ok(address) };
        let another_port = if wanted.port() == 0 {
            address.port() < first_free_port()
        } else {
            address.port() != wanted.port()
        };
        if address.ip() == wanted.ip() && !another_port {
            return Ok(address);
        }
        let any =
            if wanted.port() == 0 { ", where port 0 means any free one" } else { "" };
        let text = self.process.stdout.text();
        let offset = text.find(&address.to_string()).unwrap_or(0);
        let real = SocketAddr::new(wanted.ip(), address.port());
        if address != real && listening(self.process.id()).contains(&real) {
            return Err(self.wrong_in_output(
                offset,
                format!(
                    "Your program has {real} and says {address}: the port is right, \
                     but the part before it is always the same."
                ),
                "getsockname(2): `local_addr` of the socket names both, the IP address \
                 and the port.",
            ));
        }
        let meaning = if another_port {
            "it took no notice of its first argument."
        } else {
            "that is another IP address. Only the port may follow from its first \
             argument, or nothing does."
        };
        Err(self.wrong_in_output(
            offset,
            format!(
                "It was started for {wanted}{any}, and says that it is at {address}: \
                 {meaning}"
            ),
            "The task: ADDRESS is the first argument, and 127.0.0.1:4545 without one.",
        ))
    }

    fn never_ready(&mut self, wanted: &str) -> Box<Failure> {
        let ended = ended_with_all_output(&mut self.process, self.log.clone());
        let panic = ended.stderr.lines().find(|line| line.contains("panicked at"));
        match panic {
            Some(panic) => self.wrong(
                format!(
                    "Your program has crashed before any client came: {}.",
                    place_of(panic)
                ),
                "A todo! that is still there does that, and so does an `unwrap` of an \
                 error.",
            ),
            None if ended.stderr.contains("in use") => self.wrong(
                format!(
                    "It was started for {wanted}, which cannot be taken, and says that \
                     its address is: it took no notice of its first argument."
                ),
                "The task: ADDRESS is the first argument, and 127.0.0.1:4545 without \
                 one.",
            ),
            None => self.wrong(
                "Your program has ended before any client came.",
                "A server says where it is, and goes on until Ctrl-C; its last words \
                 are above.",
            ),
        }
    }

    fn no_address(&self, silence: Silence) -> Box<Failure> {
        let text = self.process.stdout.text();
        self.log.printed(&self.process);
        let port_0 = complete_lines(&text).find_map(address_in);
        let why = "The task: a line on standard output names the address, such as \
                   127.0.0.1:4545, so that people know where to go.";
        if let Some((offset, address)) = port_0 {
            let at = text.find(&address.to_string()).unwrap_or(offset);
            return self.log.failure(
                Place::Printed(at),
                format!(
                    "Nobody can connect to port 0. Your program says which address it \
                     was given, {address}, and not which one it has got."
                ),
                "getsockname(2): `local_addr` of the socket names the port that the \
                 system has chosen.",
            );
        }
        self.log.silent(silence, QUIET_AT_START);
        if let Some(address) = named_address(&self.complained()) {
            return self.wrong(
                format!(
                    "Your program says on standard error that it is at {address}. \
                     Nothing is wrong, so that is no complaint: it belongs on standard \
                     output."
                ),
                why,
            );
        }
        if text.is_empty() {
            return self.wrong(
                "Your program never says where it is: nothing has come on standard \
                 output. (What `print!` prints is kept back until its line ends.)",
                why,
            );
        }
        if !text.contains('\n') {
            return self.wrong(
                "Your program has begun a line and not ended it. What is printed is \
                 kept back until the line is complete, or until it is flushed.",
                "std::io::Stdout is buffered by lines; `println!` and `writeln!` end \
                 theirs.",
            );
        }
        self.log.failure(
            Place::Printed(0),
            "What your program has printed names no address.",
            why,
        )
    }
}

impl Ended {
    /// Something is wrong with how it ended.
    pub fn wrong(
        &self,
        meaning: impl Into<String>,
        why: impl Into<String>,
    ) -> Box<Failure> {
        self.log.failure(Place::Moment, meaning, why)
    }

    /// It must not have panicked: that is no way to tell a user anything.
    ///
    /// # Errors
    /// When it has.
    pub fn expect_no_panic(&self) -> Verdict {
        let Some(panic) = self.stderr.lines().find(|line| line.contains("panicked at"))
        else {
            return Ok(());
        };
        Err(self.wrong(
            format!(
                "It panics, {}. That is a message for whoever wrote the program; its \
                 user needs a sentence.",
                place_of(panic)
            ),
            "`unwrap` and `expect` are for what cannot happen, and this happens to \
             everybody.",
        ))
    }
}

impl Log {
    /// Notes what the program has printed, unless it is noted already.
    fn printed(&self, process: &Process) {
        let text = process.stdout.text();
        let is_noted =
            self.events().iter().any(|event| matches!(event.what, What::Printed(_)));
        if !is_noted && !text.is_empty() {
            self.add_first(What::Printed(text.into_bytes()));
        }
    }

    pub(crate) fn silent(&self, silence: Silence, quiet: Duration) {
        self.add(match silence {
            Silence::Asleep => What::Nothing(quiet),
            Silence::Busy => What::Busy,
        });
    }
}

/// Its last words are on their way. What it has left behind may hold its output open
/// for ever; that is waited for no longer than for any other program that is silent.
fn wait_for_all_output(process: &Process) {
    let _ = patience::wait(process.id(), QUIET, |tick| {
        let all = process.stdout.has_ended() && process.stderr.has_ended();
        if !all {
            thread::sleep(tick.min(Duration::from_millis(1)));
        }
        all.then_some(())
    });
}

fn ended_with_all_output(process: &mut Process, log: Log) -> Ended {
    wait_for_all_output(process);
    log.printed(process);
    let status = process.ended();
    let (stdout, stderr) = (process.stdout.text(), process.stderr.text());
    let shown = status.map(|status| status.to_string()).unwrap_or_default();
    log.add(What::Ended(shown, stderr.clone()));
    Ended { code: status.and_then(|status| status.code()), stdout, stderr, log }
}

/// The program goes on, although it cannot have `address`.
fn goes_on_at(address: &str, text: &str, silence: Silence, log: &Log) -> Box<Failure> {
    let other = complete_lines(text).find_map(address_in);
    if let Some((offset, other)) =
        other.filter(|(_, other)| other.to_string() != address)
    {
        let offset = text.find(&other.to_string()).unwrap_or(offset);
        return log.failure(
            Place::Printed(offset),
            format!(
                "Your program takes another address, {other}. Whoever was told to look \
                 at {address} finds somebody else there."
            ),
            "bind(2) gives the address that was asked for, or none. What else to try \
             is for its user to say, and port 0 is the way to say: any.",
        );
    }
    log.silent(silence, QUIET);
    log.failure(
        Place::Moment,
        format!(
            "Your program goes on, although it cannot have {address}. Whoever started \
             it does not learn that anything is wrong."
        ),
        "bind(2) fails at once and says why, and only your program can tell its user.",
    )
}

/// A word as a shell wants it.
fn quoted(word: &str) -> String {
    let is_plain =
        |letter: char| letter.is_ascii_alphanumeric() || "/._-+=:,@%".contains(letter);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.into();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

fn complete_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.split_inclusive('\n').scan(0, |offset, line| {
        let start = *offset;
        *offset += line.len();
        Some((start, line))
    });
    lines.filter(|(_, line)| line.ends_with('\n'))
}

/// The first address at which somebody can be: one with a port. Before it may stand the
/// one that was asked for.
fn named_address(text: &str) -> Option<SocketAddr> {
    let addresses = complete_lines(text).flat_map(|(_, line)| addresses_in(line));
    addresses.into_iter().find(|address| address.port() != 0)
}

/// Another one at each call, and in each process.
fn new_mark() -> String {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let (id, count) = (std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    format!("{id}-{count}")
}

/// The first address or URL with one in the line, and the line's offset.
fn address_in((offset, line): (usize, &str)) -> Option<(usize, SocketAddr)> {
    Some((offset, addresses_in(line).next()?))
}

/// `at src/main.rs:12:34` of a panic's first line.
fn place_of(panic: &str) -> &str {
    panic
        .split_once("panicked ")
        .map_or(panic, |(_, place)| place.trim_end_matches(':'))
}

/// What to do instead of what has panicked.
fn instead_of_panicking(stderr: &str) -> &'static str {
    let says = |words: &[&str]| words.iter().any(|word| stderr.contains(word));
    if says(&["overflow"]) {
        "Arithmetic with numbers from elsewhere can overflow; `checked_add` and its \
         like return `None` then."
    } else if says(&["out of range", "out of bounds", "char boundary", "slice index"]) {
        "An index or a range that does not fit panics; `get` returns `None` then."
    } else {
        "`unwrap` and `expect` are for what cannot happen."
    }
}

/// No system chooses a port below this one when it is asked for any.
fn first_free_port() -> u16 {
    let range = fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range");
    let first =
        range.ok().and_then(|range| range.split_whitespace().next()?.parse().ok());
    first.unwrap_or(10_000)
}

/// The addresses of IPv4 at which the process listens. From proc(5); elsewhere none.
fn listening(id: u32) -> Vec<SocketAddr> {
    #[cfg(target_os = "linux")]
    let rows = probe::listeners();
    #[cfg(not(target_os = "linux"))]
    let rows: Vec<String> = Vec::new();
    let sockets = sockets(id);
    let addresses = rows.iter().filter_map(|row| {
        let fields: Vec<&str> = row.split_whitespace().collect();
        let [_, local, _, _, _, _, _, _, _, socket, ..] = fields[..] else {
            return None;
        };
        let (ip, port) = local.split_once(':')?;
        let ip = u32::from_str_radix(ip, 16).ok()?.to_ne_bytes();
        let port = u16::from_str_radix(port, 16).ok()?;
        let is_its_own = sockets.iter().any(|own| own == socket);
        is_its_own.then(|| SocketAddr::from((ip, port)))
    });
    addresses.collect()
}

/// The numbers of the sockets that the process has open.
fn sockets(id: u32) -> Vec<String> {
    let open = fs::read_dir(format!("/proc/{id}/fd")).into_iter().flatten().flatten();
    let targets = open.filter_map(|descriptor| fs::read_link(descriptor.path()).ok());
    let numbers = targets.filter_map(|target| {
        let number = target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?;
        Some(number.into())
    });
    numbers.collect()
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::{address_in, named_address};

    #[test]
    fn finds_the_address_in_a_line() {
        for (line, address) in [
            ("bound to 127.0.0.1:80, but nobody listens", "127.0.0.1:80"),
            ("serving http://127.0.0.1:80/ until Ctrl-C", "127.0.0.1:80"),
            ("at [::1]:80.", "[::1]:80"),
            ("127.0.0.1:80", "127.0.0.1:80"),
            ("(\"127.0.0.1:80\")", "127.0.0.1:80"),
        ] {
            let found = address_in((0, line)).map(|(_, address)| address.to_string());
            assert_eq!(found.as_deref(), Some(address), "{line}");
        }
        assert!(address_in((0, "ready: go, 12:30")).is_none());
        let both = named_address("asked for 127.0.0.1:0, got 127.0.0.1:80\n");
        assert_eq!(both, Some(SocketAddr::from(([127, 0, 0, 1], 80))));
    }
}
