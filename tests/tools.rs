//! Other people's programs: curl, Python, strace, Chromium. Not every machine has them,
//! so the tests that use these are `#[ignore]`d by default; CI runs them.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::OnceLock;

use anyhow::{Context, Result, ensure};
use tempfile::{NamedTempFile, TempDir};

use crate::{PATIENCE, redact, wait_until};

/// Runs a command to its end, with nothing on its standard input.
///
/// # Errors
/// When it cannot be started or takes longer than [`PATIENCE`].
pub fn run(command: Command) -> Result<Output> {
    let name = command.get_program().to_owned();
    assert_cmd::Command::from_std(command)
        .timeout(PATIENCE)
        .output()
        .with_context(|| format!("running {name:?}; is it installed?"))
}

/// What `curl -v ARGUMENTS http://ADDRESS/PATH` shows in a terminal: the request's
/// lines with `>`, the response's with `<`, the body, curl's complaint, its exit
/// status.
///
/// Left out are curl's remarks on its own doings (`*`) and the figures and last words
/// of its complaint, which change from version to version; the version itself is
/// redacted. Line ends are the terminal's: for the bytes see
/// [`exchange`](crate::exchange).
///
/// # Errors
/// As [`run`].
pub fn curl(address: SocketAddr, path: &str, arguments: &[&str]) -> Result<String> {
    let url = format!("http://{address}{path}");
    let mut command = Command::new("curl");
    // `-q`: nobody's .curlrc; no proxy; the rest is what a person would type.
    command.args(["-q", "--noproxy", "*", "--no-progress-meter", "-v"]).args(arguments);
    let output = run({
        command.arg(&url);
        command
    })?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    let (complaints, wire): (Vec<&str>, Vec<&str>) = stderr
        .lines()
        .filter(|line| line.starts_with(['>', '<']) || line.starts_with("curl:"))
        .partition(|line| line.starts_with("curl:"));
    let mut shown = vec![format!("$ curl -v {}{url}", joined(arguments))];
    shown.extend(wire.into_iter().map(|line| line.trim_end_matches('\r').to_string()));
    let body = String::from_utf8_lossy(&output.stdout);
    shown.extend(body.lines().map(ToString::to_string));
    shown.extend(complaints.into_iter().map(without_figures));
    shown.push(format!("(exit status {})", output.status.code().unwrap_or(-1)));
    let text = redact::port(&shown.join("\n"), address);
    Ok(redact::date(&without_curl_version(&text)))
}

/// `curl: (28) Operation timed out after 1001 milliseconds with 0 bytes received` says
/// what happened before its `after`.
fn without_figures(complaint: &str) -> String {
    complaint.split(" after ").next().unwrap_or(complaint).into()
}

fn joined(arguments: &[&str]) -> String {
    arguments.iter().map(|argument| format!("{argument} ")).collect()
}

