//! What a test has pinned, as a transcript.

use crate::html::escape;

/// What is in a snapshot: lines that begin with `$ ` are typed by the reader.
pub fn transcript(body: &str, path: &str) -> String {
    // A caret must stay below its byte.
    let wraps = !body.lines().any(|line| line.trim_start().starts_with('^'));
    let wraps = if wraps { " wraps" } else { "" };
    let lines: String = body.trim_end_matches('\n').split('\n').map(line).collect();
    let path = escape(path);
    format!(
        "<figure class=\"transcript\">\n\n\
         <pre><code class=\"language-text nohighlight{wraps}\">{lines}</code></pre>\n\n\
         <figcaption>pinned by a test: <code>{path}</code></figcaption>\n</figure>\n"
    )
}

/// Each line in an element of its own: where it is broken, the rest is indented.
fn line(line: &str) -> String {
    let text = match line.strip_prefix("$ ") {
        Some(command) => {
            format!("<span class=\"prompt\">$ </span><kbd>{}</kbd>", escape(command))
        }
        None => escape(line),
    };
    format!("<span class=\"line\">{text}\n</span>")
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_is_typed_is_marked_and_nothing_is_lost() {
        let text = super::transcript("$ curl a\n< b\n\n", "x.snap");
        assert!(
            text.contains(
                "<kbd>curl a</kbd>\n</span><span class=\"line\">&lt; b\n</span></code>"
            ),
            "{text}"
        );
    }
}
