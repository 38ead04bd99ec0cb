//! What strace(1) wrote, with `-f` and perhaps `-k`, as calls.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// A system call, or what strace says of a process (then the name is `+++` or `---`).
#[derive(Debug, Default)]
pub struct Call {
    pub time: u64,
    pub thread: u32,
    pub name: String,
    pub arguments: String,
    /// What it returned, and when at the latest: just before the line that follows in
    /// the trace. What a call causes comes before its return.
    pub returned: Option<(String, u64)>,
    /// Where it was made, the innermost line first: path below the root, and number.
    pub lines: Vec<String>,
    stack: Vec<u64>,
    is_whole: bool,
}

/// Returns the calls from the first `socket` on.
pub fn calls(trace: &str, program: Option<&Path>, root: &Path) -> Result<Vec<Call>> {
    let mut calls = parse(trace, program)?;
    let first = calls.iter().position(|call| call.name == "socket");
    calls.drain(..first.context("the program opens no socket")?);
    if let Some(program) = program {
        let addresses = calls.iter().flat_map(|call| call.stack.clone()).collect();
        let lines = source_lines(program, root, &addresses)?;
        for call in &mut calls {
            call.lines = call.stack.iter().flat_map(|at| lines[at].clone()).collect();
            call.lines.dedup();
        }
    }
    Ok(calls)
}

fn parse(trace: &str, program: Option<&Path>) -> Result<Vec<Call>> {
    let mut calls: Vec<Call> = Vec::new();
    // The call that the last line was about, and whether that line had its return.
    let (mut at, mut has_returned) = (0, false);
    for line in trace.lines() {
        if line.starts_with(" > ") {
            calls[at].stack.extend(program.and_then(|program| frame(line, program)));
            continue;
        }
        let (thread, time, text) = columns(line).context(line.to_string())?;
        if has_returned && let Some((_, latest)) = &mut calls[at].returned {
            *latest = time - 1;
        }
        at = calls.len();
        let resumed =
            text.strip_prefix("<... ").and_then(|it| it.split_once(" resumed>"));
        if let Some((_, rest)) = resumed {
            let is_its = |call: &Call| call.thread == thread && !call.is_whole;
            at = calls.iter().rposition(is_its).context("nothing to resume")?;
            calls[at].arguments += rest;
        } else {
            let begun = text.split_once(['(', ' ']).context(line.to_string())?;
            let (name, arguments) = (begun.0.into(), begun.1.into());
            calls.push(Call { time, thread, name, arguments, ..Call::default() });
        }
        has_returned = calls[at].complete();
    }
    Ok(calls)
}

impl Call {
    /// Tells arguments from result, if this was the last of the call.
    fn complete(&mut self) -> bool {
        if let Some(begun) = self.arguments.strip_suffix(" <unfinished ...>") {
            self.arguments = begun.into();
            return false;
        }
        self.is_whole = true;
        let Some((call, result)) = self.arguments.rsplit_once(" = ") else {
            return false;
        };
        let (call, result) = (call.trim_end(), result.to_string());
        self.arguments = call.strip_suffix(')').unwrap_or(call).into();
        let has_returned = !result.starts_with('?');
        self.returned = has_returned.then_some((result, u64::MAX));
        has_returned
    }
}

/// `14276 1795721106.648403005 accept4(…`: thread, time in nanoseconds, the rest.
fn columns(line: &str) -> Option<(u32, u64, &str)> {
    let (thread, rest) = line.split_once(' ')?;
    let (time, text) = rest.trim_start().split_once(' ')?;
    let (seconds, nanoseconds) = time.split_once('.')?;
    let time = format!("{seconds}{nanoseconds:0<9}").parse().ok()?;
    Some((thread.parse().ok()?, time, text))
}

/// ` > /…/step04(step04::main+0x220) [0x21980]`: where the call returns to, if that's
/// in the program itself.
fn frame(line: &str, program: &Path) -> Option<u64> {
    let rest = line.strip_prefix(" > ")?.strip_prefix(program.to_str()?)?;
    let (_, address) = rest.strip_prefix('(')?.rsplit_once("[0x")?;
    u64::from_str_radix(address.strip_suffix(']')?, 16).ok()
}

/// Asks addr2line(1) for the lines of our own files, those of inlined functions too.
///
/// Each address is the one after the call. strace has offsets in the file; as the
/// program was linked for this, they are the addresses.
fn source_lines(
    program: &Path,
    root: &Path,
    addresses: &BTreeSet<u64>,
) -> Result<BTreeMap<u64, Vec<String>>> {
    let mut command = Command::new("addr2line");
    command.args(["-a", "-i", "-e"]).arg(program);
    command.args(addresses.iter().map(|address| format!("{:#x}", address - 1)));
    let output = command.output().context("addr2line")?;
    ensure!(output.status.success(), "addr2line: {output:?}");
    let mut found: BTreeMap<u64, Vec<String>> = BTreeMap::new();
    let mut address = 0;
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        if let Some(number) = line.strip_prefix("0x") {
            address = u64::from_str_radix(number, 16)? + 1;
            found.entry(address).or_default();
        } else if let Ok(path) = Path::new(line).strip_prefix(root)
            && !path.starts_with("target")
        {
            let line = path.to_string_lossy().replace("answers/../", "");
            let line = line.split(" (discriminator").next().unwrap_or_default();
            found.entry(address).or_default().push(line.into());
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_of_two_threads_are_put_together() -> Result<()> {
        let trace = "7 1.000000001 close(3) = 0\n\
                     7 1.000000010 socket(AF_INET, 0) = 3\n \
                     > /bin/step04(main+0x1) [0x2f]\n \
                     > /lib/libc.so(main+0x1) [0x2f]\n\
                     8 1.000000020 accept4(3,  <unfinished ...>\n\
                     7 1.000000030 write(1, \"a = (b\", 6)  = 6\n\
                     8 1.000000040 <... accept4 resumed>NULL, NULL) = -1 EIO (why)\n\
                     7 1.000000050 read(0, 0x1, 2) = ? ERESTARTSYS (To be)\n\
                     7 1.000000060 +++ killed by SIGKILL +++\n";
        let calls = parse(trace, Some(Path::new("/bin/step04")))?;
        let shown: Vec<_> = calls
            .iter()
            .map(|it| {
                let returned = it.returned.clone().unwrap_or_default();
                format!("{}({}) {returned:?} {:?}", it.name, it.arguments, it.stack)
            })
            .collect();
        assert_eq!(
            shown,
            [
                "close(3) (\"0\", 1000000009) []",
                "socket(AF_INET, 0) (\"3\", 1000000019) [47]",
                "accept4(3, NULL, NULL) (\"-1 EIO (why)\", 1000000049) []",
                "write(1, \"a = (b\", 6) (\"6\", 1000000039) []",
                "read(0, 0x1, 2) (\"\", 0) []",
                "+++(killed by SIGKILL +++) (\"\", 0) []",
            ]
        );
        Ok(())
    }
}
