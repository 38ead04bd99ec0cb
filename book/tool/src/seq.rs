//! A sequence diagram: who says what to whom, from top to bottom.
//!
//! The source, its picture and its text alternative say the same, because both are made
//! from it; and what it says a program asks of its kernel must be in a trace that a
//! test has pinned.

use std::fmt::Write;

use anyhow::{Context, Result, bail, ensure};

use crate::html::escape;
use crate::text::{sentence, widest, width, wrap};

/// The `<figure>` for the text of a `seq` fence. `id` is unlike that of anything else
/// on the page; `traces` gives the body of the snapshot that `calls:` names.
///
/// # Errors
/// When a line cannot be understood, when a word has no room, and when the program does
/// not make the calls that the diagram shows.
pub fn svg(
    source: &str,
    id: &str,
    traces: &dyn Fn(&str) -> Result<String>,
) -> Result<String> {
    let diagram = Diagram::parse(source)?;
    diagram.check(traces)?;
    diagram.figure(id)
}

/// What a fence says.
struct Diagram<'a> {
    title: &'a str,
    lanes: Vec<Lane<'a>>,
    /// The line that names the trace, and the trace's path.
    calls: Option<(Line<'a>, &'a str)>,
    events: Vec<Event<'a>>,
}

/// Somebody who talks or is talked to.
struct Lane<'a> {
    name: &'a str,
    shown: &'a str,
}

/// Something that happens.
struct Event<'a> {
    line: Line<'a>,
    what: What,
    label: &'a str,
}

/// What happens, and in which lanes, counted from the left.
#[derive(Clone, Copy)]
enum What {
    Note(usize),
    Arrow { kind: Kind, from: usize, to: usize },
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Call,
    Return,
    Network,
    Lost,
}

/// A line of the source, for errors to point at.
#[derive(Clone, Copy)]
struct Line<'a> {
    number: usize,
    text: &'a str,
}

impl Line<'_> {
    fn blame(self) -> String {
        format!("line {} of the diagram, `{}`", self.number, self.text)
    }
}

// Understanding the source.

impl<'a> Diagram<'a> {
    fn parse(source: &'a str) -> Result<Self> {
        let mut diagram =
            Self { title: "", lanes: Vec::new(), calls: None, events: Vec::new() };
        for (index, text) in source.lines().enumerate() {
            let line = Line { number: index + 1, text: text.trim() };
            if !line.text.is_empty() {
                diagram.add(line).with_context(|| line.blame())?;
            }
        }
        ensure!(!diagram.title.is_empty(), "the diagram has no line `title: …`");
        ensure!(!diagram.lanes.is_empty(), "the diagram has no line `lanes: …`");
        ensure!(!diagram.events.is_empty(), "nothing happens in the diagram");
        Ok(diagram)
    }

    fn add(&mut self, line: Line<'a>) -> Result<()> {
        let (head, rest) = line.text.split_once(':').context("there is no `:`")?;
        let (head, rest) = (head.trim(), rest.trim());
        ensure!(!rest.is_empty(), "nothing stands behind the `:`");
        match head {
            "title" => self.title = rest,
            "lanes" => self.lanes = lanes(rest)?,
            "calls" => self.calls = Some((line, rest)),
            _ => {
                let what = self.what(head)?;
                self.events.push(Event { line, what, label: rest });
            }
        }
        Ok(())
    }

