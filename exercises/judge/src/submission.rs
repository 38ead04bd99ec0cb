//! The program that is judged, and how it is started.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::SyncSender;
use std::time::Duration;

use crate::failure::{Kind, Log, Place, Verdict, What};
use crate::patience::{self, RESPONSE_TIMEOUT};
use crate::process::{self, Process};
use crate::program::{Ended, Program, look};
use crate::server::Server;
use crate::start::find_address;

/// A program that can be started: `COMMAND… ADDRESS`.
#[derive(Clone, Debug)]
pub struct Submission {
    command: Vec<String>,
    /// What a person types to start it, and what comes between that and an address.
    shown: (String, &'static str),
    /// Where it is started when a check does not say where.
    ip: IpAddr,
    /// By which all that it starts can be found again.
    mark: String,
    /// Is told when it has been started once, or couldn't be.
    started_once: Option<SyncSender<bool>>,
    /// One start of it has used the processor in vain.
    circles: Arc<AtomicBool>,
    /// It's the one server that grows, and does what all exercises demand at once.
    is_grown: bool,
}

impl Submission {
    /// Any program.
    pub fn new(command: Vec<String>) -> Self {
        let words: Vec<String> = command.iter().map(|word| quoted(word)).collect();
        Self::shown_as((words.join(" "), " 127.0.0.1:4545"), command)
    }

    /// The learner's own program for an exercise, which has been built as `command`.
    pub fn of_exercise(id: &str, command: Vec<String>) -> Self {
        Self::shown_as((format!("cargo exercise run {id}"), ""), command)
    }

    fn shown_as(shown: (String, &'static str), command: Vec<String>) -> Self {
        let (ip, circles) = (Ipv4Addr::LOCALHOST.into(), Arc::default());
        let (mark, started_once, is_grown) = (new_mark(), None, false);
        Self { command, shown, ip, mark, started_once, circles, is_grown }
    }

    /// The same, which tells when it has been started once, or couldn't be.
    #[must_use]
    pub(crate) fn telling(self, started_once: SyncSender<bool>) -> Self {
        Self { started_once: Some(started_once), ..self }
    }

    /// The same, as the one server that grows.
    pub(crate) fn grown(self) -> Self {
        Self { is_grown: true, ..self }
    }

    /// Returns how long a client may take for its request, once there is a limit.
    pub(crate) fn time_for_a_request(&self) -> Duration {
        Duration::from_secs(if self.is_grown { 3 } else { 1 })
    }

    /// Returns the statuses that refuse an upload where nothing takes one.
    pub(crate) fn refusals(&self) -> &'static [u16] {
        if self.is_grown { &[405, 404, 413] } else { &[413] }
    }

    /// The same, at another address of this machine: where many programs are judged at
    /// once, a port that one gives up is soon another's.
    #[must_use]
    pub fn at(self, ip: IpAddr) -> Self {
        Self { ip, ..self }
    }

    /// Ends what is left of all that has been started: what isn't a server, a daemon.
    pub fn end_strays(&self) {
        process::end_strays(&self.mark);
    }

    /// A command of a check, with `{command}` and `{program}` filled in: how a person
    /// starts it at 127.0.0.1:4545, and at an address that follows.
    pub(crate) fn fill_in(&self, reproduce: &str) -> String {
        let command = reproduce.replace("{command}", &self.shown());
        command.replace("{program}", self.shown_with(&[]).trim_end())
    }

    /// How a person starts it at 127.0.0.1:4545.
    pub(crate) fn shown(&self) -> String {
        let (command, default) = &self.shown;
        format!("{command}{default}")
    }

    fn shown_with(&self, arguments: &[&str]) -> String {
        let (command, default) = &self.shown;
        let dashes = if default.is_empty() { " --" } else { "" };
        format!("{command}{dashes} {}", arguments.join(" "))
    }

    /// Starts the program at a free port of this machine.
    ///
    /// # Errors
    /// When it doesn't say at which.
    pub fn start(&self) -> Verdict<Server> {
        self.start_with(&[])
    }

