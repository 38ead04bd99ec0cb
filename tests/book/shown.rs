//! What a reader gets to see of bytes: the wire view, and transcripts.

use book::transcript::transcript;
use book::wire::view;

const RESPONSE: &str = "HTTP/1.1 404 Not Found\\r\\n\nContent-Length:  3\\r\\n\n\
                        \\r\\n\n\
                        <\\\\n\n(closed: FIN)\n";

fn shown(snapshot: &str) -> String {
    view(snapshot, "PIN").unwrap()
}

/// What stands between these two, each time.
fn all<'a>(html: &'a str, start: &str, end: &str) -> Vec<&'a str> {
    let parts = html.split(start).skip(1);
    parts.map(|part| part.split(end).next().unwrap()).collect()
}

#[test]
fn parts_say_where_they_are_and_what() {
    let html = shown(RESPONSE);
    let tips = all(&html, "data-tip=\"", "\"");
    assert_eq!(tips.len(), 9);
    for tip in [
        "status code: the outcome, for programs · bytes 9–11 · 34 30 34",
        "end: the line ends here · bytes 22–23 · 0d 0a",
        "field value: what it says · bytes 41–41 · 33",
        "end: the line ends here · bytes 44–45 · 0d 0a",
        "body: what the client gets to see · bytes 46–48 · 3c 5c 6e",
    ] {
        assert!(tips.contains(&tip), "{tips:?}");
    }
    assert_eq!(all(&html, "<samp>", "</samp>")[8], r"&lt;\\n");
    assert_eq!(html.matches("tabindex=\"0\"").count(), 7);
    assert!(html.starts_with("<figure class=\"wire server\">") && html.contains("PIN"));
    assert!(html.contains("<p class=\"end\"><b>FIN</b> the server’s kernel says"));
    assert!(!html.contains("\n\n"), "Markdown would end the HTML here");
}

#[test]
fn says_it_in_words() {
    let words = |snapshot: &str| {
        let html = shown(snapshot);
        let (_, words) = html.split_once("In words").unwrap();
        all(words, "<li>", "</li>").join("\n")
    };
    assert_eq!(
        words(RESPONSE),
        "Line 1, the status line: version HTTP/1.1, status code 404, \
         reason Not Found, then CR LF.\n\
         Line 2, a field: field name Content-Length, field value 3, then CR LF.\n\
         Line 3, the empty line: then CR LF.\n\
         After that the body: 3 bytes.\n\
         How it ended: the server’s kernel says that no more bytes will follow."
    );
    let half = words("HTTP/1.0 200 \\r\\n\nHos\n");
    assert!(half.contains("status code 200, reason (empty), then CR LF."));
    assert!(half.ends_with("\nLine 2, half a field: then no end."));
}

#[test]
fn takes_the_first_message_only() {
    let request = "GET / HTTP/1.1\\r\\n\nHost: a\\r\\n\n\\r\\n\n";
    let log = format!("accepting at http://127.0.0.1:4545/ until\n{request}{request}");
    assert_eq!(shown(&log), shown(request));
    let head = "POST /a HTTP/1.1\\r\\n\nContent-length: 6\\r\\n\n\\r\\n\n";
    let posted = shown(&format!("{head}one\\n\nt\\x0a\nGET / HTTP/1.1\\r\\n\n"));
    assert!(posted.contains("After that the body: 6 bytes."));
    let head = "POST /a HTTP/1.1\\r\\n\nTransfer-Encoding: chunked\\r\\n\n\\r\\n\n";
    let chunked = format!("{head}1\\r\\n\na\\r\\n\n0\\r\\n\n\\r\\n\n{head}");
    assert!(shown(&chunked).contains("After that the body: 11 bytes."));
    let (interim, ok) =
        ("HTTP/1.1 100 Continue\\r\\n\n\\r\\n\n", "HTTP/1.1 200 OK\\r\\n");
    let interim = shown(&format!("{interim}{ok}\n\\r\\n\n"));
    assert!(interim.contains("there are no fields") && !interim.contains("200"));
}

