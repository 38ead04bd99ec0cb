//! What a figure shows: of a recorded run, or of what nobody can record.
//!
//! The text of a fence says which recording, which part of it, what to leave out, and
//! what its author has to say of single events. The events themselves are the
//! recording's: `tests/record/recording.rs` says how to read one. `diagram.rs` draws.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail, ensure};

use crate::labels::{held, label, name};
use crate::pcap;
use crate::recording::{self, Event, Kind, Recording, lanes};

/// What is to be drawn.
#[derive(Debug, Default)]
pub struct Figure {
    pub title: String,
    /// Of each lane its name, and what is shown for it.
    pub lanes: Vec<(String, String)>,
    pub shown: Vec<Shown>,
    /// What isn't shown of this part of the recording, with how often.
    pub left_out: BTreeMap<String, usize>,
    /// The lines of source by path and number, each with the events it makes, counted
    /// from 1.
    pub source: BTreeMap<(String, usize), Vec<usize>>,
    /// What the recording is called; a drawing has none.
    pub recording: Option<String>,
    pub has_capture: bool,
    /// Which lines of source aren't any more as they were recorded.
    pub outdated: Vec<String>,
}

/// An event, or several that one line of source makes.
#[derive(Debug)]
pub struct Shown {
    pub kind: Kind,
    /// The lanes, counted from the left. Both are the same for what happens in one.
    pub from: usize,
    pub to: usize,
    pub label: String,
    /// The lines of the recording.
    pub lines: Vec<String>,
    /// The author's, in Markdown.
    pub words: Option<String>,
    /// What the kernel held when it was last looked at.
    pub held: String,
    /// What the program has been doing when this comes.
    pub state: &'static str,
}

/// What a fence says.
#[derive(Default)]
struct Fence<'a> {
    recording: Option<&'a str>,
    title: Option<&'a str>,
    lanes: Option<Vec<(&'a str, &'a str)>>,
    /// How the first and the last event that are shown begin.
    from: Option<&'a str>,
    to: Option<&'a str>,
    folds: Vec<&'a str>,
    words: Vec<(&'a str, &'a str)>,
    /// The files whose lines are shown; all, if none is named.
    files: Vec<&'a str>,
}

/// Reads a `drawn` fence, which is written like a recording.
///
/// # Errors
/// When a line can't be understood.
pub fn drawn(source: &str) -> Result<Figure> {
    let recording = recording::parse(source)?;
    let names: Vec<_> = recording.lanes.iter().map(|(name, _)| *name).collect();
    let shown = recording.events.iter().map(|event| {
        let place = |name| names.iter().position(|lane| *lane == name);
        let (from, to) = (place(event.from), place(event.to));
        let (from, to) = (from.unwrap_or_default(), to.unwrap_or_default());
        let Event { kind, text, .. } = *event;
        let (label, held) = (text.into(), String::new());
        Shown { kind, from, to, label, lines: vec![], words: None, held, state: "" }
    });
    let (title, shown) = (recording.title.into(), shown.collect());
    Ok(Figure { title, shown, lanes: owned(&recording.lanes), ..Figure::default() })
}

/// Reads a `recorded` fence; `read` gives the text of a file.
///
/// # Errors
/// When a line can't be understood, or names an event that isn't in the recording.
pub fn recorded(source: &str, read: &dyn Fn(&str) -> Result<String>) -> Result<Figure> {
    let mut fence = Fence::default();
    for (index, line) in source.lines().enumerate().filter(|(_, line)| !line.is_empty())
    {
        let blame = || format!("line {} of the figure, `{line}`", index + 1);
        fence.add(line).with_context(blame)?;
    }
    let name = fence.recording.context("no line `recording: NAME`")?;
    let path = path(name);
    let text = read(&path)?;
    let recording = recording::parse(&text).with_context(|| path.clone())?;
    let figure = fence.choose(&recording).context(path)?;
    let has_capture = pcap::capture(&recording).is_ok();
    Ok(Figure { has_capture, outdated: outdated(name, &recording, read), ..figure })
}