    /// What stands before the `:` of something that happens.
    fn what(&self, head: &str) -> Result<What> {
        let words: Vec<&str> = head.split_whitespace().collect();
        let (from, kind, to) = match words[..] {
            ["note", lane] => return Ok(What::Note(self.lane(lane)?)),
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
        Ok(What::Arrow { kind, from, to })
    }

    fn lane(&self, name: &str) -> Result<usize> {
        let found = self.lanes.iter().position(|lane| lane.name == name);
        found.with_context(|| format!("no lane is called `{name}`"))
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

// Holding it against what a test has seen.

impl Diagram<'_> {
    /// Looks for each call of the program in the trace, behind the one before.
    fn check(&self, traces: &dyn Fn(&str) -> Result<String>) -> Result<()> {
        let Some(first) = self.events.iter().find(|event| self.is_call(event)) else {
            return match self.calls {
                Some((line, _)) => bail!("{}: no call needs it", line.blame()),
                None => Ok(()),
            };
        };
        let (line, path) = self.calls.with_context(|| {
            format!("{}: no `calls:` proves it", first.line.blame())
        })?;
        let trace = traces(path).with_context(|| line.blame())?;
        let made: Vec<&str> = trace.lines().filter_map(made_call).collect();
        let mut left = made.iter();
        for event in self.events.iter().filter(|event| self.is_call(event)) {
            for name in names(event.label) {
                ensure!(
                    left.any(|made| same(made) == same(name)),
                    "{}: `{name}` is not among the calls that follow in {path}, which \
                     has: {}",
                    event.line.blame(),
                    made.join(" ")
                );
            }
        }
        Ok(())
    }

    /// Whether the program asks something of the kernel.
    fn is_call(&self, event: &Event) -> bool {
        let What::Arrow { kind: Kind::Call, from, to } = event.what else {
            return false;
        };
        self.lanes[from].name == "program" && self.lanes[to].name == "kernel"
    }
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
    label
        .split(of_one)
        .map(str::trim_start)
        .map(|call| {
            call.split(|character| !is_of_a_name(character)).next().unwrap_or(call)
        })
        .collect()
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

// Drawing. Units are those of the picture, which a small telephone shows at four fifths
// of their size, and never smaller than that.

const WIDTH: f64 = 400.0;
/// Of letters.
const SIZE: f64 = 14.0;
/// From one line of text to the next.
const LINE: f64 = 18.0;
/// From the foot of a box's last letters to its lower side, and from the sides to the
/// text.
const PADDING: f64 = 8.0;
/// Between two things that happen.
const GAP: f64 = 12.0;
/// How far something on the network falls on its way: it takes time.
const FALL: f64 = 14.0;
/// Letters in boxes of lanes are bold.
const BOLD: f64 = 1.08;

impl Diagram<'_> {
    fn figure(&self, id: &str) -> Result<String> {
        let columns = Columns::of(&self.lanes)?;
        let mut picture = Picture { columns, body: String::new(), bottom: 0.0 };
        picture.bottom = picture.columns.height + GAP;
        for event in &self.events {
            picture.draw(event).with_context(|| event.line.blame())?;
        }
        let (title, alternative) = (escape(self.title), escape(&self.alternative()));
        let height = picture.bottom.ceil();
        let lanes = picture.columns.svg(height);
        Ok(format!(
            "<figure class=\"diagram\">\n\
             <svg class=\"seq\" viewBox=\"0 0 {WIDTH} {height}\" font-size=\"{SIZE}\" \
             role=\"img\" aria-labelledby=\"{id}-title {id}-desc\">\n\
             <title id=\"{id}-title\">{title}</title>\n\
             <desc id=\"{id}-desc\">{alternative}</desc>\n\
             {lanes}{}</svg>\n\
             <figcaption>{title}</figcaption>\n\
             </figure>\n",
            picture.body
        ))
    }

    /// The same in words.
    fn alternative(&self) -> String {
        let shown: Vec<String> = self.lanes.iter().map(Lane::introduced).collect();
        let mut words = format!("From left to right: {}.", shown.join(", "));
        for event in &self.events {
            let name = |lane: usize| self.lanes[lane].name;
            let subject = match event.what {
                What::Note(lane) => format!("at {}", name(lane)),
                What::Arrow { kind, from, to } => {
                    format!("{} to {}{}", name(from), name(to), kind.in_words())
                }
            };
            words.push(' ');
            words.push_str(&sentence(&format!("{subject}: {}", event.label)));
        }
        words
    }
}

impl Lane<'_> {
    fn introduced(&self) -> String {
        if self.name == self.shown {
            self.name.to_owned()
        } else {
            format!("{} ({})", self.name, self.shown)
        }
    }
}

impl Kind {
    fn in_words(self) -> &'static str {
        match self {
            Kind::Call => ", a call",
            Kind::Return => ", what the call returns",
            Kind::Network => ", on the network",
            Kind::Lost => ", on the network, lost on its way",
        }
    }