    /// Judges each case by one and the same program, in their order. The first that
    /// fails is tried once more, alone: so the report shows that case and no other.
    ///
    /// # Errors
    /// When a case fails.
    pub fn each<T>(
        &self,
        cases: impl IntoIterator<Item = T>,
        judge: impl Fn(&mut Server, &T) -> Verdict,
    ) -> Verdict {
        let mut server = self.start()?;
        for case in cases {
            if let Err(failure) = judge(&mut server, &case) {
                drop(server);
                return judge(&mut self.start()?, &case).and(Err(failure));
            }
        }
        server.survives()
    }

    /// As [`Submission::start`], with more arguments after the address.
    pub(crate) fn start_with(&self, more: &[&str]) -> Verdict<Server> {
        self.start_at(&SocketAddr::new(self.ip, 0).to_string(), more)
    }

    /// As [`Submission::start_with`], at another address.
    pub(crate) fn start_at(&self, address: &str, more: &[&str]) -> Verdict<Server> {
        let started = self.spawn(address, more).and_then(|program| {
            let found = find_address(&program, address).inspect_err(|_| program.end());
            Ok(Server::new(program, found?))
        });
        let started = started.map_err(|failure| failure.of_kind(Kind::AtStart));
        if let Some(started_once) = &self.started_once {
            let _ = started_once.try_send(started.is_ok());
        }
        // What it does next may be to drop what it has spoken of.
        if let Ok(server) = &started {
            server.settle();
        }
        started
    }

    /// Starts the program where it can't work, and waits for it to end by itself.
    pub(crate) fn run_at(&self, address: &str, more: &[&str]) -> Verdict<Ended> {
        let program = self.spawn(address, more)?;
        let ended = patience::wait_for_start(
            program.id,
            |tick| look(tick, || program.is_over()),
            // One that has spoken is running.
            || match program.stdout.text().is_empty() {
                true => patience::START_TIMEOUT,
                false => RESPONSE_TIMEOUT,
            },
        );
        let Err(silence) = ended else { return Ok(program.ended()) };
        program.note_output();
        let text = program.stdout.text();
        program.end();
        let named = probe::named_addresses(&text).into_iter().next();
        if let Some((offset, other)) = named.filter(|(_, it)| it.to_string() != address)
        {
            return Err(program.log.failure(
                Place::Printed(offset),
                format!(
                    "Your program takes another address, {other}. Whoever was told to \
                     look at {address} finds somebody else there."
                ),
                "bind(2) gives the address that was asked for, or none. What else to \
                 try is for its user to say, and port 0 is the way to say: any.",
            ));
        }
        program.log.silent(silence, RESPONSE_TIMEOUT);
        Err(program.wrong(
            format!(
                "Your program goes on, although it cannot have {address}. Whoever \
                 started it does not learn that anything is wrong."
            ),
            "bind(2) fails at once and says why, and only your program can tell its \
             user.",
        ))
    }

    fn spawn(&self, address: &str, more: &[&str]) -> Verdict<Program> {
        let log = Log::new();
        let (program, arguments) =
            self.command.split_first().unwrap_or((&self.shown.0, &[]));
        let mut command = Command::new(program);
        command.args(arguments).arg(address).args(more);
        log.add(What::Started(self.shown_with(&[&[address], more].concat())));
        let process = Process::start(command, &self.mark).map_err(|error| {
            log.add(What::Note(format!("it can't be started: {error}")));
            let failure = log.failure(
                Place::Moment,
                format!("There is no program \"{program}\" that can be run here."),
                "execve(2): the first word of the command names a file that may be \
                 run, or is looked for in the folders of PATH.",
            );
            failure.of_kind(Kind::AtStart)
        })?;
        Ok(Program::new(process, log, self.circles.clone()))
    }
}

/// Returns a word as a shell wants it.
pub fn quoted(word: &str) -> String {
    let is_plain =
        |letter: char| letter.is_ascii_alphanumeric() || "/._-+=:,@%".contains(letter);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.into();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

fn new_mark() -> String {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let (id, count) = (std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    format!("{id}-{count}")
}