/// Where the recording of that name is.
pub fn path(name: &str) -> String {
    format!("tests/recordings/{name}.rec")
}

fn outdated(
    name: &str,
    recording: &Recording,
    read: &dyn Fn(&str) -> Result<String>,
) -> Vec<String> {
    let changed = recording.source.iter().filter_map(|(path, number, recorded)| {
        // A handout has no solutions.
        let file = read(path).ok()?;
        let line = file.lines().nth(number - 1).unwrap_or_default().trim();
        (line != *recorded).then(|| {
            format!(
                "this figure is of a run of another program: {path}:{number} was \
                 `{recorded}` and is `{line}`. Record it anew: INSTA_UPDATE=always \
                 cargo test -p record -- --ignored {name}"
            )
        })
    });
    changed.collect()
}

fn owned(lanes: &[(&str, &str)]) -> Vec<(String, String)> {
    lanes.iter().map(|(name, shown)| ((*name).into(), (*shown).into())).collect()
}

impl<'a> Fence<'a> {
    fn add(&mut self, line: &'a str) -> Result<()> {
        let (head, rest) = line.split_once(": ").context("there is no `: `")?;
        match head.split_once(' ').unwrap_or((head, "")) {
            ("recording", "") => self.recording = Some(rest),
            ("title", "") => self.title = Some(rest),
            ("lanes", "") => self.lanes = Some(lanes(rest)),
            ("from", "") => self.from = Some(rest),
            ("to", "") => self.to = Some(rest),
            ("fold", "") => self.folds.push(rest),
            ("files", "") => self.files = rest.split(' ').collect(),
            ("say", event) => self.words.push((event, rest)),
            _ => bail!(
                "expected `recording`, `title`, `lanes`, `from`, `to`, `fold`, \
                        `files`, or `say EVENT`"
            ),
        }
        Ok(())
    }

    fn choose(&self, recording: &Recording) -> Result<Figure> {
        let chosen = self.lanes.as_ref().unwrap_or(&recording.lanes);
        for (name, _) in chosen {
            let is_lane = recording.lanes.iter().any(|(lane, _)| lane == name);
            ensure!(is_lane, "no lane is called `{name}`");
        }
        // Clients that do nothing in this part of the recording have no lane.
        let (first, last) = self.part(&recording.events)?;
        let part = &recording.events[first..=last];
        let does =
            |lane| part.iter().any(|event| event.from == lane || event.to == lane);
        let is_shown =
            |(lane, _): &&_| matches!(*lane, "kernel" | "program") || does(*lane);
        let chosen: Vec<_> = chosen.iter().filter(is_shown).copied().collect();
        let mut figure = Figure {
            title: capitalized(self.title.unwrap_or(recording.title)),
            lanes: owned(&chosen),
            recording: self.recording.map(Into::into),
            ..Figure::default()
        };
        let has_program = chosen.iter().any(|(lane, _)| *lane == "program");
        let mut words = self.words.iter().peekable();
        let mut folds = self.folds.clone();
        let mut program = Program::of(recording);
        for (index, event) in recording.events.iter().enumerate() {
            let state = if has_program { program.state() } else { "" };
            program.see(event);
            if !(first..=last).contains(&index) || program.is_plain(event) {
                continue;
            }
            if let Some(fold) =
                self.folds.iter().find(|fold| event.text.starts_with(**fold))
            {
                folds.retain(|other| other != fold);
                if event.kind == Kind::Call {
                    *figure.left_out.entry(name(event.text).into()).or_default() += 1;
                    program.folds();
                }
                continue;
            }
            if !figure.add(event, program.held.clone(), state) {
                continue;
            }
            if let Some((_, text)) = words.next_if(|(it, _)| event.text.starts_with(it))
            {
                let last = figure.shown.last_mut().context("nothing is shown")?;
                ensure!(
                    last.words.is_none(),
                    "`{text}` is said of an event with words"
                );
                last.words = Some((*text).into());
            }
            figure.name_source(event, recording, &self.files);
        }
        if let Some((event, _)) = words.next() {
            bail!(
                "`say {event}`: no event that is shown begins so, behind those before"
            );
        }
        ensure!(folds.is_empty(), "`fold`: no event begins with {folds:?}");
        ensure!(!figure.shown.is_empty(), "nothing is shown");
        Ok(figure)
    }

