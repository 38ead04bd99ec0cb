//! Text in HTML.

use std::ops::Range;

/// Text that shows as it is, in HTML that stands inside Markdown.
pub fn escape(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    // mdBook would take it for one of its own directives.
    text.replace('"', "&quot;").replace("{{#", "{&#123;#")
}

/// Text with links from these bytes of it, each to its URL; of links that overlap, with
/// the first.
pub fn linked(text: &str, links: &[(Range<usize>, String)]) -> String {
    let (mut html, mut done) = (String::new(), 0);
    for (place, url) in links {
        if place.start >= done {
            let shown = escape(&text[place.clone()]);
            html += &escape(&text[done..place.start]);
            html += &format!("<a href=\"{url}\">{shown}</a>");
            done = place.end;
        }
    }
    html + &escape(&text[done..])
}
