//! A figure in HTML: a list of what happens, which CSS lays out on a grid, beside it
//! the lines of source that did it, and what its author says.
//!
//! The list is its own text alternative. Each lane has two columns, to the left and to
//! the right of its line; `figures.css` draws the arrows, `steps.js` steps through.

use std::collections::BTreeMap;

use crate::choose;
use crate::figure::{Figure, Shown};
use crate::html::escape;
use crate::recording::Kind;

/// The `<figure>`; `read` gives a file's text, `up` leads to the book's first page.
pub fn html(
    figure: &Figure,
    up: &str,
    read: &dyn Fn(&str) -> Option<String>,
) -> String {
    let Figure { title, lanes, shown, recording, .. } = figure;
    let introduced: Vec<_> = lanes.iter().map(introduced).collect();
    let is_machine = matches!(&lanes[..], [.., (kernel, _), (program, _)]
        if kernel == "kernel" && program == "program");
    let machine = if is_machine { "<i class=\"machine\"></i>\n" } else { "" };
    let heads = lanes.iter().enumerate().map(|(lane, (_, shown))| {
        let (who, column) = (role(lane, lanes), 2 * lane + 2);
        format!(
            "<i class=\"lane {who}\" style=\"grid-column: {column}\"></i>\
             <b class=\"head {who}\" style=\"grid-column: {column}\" \
             aria-hidden=\"true\"><span>{}</span></b>\n",
            escape(shown)
        )
    });
    let items = shown.iter().map(|event| event.item(lanes));
    let kind = if recording.is_some() { "recorded" } else { "drawn" };
    format!(
        "<figure class=\"diagram {kind}\">\n<div class=\"seq\" style=\"--inner: {}\">\n\
         <p class=\"who\">From left to right: {}.</p>\n{machine}{}\
         <ol>\n{}</ol>\n</div>\n{}<figcaption><b>{}</b>{}</figcaption>\n</figure>\n",
        2 * lanes.len() - 2,
        escape(&introduced.join(", ")),
        heads.collect::<String>(),
        items.collect::<String>(),
        beside(&source(figure, read), &words(shown)),
        escape(title),
        figure.origin(up)
    )
}

fn beside(source: &str, words: &str) -> String {
    match (source, words) {
        ("", "") => String::new(),
        _ => format!("<div class=\"beside\">\n{source}{words}</div>\n"),
    }
}

fn introduced((name, shown): &(String, String)) -> String {
    if name == shown { name.clone() } else { format!("{name} ({shown})") }
}

/// Whose color a lane has. Who isn't known is a client, and a kernel beside no program
/// is all of the server.
fn role(lane: usize, lanes: &[(String, String)]) -> &'static str {
    match lanes[lane].0.as_str() {
        "kernel" if lanes.iter().all(|(name, _)| name != "program") => "server",
        "kernel" | "ours" | "theirs" => "kernel",
        // Servers, and rooms of a program.
        "program" | "server" | "front" | "back" | "visit" | "request" | "site" => {
            "server"
        }
        _ => "client",
    }
}

impl Figure {
    /// Where all this is from, what isn't shown, and a capture file of it.
    fn origin(&self, up: &str) -> String {
        let Some(name) = &self.recording else {
            return " <small>A drawing: this can't be recorded here.</small>".into();
        };
        let told = self.left_out.iter().map(|(call, times)| match times {
            1 => call.clone(),
            _ => format!("{call} ×{times}"),
        });
        let told = told.collect::<Vec<_>>().join(", ");
        let left_out =
            if told.is_empty() { told } else { format!("Not shown: {told}. ") };
        let capture = match self.has_capture {
            true => format!("<a href=\"{up}captures/{name}.pcap\">Capture file</a>"),
            false => String::new(),
        };
        format!(" <small>{}{capture}</small>", escape(&left_out))
    }
}

/// The lines of source that did it, with the numbers of what they did, and their
/// neighbors.
fn source(figure: &Figure, read: &dyn Fn(&str) -> Option<String>) -> String {
    let mut files: BTreeMap<&str, BTreeMap<usize, &[usize]>> = BTreeMap::new();
    for ((path, line), events) in &figure.source {
        files.entry(path).or_default().insert(*line, events);
    }
    let shown = files.iter().map(|(path, made)| {
        let text = read(path).unwrap_or_default();
        let (mut html, mut last) = (String::new(), 0);
        for (number, line) in (1..).zip(text.lines()) {
            let is_near = made.keys().any(|at| at.abs_diff(number) <= 1);
            let is_code = !["", "//", "#[", "}"]
                .contains(&line.trim().get(..2).unwrap_or(line.trim()));
            if !(made.contains_key(&number) || is_near && is_code) {
                continue;
            }
            if last > 0 && last + 1 < number {
                html += "<i>…</i>";
            }
            last = number;
            let events = made.get(&number).copied().unwrap_or_default();
            let events: Vec<_> = events.iter().map(ToString::to_string).collect();
            html += &format!(
                "<span data-n=\"{}\">{}</span>",
                events.join(" "),
                escape(line)
            );
        }
        format!("<p>{path}</p>\n<pre><code class=\"nohighlight\">{html}</code></pre>\n")
    });
    let shown: String = shown.collect();
    if shown.is_empty() {
        shown
    } else {
        format!("<div class=\"made\">\n{shown}</div>\n")
    }
}