    fn class(self) -> &'static str {
        match self {
            Kind::Call => "call",
            Kind::Return => "return",
            Kind::Network => "network",
            Kind::Lost => "network lost",
        }
    }
}

/// The lanes, side by side.
struct Columns {
    /// What stands in each box, and where its middle is.
    boxes: Vec<(Vec<String>, f64)>,
    /// Of the boxes.
    height: f64,
}

impl Columns {
    fn of(lanes: &[Lane]) -> Result<Self> {
        let room = WIDTH / lanes.len() as f64 - GAP - 2.0 * PADDING;
        let mut texts = Vec::new();
        for lane in lanes {
            let text = wrap(lane.shown, SIZE * BOLD, room);
            let fits = widest(&text, SIZE * BOLD) <= room;
            ensure!(
                fits,
                "a word of the lane `{}` is too long for its box",
                lane.shown
            );
            texts.push(text);
        }
        let rows = texts.iter().map(Vec::len).max().unwrap_or(0);
        // The outer boxes touch the sides, so that arrows have all the room there is.
        let inset = |text: Option<&Vec<String>>| {
            1.0 + text.map_or(0.0, |text| box_width(text)) / 2.0
        };
        let (first, last) = (inset(texts.first()), WIDTH - inset(texts.last()));
        let step = (last - first) / (lanes.len() - 1) as f64;
        let middle = |index: usize| first + step * index as f64;
        let boxes =
            texts.into_iter().enumerate().map(|(i, text)| (text, middle(i))).collect();
        Ok(Self { boxes, height: rows as f64 * LINE + 2.0 * PADDING })
    }

    fn middle(&self, lane: usize) -> f64 {
        self.boxes[lane].1
    }

    /// From one lane to the next.
    fn step(&self) -> f64 {
        self.middle(1) - self.middle(0)
    }

    /// Lines from the top to the bottom of the picture, and the boxes they hang from.
    fn svg(&self, bottom: f64) -> String {
        let mut svg = String::new();
        for (text, middle) in &self.boxes {
            let (width, height, x) = (box_width(text), self.height, round(*middle));
            let left = round(middle - width / 2.0);
            let top = (height - text.len() as f64 * LINE) / 2.0;
            // Writing to a String cannot fail.
            let _ = writeln!(
                svg,
                "<g class=\"lane\"><path d=\"M{x} {height}V{bottom}\"/><rect \
                 x=\"{left}\" y=\"1\" width=\"{width}\" height=\"{}\" rx=\"5\"/>{}</g>",
                height - 1.0,
                words(text, *middle, top)
            );
        }
        svg
    }
}

fn box_width(text: &[String]) -> f64 {
    (widest(text, SIZE * BOLD) + 2.0 * PADDING).ceil()
}

/// Grows downwards.
struct Picture {
    columns: Columns,
    body: String,
    bottom: f64,
}

impl Picture {
    fn draw(&mut self, event: &Event) -> Result<()> {
        match event.what {
            What::Note(lane) => self.note(lane, event.label)?,
            What::Arrow { kind, from, to } => {
                self.arrow(kind, from, to, event.label)?;
            }
        }
        self.bottom += GAP;
        Ok(())
    }

    /// A box over its lane, which covers no other lane.
    fn note(&mut self, lane: usize, label: &str) -> Result<()> {
        let (middle, step) = (self.columns.middle(lane), self.columns.step());
        let (left_most, right_most) =
            ((middle - step + GAP).max(1.0), (middle + step - GAP).min(WIDTH - 1.0));
        let text = fitting(label, right_most - left_most - 2.0 * PADDING)?;
        let width = (widest(&text, SIZE) + 2.0 * PADDING).ceil();
        let left = (middle - width / 2.0).clamp(left_most, right_most - width);
        let height = text.len() as f64 * LINE + PADDING;
        let _ = writeln!(
            self.body,
            "<g class=\"note\"><rect x=\"{}\" y=\"{}\" width=\"{width}\" \
             height=\"{height}\"/>{}</g>",
            round(left),
            round(self.bottom),
            words(&text, left + width / 2.0, self.bottom + PADDING / 2.0)
        );
        self.bottom += height;
        Ok(())
    }

