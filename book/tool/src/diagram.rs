//! A sequence diagram in HTML: a list of what happens, which CSS lays out on a grid.
//!
//! The list is its own text alternative. Each lane has two columns, to the left and to
//! the right of its line; `figures.css` draws the arrows.

use crate::html::escape;
use crate::seq::{Diagram, Event, Kind, Lane};

/// The `<figure>`.
pub fn figure(diagram: &Diagram) -> String {
    let Diagram { title, lanes, events, .. } = diagram;
    let shown: Vec<_> = lanes.iter().map(Lane::introduced).collect();
    let is_machine = matches!(lanes[..], [.., ref kernel, ref program]
        if kernel.name == "kernel" && program.name == "program");
    let machine = if is_machine { "<i class=\"machine\"></i>\n" } else { "" };
    let heads = lanes.iter().enumerate().map(|(lane, Lane { shown, .. })| {
        let (who, column) = (lanes[lane].role(), 2 * lane + 2);
        format!(
            "<i class=\"lane {who}\" style=\"grid-column: {column}\"></i>\
             <b class=\"head {who}\" style=\"grid-column: {column}\" \
             aria-hidden=\"true\"><span>{}</span></b>\n",
            escape(shown)
        )
    });
    let states = states(diagram);
    let items =
        events.iter().zip(states).map(|(event, state)| event.item(lanes, state));
    format!(
        "<figure class=\"diagram\">\n<div class=\"seq\" style=\"--inner: {}\">\n\
         <p class=\"who\">From left to right: {}.</p>\n{machine}{}\
         <ol>\n{}</ol>\n</div>\n<figcaption>{}</figcaption>\n</figure>\n",
        2 * lanes.len() - 2,
        escape(&shown.join(", ")),
        heads.collect::<String>(),
        items.collect::<String>(),
        escape(title)
    )
}

impl Lane<'_> {
    fn introduced(&self) -> String {
        if self.name == self.shown {
            self.name.to_owned()
        } else {
            format!("{} ({})", self.name, self.shown)
        }
    }

    /// Whose color the lane has. Who isn't known is a client.
    fn role(&self) -> &'static str {
        match self.name {
            "kernel" | "ours" | "theirs" => "kernel",
            // Servers, threads of one, and rooms of a program.
            "program" | "server" | "front" | "back" | "one" | "two" | "serve"
            | "visit" | "request" | "site" => "server",
            _ => "client",
        }
    }
}

/// What the program has been doing when each event comes: a class for its lane.
fn states(Diagram { lanes, events, .. }: &Diagram) -> Vec<&'static str> {
    let is = |lane: usize, name| lanes[lane].name == name;
    let is_own = |event: &&Event| {
        is(event.from, "program")
            || event.kind == Kind::Return && is(event.to, "program")
    };
    let (mut state, mut states) = ("", Vec::new());
    for (index, event) in events.iter().enumerate() {
        states.push(state);
        let next = events[index + 1..].iter().find(is_own);
        state = match event.kind {
            _ if !is_own(&event) => state,
            Kind::Call if next.is_none() => "",
            Kind::Call if next.is_some_and(|next| next.kind == Kind::Return) => {
                "waits called"
            }
            Kind::Note if event.label.starts_with("waits") => "waits",
            _ => "runs",
        };
    }
    states
}

impl Event<'_> {
    fn item(&self, lanes: &[Lane], state: &str) -> String {
        let &Self { kind, from, to, label } = self;
        let names = format!("{} to {}", lanes[from].name, lanes[to].name);
        let (class, who) = match kind {
            Kind::Note => ("note", format!("at {}", lanes[from].name)),
            Kind::Call => ("call", format!("{names}, a call")),
            Kind::Return => ("return", format!("{names}, what the call returns")),
            Kind::Network => ("network", format!("{names}, on the network")),
            Kind::Lost => {
                ("network lost", format!("{names}, on the network, lost on its way"))
            }
        };
        let last = lanes.len() - 1;
        let (way, start, end) = match kind {
            // Up to the lanes on both sides.
            Kind::Note if from == 0 => ("first", 1, 4),
            Kind::Note if from == last => ("last", 2 * from, 2 * from + 3),
            Kind::Note => ("middle", 2 * from, 2 * from + 4),
            _ if from < to => ("onward", 2 * from + 2, 2 * to + 2),
            _ => ("back", 2 * to + 2, 2 * from + 2),
        };
        format!(
            "<li class=\"{class} {} {state}\"><div class=\"{way}\" \
             style=\"grid-column: {start} / {end}\"><span class=\"who\">{who}: </span>\
             <span class=\"says\">{}</span></div></li>\n",
            lanes[from].role(),
            // There, a long call may break.
            escape(label).replace('(', "(<wbr>")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::figure;
    use crate::seq::read;

    fn drawn(lines: &str) -> String {
        let head = "title: T & co\nlanes: client | kernel | program = step02\n";
        let trace = |_: &str| Ok("bind(3) = 0\naccept(3) = 4\nread(4) = 0\n".into());
        figure(&read(&format!("{head}calls: a.snap\n{lines}"), &trace).unwrap())
    }

    /// Of each event: its classes, its way, its columns, and what is said.
    fn events(figure: &str) -> Vec<String> {
        let items = figure.split("<li class=\"").skip(1);
        let items = items.map(|item| {
            let item = item.split("</span></div>").next().unwrap();
            let item = item.replace("\"><div class=\"", "|");
            let item = item.replace("\" style=\"grid-column: ", "|");
            let item = item.replace("\"><span class=\"who\">", "|");
            item.replace(" </span><span class=\"says\">", "|")
        });
        items.collect()
    }

    #[test]
    fn says_in_words_what_it_draws() {
        let figure = drawn(
            "program -> kernel: bind\nkernel --> program: 0\nclient ~> kernel: SYN\n\
             note kernel: is it full?\nclient ~>x kernel: <again>\nnote client: x\n\
             note program: x\n",
        );
        assert_eq!(
            events(&figure),
            [
                "call server |back|4 / 6|program to kernel, a call:|bind",
                "return kernel waits called|onward|4 / 6|kernel to program, what the \
                 call returns:|0",
                "network client runs|onward|2 / 4|client to kernel, on the \
                 network:|SYN",
                "note kernel runs|middle|2 / 6|at kernel:|is it full?",
                "network lost client runs|onward|2 / 4|client to kernel, on the \
                 network, lost on its way:|&lt;again&gt;",
                "note client runs|first|1 / 4|at client:|x",
                "note server runs|last|4 / 7|at program:|x",
            ]
        );
        let lanes = "From left to right: client, kernel, program (step02).";
        assert!(figure.contains(lanes));
        assert!(figure.contains("<figcaption>T &amp; co</figcaption>"));
        assert!(!figure.contains("\n\n"), "Markdown would end the HTML here");
    }

    #[test]
    fn the_program_runs_or_waits() {
        let figure = drawn(
            "client ~> kernel: x\nnote program: waits for Enter\nclient ~> kernel: x\n\
             program -> kernel: bind\nprogram -> kernel: accept\nnote client: x\n\
             kernel --> program: 4\nprogram -> kernel: read\nnote client: x\n",
        );
        let events = events(&figure);
        let classes = events.iter().filter_map(|event| event.split('|').next());
        let states = classes.filter_map(|classes| classes.splitn(3, ' ').nth(2));
        let states: Vec<_> = states.collect();
        assert_eq!(
            states.join(", "),
            ", , waits, waits, runs, waits called, waits called, runs, "
        );
    }
}
