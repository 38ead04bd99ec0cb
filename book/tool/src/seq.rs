//! A sequence diagram: who says what to whom, from top to bottom.
//!
//! This reads the text of a fence, and holds it against a trace: what it says a program
//! asks of its kernel must be in one that a test has pinned. `diagram.rs` shows it.

use anyhow::{Context, Result, bail, ensure};

/// What a fence says.
#[derive(Debug, Default)]
pub struct Diagram<'a> {
    pub title: &'a str,
    pub lanes: Vec<Lane<'a>>,
    pub events: Vec<Event<'a>>,
    /// The trace's path. Lines of the source are for errors to point at.
    calls: Option<(String, &'a str)>,
    /// What the program asks of the kernel.
    asked: Vec<(String, &'a str)>,
}

/// Somebody who talks or is talked to.
#[derive(Debug)]
pub struct Lane<'a> {
    pub name: &'a str,
    pub shown: &'a str,
}

/// Something that happens, and in which lanes, counted from the left.
#[derive(Debug)]
pub struct Event<'a> {
    pub kind: Kind,
    pub from: usize,
    /// The same as `from` for a note.
    pub to: usize,
    pub label: &'a str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Note,
    Call,
    Return,
    Network,
    Lost,
}

/// Reads the text of a `seq` fence; `traces` gives the body of the snapshot that
/// `calls:` names.
///
/// # Errors
/// When a line cannot be understood, and when the program does not make the calls that
/// the diagram shows.
pub fn read<'a>(
    source: &'a str,
    traces: &dyn Fn(&str) -> Result<String>,
) -> Result<Diagram<'a>> {
    let mut diagram = Diagram::default();
    for (index, text) in source.lines().enumerate() {
        let text = text.trim();
        let line = format!("line {} of the diagram, `{text}`", index + 1);
        if !text.is_empty() {
            diagram.add(&line, text).context(line)?;
        }
    }
    ensure!(!diagram.title.is_empty(), "the diagram has no line `title: …`");
    ensure!(!diagram.lanes.is_empty(), "the diagram has no line `lanes: …`");
    ensure!(!diagram.events.is_empty(), "nothing happens in the diagram");
    diagram.check(traces)?;
    Ok(diagram)
}

impl<'a> Diagram<'a> {
    fn add(&mut self, line: &str, text: &'a str) -> Result<()> {
        let (head, rest) = text.split_once(':').context("there is no `:`")?;
        let (head, label) = (head.trim(), rest.trim());
        ensure!(!label.is_empty(), "nothing stands behind the `:`");
        match head {
            "title" => self.title = label,
            "lanes" => self.lanes = lanes(label)?,
            "calls" => self.calls = Some((line.into(), label)),
            _ => {
                let (kind, from, to) = self.what(head)?;
                let is_asked = self.lanes[from].name == "program"
                    && self.lanes[to].name == "kernel"
                    && kind == Kind::Call;
                self.asked.extend(is_asked.then(|| (line.into(), label)));
                self.events.push(Event { kind, from, to, label });
            }
        }
        Ok(())
    }

    /// What stands before the `:` of something that happens.
    fn what(&self, head: &str) -> Result<(Kind, usize, usize)> {
        let words: Vec<&str> = head.split_whitespace().collect();
        let (from, kind, to) = match words[..] {
            ["note", lane] => {
                let lane = self.lane(lane)?;
                return Ok((Kind::Note, lane, lane));
            }
            [from, "->", to] => (from, Kind::Call, to),
            [from, "-->", to] => (from, Kind::Return, to),
            [from, "~>", to] => (from, Kind::Network, to),
            [from, "~>x", to] => (from, Kind::Lost, to),
            _ => bail!(
                "expected `note LANE:`, or two lanes with `->`, `-->`, `~>` or `~>x` \
                 between"
            ),
        };
        let (from, to) = (self.lane(from)?, self.lane(to)?);
        ensure!(from != to, "an arrow goes from one lane to another");
        Ok((kind, from, to))
    }

    fn lane(&self, name: &str) -> Result<usize> {
        let found = self.lanes.iter().position(|lane| lane.name == name);
        found.with_context(|| format!("no lane is called `{name}`"))
    }

    /// Looks for each call of the program in the trace, behind the one before.
    fn check(&self, traces: &dyn Fn(&str) -> Result<String>) -> Result<()> {
        let (line, path) = match (self.asked.first(), &self.calls) {
            (Some(_), Some(calls)) => calls,
            (Some((line, _)), None) => bail!("{line}: no `calls:` proves it"),
            (None, Some((line, _))) => bail!("{line}: no call needs it"),
            (None, None) => return Ok(()),
        };
        let trace = traces(path).context(line.clone())?;
        let made: Vec<&str> = trace.lines().filter_map(made_call).collect();
        let mut left = made.iter();
        for (line, label) in &self.asked {
            for name in names(label) {
                ensure!(
                    left.any(|made| same(made) == same(name)),
                    "{line}: `{name}` is not among the calls that follow in {path}, \
                     which has: {}",
                    made.join(" ")
                );
            }
        }
        Ok(())
    }
}

fn lanes(list: &str) -> Result<Vec<Lane<'_>>> {
    let lanes: Vec<Lane> = list
        .split('|')
        .map(|lane| {
            let (name, shown) = lane.split_once('=').unwrap_or((lane, lane));
            Lane { name: name.trim(), shown: shown.trim() }
        })
        .collect();
    ensure!((2..=4).contains(&lanes.len()), "a diagram has two, three or four lanes");
    for (index, lane) in lanes.iter().enumerate() {
        let name = lane.name;
        ensure!(!name.is_empty() && !lane.shown.is_empty(), "a lane has no name");
        ensure!(!name.contains(char::is_whitespace), "`{name}` is not one word");
        let before = lanes.iter().take(index).any(|other| other.name == name);
        ensure!(!before, "two lanes are called `{name}`");
    }
    Ok(lanes)
}

