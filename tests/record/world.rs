//! A network of its own, a program under strace(1) in it, clients, and what the kernel
//! holds meanwhile.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use probe::{PATIENCE, Process};

use crate::clients::{Client, PORT};
use crate::quote::quoted;
use crate::tls::Tls;
use crate::wire::{Packet, SYN, Wire};

/// What in a network of its own differs from the usual, so that a recording is the same
/// everywhere: small buffers, and one way to send.
const SYSCTLS: [(&str, &str); 6] = [
    ("ip_local_port_range", "61000 65000"),
    ("tcp_congestion_control", "reno"),
    ("tcp_autocorking", "0"),
    ("tcp_rfc1337", "1"),
    ("tcp_rmem", "4096 131072 262144"),
    ("tcp_wmem", "4096 131072 262144"),
];

/// What `/proc/net/tcp` calls 01 to 0B. `FIN_WAIT1` becomes `FIN_WAIT2` when the other
/// side's acknowledgment comes, which may take 40 ms: they have one name here.
const STATES: [&str; 11] = [
    "ESTABLISHED",
    "SYN_SENT",
    "SYN_RECV",
    "FIN_WAIT",
    "FIN_WAIT",
    "TIME_WAIT",
    "CLOSE",
    "CLOSE_WAIT",
    "LAST_ACK",
    "LISTEN",
    "CLOSING",
];

/// A program, and what is to be known of it.
pub struct Program {
    /// What it's called in the recording.
    pub name: String,
    pub command: Vec<String>,
    /// Where the lines of its source are to be found, if it has any.
    pub file: Option<PathBuf>,
    /// The call in which it waits for somebody.
    pub rests_in: &'static str,
    /// How many threads do.
    pub threads: usize,
}

/// Something that a client did or saw, or that the kernel held.
pub struct Note {
    pub time: u64,
    pub lane: String,
    pub text: String,
    /// The client has seen what came: this belongs behind the last packet.
    pub is_result: bool,
}

/// All that was seen in one run.
pub struct Raw {
    pub notes: Vec<Note>,
    pub packets: Vec<Packet>,
    /// The name and the port of each.
    pub clients: Vec<(String, u16)>,
    /// The ports of those that nobody here controls.
    pub guests: BTreeSet<u16>,
    /// What strace wrote, of each time the program ran.
    pub traces: Vec<String>,
    /// When all was said.
    pub end: u64,
}

pub struct World<'a> {
    program: &'a Program,
    folder: &'a Path,
    wire: Wire,
    process: Process,
    traces: Vec<PathBuf>,
    /// How much of the trace had been written when somebody last waited for the
    /// program.
    mark: usize,
    notes: Vec<Note>,
    clients: Vec<Client>,
    tls: Option<Tls>,
    browser: Option<Process>,
    /// What the kernel was last seen to hold.
    held: Vec<(String, String)>,
}

impl<'a> World<'a> {
    /// Starts the program and waits until it waits.
    pub fn start(program: &'a Program, folder: &'a Path) -> Result<Self> {
        set_up_network()?;
        let wire = Wire::start()?;
        let trace = folder.join("trace1");
        let process = traced(program, &trace)?;
        let mut world = Self {
            program,
            folder,
            wire,
            process,
            traces: vec![trace],
            mark: 0,
            notes: Vec::new(),
            clients: Vec::new(),
            held: Vec::new(),
            tls: None,
            browser: None,
        };
        world.is_ready()?;
        Ok(world)
    }

    fn is_ready(&mut self) -> Result<()> {
        let has_line = |bytes: &[u8]| bytes.contains(&b'\n');
        let said = self.process.stdout.wait_for(PATIENCE, has_line);
        ensure!(said, "the program says: {}", self.process.stderr.text());
        let (call, threads) = (self.program.rests_in, self.program.threads);
        wait_until("all threads wait", || {
            Ok(self.trace()?.matches(&format!(" {call}")).count() >= threads)
        })?;
        self.sleeps(call)
    }

    pub fn client(&mut self, name: &str) -> Result<usize> {
        if let Some(at) = self.clients.iter().position(|it| it.name == name) {
            return Ok(at);
        }
        let port = 50001 + u16::try_from(self.clients.len())?;
        self.clients.push(Client::new(name, port)?);
        Ok(self.clients.len() - 1)
    }

