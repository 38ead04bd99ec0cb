//! A reader with two terminals: a server in the first one, clients in the second one.

use std::net::SocketAddr;
use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use tests::wait_until;

use crate::terminal::Terminal;

/// What is typed and seen. Dropping it ends the server.
pub struct Session {
    /// The address of the server, which the reader knows as 127.0.0.1:4545.
    pub address: SocketAddr,
    /// What the second terminal shows.
    pub second: String,
    command: String,
    server: Terminal,
}

impl Session {
    /// Runs `command` in the first terminal, on any free port, until it names its
    /// address.
    pub fn start(command: &str) -> Result<Self> {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        // Still open, as where somebody could press Enter.
        let keyboard = Stdio::piped();
        let server = Terminal::run(&in_its_place(&at(command, any)), keyboard, "")?;
        let mut address = None;
        wait_until("it names its address", || {
            address = address_in(&server.screen());
            address.is_some()
        })
        .with_context(|| format!("{command}: {}", server.screen()))?;
        let address = address.context("no address")?;
        Ok(Self { address, second: String::new(), command: command.into(), server })
    }

    /// Types each line in the second terminal and waits for its end. Nothing can be
    /// typed at what it runs: where a reader would press Enter, the input has ended.
    pub fn type_lines(&mut self, lines: &[&str]) -> Result<()> {
        for line in lines {
            let terminal = self.type_line(line)?;
            self.see(line, terminal)?;
        }
        ensure!(self.server.is_running(), "the server has ended: {}", self.first());
        Ok(())
    }

    /// Types a line in the second terminal; it may take its time.
    pub fn type_line(&self, line: &str) -> Result<Terminal> {
        Terminal::run(&at(line, self.address), Stdio::null(), &self.curlrc(line))
    }

    /// Waits for the end of what was typed, and looks at what it has shown.
    pub fn see(&mut self, line: &str, mut terminal: Terminal) -> Result<()> {
        terminal.wait().with_context(|| format!("{line}: {}", terminal.screen()))?;
        self.second += &self.transcript(line, &terminal.screen());
        Ok(())
    }

    /// Presses Enter in the first terminal.
    #[cfg(target_os = "linux")]
    pub fn press_enter(&mut self) -> Result<()> {
        self.server.press_enter()
    }

    /// Presses Ctrl-Z in the first terminal: the program is there and does nothing.
    #[cfg(target_os = "linux")]
    pub fn press_ctrl_z(&self) -> Result<()> {
        self.server.signal("STOP")?;
        let stat = format!("/proc/{}/stat", self.server.id());
        let is_stopped =
            || std::fs::read_to_string(&stat).is_ok_and(|stat| stat.contains(") T "));
        wait_until("it is stopped", is_stopped)
    }

    /// Types `fg` in the first terminal, after Ctrl-Z.
    #[cfg(target_os = "linux")]
    pub fn type_fg(&self) -> Result<()> {
        self.server.signal("CONT")
    }

    /// Waits until the program in the first terminal has ended by itself.
    #[cfg(target_os = "linux")]
    pub fn see_the_end(&mut self) -> Result<()> {
        self.server.wait().with_context(|| self.first())
    }

    /// Waits until a program of the pipe in the first terminal has ended.
    #[cfg(target_os = "linux")]
    pub fn wait_for_the_end_of(&self, program: &str) -> Result<()> {
        let group = self.server.id().to_string();
        wait_until("it ends", || !is_running(program, &group))
    }

    /// What the first terminal shows by now.
    pub fn first(&self) -> String {
        self.transcript(&self.command, &self.server.screen())
    }

    /// What makes curl behave as before a reader: it knows no proxy, it finds the
    /// address of `localhost` for IPv6 before that for IPv4, as on most machines, and
    /// it does not show its progress where it writes to a terminal.
    fn curlrc(&self, line: &str) -> String {
        let port = self.address.port();
        let quiet = if line.contains('|') { "" } else { "no-progress-meter\n" };
        format!("noproxy = *\nresolve = localhost:{port}:[::1],127.0.0.1\n{quiet}")
    }

    fn transcript(&self, line: &str, screen: &str) -> String {
        let end = if screen.is_empty() || screen.ends_with('\n') { "" } else { "\n" };
        format!("$ {line}\n{}{end}", self.redacted(screen))
    }

