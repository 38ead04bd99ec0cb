//! A server as a process, and what it costs.

use std::collections::HashMap;
use std::env;
use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::{client, peers};

/// The repository.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
/// Where the steps are built, apart from what a reader builds.
const BUILT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/steps");

/// Which server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Accept, read, write, close.
    Floor,
    /// The program that `cargo run --release -p step04` runs.
    Step04,
    /// Its twin in Python.
    Step04Python,
    /// The program that `cargo run --release -p step05` runs.
    Step05,
    /// Python's own `http.server`.
    HttpServer,
    /// The crate `tiny_http`.
    TinyHttp,
    /// The crate `hyper`, with `tokio`.
    Hyper,
}

impl Kind {
    /// All, in the order of the tables.
    pub const ALL: [Self; 7] = [
        Self::Floor,
        Self::Step04,
        Self::Step04Python,
        Self::Step05,
        Self::HttpServer,
        Self::TinyHttp,
        Self::Hyper,
    ];

    /// What tables and charts call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Floor => "bare floor",
            Self::Step04 => "step04",
            Self::Step04Python => "step04 in Python",
            Self::Step05 => "step05",
            Self::HttpServer => "Python's http.server",
            Self::TinyHttp => "tiny_http",
            Self::Hyper => "hyper",
        }
    }

    fn command(self, address: SocketAddr) -> Result<Command> {
        let with = |program: &str, arguments: &[&str]| {
            let mut command = Command::new(program);
            command.args(arguments);
            command
        };
        let text = address.to_string();
        let port = address.port().to_string();
        let this = env::current_exe()?.display().to_string();
        let respond = format!("{ROOT}/steps/04-respond/respond.py");
        let http_server = format!("{ROOT}/bench/peers/http_server.py");
        Ok(match self {
            Self::Floor => with(&this, &["peer", "floor", &text]),
            Self::Step04 => with(&format!("{BUILT}/release/step04"), &[&text]),
            Self::Step04Python => with("python3", &[&respond, &text]),
            Self::Step05 => with(&format!("{BUILT}/release/step05"), &[&text]),
            Self::HttpServer => {
                with("python3", &[&http_server, &port, peers::PAGE_FILE])
            }
            Self::TinyHttp => with(&this, &["peer", "tiny_http", &text]),
            Self::Hyper => with(&this, &["peer", "hyper", &text]),
        })
    }
}

/// Builds step04 and step05 as a reader would, with `--release`.
///
/// # Errors
/// When they do not compile.
pub fn build_steps() -> Result<()> {
    let cargo = env::var_os("CARGO").unwrap_or("cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--release", "--locked", "-p", "step04", "-p", "step05"])
        .args(["--manifest-path", &format!("{ROOT}/Cargo.toml"), "--target-dir", BUILT])
        .status()?;
    ensure!(status.success(), "the steps do not compile");
    Ok(())
}

/// A running server. It ends when this is dropped.
#[derive(Debug)]
pub struct Server {
    /// Which one.
    pub kind: Kind,
    /// Where it listens.
    pub address: SocketAddr,
    /// How long its answer is, in bytes.
    pub length: usize,
    process: Child,
}

impl Server {
    /// Starts a server on a free port and waits for its first answer. Nobody reads what
    /// it prints, which goes to the null device.
    ///
    /// # Errors
    /// When it cannot be started, or does not answer in ten seconds.
    pub fn start(kind: Kind) -> Result<Self> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let process = kind
            .command(address)?
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| kind.name())?;
        let mut server = Self { kind, address, length: 0, process };
        let until = Instant::now() + Duration::from_secs(10);
        loop {
            match client::visit(address) {
                Ok(length) => {
                    server.length = length;
                    return Ok(server);
                }
                Err(_) if Instant::now() < until => {
                    thread::sleep(Duration::from_millis(20));
                }
                Err(error) => return Err(error.context(kind.name())),
            }
        }
    }

    /// The CPU time that each of its threads has had, in nanoseconds. Finer than the
    /// ticks of `/proc/PID/stat`.
    ///
    /// # Errors
    /// Where there is no `/proc` like that of Linux.
    pub fn cpu(&self) -> Result<Cpu> {
        let tasks = format!("/proc/{}/task", self.process.id());
        let mut threads = HashMap::new();
        for task in fs::read_dir(&tasks).with_context(|| tasks.clone())? {
            let task = task?;
            // A thread may have ended since the folder was read.
            if let Some(time) = time(&task.path()) {
                threads.insert(task.file_name(), time);
            }
        }
        ensure!(!threads.is_empty(), "no schedstat in {tasks}: is this Linux?");
        Ok(Cpu { threads })
    }
}

fn time(task: &Path) -> Option<u64> {
    let text = fs::read_to_string(task.join("schedstat")).ok()?;
    text.split(' ').next()?.parse().ok()
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// CPU time by thread.
#[derive(Debug)]
pub struct Cpu {
    threads: HashMap<std::ffi::OsString, u64>,
}

impl Cpu {
    /// How much more it is than `earlier`. A thread that ended in between was idle, and
    /// counts for nothing.
    pub fn since(&self, earlier: &Self) -> Duration {
        let before = |thread| earlier.threads.get(thread).copied().unwrap_or(0);
        let spent = self.threads.iter().map(|(thread, time)| time - before(thread));
        Duration::from_nanos(spent.sum())
    }
}