    /// Lets a client do one thing.
    pub fn does(&mut self, who: usize, verb: &str, data: &[u8]) -> Result<()> {
        if let "send" | "upload" = verb {
            self.says(who, &format!("send {} bytes", data.len()), false);
        } else if let "connect" | "knock" | "close" | "reset" = verb {
            let begins = if verb == "knock" { "connect" } else { verb };
            self.says(who, begins, false);
        }
        let client = &mut self.clients[who];
        let seen = match verb {
            "connect" => client.connect()?,
            "knock" => return self.knock(who),
            "send" => return client.send(data),
            "upload" => return client.begin_upload(data),
            "uploaded" => client.end_upload()?,
            "receive" => format!("has read {} bytes", client.receive()?.len()),
            "read" => client.read()?,
            "close" => {
                return {
                    client.close();
                    Ok(())
                };
            }
            _ => return client.reset(),
        };
        self.says(who, &seen, true);
        Ok(())
    }

    /// Tries to connect until the kernel has asked twice.
    fn knock(&mut self, who: usize) -> Result<()> {
        self.clients[who].knock()?;
        let port = self.clients[who].port;
        wait_until("a second SYN", || Ok(self.wire.count(port, SYN) == 2))?;
        self.clients[who].close();
        self.says(who, "not let in, gives up", false);
        Ok(())
    }

    /// Lets Chromium open the page, and waits until both of its connections are over.
    pub fn browse(&mut self) -> Result<()> {
        let mut chromium = Command::new("chromium");
        chromium.args(
            "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
             --disable-background-networking --disable-component-update --disable-sync \
             --remote-debugging-port=0"
                .split_whitespace(),
        );
        let profile = self.folder.join("profile").display().to_string();
        let url = format!("http://127.0.0.1:{PORT}/");
        chromium.arg(format!("--user-data-dir={profile}")).arg(&url);
        let started = Process::start(chromium, [all(), all()]);
        self.browser = Some(started.context("this needs Chromium")?);
        let opened = now();
        self.guest("browser1")?;
        self.guest("browser2")?;
        let (lane, text) = ("browser1".into(), format!("opens {url}"));
        self.notes.push(Note { time: opened, lane, text, is_result: false });
        wait_until("both are over", || {
            let are_over = |(_, state): &(String, String)| state == "TIME_WAIT 0";
            let is_served = self.trace()?.matches(" close(4)").count() == 2;
            Ok(is_served && self.holds()?.iter().skip(1).all(are_over))
        })
    }

    /// Waits for a client that we don't control, and gives it a name.
    fn guest(&mut self, name: &str) -> Result<()> {
        let known: Vec<_> = self.clients.iter().map(|client| client.port).collect();
        let mut port = None;
        wait_until(&format!("{name} connects"), || {
            port = self.wire.stranger(&known);
            Ok(port.is_some())
        })?;
        self.clients.extend(port.map(|port| Client::guest(name, port)));
        Ok(())
    }

    /// Starts what knows TLS: the client only carries what it says, and hears.
    pub fn start_tls(&mut self) -> Result<()> {
        self.tls = Some(Tls::start(self.program, &self.process.stdout.text())?);
        Ok(())
    }

    /// Carries, of what is inside of TLS, a request to the server.
    pub fn ask_inside_of_tls(&mut self, who: usize, data: &[u8]) -> Result<()> {
        self.says(who, &format!("inside of TLS: {}", quoted(data)), false);
        self.tls.as_mut().context("no TLS")?.ask(data)
    }

    /// Carries the next records to the server.
    pub fn send_records(&mut self, who: usize) -> Result<()> {
        let records = self.tls.as_mut().context("no TLS")?.records()?;
        self.does(who, "send", &records)
    }

    /// Carries the server's records back.
    pub fn receive_records(&mut self, who: usize) -> Result<()> {
        let records = self.clients[who].receive()?;
        self.says(who, &format!("has read {} bytes", records.len()), true);
        if let Some(heard) = self.tls.as_mut().context("no TLS")?.hear(&records)? {
            self.says(who, &format!("inside of TLS: {heard}"), true);
        }
        Ok(())
    }

    fn says(&mut self, who: usize, text: &str, is_result: bool) {
        let lane = self.clients[who].name.clone();
        self.note(&lane, text, is_result);
    }

    fn note(&mut self, lane: &str, text: &str, is_result: bool) {
        let (lane, text) = (lane.into(), text.into());
        self.notes.push(Note { time: now(), lane, text, is_result });
    }

