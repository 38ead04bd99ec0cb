//! The picture on the first page: five steps, from a socket up to a page in a browser.
//!
//! Only the steps' names are written here. What each of them asks of the kernel more
//! than the one before, and what its client sees, comes from what the tests have
//! pinned.

use std::fmt::Write;

use anyhow::{Context, Result};

use crate::html::escape;
use crate::text::sentence;

/// The `<figure>`; `snapshot` gives the body of a snapshot by its path.
///
/// # Errors
/// When a snapshot is missing or empty, or the last one holds no page.
pub fn stairs(snapshot: &dyn Fn(&str) -> Result<String>) -> Result<String> {
    let mut steps = Vec::new();
    let mut before = Vec::new();
    for (name, folder, clients) in STEPS {
        let trace = snapshot(&path(folder, "system_calls"))?;
        let calls = calls(&trace);
        let seen =
            clients.iter().map(|client| first_line(&snapshot(&path(folder, client))?));
        let seen =
            seen.collect::<Result<_>>().with_context(|| format!("step {folder}"))?;
        steps.push(Step { name, calls: added(&before, &calls), seen });
        before = calls;
    }
    let (_, folder, clients) = STEPS[STEPS.len() - 1];
    let page = snapshot(&path(folder, clients[0]))?;
    let log = snapshot(&path(folder, "stdout"))?;
    Ok(figure(&steps, &window(address(&log)?, heading(&page)?)))
}

/// Name, folder, and what clients of it have seen.
const STEPS: [(&str, &str, &[&str]); 5] = [
    ("bind", "01-bind", &["client"]),
    ("listen", "02-listen", &["client"]),
    ("accept", "03-accept", &["client"]),
    ("respond", "04-respond", &["client"]),
    ("parse", "05-parse", &["home", "not_found", "half_then_silence"]),
];

struct Step {
    name: &'static str,
    /// That the step before did not make.
    calls: Vec<String>,
    /// By its clients, a line each.
    seen: Vec<String>,
}

// Reading.

fn path(folder: &str, name: &str) -> String {
    format!("tests/{folder}/snapshots/{name}.snap")
}

fn calls(trace: &str) -> Vec<String> {
    let names = trace.lines().filter_map(|line| line.split_once('('));
    names.map(|(name, _)| name.to_owned()).collect()
}

/// The calls that are in `after` more often than in `before`, as often as they are.
fn added(before: &[String], after: &[String]) -> Vec<String> {
    let mut left = before.to_vec();
    let mut added = Vec::new();
    for call in after {
        match left.iter().position(|made| made == call) {
            Some(index) => drop(left.remove(index)),
            None => added.push(call.clone()),
        }
    }
    added
}

fn first_line(snapshot: &str) -> Result<String> {
    let line = snapshot.lines().next().context("a snapshot is empty")?;
    Ok(line.trim_end_matches("\\r\\n").to_owned())
}

/// Where the program says that it serves.
fn address(log: &str) -> Result<&str> {
    let found = log.split_whitespace().find(|word| word.starts_with("http://"));
    found.context("the program does not say where it serves")
}

/// What the page says in large letters.
fn heading(page: &str) -> Result<&str> {
    let (_, from) =
        page.split_once("<h1>").context("there is no `<h1>` in the page")?;
    let (heading, _) =
        from.split_once("</h1>").context("there is no `</h1>` in the page")?;
    Ok(heading)
}

// Drawing, in units of which a small telephone shows four fifths.

const WIDTH: f64 = 400.0;
/// Of letters; and how wide those of a typewriter are.
const SIZE: f64 = 14.0;
const LETTER: f64 = 8.5;
/// How far a step stands behind the one below.
const BACK: f64 = 22.0;
/// From a step's edge to what its clients see; one line of that; and what is left
/// below.
const HEAD: f64 = 40.0;
const LINE: f64 = 29.0;
const FOOT: f64 = 6.0;
/// The window that stands on the last step.
const WINDOW: f64 = 92.0;

fn figure(steps: &[Step], window: &str) -> String {
    let height = WINDOW + steps.iter().map(Step::height).sum::<f64>();
    let (mut drawn, mut words) = (String::new(), Vec::new());
    let mut top = height;
    for (index, step) in steps.iter().enumerate() {
        top -= step.height();
        drawn += &step.svg(index, top);
        words.push(step.in_words(index));
    }
    format!(
        "<figure class=\"diagram\">\n\
         <svg class=\"stairs\" viewBox=\"0 0 {WIDTH} {height}\" font-size=\"{SIZE}\" \
         role=\"img\" aria-labelledby=\"stairs-title stairs-desc\">\n\
         <title id=\"stairs-title\">Five steps, from a socket up to a page in a \
         browser</title>\n\
         <desc id=\"stairs-desc\">{}</desc>\n{drawn}{window}</svg>\n\
         <figcaption>Five steps, from a socket up. Behind each plus: what the program \
         asks of its kernel that the one below did not, or once more. In the boxes: \
         what a client sees of it.</figcaption>\n</figure>\n",
        escape(&words.join(" "))
    )
}

impl Step {
    fn height(&self) -> f64 {
        HEAD + LINE * self.seen.len() as f64 + FOOT
    }

