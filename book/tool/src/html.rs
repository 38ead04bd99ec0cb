//! Text in HTML.

/// Text that shows as it is, in HTML that stands inside Markdown.
pub fn escape(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    // mdBook would take it for one of its own directives.
    text.replace('"', "&quot;").replace("{{#", "{&#123;#")
}