    /// Waits until the program has done something since the last time, and sleeps in
    /// `call`: it's the unfinished end of the trace, nothing is under way that would
    /// wake anybody, and no thread runs, or is stopped for strace. As the trace hasn't
    /// grown meanwhile, all this was true at the same time.
    pub fn sleeps(&mut self, call: &str) -> Result<()> {
        wait_until(&format!("the program sleeps in {call}"), || {
            let text = self.trace()?;
            let end = text.rsplit('\n').next().unwrap_or_default();
            let here = end.split_once('.').and_then(|(_, it)| it.split_once(' '));
            Ok(text.len() > self.mark
                && here.is_some_and(|(_, it)| it.starts_with(call))
                && all_is_acknowledged()?
                && tasks(self.process.id())?.chars().all(|state| state == 'S')
                && self.trace()?.len() == text.len())
        })
        .with_context(|| self.last_calls())?;
        self.mark = self.trace()?.len();
        self.look()
    }

    fn last_calls(&self) -> String {
        let text = self.trace().unwrap_or_default();
        let calls: Vec<_> = text.lines().filter(|it| !it.starts_with(" >")).collect();
        format!(
            "the trace ends with\n{}",
            calls[calls.len().saturating_sub(5)..].join("\n")
        )
    }

    /// Waits until so many wait for `accept`, or until a connection's server side is in
    /// that state.
    pub fn until(&mut self, who: &str, state: &str) -> Result<()> {
        let awaited = (who.to_string(), state.to_string());
        wait_until(&format!("{who} {state}"), || Ok(self.holds()?.contains(&awaited)))?;
        self.look()
    }

    /// Returns how many wait for `accept`, and of each connection's server side the
    /// state and how many bytes nobody has read.
    fn holds(&self) -> Result<Vec<(String, String)>> {
        let table = net_tcp()?;
        let here = table.iter().filter(|row| row.local == PORT);
        let waiting = here.clone().find(|row| row.state == "LISTEN");
        let waiting = waiting.map_or(0, |row| row.unread);
        let mut holds = vec![("waiting".into(), waiting.to_string())];
        for client in &self.clients {
            if let Some(row) = here.clone().find(|row| row.remote == client.port) {
                // A FIN that nobody has read counts as a byte.
                let is_fin = row.state == "CLOSE_WAIT" && row.unread > 0;
                let unread = row.unread - usize::from(is_fin);
                holds.push((client.name.clone(), format!("{} {unread}", row.state)));
            }
        }
        Ok(holds)
    }

    /// Notes what has changed.
    fn look(&mut self) -> Result<()> {
        let holds = self.holds()?;
        let mut changes = Vec::new();
        for (name, state) in &holds {
            let before = self.held.iter().find(|(it, _)| it == name);
            let before = before.map_or("0", |(_, state)| state);
            if before != state {
                let unread = if name == "waiting" { "" } else { " unread" };
                let text = format!("{name} {state}{unread}");
                changes.push(text.replace(" 0 unread", ""));
            }
        }
        let names: Vec<_> = holds.iter().map(|(name, _)| name).collect();
        let gone = self.held.iter().filter(|(name, _)| !names.contains(&name));
        changes.extend(gone.map(|(name, _)| format!("{name} gone")));
        self.held = holds;
        if !changes.is_empty() {
            self.note("kernel", &changes.join(", "), false);
        }
        Ok(())
    }

    pub fn press_enter(&mut self) -> Result<()> {
        self.note("program", "somebody presses Enter", false);
        self.process.input(Some(""))?;
        self.has_ended()?;
        self.look()
    }

    /// Presses Ctrl-C, and starts the program again.
    pub fn restart(&mut self) -> Result<()> {
        self.note("program", "somebody presses Ctrl-C", false);
        self.signal(Signal::SIGINT)?;
        self.has_ended()?;
        self.look()?;
        self.note("program", "is started again", false);
        let trace = self.folder.join(format!("trace{}", self.traces.len() + 1));
        self.process = traced(self.program, &trace)?;
        self.traces.push(trace);
        self.mark = 0;
        self.is_ready()
    }

    fn has_ended(&mut self) -> Result<()> {
        wait_until("the program ends", || Ok(self.process.ended().is_some()))?;
        wait_until("the trace is whole", || Ok(self.trace()?.contains(" +++ ")))
    }

    fn signal(&self, signal: Signal) -> Result<()> {
        Ok(kill(Pid::from_raw(self.process.id().cast_signed()), signal)?)
    }