    fn arrow(&mut self, kind: Kind, from: usize, to: usize, label: &str) -> Result<()> {
        let (start, end) = (self.columns.middle(from), self.columns.middle(to));
        let distance = (end - start).abs();
        let text = fitting(label, distance - GAP)?;
        let label = widest(&text, SIZE);
        // From the start to the middle of the label, which stands over what is drawn.
        let to_middle = match kind {
            Kind::Lost => (distance / 4.0).max((label + GAP) / 2.0),
            _ => distance / 2.0,
        };
        let fall = if matches!(kind, Kind::Network | Kind::Lost) { FALL } else { 0.0 };
        // What falls may begin beside the label, as long as it passes below it.
        let beside = fall * (to_middle - label / 2.0) / distance;
        let y = self.bottom + text.len() as f64 * LINE + 4.0 - beside;
        let line = if kind == Kind::Lost {
            lost(start, (start + end) / 2.0, y, y + fall / 2.0)
        } else {
            arrow(start, end, y, y + fall, kind == Kind::Return)
        };
        let _ = writeln!(
            self.body,
            "<g class=\"{}\">{line}{}</g>",
            kind.class(),
            words(&text, start + to_middle * (end - start).signum(), self.bottom)
        );
        self.bottom = y + fall;
        Ok(())
    }
}

/// The label in lines that have room.
fn fitting(label: &str, room: f64) -> Result<Vec<String>> {
    let text = wrap(label, SIZE, room);
    if let Some(line) = text.iter().find(|line| width(line, SIZE) > room) {
        bail!("`{line}` is too long for its place");
    }
    Ok(text)
}

/// Lines of text around `middle`, from `top` downwards.
fn words(text: &[String], middle: f64, top: f64) -> String {
    let middle = round(middle);
    let mut svg = String::from("<text>");
    for (index, line) in text.iter().enumerate() {
        let baseline = round(top + LINE * (index as f64 + 0.75));
        let _ = write!(
            svg,
            "<tspan x=\"{middle}\" y=\"{baseline}\">{}</tspan>",
            escape(line)
        );
    }
    svg + "</text>"
}

/// A line with a head at its end; what returns has an open one.
fn arrow(x1: f64, x2: f64, y1: f64, y2: f64, open: bool) -> String {
    let length = (x2 - x1).hypot(y2 - y1);
    let (along_x, along_y) = ((x2 - x1) / length, (y2 - y1) / length);
    // The corners of the head, to the left and to the right of the line.
    let corner = |side: f64| {
        let x = x2 - 11.0 * along_x - side * 5.0 * along_y;
        let y = y2 - 11.0 * along_y + side * 5.0 * along_x;
        format!("{} {}", round(x), round(y))
    };
    let (left, tip, right) =
        (corner(-1.0), format!("{} {}", round(x2), round(y2)), corner(1.0));
    let (class, stop, close) =
        if open { ("open head", 1.0, "") } else { ("head", 9.0, "z") };
    format!(
        "<path d=\"M{} {}L{} {}\"/><path class=\"{class}\" \
         d=\"M{left}L{tip}L{right}{close}\"/>",
        round(x1),
        round(y1),
        round(x2 - stop * along_x),
        round(y2 - stop * along_y)
    )
}

/// A line that ends in a cross.
fn lost(x1: f64, x2: f64, y1: f64, y2: f64) -> String {
    let (x, y) = (round(x2), round(y2));
    format!(
        "<path d=\"M{} {}L{x} {y}\"/>\
         <path class=\"cross\" d=\"M{x} {y}m-6 -6l12 12m0 -12l-12 12\"/>",
        round(x1),
        round(y1)
    )
}