    /// What differs from run to run or between the versions of a tool, replaced.
    fn redacted(&self, screen: &str) -> String {
        let port = self.address.port();
        let mut text = tests::date(&tests::port(screen, self.address));
        if self.command.ends_with(":0") {
            // The first of those that are for this, RFC 6335, section 6.
            text = text.replace(":4545", ":49152");
        }
        for (real, readers) in [
            (format!("htons({port})"), "htons(4545)"),
            (format!("port {port} "), "port 4545 "),
            // As lsof writes it.
            (format!("p{}\n", self.server.id()), "pPID\n"),
            ("htons(0)".into(), "htons(4545)"),
            // The columns of ss are as wide as the port, and wider in a terminal.
            (format!("{:1$}Peer", "Port", 1 + port.to_string().len()), "Port Peer"),
            ("PortProcess".into(), "Port Process"),
            (":*    users:".into(), ":*     users:"),
        ] {
            text = text.replace(&real, readers);
        }
        let client = "accept4(3, {sa_family=AF_INET, sin_port=htons(";
        let peer = "127.0.0.1:4545    127.0.0.1:";
        let versions = [
            ("curl/", "8"),
            ("Python/", "3"),
            ("pid=", "PID"),
            (client, "PORT"),
            (peer, "PORT"),
        ];
        for (before, shown) in versions {
            text = with_number(&text, before, shown);
        }
        tests::peers(&without_place(&without_figures(&text)))
    }
}

/// Whether a process of this name is in a group of processes, and not a zombie.
#[cfg(target_os = "linux")]
fn is_running(program: &str, group: &str) -> bool {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let mut stats = processes.filter_map(|process| {
        std::fs::read_to_string(process.path().join("stat")).ok()
    });
    stats.any(|stat| {
        // proc(5): the number, the name, the state, the parent, the group.
        let Some((before, after)) = stat.rsplit_once(") ") else { return false };
        let mut fields = after.split(' ');
        before.ends_with(&format!("({program}"))
            && fields.next() != Some("Z")
            && fields.nth(1) == Some(group)
    })
}

/// The number or version after each `before`, replaced by `shown`.
fn with_number(text: &str, before: &str, shown: &str) -> String {
    let mut parts = text.split(before);
    let first = parts.next().unwrap_or_default().to_string();
    parts.fold(first, |text, rest| {
        let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        text + before + shown + rest
    })
}

/// Of a panic not the thread's number and the place in the library, which differ.
fn without_place(text: &str) -> String {
    let lines = text.split_inclusive('\n').map(|line| {
        if line.starts_with("thread 'main'") && line.contains(" panicked at ") {
            "thread 'main' panicked at …\n"
        } else {
            line
        }
    });
    lines.collect()
}

/// Of curl's complaints what they say before `after 0 ms`, and not which TLS library it
/// has.
fn without_figures(text: &str) -> String {
    let lines = text.split_inclusive('\n').map(|line| {
        let is_complaint = line.starts_with("curl: (");
        match (line.split_once(" after "), line.split_once("wrong version number")) {
            (Some((complaint, _)), _) if is_complaint => format!("{complaint}\n"),
            (_, Some(_)) if is_complaint => {
                "curl: (35) … wrong version number\n".into()
            }
            _ => line.into(),
        }
    });
    lines.collect()
}

/// A server takes the place of its shell, unless it has to share it.
fn in_its_place(command: &str) -> String {
    if command.contains(" | ") { command.into() } else { format!("exec {command}") }
}

/// The command as it is run: the reader's port is the real one, and one of our programs
/// is told the address that it would have otherwise.
fn at(command: &str, address: SocketAddr) -> String {
    if !command.contains("step") || command.contains("127.0.0.1:") {
        return command.replace("4545", &address.port().to_string());
    }
    let is_first = command.starts_with("cargo") && !command.contains(" -- ");
    let (program, rest) =
        command.split_at(command.find(" | ").unwrap_or(command.len()));
    format!("{program}{} {address}{rest}", if is_first { " --" } else { "" })
}

/// The first address in a line that has been written to its end.
fn address_in(screen: &str) -> Option<SocketAddr> {
    let lines = screen.split_inclusive('\n').filter(|line| line.ends_with('\n'));
    lines.flat_map(tests::addresses_in).find(|address| address.port() != 0)
}