fn without_curl_version(text: &str) -> String {
    let agent = "User-Agent: curl/";
    let lines = text.lines().map(|line| match line.find(agent) {
        Some(at) => format!("{}8", &line[..at + agent.len()]),
        None => line.into(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// A file of so many letters, for a client to upload; it goes when it is dropped.
///
/// # Errors
/// When there is no room for it.
pub fn file_of(length: usize) -> Result<NamedTempFile> {
    let file = NamedTempFile::new()?;
    fs::write(file.path(), vec![b'a'; length])?;
    Ok(file)
}

/// `python3 SCRIPT`. The interpreter itself is called, not a wrapper around it, so that
/// what is killed or traced is the program.
pub fn python(script: impl AsRef<OsStr>) -> Command {
    static INTERPRETER: OnceLock<PathBuf> = OnceLock::new();
    let interpreter = INTERPRETER.get_or_init(|| {
        let name = if cfg!(windows) { "python" } else { "python3" };
        let ask = Command::new(name)
            .args(["-c", "import sys; print(sys.executable)"])
            .output();
        // Without Python, starting the command reports it, by name.
        ask.map_or(name.into(), |output| {
            String::from_utf8_lossy(&output.stdout).trim().to_string().into()
        })
    });
    let mut command = Command::new(interpreter);
    command.arg("-B").arg(script);
    command
}

/// The document that headless Chromium makes of a URL, as HTML; or, where it shows an
/// error page instead, the name of the error, such as `net::ERR_CONNECTION_REFUSED`.
///
/// # Errors
/// When Chromium is not there, or does not finish within three times [`PATIENCE`].
pub fn chromium(url: &str) -> Result<String> {
    let profile = TempDir::new()?;
    let mut user_data_dir = std::ffi::OsString::from("--user-data-dir=");
    user_data_dir.push(profile.path());
    let output = assert_cmd::Command::new(find_chromium())
        .args(
            "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run"
                .split(' '),
        )
        .args(["--disable-background-networking", "--disable-component-update"])
        .args(["--disable-sync", "--enable-logging=stderr", "--dump-dom"])
        .arg(user_data_dir)
        .arg(url)
        .timeout(3 * PATIENCE)
        .output()
        .context("running Chromium; is it installed?")?;
    ensure!(output.status.success(), "Chromium failed: {output:?}");
    let log = String::from_utf8_lossy(&output.stderr);
    let failed = log.lines().find_map(|line| line.split_once("Page load failed: "));
    Ok(match failed {
        Some((_, error)) => error.trim_end().into(),
        None => String::from_utf8_lossy(&output.stdout).into_owned(),
    })
}

fn find_chromium() -> &'static str {
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let path = env::var_os("PATH").unwrap_or_default();
    let installed =
        |name: &&str| env::split_paths(&path).any(|dir| dir.join(name).exists());
    names.into_iter().find(installed).unwrap_or("chromium")
}

/// What strace wrote of one program's run.
#[derive(Debug)]
pub struct Trace {
    file: NamedTempFile,
}

impl Trace {
    /// A trace of nothing yet.
    ///
    /// # Errors
    /// When there is no room for a temporary file.
    pub fn new() -> Result<Self> {
        Ok(Self { file: NamedTempFile::new()? })
    }

    /// `command` under strace(1). The process that is started is the program; strace
    /// watches from outside.
    pub fn watch(&self, command: &Command) -> Command {
        let mut strace = Command::new("strace");
        strace.args(["-D", "-q", "-s", "40", "-e", "trace=%network,read,write,close"]);
        strace.arg("-o").arg(self.file.path());
        strace.arg("--").arg(command.get_program()).args(command.get_args());
        strace
    }

    /// Waits until a call on a socket that begins with `call` has returned.
    ///
    /// # Errors
    /// When none has within [`PATIENCE`].
    pub fn wait_for(&self, call: &str) -> Result<()> {
        self.read_until(|trace| {
            socket_calls(trace).iter().any(|line| line.starts_with(call))
        })?;
        Ok(())
    }

    /// The calls on sockets, one per line, once the program has ended.
    ///
    /// Descriptors are numbered in the order they came (the listening socket is 3, the
    /// first client 4, as in a program that was started with nothing else open), and
    /// ports are redacted. Left out are the questions (`getsockname`), which change
    /// nothing, how much room was offered for a peer's address (`[128 => 16]` reads
    /// `[16]`), and the call in which the program was ended; all else is as strace
    /// wrote it.
    ///
    /// # Errors
    /// When the program has not ended within [`PATIENCE`].
    pub fn socket_calls(&self) -> Result<String> {
        // The last line says how the program ended.
        let trace = self.read_until(|trace| trace.contains("\n+++ "))?;
        Ok(socket_calls(&trace).join("\n"))
    }

    fn read_until(&self, enough: impl Fn(&str) -> bool) -> Result<String> {
        let mut trace = String::new();
        wait_until("the trace is complete", || {
            trace = fs::read_to_string(self.file.path()).unwrap_or_default();
            enough(&trace)
        })
        .with_context(|| format!("the trace: {trace}"))?;
        Ok(trace)
    }
}

fn socket_calls(trace: &str) -> Vec<String> {
    let mut open = Vec::new();
    trace.lines().filter_map(|line| socket_call(line, &mut open)).collect()
}

/// One line of a trace if it concerns a socket that is open; `open` knows which are,
/// each with the number it is shown by. A call without a result is one that never
/// returned.
fn socket_call(line: &str, open: &mut Vec<(String, usize)>) -> Option<String> {
    let (name, rest) =
        line.split_once('(').filter(|(name, _)| *name != "getsockname")?;
    let (call, result) =
        line.rsplit_once(" = ").filter(|(_, result)| *result != "?")?;
    let call = call.trim_end();
    let subject = rest.split([',', ')']).next()?;
    let shown = open.iter().find(|(fd, _)| fd == subject).map(|(_, shown)| *shown);
    let call = match (name, shown) {
        ("socket", None) => call.to_string(),
        (_, Some(shown)) => call.replacen(subject, &shown.to_string(), 1),
        _ => return None,
    };
    let mut result = result.to_string();
    if matches!(name, "socket" | "accept" | "accept4")
        && result.parse::<usize>().is_ok()
    {
        let taken = |number: &usize| open.iter().any(|(_, shown)| shown == number);
        let number = (3..).find(|number| !taken(number))?;
        open.push((result, number));
        result = number.to_string();
    } else if name == "close" {
        open.retain(|(fd, _)| fd != subject);
    }
    let call = without_ports(&call).replace("[128 => 16]", "[16]");
    Some(format!("{call} = {result}"))
}

/// `htons(54321)` becomes `htons(PORT)`. A test asks for any port, which is 0; a reader
/// who doesn't say gets 4545.
fn without_ports(call: &str) -> String {
    let mut parts = call.split("htons(");
    let mut text = parts.next().unwrap_or_default().to_string();
    for part in parts {
        let (port, rest) = part.split_once(')').unwrap_or((part, ""));
        let port = if port == "0" { "4545" } else { "PORT" };
        text += &format!("htons({port}){rest}");
    }
    text
}

/// The memory of a process that is really in RAM, in kilobytes, proc(5) `VmRSS`.
///
/// # Errors
/// When there is no such process, or no `/proc`.
pub fn memory(process: u32) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.context("no VmRSS")?.trim().trim_end_matches(" kB");
    kilobytes.parse().with_context(|| format!("VmRSS is {kilobytes:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_keeps_the_calls_on_sockets_only() {
        let trace = [
            "close(5) = 0",
            "socket(AF_INET, SOCK_STREAM, 0) = 7",
            "bind(7, {sin_port=htons(0)}, 16)  = 0",
            "write(1, \"x\", 1) = 1",
            "getsockname(7, {sin_port=htons(50000)}, [128 => 16]) = 0",
            "accept4(7, {sin_port=htons(50001)}, [128 => 16], 0) = 9",
            "recvfrom(9, \"9\", 4096, 0, NULL, NULL) = 1",
            "close(9) = 0",
            "accept4(7, 0x1, [16], 0) = ?",
            "accept4(7, <unfinished ...>",
        ];
        assert_eq!(
            socket_calls(&trace.join("\n")),
            [
                "socket(AF_INET, SOCK_STREAM, 0) = 3",
                "bind(3, {sin_port=htons(4545)}, 16) = 0",
                "accept4(3, {sin_port=htons(PORT)}, [16], 0) = 4",
                "recvfrom(4, \"9\", 4096, 0, NULL, NULL) = 1",
                "close(4) = 0",
            ]
        );
    }
}