    /// Returns the places of the first event and of the last.
    fn part(&self, events: &[Event]) -> Result<(usize, usize)> {
        let find = |begin: &str, from: usize| {
            let is_it = |event: &Event| event.text.starts_with(begin);
            let found = events.iter().skip(from).position(is_it);
            found.map(|at| at + from).with_context(|| format!("no event is `{begin}`"))
        };
        let first = self.from.map_or(Ok(0), |begin| find(begin, 0))?;
        let last = self.to.map_or(Ok(events.len() - 1), |begin| find(begin, first))?;
        Ok((first, last))
    }
}

impl Figure {
    /// Adds an event, unless it's in a lane that isn't shown. What the same line of
    /// source calls one after the other is one event.
    fn add(&mut self, event: &Event, held: String, state: &'static str) -> bool {
        let place = |name| self.lanes.iter().position(|(lane, _)| lane == name);
        let (Some(from), Some(to)) = (place(event.from), place(event.to)) else {
            return false;
        };
        let line = line(event);
        if let Some(last) = self.shown.last_mut()
            && (last.kind, event.kind) == (Kind::Call, Kind::Call)
            && last.lines.last().is_some_and(|other| is_made_at(other, event))
        {
            last.lines.push(line);
            last.label = together(&last.lines);
            return true;
        }
        let (lines, label) = (vec![line], label(event, self.is_alone()));
        let Event { kind, .. } = *event;
        self.shown.push(Shown {
            kind,
            from,
            to,
            label,
            lines,
            words: None,
            held,
            state,
        });
        true
    }

    fn is_alone(&self) -> bool {
        let others =
            self.lanes.iter().filter(|(it, _)| it != "kernel" && it != "program");
        others.count() == 1
    }

    /// Remembers which line of source made the last event: the innermost one of those
    /// files.
    fn name_source(&mut self, event: &Event, recording: &Recording, files: &[&str]) {
        let named = event.made_at.iter().filter_map(|place| place.split_once(':'));
        let mut named =
            named.filter(|(file, _)| files.is_empty() || files.contains(file));
        let Some((file, number)) = named.next() else { return };
        let is_it = |(path, line, _): &&(&str, usize, &str)| {
            path.rsplit('/').next() == Some(file) && line.to_string() == number
        };
        if let Some((path, line, _)) = recording.source.iter().find(is_it) {
            let numbers = self.source.entry(((*path).into(), *line)).or_default();
            numbers.push(self.shown.len());
            numbers.dedup();
        }
    }
}

/// What is known of the program and the kernel as a recording goes on.
struct Program<'a> {
    /// In how many calls its threads are, and in how many they are when all wait.
    calls: usize,
    threads: usize,
    is_there: bool,
    /// The last call, and whether it isn't shown.
    call: &'a str,
    is_folded: bool,
    /// What the kernel holds: of `waiting` and of each client.
    holds: Vec<(&'a str, &'a str)>,
    held: String,
}

impl<'a> Program<'a> {
    fn of(recording: &Recording) -> Self {
        let (mut calls, mut threads) = (0, 0);
        for event in &recording.events {
            calls += usize::from(event.kind == Kind::Call);
            calls -= usize::from(event.kind == Kind::Return);
            threads = threads.max(calls);
        }
        let (call, held, holds) = ("", String::new(), Vec::new());
        Self { calls: 0, threads, is_there: false, call, is_folded: false, holds, held }
    }

