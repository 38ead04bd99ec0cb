//! What a test has pinned, as a terminal that says whose it is.

use crate::html::escape;

/// What is in a snapshot: lines that begin with `$ ` are typed by the reader.
pub fn transcript(body: &str, path: &str) -> String {
    let (who, name, role) = whose(body, path);
    // A caret must stay below its byte.
    let wraps = !body.lines().any(|line| line.trim_start().starts_with('^'));
    let wraps = if wraps { " wraps" } else { "" };
    let is_heard = who == "client" && is_client(body);
    let lines: String = body
        .trim_end_matches('\n')
        .split('\n')
        .map(|text| line(text, who, is_heard))
        .collect();
    format!(
        "<figure class=\"transcript {who}\">\n\
         <figcaption><b>{name}</b> <span>· {role}</span> {}</figcaption>\n\
         <pre><code class=\"language-text nohighlight{wraps}\">{lines}</code></pre>\n\
         </figure>\n",
        pin(path)
    )
}

/// A small check mark: a test has seen this, if it is somewhere.
pub fn pin(path: &str) -> String {
    let path = escape(path);
    if path.is_empty() {
        return path;
    }
    format!(
        "<span class=\"pin\" role=\"img\" aria-label=\"pinned by a test\" \
         title=\"pinned by a test: {path}\"></span>"
    )
}

/// Whose words these are, which colors them; the terminal's name, and what it's for.
fn whose(body: &str, path: &str) -> (&'static str, &'static str, &'static str) {
    let name = path.rsplit('/').next().unwrap_or_default().trim_end_matches(".snap");
    let typed = commands(body).next().unwrap_or_default();
    let begins = |starts: &[&str]| starts.iter().any(|start| typed.starts_with(start));
    // What a server says begins with its address, or with what it can't do.
    let first = body.lines().next().unwrap_or_default();
    let is_log = first.starts_with("Error: ")
        || first.contains("127.0.0.1:") && !first.starts_with("connect to ");
    if name.starts_with("system_calls") || name.ends_with("_system_calls") {
        ("trace", "strace", "every system call")
    } else if begins(&["git "]) {
        ("", "Terminal 1", "once")
    } else if begins(&["cargo exercise"]) {
        ("", "Terminal 1", "the judge")
    } else if begins(&["strace "]) {
        ("trace", "Terminal 1", "server, watched by strace")
    } else if body.contains("$ ss ") || begins(&["lsof "]) {
        ("trace", "Terminal 2", "asking the kernel")
    } else if name.starts_with("two-") {
        ("server", "Terminal 2", "another server")
    } else if typed.contains("cargo run")
        || begins(&["cargo book", "python3 steps", "python3 -m"])
    {
        ("server", "Terminal 1", "server")
    } else if !typed.is_empty() {
        ("client", "Terminal 2", "client")
    } else if name.starts_with("article_") {
        ("server", "The article’s server", "in a test")
    } else if is_log && body.contains("\n(closed") {
        ("test", "A test", "what both sides saw")
    } else if is_log || name.ends_with("_log") {
        ("server", "Terminal 1", "server")
    } else if name.starts_with("browser") || name == "two_connections" {
        ("client", "Browser", "Chromium, in a test")
    } else {
        ("test", "A test", "what it saw")
    }
}

fn commands(body: &str) -> impl Iterator<Item = &str> {
    body.lines().filter_map(|line| line.strip_prefix("$ "))
}

/// Whether all that appears was said by a server, but for what the client says of
/// itself.
fn is_client(body: &str) -> bool {
    let is_client = |command: &str| {
        let last = command.split(" | ").find(|part| part.starts_with("nc "));
        command.starts_with("curl ") || last.is_some()
    };
    commands(body).next().is_some() && commands(body).all(is_client)
}

/// Each line in an element of its own: where it is broken, the rest is indented.
fn line(line: &str, who: &str, is_heard: bool) -> String {
    let text = escape(line);
    let begins = |starts: &[&str]| starts.iter().any(|start| line.starts_with(start));
    let text = if let Some(command) = line.strip_prefix("$ ") {
        format!("<span class=\"prompt\">$ </span><kbd>{}</kbd>", escape(command))
    } else {
        match who {
            "trace" => call(line).unwrap_or(text),
            "client" if line.starts_with('>') => words("c", &text),
            "client" if begins(&["(", "curl: "]) => words("dim", &text),
            "client" if is_heard || begins(&["< "]) => words("s", &text),
            "server" | "client" if line.ends_with("\\n") => words("c", &text),
            "test" if line.ends_with("\\n") || begins(&["<"]) => words("s", &text),
            "test" if line.ends_with(')') => match text.rsplit_once('(') {
                Some((before, fate)) => {
                    before.to_owned() + &words("k", &format!("({fate}"))
                }
                None => text,
            },
            _ => text,
        }
    };
    format!("<span class=\"line\">{text}\n</span>")
}

/// In the color of whose words they are. The end of a line is faint.
fn words(who: &str, text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let end = ["\\r\\n", "\\n"].into_iter().find(|end| text.ends_with(end));
    let (said, end) = text.split_at(text.len() - end.map_or(0, str::len));
    let end = match end {
        "" => String::new(),
        end => format!("<span class=\"eol\">{end}</span>"),
    };
    format!("<span class=\"{who}\">{said}{end}</span>")
}

/// A system call as strace prints it: bytes are the client's or the server's words, and
/// what it returns is the kernel's.
fn call(line: &str) -> Option<String> {
    let (name, rest) = line.split_once('(')?;
    let (mut rest, result) = rest.rsplit_once(" = ")?;
    let bytes = match name {
        _ if name.starts_with("recv") || name.starts_with("read") => "c",
        _ if name.starts_with("send") || name.starts_with("write") => "s",
        _ => "",
    };
    let mut out = format!("<b>{}</b>(", escape(name));
    while let Some((before, inside)) = rest.split_once(['"', '{']) {
        let opens = &rest[before.len()..=before.len()];
        let (who, closes) = if opens == "{" { ("dim", '}') } else { (bytes, '"') };
        let Some((inside, after)) = inside.split_once(closes) else { break };
        let inside = escape(&format!("{opens}{inside}{closes}"));
        out += &escape(before);
        out += &if who.is_empty() { inside } else { words(who, &inside) };
        rest = after;
    }
    Some(out + &escape(rest) + " = " + &words("k", &escape(result)))
}