/// The name of the call in a line of a trace: `bind` in `bind(3, …) = 0`.
fn made_call(line: &str) -> Option<&str> {
    let (name, _) = line.split_once('(')?;
    (!name.is_empty() && name.chars().all(is_of_a_name)).then_some(name)
}

/// The names of the calls in a label: `socket` and `bind` in `socket, bind(127.0.0.1,
/// 80)`.
fn names(label: &str) -> Vec<&str> {
    let mut depth = 0;
    let of_one = |character: char| {
        depth += i32::from(character == '(') - i32::from(character == ')');
        character == ',' && depth == 0
    };
    let calls = label.split(of_one).map(str::trim_start);
    calls.filter_map(|call| call.split(|sign| !is_of_a_name(sign)).next()).collect()
}

fn is_of_a_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

/// One name for calls that are the same to a reader, who looks them up in section 2 of
/// the manual.
fn same(name: &str) -> &str {
    match name {
        // accept(2) is about both: accept4 takes flags besides, and Rust's std sets
        // one.
        "accept4" => "accept",
        // recv(2): recv is recvfrom for those who know the sender already, and the C
        // library makes the one from the other. On a socket, read(2) is recv without
        // flags.
        "recvfrom" | "read" => "recv",
        // send(2), likewise.
        "sendto" | "write" => "send",
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use anyhow::{Result, bail};

    use super::read;

    const TRACE: &str = "socket(AF_INET, SOCK_STREAM) = 3\nbind(3, …) = 0\n\
                         listen(3, 5) = 0\n\
                         accept4(3, …) = 4\nrecvfrom(4, \"GET\", 4096) = 3\n\
                         close(4) = 0\n";

    const HEAD: &str = "title: T & co\nlanes: client | kernel | program = step02\n";

    fn trace(path: &str) -> Result<String> {
        match path {
            "trace.snap" => Ok(TRACE.into()),
            _ => bail!("there is no {path}"),
        }
    }

    fn refused(source: &str) -> String {
        format!("{:#}", read(source, &trace).unwrap_err())
    }

    #[test]
    fn the_program_makes_the_calls_it_is_shown_to_make() {
        let diagram = |calls: &str| format!("{HEAD}calls: trace.snap\n{calls}");
        for calls in [
            "program -> kernel: socket, bind",
            "program -> kernel: bind(3, 80)\nprogram -> kernel: accept\n",
            "program -> kernel: accept again\nprogram -> kernel: recv(4, 4096), close",
            "program -> kernel: read",
        ] {
            assert!(read(&diagram(calls), &trace).is_ok(), "{calls}");
        }
        let error = refused(&diagram("program -> kernel: bind, socket"));
        assert_eq!(
            error,
            "line 4 of the diagram, `program -> kernel: bind, socket`: `socket` is not \
             among the calls that follow in trace.snap, which has: socket bind listen \
             accept4 recvfrom close"
        );
        let error =
            refused(&diagram("program -> kernel: close\nprogram -> kernel: close"));
        assert!(error.starts_with("line 5 of the diagram"), "{error}");
        assert!(
            refused(&diagram("program -> kernel: send"))
                .contains("`send` is not among")
        );
    }

    #[test]
    fn errors_name_the_line() {
        let cases = [
            ("", "the diagram has no line `title: …`"),
            ("title: T", "the diagram has no line `lanes: …`"),
            ("title: T\nlanes: a | b", "nothing happens in the diagram"),
            (
                "title:",
                "line 1 of the diagram, `title:`: nothing stands behind the `:`",
            ),
            ("title: T\nwhat", "line 2 of the diagram, `what`: there is no `:`"),
            (
                "lanes: a b | c",
                "line 1 of the diagram, `lanes: a b | c`: `a b` is not one word",
            ),
            (
                "lanes: a | a",
                "line 1 of the diagram, `lanes: a | a`: two lanes are called `a`",
            ),
            ("lanes: a |", "line 1 of the diagram, `lanes: a |`: a lane has no name"),
            (
                "lanes: a | b | c | d | e",
                "line 1 of the diagram, `lanes: a | b | c | d | e`: a diagram has two, \
                 three or four lanes",
            ),
            (
                "title: T\nlanes: a | b\na ~> c: x",
                "line 3 of the diagram, `a ~> c: x`: no lane is called `c`",
            ),
            (
                "title: T\nlanes: a | b\na -> a: x",
                "line 3 of the diagram, `a -> a: x`: an arrow goes from one lane to \
                 another",
            ),
            (
                "title: T\nlanes: a | b\n\na => b: x",
                "line 4 of the diagram, `a => b: x`: expected `note LANE:`, or two \
                 lanes with `->`, `-->`, `~>` or `~>x` between",
            ),
            (
                "title: T\nlanes: a | b\ncalls: trace.snap\na ~> b: x",
                "line 3 of the diagram, `calls: trace.snap`: no call needs it",
            ),
            (
                "title: T\nlanes: kernel | program\nprogram -> kernel: bind",
                "line 3 of the diagram, `program -> kernel: bind`: no `calls:` proves \
                 it",
            ),
            (
                "title: T\nlanes: kernel | program\ncalls: no.snap\n\
                 program -> kernel: bind",
                "line 3 of the diagram, `calls: no.snap`: there is no no.snap",
            ),
        ];
        for (source, error) in cases {
            assert_eq!(refused(source), error);
        }
    }
}