    fn state(&self) -> &'static str {
        match (self.is_there, self.calls == self.threads) {
            (false, _) => "",
            (true, true) => "waits called",
            (true, false) => "runs",
        }
    }

    fn see(&mut self, event: &Event<'a>) {
        match (event.kind, event.from) {
            (Kind::Call, _) => {
                self.calls += 1;
                (self.call, self.is_there, self.is_folded) = (event.text, true, false);
            }
            (Kind::Return, _) => self.calls -= 1,
            (Kind::Note, "kernel") => self.hold(event.text),
            (Kind::Note, "program") if is_end(event.text) => {
                (self.is_there, self.calls) = (false, 0);
            }
            _ => {}
        }
    }

    fn hold(&mut self, changes: &'a str) {
        for change in changes.split(", ") {
            let (name, state) = change.split_once(' ').unwrap_or((change, ""));
            self.holds.retain(|(other, _)| *other != name);
            if state != "gone" && change != "waiting 0" {
                self.holds.push((name, state));
            }
        }
        let told: Vec<_> =
            self.holds.iter().map(|(name, state)| held(name, state)).collect();
        self.held = told.join("; ");
    }

    fn folds(&mut self) {
        self.is_folded = true;
    }

    /// Whether an event needs no arrow: a return that brings nothing, and what a client
    /// does that is seen on the wire at once.
    fn is_plain(&self, event: &Event) -> bool {
        let (text, call) = (event.text, name(self.call));
        match event.kind {
            Kind::Return => {
                let brings = matches!(call, "accept4" | "accept" | "recvfrom" | "read");
                self.is_folded || !(brings || text.starts_with('-'))
            }
            Kind::Note => {
                matches!(text, "connect" | "close" | "reset")
                    || text.starts_with("send ")
            }
            _ => false,
        }
    }
}

fn capitalized(title: &str) -> String {
    title
        .chars()
        .take(1)
        .flat_map(char::to_uppercase)
        .chain(title.chars().skip(1))
        .collect()
}

fn is_end(text: &str) -> bool {
    text.starts_with("exited with") || text.starts_with("killed by")
}

/// The event as the recording has it.
fn line(event: &Event) -> String {
    let at = event.made_at.join(" < ");
    let at = if at.is_empty() { at } else { format!("  @ {at}") };
    format!("{}{at}", event.text)
}

/// Whether the call in this line was made where the event was.
fn is_made_at(line: &str, event: &Event) -> bool {
    line.rsplit_once("  @ ").is_some_and(|(_, at)| at == event.made_at.join(" < "))
}

