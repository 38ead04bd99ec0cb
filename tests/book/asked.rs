//! Ask step05: each ready-made request gets the answer that is pinned, whether somebody
//! asks or nobody can answer; and nothing that anybody types becomes markup.

use std::fs;
use std::net::SocketAddr;

use anyhow::{Context, Result, ensure};
use book::serve;
use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop_oneof};
use proptest::sample::select;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use step05::{Response, Status};
use tempfile::TempDir;
use tests::{Program, date, exchange, pin};

use crate::serve::{book, get, request};

const BEGIN: &str = "<section class=\"asked\" id=\"asked\">";

/// The form and what is below it.
fn asked(page: &str) -> Result<(&str, &str)> {
    let (_, section) = page.split_once(BEGIN).context("no form")?;
    let (section, _) = section.split_once("</section>").context("no end")?;
    section.split_once("</form>").context("no end of the form")
}

/// What a reader sees, with the links; of the wire view the bytes only.
fn seen(html: &str) -> String {
    let html = html.split("<ul class=\"parts\">").next().unwrap_or_default();
    let mut shown = String::new();
    for piece in html.split('<') {
        let (tag, words) = piece.split_once('>').unwrap_or_default();
        let link = tag.strip_prefix("a href=\"").map(|link| link.trim_end_matches('"'));
        shown += &link.map(|link| format!("[{link}] ")).unwrap_or_default();
        let is_apart = ["small", "td", "samp"].iter().any(|name| tag.starts_with(name));
        shown += if is_apart { " " } else { "" };
        shown += words;
    }
    for (escaped, sign) in
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&amp;", "&")]
    {
        shown = shown.replace(escaped, sign);
    }
    let lines = shown.lines().filter(|line| !line.trim().is_empty());
    lines.map(|line| format!("{}\n", line.trim_end())).collect()
}

/// With the day on which all tests get their answers.
fn undated(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let parts = line.split_once(": ").filter(|(name, _)| name.contains(" Date "));
        let Some((name, (day, rest))) =
            parts.and_then(|(name, value)| Some((name, value.split_once(" GMT")?)))
        else {
            return format!("{line}\n");
        };
        let redacted = date(&format!("Date: {} GMT", day.trim()));
        format!("{name}: {}{rest}\n", redacted.replace("Date: ", " "))
    });
    lines.collect()
}

struct Served {
    program: Program,
    target: TempDir,
}

impl Served {
    fn new() -> Result<Self> {
        let target = TempDir::new()?;
        let mut command = book();
        command.env("CARGO_TARGET_DIR", target.path());
        Ok(Self { program: Program::start(command)?, target })
    }

    fn address(&self) -> SocketAddr {
        self.program.address()
    }

    /// What is below the form when its query is this.
    fn answer(&self, query: &str) -> Result<String> {
        let page = get(self.address(), &format!("/05-parse/ask.html?{query}"))?;
        Ok(asked(&page)?.1.into())
    }
}

#[test]
fn what_is_asked_is_answered() -> Result<()> {
    let served = Served::new()?;
    what_is_ready_made_gets_its_answer(&served)?;
    what_is_too_much_is_said(&served)?;
    served.program.stop()?;
    Ok(())
}

fn what_is_ready_made_gets_its_answer(served: &Served) -> Result<()> {
    let page = get(served.address(), "/05-parse/ask.html")?;
    let mut pinned = String::new();
    for ready in page.split("<div class=\"ready\">").skip(1) {
        let (link, rest) = ready.split_once("</a>").context("no link")?;
        let (href, name) = link.split_once("\">").context("no name")?;
        let (summary, rest) = rest.split_once("</summary>").context("no summary")?;
        let (recorded, _) =
            rest.split_once("</details>\n</div>").context("no answer")?;
        let query = href.split_once("ask.html?").context("no query")?.1;
        let query = query.strip_suffix("#asked").context("no place")?;
        let (answer, recorded) = (seen(&served.answer(query)?), seen(recorded));
        let answer = undated(&answer);
        assert_eq!(answer, recorded, "{name}");
        pinned += &format!("== {name}\n{}\n{answer}", seen(summary).trim());
    }
    ensure!(pinned.matches("\n== ").count() >= 11, "{pinned}");
    pin!("asked", pinned);

    ensure!(asked(&page)?.1.trim().is_empty(), "an answer to nothing");
    let file = fs::read_dir(served.target.path())?.flatten().map(|entry| entry.path());
    let file =
        file.map(|folder| folder.join("05-parse/ask.html")).find(|file| file.is_file());
    let alone = fs::read_to_string(file.context("no file")?)?;
    ensure!(asked(&alone)?.1.contains("Nobody here can answer"), "{alone}");
    Ok(())
}