/// What is said of single events, under their numbers.
fn words(shown: &[Shown]) -> String {
    let said = (1..).zip(shown).filter_map(|(number, event): (usize, _)| {
        let words = choose::inline(event.words.as_ref()?);
        Some(format!("<li value=\"{number}\">{words}</li>\n"))
    });
    let said: String = said.collect();
    if said.is_empty() { said } else { format!("<ol class=\"said\">\n{said}</ol>\n") }
}

impl Shown {
    fn item(&self, lanes: &[(String, String)]) -> String {
        let Self { kind, from, to, .. } = *self;
        let names = format!("{} to {}", lanes[from].0, lanes[to].0);
        let (class, who) = match kind {
            Kind::Note => ("note", format!("at {}", lanes[from].0)),
            Kind::Call => ("call", format!("{names}, a call")),
            Kind::Return => ("return", format!("{names}, what the call returns")),
            Kind::Network => ("network", format!("{names}, on the network")),
            Kind::Lost => ("network lost", format!("{names}, on the network, in vain")),
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
        let lines = match &self.lines[..] {
            [] => String::new(),
            lines => format!(
                "<code class=\"raw\" data-held=\"{}\">{}</code>",
                escape(&self.held),
                escape(&lines.join("\n")).replace('\n', "<br>")
            ),
        };
        format!(
            "<li class=\"{class} {} {}\"><div class=\"{way}\" \
             style=\"grid-column: {start} / {end}\"><span class=\"who\">{who}: </span>\
             <span class=\"says\">{}</span></div>{lines}</li>\n",
            role(from, lanes),
            self.state,
            // There, a long call may break.
            escape(&self.label).replace('(', "(<wbr>")
        )
    }
}

#[cfg(test)]
mod tests {
    use anyhow::Result;

    use super::html;
    use crate::figure::{drawn, recorded};

    #[test]
    fn says_in_words_what_it_draws() -> Result<()> {
        let figure = drawn(
            "title: T & co\nlanes: client | kernel | program = step02\n\
             program -> kernel: bind(3)\nkernel --> program: 0\n\
             client ~>x kernel: <again>\nclient: x\nkernel: y\nprogram: z\n",
        )?;
        let html = html(&figure, "../", &|_| None);
        let items = html.split("<li class=\"").skip(1);
        let items: Vec<_> = items
            .map(|item| {
                let item = item.split("</span></div>").next().unwrap_or_default();
                let item = item.replace("\"><div class=\"", "|");
                let item = item.replace("\" style=\"grid-column: ", "|");
                let item = item.replace("\"><span class=\"who\">", "|");
                item.replace(" </span><span class=\"says\">", "|")
            })
            .collect();
        assert_eq!(
            items,
            [
                "call server |back|4 / 6|program to kernel, a call:|bind(<wbr>3)",
                "return kernel |onward|4 / 6|kernel to program, what the call \
                 returns:|0",
                "network lost client |onward|2 / 4|client to kernel, on the network, \
                 in vain:|&lt;again&gt;",
                "note client |first|1 / 4|at client:|x",
                "note kernel |middle|2 / 6|at kernel:|y",
                "note server |last|4 / 7|at program:|z",
            ]
        );
        assert!(html.contains("From left to right: client, kernel, program (step02)."));
        assert!(html.contains("<b>T &amp; co</b> <small>A drawing"));
        assert!(!html.contains("\n\n"), "Markdown would end the HTML here");
        Ok(())
    }

    #[test]
    fn a_recording_shows_its_bytes_and_lines() -> Result<()> {
        let figure = recorded("recording: r\nsay close: *It* ends.", &|_| {
            Ok("title: T\nlanes: kernel | program\nkernel: a ESTABLISHED 1 unread\n\
                program -> kernel: close(4)  @ a.rs:2\nsource: x/a.rs:2: b\n"
                .into())
        })?;
        let html =
            html(&figure, "../", &|_| Some("a\n\n  b < c\n".replace("\n\n", "\n")));
        assert!(html.contains(
            "<code class=\"raw\" data-held=\"a: ESTABLISHED, 1 bytes unread\">close(4)\
             \x20 @ a.rs:2</code>"
        ));
        assert!(html.contains(
            "<p>x/a.rs</p>\n<pre><code class=\"nohighlight\"><span data-n=\"\">a</span>\
             <span data-n=\"2\">  b &lt; c</span></code></pre>"
        ));
        assert!(html.contains("<li value=\"2\"><em>It</em> ends.</li>"));
        assert!(html.contains("<a href=\"../captures/r.pcap\">Capture file</a>"));
        Ok(())
    }
}