/// To tenths: nobody sees more.
fn round(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use anyhow::{Result, bail};

    use super::{SIZE, WIDTH, svg};
    use crate::text::width;

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

    fn drawn(lines: &str) -> String {
        svg(&format!("{HEAD}{lines}"), "seq-1", &trace).unwrap()
    }

    fn refused(source: &str) -> String {
        format!("{:#}", svg(source, "seq-1", &trace).unwrap_err())
    }

    /// The lines of text in a picture, each with its middle.
    fn texts(svg: &str) -> Vec<(f64, &str)> {
        let spans = svg.split("<tspan x=\"").skip(1);
        spans
            .map(|span| {
                let (middle, rest) = span.split_once('"').unwrap();
                let text = rest.split_once('>').unwrap().1.split_once('<').unwrap().0;
                (middle.parse().unwrap(), text)
            })
            .collect()
    }

    #[test]
    fn says_in_words_what_it_draws() {
        let figure = drawn(
            "calls: trace.snap\n\nprogram -> kernel: socket, bind, listen\n\
             kernel --> program: 0\nclient ~> kernel: SYN\nnote kernel: is it full?\n\
             client ~>x kernel: <again>\n",
        );
        assert!(figure.contains(
            "<desc id=\"seq-1-desc\">From left to right: client, kernel, program \
             (step02). Program to kernel, a call: socket, bind, listen. Kernel to \
             program, what the call returns: 0. Client to kernel, on the network: SYN. \
             At kernel: is it full? Client to kernel, on the network, lost on its way: \
             &lt;again&gt;.</desc>"
        ));
        let classes = ["call", "return", "network", "note", "network lost"];
        for class in classes.map(|class| format!("<g class=\"{class}\">")) {
            assert_eq!(figure.matches(&class).count(), 1, "{class}");
        }
        assert!(figure.contains("<title id=\"seq-1-title\">T &amp; co</title>"));
        assert!(figure.contains("<figcaption>T &amp; co</figcaption>"));
        assert!(figure.contains("aria-labelledby=\"seq-1-title seq-1-desc\""));
        assert!(!figure.contains("\n\n"), "Markdown would end the HTML here");
    }

    #[test]
    fn only_what_is_lost_ends_in_a_cross() {
        assert!(!drawn("client ~> kernel: SYN").contains("cross"));
        let figure = drawn("client ~>x kernel: SYN");
        assert!(figure.contains("cross") && !figure.contains("head"));
    }

    #[test]
    fn breaks_long_labels_and_stays_in_the_picture() {
        let figure = drawn(
            "client ~> kernel: GET / HTTP/1.1, and all of the fields that a browser \
             sends\n\
             client ~> program: across the lane in the middle, where there is more \
             room\n\
             note client: knows nothing of all that, and waits\n\
             note program: sleeps, until somebody presses Enter\n\
             note kernel: keeps what has come until somebody reads it, and nobody \
             will\n",
        );
        let texts = texts(&figure);
        assert_eq!(texts.len(), 3 + 3 + 2 + 2 + 2 + 2, "{texts:?}");
        for (middle, text) in texts {
            let half = width(text, SIZE) / 2.0;
            assert!(middle - half >= 0.0 && middle + half <= WIDTH, "{text}");
        }
    }

    #[test]
    fn two_to_four_lanes_stand_side_by_side() {
        for (names, boxes) in
            [("a | b", 2), ("a | b | c", 3), ("a | b | c | d = the d", 4)]
        {
            let source = format!("title: T\nlanes: {names}\na ~> b: x");
            let figure = svg(&source, "s", &trace).unwrap();
            assert_eq!(figure.matches("<g class=\"lane\">").count(), boxes);
        }
        for names in ["a", "a | b | c | d | e"] {
            let error = refused(&format!("title: T\nlanes: {names}\na ~> b: x"));
            assert!(error.ends_with("two, three or four lanes"), "{error}");
        }
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
            assert!(svg(&diagram(calls), "s", &trace).is_ok(), "{calls}");
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
        let long = "incomprehensibilities, counterrevolutionaries";
        let error =
            refused(&format!("{HEAD}client ~> kernel: {}", long.replace(", ", "-")));
        assert!(error.ends_with("is too long for its place"), "{error}");
    }
}