fn what_is_too_much_is_said(served: &Served) -> Result<()> {
    for (query, said) in [
        ("request=%7Ba*131073%7D", "Nothing was asked: more than 131072 bytes."),
        ("request=a%5Cq", "Nothing was asked: \\q is not an escape."),
        ("request=", "Nothing came, so nothing was answered."),
        ("other=1&request=GET+/+HTTP/1.1%0AHost:+a%0A%0A&request=x", ">200 OK</a>"),
        ("own=yes&request=x", ">404 Not Found</a>"),
        ("own=yes&x={b*9}", "GET /05-parse/ask.html?own=yes&amp;x={b*9} HTTP/1.1"),
        ("request=%7BX%3A%0D%0A*32000%7D", ">400 Bad Request</a>"),
    ] {
        let answer = served.answer(query)?;
        ensure!(answer.contains(said), "{query}: {answer}");
    }
    let long = format!("/05-parse/ask.html?request={}", "a".repeat(8000));
    let received = exchange(served.address(), &request("GET", &long))?.to_string();
    ensure!(received.starts_with("HTTP/1.1 414 URI Too Long"), "{received}");
    Ok(())
}

/// The form's page, asked with this field.
fn page(field: &[u8]) -> Result<String> {
    let start = b"GET /05-parse/ask.html?request=".as_slice();
    let head = [start, field, b" HTTP/1.1\r\nHost: a\r\n\r\n"].concat();
    let request = step05::parse(&head)?.context("half a request")?.0;
    let body = format!("<main>{BEGIN}nothing yet</section></main>").into_bytes();
    let content_type = "text/html; charset=utf-8";
    let response = Response { status: Status::OK, content_type, body: body.into() };
    let page = serve::with_request(response, &request).body;
    Ok(String::from_utf8(page.into_owned())?)
}

const ELEMENTS: &str = "a b button caption code details div figcaption figure form i \
    kbd label li main mark ol p pre samp section small span summary table tbody td \
    textarea th tr ul wbr";
const ATTRIBUTES: &str = "action aria-label autocapitalize autocomplete class data-tip \
    for href id maxlength name role rows scope spellcheck tabindex value";

/// That there are only our own elements, closed where they must be, with our own
/// attributes.
fn assert_our_markup(page: &str) {
    let mut open = Vec::new();
    for piece in page.split('<').skip(1) {
        let (tag, text) = piece.split_once('>').unwrap_or_else(|| panic!("<{piece}"));
        assert!(!text.contains(['>', '"']), "{text}");
        let name = tag.split(' ').next().unwrap_or_default();
        if let Some(name) = name.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "{page}");
            continue;
        }
        assert!(ELEMENTS.split(' ').any(|known| known == name), "<{tag}>");
        let outside = tag[name.len()..].split('"').step_by(2).collect::<String>();
        for attribute in outside.split(' ').filter(|word| !word.is_empty()) {
            let known = attribute.trim_end_matches('=');
            assert!(ATTRIBUTES.split(' ').any(|name| name == known), "<{tag}>");
        }
        open.extend((name != "wbr").then_some(name));
    }
    assert!(open.is_empty(), "{open:?} in {page}");
}

#[test]
fn nothing_typed_becomes_markup() -> Result<()> {
    let words = "GET+/inspect?%3Cb%3E HTTP/1.1%0D%0A Host:+a%0A %0D%0A%0D%0A X:+%22 \
         %3Cscript%3E %3C/textarea%3E %3C/section%3E %3C!-- --%3E %26lt; %27onload=' \
         + \\x3cb\\x3e \\\\ %7B%7B%23ask%7D%7D %7Bx*300%7D %E2%9C%93 %00 %ff \
         &own & ] =";
    let words: Vec<_> =
        words.split_whitespace().map(|word| word.as_bytes().to_vec()).collect();
    let byte = any::<u8>().prop_map(|byte| format!("%{byte:02x}").into_bytes());
    let field = vec(prop_oneof![3 => select(words), 1 => byte], 0..24);
    let config = Config {
        cases: 300,
        rng_seed: RngSeed::Fixed(0),
        failure_persistence: None,
        ..Config::default()
    };
    let outcome = TestRunner::new(config).run(&field, |field| {
        let field = field.concat();
        assert_our_markup(&page(&field).unwrap());
        Ok(())
    });
    outcome.map_err(|error| anyhow::anyhow!("{error}"))?;
    // Not because nothing of it is there.
    let page =
        page(b"GET+/inspect?a+HTTP/1.1%0AHost:+a%0AX:+%3C/textarea%3E%3Cb%3E%0A%0A")?;
    assert_our_markup(&page);
    ensure!(page.matches("&lt;/textarea&gt;&lt;b&gt;").count() >= 3, "{page}");
    Ok(())
}