/// The names of calls: `socket, bind, write ×3`.
fn together(calls: &[String]) -> String {
    let mut names: Vec<(&str, usize)> = Vec::new();
    for call in calls.iter().map(|call| name(call)) {
        match names.last_mut() {
            Some((last, times)) if *last == call => *times += 1,
            _ => names.push((call, 1)),
        }
    }
    let told = names.iter().map(|(name, times)| match times {
        1 => (*name).to_owned(),
        _ => format!("{name} ×{times}"),
    });
    told.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use anyhow::{Result, bail};

    use super::{Figure, drawn, recorded};

    const RECORDING: &str = "title: a page\n\
        lanes: client | other | kernel | program = step04\n\n\
        program -> kernel: socket(AF_INET)  @ main.rs:1\nkernel --> program: 3\n\
        program -> kernel: listen(3, 128)  @ main.rs:1\nkernel --> program: 0\n\
        program -> kernel: accept4(3)  @ main.rs:2\n\
        client: connect\nclient ~> kernel: SYN seq 0\nclient: connected\n\
        kernel --> program: 4, for client\n\
        program -> kernel: write(1, \"a\", 1)  @ main.rs:3\nkernel --> program: 1\n\
        program -> kernel: close(4)  @ lib.rs:7 < main.rs:4\n\
        kernel ~> client: FIN seq 1\nkernel --> program: 0\n\
        kernel: client FIN_WAIT\nprogram: exited with 0\nother: connect\n\n\
        source: s/main.rs:1: bind()\nsource: s/lib.rs:7: drop()\n";

    fn read(path: &str) -> Result<String> {
        match path {
            "tests/recordings/page.rec" => Ok(RECORDING.into()),
            "s/main.rs" => Ok("    bind()\n".into()),
            "s/lib.rs" => Ok("\n\n\n\n\n\nclose()\n".into()),
            _ => bail!("there is no {path}"),
        }
    }

    /// Of each event the program's state, what is said at the arrow, and about it.
    fn events(figure: &Figure) -> Vec<String> {
        let shown = figure.shown.iter().map(|event| {
            let words = event.words.as_deref().unwrap_or_default();
            format!("{}|{}|{words}|{}", event.state, event.label, event.held)
        });
        shown.collect()
    }

    #[test]
    fn what_is_shown_is_the_recordings() -> Result<()> {
        let fence =
            "recording: page\nto: exited\nfold: write(1\nsay 4, for: **It** is in.";
        let figure = recorded(fence, &read)?;
        assert_eq!(
            events(&figure),
            [
                "|socket, listen||",
                "runs|accept4(3)||",
                "waits called|SYN||",
                "waits called|connected||",
                "waits called|4, for client|**It** is in.|",
                "runs|close(4)||",
                "waits called|FIN||",
                "runs|FIN_WAIT||client: FIN_WAIT",
                "runs|exited with 0||client: FIN_WAIT",
            ]
        );
        assert_eq!(figure.title, "A page");
        assert_eq!(
            figure.left_out.into_iter().collect::<Vec<_>>(),
            [("write".into(), 1)]
        );
        assert_eq!(figure.source[&("s/main.rs".into(), 1)], [1]);
        assert_eq!(figure.source[&("s/lib.rs".into(), 7)], [6]);

        let part = recorded(
            "recording: page\ntitle: T\nlanes: client | kernel = a server\nfrom: SYN\n\
             to: FIN seq",
            &read,
        )?;
        assert_eq!(events(&part), ["|SYN||", "|connected||", "|FIN||"]);
        Ok(())
    }

    #[test]
    fn what_is_said_must_be_there() {
        for (line, error) in [
            ("recording: other", "there is no tests/recordings/other.rec"),
            ("what", "line 2 of the figure, `what`: there is no `: `"),
            ("client: x", "line 2 of the figure, `client: x`: expected `recording`, "),
            ("from: close(5", "tests/recordings/page.rec: no event is `close(5`"),
            ("from: FIN\nto: SYN", "tests/recordings/page.rec: no event is `SYN`"),
            ("fold: read(", "tests/recordings/page.rec: `fold`: no event begins with "),
            (
                "say FIN: x\nsay SYN: y",
                "tests/recordings/page.rec: `say SYN`: no event",
            ),
            ("lanes: you", "tests/recordings/page.rec: no lane is called `you`"),
        ] {
            let refused = recorded(&format!("recording: page\n{line}"), &read);
            let refused = format!("{:#}", refused.unwrap_err());
            assert!(refused.starts_with(error), "{refused}");
        }
    }

    #[test]
    fn a_recording_of_another_program_is_outdated() -> Result<()> {
        let figure = recorded("recording: page", &read)?;
        let [told] = &figure.outdated[..] else { bail!("{:?}", figure.outdated) };
        assert!(told.contains("s/lib.rs:7 was `drop()` and is `close()`"), "{told}");
        Ok(())
    }

    #[test]
    fn a_drawing_is_as_it_is_written() -> Result<()> {
        let figure = drawn("title: T\nlanes: a | b\na ~>x b: SYN seq 0\nb: waits\n")?;
        assert_eq!(events(&figure), ["|SYN seq 0||", "|waits||"]);
        assert_eq!((figure.shown[0].from, figure.shown[0].to), (0, 1));
        assert!(figure.recording.is_none());
        Ok(())
    }
}
