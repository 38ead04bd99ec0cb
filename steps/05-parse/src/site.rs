//! The pages of this server: turns a [`Request`] into a [`Response`].

use crate::{Request, Response, Status};

const HOME: &str = include_str!("home.html");
const INSPECT: &str = include_str!("inspect.html");

/// Returns the page for a request: `/`, `/inspect`, or 404.
pub fn page(request: &Request) -> Response {
    match &*request.path {
        b"/" => Response::html(HOME.as_bytes()),
        b"/inspect" => Response::html(inspect(request).into_bytes()),
        _ => Response::text(Status::NOT_FOUND, "The pages here are / and /inspect."),
    }
}

/// Returns a page with the request as the server understood it.
fn inspect(request: &Request) -> String {
    let version = format!("HTTP/1.{}", request.minor_version);
    let mut rows = String::new();
    row(&mut rows, b"method", request.method);
    row(&mut rows, b"target", request.target);
    row(&mut rows, b"path", &request.path);
    if let Some(query) = request.query {
        row(&mut rows, b"query", query);
    }
    row(&mut rows, b"version", version.as_bytes());
    let mut fields = String::new();
    request.fields().for_each(|(name, value)| row(&mut fields, name, value));
    // Cut before anything is filled in: a request may contain `{{rows}}` too.
    let gaps = INSPECT.split("{{rows}}").zip([rows, fields, String::new()]);
    gaps.flat_map(|(text, rows)| [text.to_owned(), rows]).collect()
}

fn row(table: &mut String, name: &[u8], value: &[u8]) {
    let (name, value) = (html(name), html(value));
    *table += &format!("<tr><th scope=\"row\">{name}</th><td>{value}</td></tr>\n");
}

/// Escapes what could begin a tag or end an attribute.
fn html(bytes: &[u8]) -> String {
    let text =
        String::from_utf8_lossy(bytes).replace('&', "&amp;").replace('<', "&lt;");
    text.replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}