#[test]
fn folds_long_bodies() {
    let body = |lines| {
        shown(&format!("HTTP/1.1 200 OK\\r\\n\n\\r\\n\n{}", "a\\n\n".repeat(lines)))
    };
    assert!(!body(6).contains("of the body"));
    let folded = body(7);
    let (shown, rest) = folded.split_once("3 more lines of the body").unwrap();
    let lines = |html: &str| html.matches("<li class=\"content").count();
    assert_eq!((lines(shown), lines(rest)), (4, 3));
}

#[test]
fn finds_no_message_where_there_is_none() {
    for text in [
        "(closed: FIN)\n",
        "GET / HTTP/1.1\n",
        "GET  / HTTP/1.1\\r\\n\n",
        "GET / HTTP/1.10\\r\\n\n",
        "HTTP/1.1 OK\\r\\n\n",
    ] {
        assert!(view(text, "").is_err(), "{text}");
    }
}

// Transcripts.

#[test]
fn what_is_typed_is_marked_and_nothing_is_lost() {
    assert!(transcript("$ curl a\n< b\n\n", "x.snap").contains(
        "<kbd>curl a</kbd>\n</span><span class=\"line\"><span class=\"s\">&lt; \
         b</span>\n\
         </span></code>"
    ));
}

#[test]
fn a_terminal_says_whose_it_is() {
    for (body, path, expected) in [
        ("$ cargo run -p step01\n", "run-step01.snap", "server Terminal 1"),
        ("$ cargo run -p step01\n", "two-step01.snap", "server Terminal 2"),
        ("$ cargo exercise grade a\n", "class.snap", " Terminal 1"),
        ("$ cd / && cargo run\n", "wrong-folder.snap", "server Terminal 1"),
        ("OSError\n", "article_restart.snap", "server The article’s server"),
        ("$ curl a\n", "curl.snap", "client Terminal 2"),
        ("$ (nc a &)\n$ ss -t\n", "ss.snap", "trace Terminal 2"),
        ("$ strace a\n", "strace-step01.snap", "trace Terminal 1"),
        ("bind(3) = 0\n", "a/system_calls_late.snap", "trace strace"),
        ("on 127.0.0.1:1\nGET / HTTP/1.1\\n\n", "stdout.snap", "server Terminal 1"),
        ("at http://127.0.0.1:1/\nGET\n(closed: FIN)\n", "half.snap", "test A test"),
        ("<html>\n", "browser.snap", "client Browser"),
        ("GET /\n", "browser_log.snap", "server Terminal 1"),
        ("(closed: FIN)\n", "client.snap", "test A test"),
        ("connect to 127.0.0.1:1: refused\n", "client.snap", "test A test"),
    ] {
        let (who, name) = expected.split_once(' ').unwrap();
        let frame =
            format!("<figure class=\"transcript {who}\">\n<figcaption><b>{name}</b>");
        let html = transcript(body, path);
        assert!(html.starts_with(&frame), "{path}: {html}");
    }
}

#[test]
fn a_call_shows_who_said_what() {
    let html = transcript(
        "recvfrom(4, \"<\\r\\n\", {a=b(\"c\")}, 5) = 3\na sentence\n",
        "system_calls.snap",
    );
    assert!(
        html.contains(
            "<b>recvfrom</b>(4, <span class=\"c\">&quot;&lt;\\r\\n&quot;</span>, <span \
             class=\"dim\">{a=b(&quot;c&quot;)}</span>, 5) = <span class=\"k\">3</span>"
        ) && html.contains("<span class=\"line\">a sentence\n"),
        "{html}"
    );
    let html = transcript("$ curl a\na\\r\\n\n", "curl.snap");
    let words = "<span class=\"s\">a<span class=\"eol\">\\r\\n</span></span>";
    assert!(html.contains(words), "{html}");
}
