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
             <b class=\"head {who}\" style=\"grid-column: {column}\" aria-hidden=\"true\">\
             <span>{}</span></b>\n",
            escape(shown)
        )
    });
    let states = states(diagram);
    let items =
        events.iter().zip(states).map(|(event, state)| event.item(lanes, state));
    format!(
        "<figure class=\"diagram\">\n<div class=\"seq\" style=\"--inner: {}\">\n\
         <p class=\"who\">From left to right: {}.</p>\n{machine}{}<ol>\n{}</ol>\n</div>\n\
         <figcaption>{}</figcaption>\n</figure>\n",
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
        figure(&read(&format!("{head}{lines}"), &trace).unwrap())
    }

    #[test]
    fn says_in_words_what_it_draws() {
        let figure = drawn(
            "calls: a.snap\nprogram -> kernel: bind\nkernel --> program: 0\n\
             client ~> kernel: SYN\nnote kernel: is it full?\n\
             client ~>x kernel: <again>\nnote client: x\nnote program: x\n",
        );
        assert!(
            figure.contains("From left to right: client, kernel, program (step02).")
        );
        let items: Vec<_> = figure.split("<li class=\"").skip(1).collect();
        for (item, expected) in items.iter().zip([
            "call server \"><div class=\"back\" style=\"grid-column: 4 / 6\"><span \
             class=\"who\">program to kernel, a call: </span><span class=\"says\">bind<",
            "return kernel waits called\"><div class=\"onward\" style=\"grid-column: 4 / \
             6\"><span class=\"who\">kernel to program, what the call returns: </span>",
            "network client runs\"><div class=\"onward\" style=\"grid-column: 2 / 4\">",
            "note kernel runs\"><div class=\"middle\" style=\"grid-column: 2 / 6\"><span \
             class=\"who\">at kernel: </span><span class=\"says\">is it full?</span>",
            "network lost client runs\"><div class=\"onward\" style=\"grid-column: 2 / \
             4\"><span class=\"who\">client to kernel, on the network, lost on its way: \
             </span><span class=\"says\">&lt;again&gt;</span></div></li>",
            "note client runs\"><div class=\"first\" style=\"grid-column: 1 / 4\">",
            "note server runs\"><div class=\"last\" style=\"grid-column: 4 / 7\">",
        ]) {
            assert!(item.starts_with(expected), "{item}");
        }
        assert_eq!(items.len(), 7);
        assert!(figure.contains("<figcaption>T &amp; co</figcaption>"));
        assert!(!figure.contains("\n\n"), "Markdown would end the HTML here");
    }

    #[test]
    fn the_program_runs_or_waits() {
        let figure = drawn(
            "calls: a.snap\nclient ~> kernel: x\nnote program: waits for Enter\n\
             client ~> kernel: x\nprogram -> kernel: bind\nprogram -> kernel: accept\n\
             note client: x\nkernel --> program: 4\nprogram -> kernel: read\n\
             note client: x\n",
        );
        let items = figure.split("<li class=\"").skip(1);
        let states = items
            .map(|item| item.split('"').next().unwrap().splitn(3, ' ').nth(2).unwrap());
        assert_eq!(
            states.collect::<Vec<_>>(),
            [
                "",
                "",
                "waits",
                "waits",
                "runs",
                "waits called",
                "waits called",
                "runs",
                ""
            ]
        );
    }
}