    fn svg(&self, index: usize, top: f64) -> String {
        let left = 1.0 + BACK * index as f64;
        let (bottom, wide, high) = (top + self.height(), WIDTH - left, self.height());
        let (middle, baseline) = (left + 24.0, top + 27.0);
        let mut svg = format!(
            "<g><rect x=\"{left}\" y=\"{top}\" width=\"{wide}\" height=\"{high}\"/>\
             <path d=\"M{left} {bottom}V{top}H{WIDTH}\"/>\
             <circle cx=\"{middle}\" cy=\"{}\" r=\"12\"/>\
             <text class=\"number\" x=\"{middle}\" y=\"{baseline}\">{}</text>\
             <text class=\"name\" x=\"{}\" y=\"{baseline}\" font-size=\"17\">{}</text>\
             <text class=\"calls\" x=\"{}\" y=\"{baseline}\">+ {}</text>",
            top + 22.0,
            index + 1,
            left + 44.0,
            self.name,
            WIDTH - 10.0,
            escape(&self.calls.join(" "))
        );
        for (index, line) in self.seen.iter().enumerate() {
            let y = top + HEAD + LINE * index as f64;
            // Writing to a String cannot fail.
            let _ = write!(
                svg,
                "<rect class=\"screen\" x=\"{}\" y=\"{y}\" width=\"{}\" height=\"23\" \
                 rx=\"4\"/><text class=\"seen\" x=\"{}\" y=\"{}\">{}</text>",
                left + 12.0,
                line.chars().count() as f64 * LETTER + 16.0,
                left + 20.0,
                y + 16.0,
                escape(line)
            );
        }
        svg + "</g>\n"
    }

    fn in_words(&self, index: usize) -> String {
        let (number, name, calls) = (index + 1, self.name, self.calls.join(", "));
        let seen = sentence(&format!("A client sees: {}", self.seen.join(", or ")));
        format!("Step {number}, {name}, adds {calls}. {seen}")
    }
}

/// A browser's, with the page in it.
fn window(address: &str, heading: &str) -> String {
    let (left, right, width) = (112.0, 388.0, 276.0);
    format!(
        "<g class=\"window\">\
         <rect x=\"{left}\" y=\"1\" width=\"{width}\" height=\"{}\" rx=\"6\"/>\
         <path d=\"M{left} 29H{right}\"/>\
         <circle cx=\"126\" cy=\"15\" r=\"4\"/><circle cx=\"140\" cy=\"15\" r=\"4\"/>\
         <circle cx=\"154\" cy=\"15\" r=\"4\"/>\
         <text class=\"address\" x=\"170\" y=\"20\">{}</text>\
         <text class=\"heading\" x=\"250\" y=\"68\" font-size=\"22\">{}</text></g>\n",
        WINDOW - 2.0,
        escape(address),
        escape(heading)
    )
}

#[cfg(test)]
mod tests {
    use anyhow::{Context, Result};

    use super::{added, stairs};

    fn snapshot(path: &str) -> Result<String> {
        let body = match path {
            "tests/01-bind/snapshots/system_calls.snap" => {
                "bind(3) = 0\nclose(3) = 0\n"
            }
            "tests/01-bind/snapshots/client.snap" => "refused\n",
            "tests/02-listen/snapshots/client.snap" => "(open, and silent)\n",
            "tests/05-parse/snapshots/system_calls.snap" => {
                "bind(3) = 0\nsend(3) = 0\n"
            }
            "tests/05-parse/snapshots/home.snap" => {
                "HTTP/1.1 200 OK\\r\\n\n<h1>Hi</h1>\\n\n"
            }
            "tests/05-parse/snapshots/stdout.snap" => {
                "serving http://127.0.0.1:1/ until\n"
            }
            _ if path.ends_with("system_calls.snap") => "bind(3) = 0\nlisten(3) = 0\n",
            _ if path.ends_with(".snap") => "HTTP/1.1 404 <&>\\r\\n\n",
            _ => return None.context("no snapshot"),
        };
        Ok(body.into())
    }

    #[test]
    fn tells_what_each_step_adds_and_its_clients_see() {
        let figure = stairs(&snapshot).unwrap();
        assert!(figure.contains(
            "<desc id=\"stairs-desc\">Step 1, bind, adds bind, close. A client sees: \
             refused. Step 2, listen, adds listen. A client sees: (open, and silent). "
        ));
        assert!(figure.contains(
            "Step 5, parse, adds send. A client sees: HTTP/1.1 200 OK, or HTTP/1.1 404 \
             &lt;&amp;&gt;, or HTTP/1.1 404 &lt;&amp;&gt;.</desc>"
        ));
        assert!(figure.contains(">http://127.0.0.1:1/<") && figure.contains(">Hi<"));
        assert_eq!(figure.matches("class=\"screen\"").count(), 4 + 3);
        assert!(!figure.contains("\n\n"), "Markdown would end the HTML here");
    }

    #[test]
    fn needs_every_snapshot() {
        for missing in ["client", "system_calls", "home", "stdout"] {
            let result = stairs(&|path| match path.contains(missing) {
                true => Ok(String::new()),
                false => snapshot(path),
            });
            // A step that makes no call is odd, but no error: it shows.
            assert_eq!(result.is_err(), missing != "system_calls", "{missing}");
        }
    }

    #[test]
    fn counts_calls_that_come_again() {
        let calls = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let (before, after) =
            (calls("socket set bind"), calls("socket set bind set recv"));
        assert_eq!(added(&before, &after), ["set", "recv"]);
    }
}
