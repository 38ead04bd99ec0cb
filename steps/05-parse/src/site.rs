//! The pages of this server: a [`Request`] into a [`Response`].

use std::borrow::Cow;
use std::fmt::Write;

use crate::{Request, Response, Status};

const HOME: &str = include_str!("home.html");
const INSPECT: &str = include_str!("inspect.html");

/// The page for a request: `/`, `/inspect`, or 404.
pub fn page(request: &Request<'_>) -> Response {
    match &*request.path {
        b"/" => Response::html(HOME.as_bytes()),
        b"/inspect" => Response::html(inspect(request).into_bytes()),
        _ => Response::text(Status::NOT_FOUND, "Here are only / and /inspect."),
    }
}

/// The request as the server understood it.
fn inspect(request: &Request<'_>) -> String {
    let version = format!("HTTP/1.{}", request.minor_version);
    let mut rows = String::new();
    row(&mut rows, "method", request.method);
    row(&mut rows, "target", request.target);
    row(&mut rows, "path", &request.path);
    if let Some(query) = request.query {
        row(&mut rows, "query", query);
    }
    row(&mut rows, "version", version.as_bytes());
    let mut fields = String::new();
    for (name, value) in request.fields() {
        row(&mut fields, &html(name), value);
    }
    let mut page = String::new();
    // Cut before anything is put in: a request may hold `{{rows}}` too.
    for (text, rows) in INSPECT.split("{{rows}}").zip([rows, fields, String::new()]) {
        page += text;
        page += &rows;
    }
    page
}

fn row(table: &mut String, name: &str, value: &[u8]) {
    // Writing to a String cannot fail.
    let _ = writeln!(
        table,
        "<tr><th scope=\"row\">{name}</th><td>{}</td></tr>",
        html(value)
    );
}

/// Text that a browser shows as it is: nothing in it can become a tag or leave an
/// attribute.
fn html(bytes: &[u8]) -> Cow<'_, str> {
    let text = String::from_utf8_lossy(bytes);
    if !text.contains(['&', '<', '>', '"', '\'']) {
        return text;
    }
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&quot;").replace('\'', "&#39;").into()
}