    /// Ends the program, and returns all that was seen.
    pub fn end(mut self) -> Result<Raw> {
        let end = now();
        if self.process.ended().is_none() {
            self.stop()?;
        }
        let read = self.traces.iter().map(fs::read_to_string);
        Ok(Raw {
            traces: read.collect::<Result<_, _>>()?,
            guests: self
                .clients
                .iter()
                .filter(|it| it.is_guest())
                .map(|it| it.port)
                .collect(),
            notes: self.notes,
            packets: self.wire.stop()?,
            clients: self.clients.into_iter().map(|it| (it.name, it.port)).collect(),
            end,
        })
    }

    /// Stops the program, so that strace tells of each thread in which call it is, and
    /// who made it.
    fn stop(&mut self) -> Result<()> {
        self.signal(Signal::SIGSTOP)?;
        wait_until("it has stopped", || {
            let trace = self.trace()?;
            let stopped = trace.matches(" --- stopped by ").count();
            Ok(stopped == tasks(self.process.id())?.len())
        })
    }

    fn trace(&self) -> Result<String> {
        Ok(fs::read_to_string(self.traces.last().context("no trace")?)?)
    }
}

fn set_up_network() -> Result<()> {
    let set = Command::new("ip").args(["link", "set", "lo", "up"]).status()?;
    ensure!(set.success(), "ip link set lo up: {set}");
    for (name, value) in SYSCTLS {
        let path = format!("/proc/sys/net/ipv4/{name}");
        fs::write(&path, value).with_context(|| path)?;
    }
    Ok(())
}

/// The process that is started is the program; strace watches from outside. `-k` tells
/// who called.
fn traced(program: &Program, trace: &Path) -> Result<Process> {
    let mut strace = Command::new("strace");
    strace.args(["-D", "-f", "-q", "-s", "48", "--timestamps=unix,ns"]);
    strace.args(["-e", "trace=%network,read,write,writev,close"]);
    strace.args(program.file.as_ref().map(|_| "-k"));
    strace.arg("-o").arg(trace).arg("--").args(&program.command);
    strace.arg(format!("127.0.0.1:{PORT}"));
    // What a reader's shell may have set must not change how the twins print.
    strace.env_remove("PYTHONUNBUFFERED");
    Ok(Process::start(strace, [all(), all()])?)
}

pub fn all() -> probe::GoesOn {
    Box::new(|_| true)
}

/// A row of `/proc/net/tcp`.
struct Row {
    local: u16,
    remote: u16,
    state: &'static str,
    unacknowledged: usize,
    unread: usize,
}

fn net_tcp() -> Result<Vec<Row>> {
    let table = fs::read_to_string("/proc/net/tcp")?;
    table.lines().skip(1).map(|line| row(line).context("/proc/net/tcp")).collect()
}

fn row(line: &str) -> Option<Row> {
    let fields: Vec<_> = line.split_whitespace().collect();
    let port = |field: &str| u16::from_str_radix(field.split_once(':')?.1, 16).ok();
    let number = |text: &str| usize::from_str_radix(text, 16).ok();
    let (unacknowledged, unread) = fields.get(4)?.split_once(':')?;
    Some(Row {
        local: port(fields[1])?,
        remote: port(fields[2])?,
        state: STATES.get(number(fields[3])?.checked_sub(1)?)?,
        unacknowledged: number(unacknowledged)?,
        unread: number(unread)?,
    })
}

fn all_is_acknowledged() -> Result<bool> {
    Ok(net_tcp()?.iter().all(|row| row.unacknowledged == 0))
}

/// Returns the state of each thread, a letter as in proc(5).
fn tasks(process: u32) -> Result<String> {
    let mut states = String::new();
    for task in fs::read_dir(format!("/proc/{process}/task"))? {
        let stat = fs::read_to_string(task?.path().join("stat"))?;
        let state = stat.rsplit_once(") ").and_then(|(_, it)| it.chars().next());
        states.extend(state);
    }
    Ok(states)
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| u64::try_from(since.as_nanos()).unwrap_or(0))
}

pub fn wait_until(
    what: &str,
    mut condition: impl FnMut() -> Result<bool>,
) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while !condition()? {
        ensure!(Instant::now() < deadline, "waited for this in vain: {what}");
        thread::sleep(Duration::from_millis(2));
    }
    Ok(())
}
