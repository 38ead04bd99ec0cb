use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use tempfile::TempDir;

use super::{Summary, check, decoded, resolve};

/// A folder with these files.
fn folder(files: &[(&str, &str)]) -> Result<TempDir> {
    let folder = TempDir::new()?;
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().context("no folder")?)?;
        fs::write(path, text)?;
    }
    Ok(folder)
}

/// What is found in a page `rooms/page.html`, beside which there are some others; without
/// its name.
fn findings(html: &str) -> Result<Vec<String>> {
    let folder = folder(&[
        ("rooms/page.html", html),
        (
            "rooms/other.html",
            "<p id=place><a name='old'></a><p id='Jürgen'><p id='a b'>",
        ),
        ("index.html", "<p id=home>"),
        ("picture.png", ""),
        ("with blank.png", ""),
        ("style.css", ""),
    ])?;
    let lines = check(folder.path()).err().map(|error| error.to_string());
    let lines = lines.unwrap_or_default();
    let found = lines.lines().filter_map(|line| line.strip_prefix("rooms/page.html: "));
    Ok(found.map(String::from).collect())
}

fn assert_good(pieces: &[&str]) -> Result<()> {
    for html in pieces {
        assert_eq!(findings(html)?, [""; 0], "{html}");
    }
    Ok(())
}

/// Each piece has one finding: what is wrong, and what stands between the first quotes.
fn assert_found(what: &str, pieces: &[&str]) -> Result<()> {
    for html in pieces {
        let url = html.split('\'').nth(1).unwrap_or_default();
        assert_eq!(findings(html)?, [format!("{what}: {url}")], "{html}");
    }
    Ok(())
}

#[test]
fn links_lead_to_files() -> Result<()> {
    assert_good(&[
        "<a href=other.html>",
        "<a href='./other.html?a=b'>",
        "<a href='../index.html'> <a href='../'> <a href='..'> <a href='/'>",
        "<a href='/rooms/other.html'> <a href='../rooms/./other.html'>",
        "<a href=''> <a href='#'> <a href='?a=b'> <a href=' other.html '>",
        "<a href='%6fther.html'> <a href='../with%20blank.png'>",
        "<a href='../with blank.png'>",
        "<form action='other.html'><button formaction='other.html'>",
        "<map><area href='other.html'></map>",
        "<link rel='next' href='other.html'>",
        "<meta http-equiv='refresh' content='0; url=other.html'>",
    ])?;
    assert_found(
        "no such file",
        &[
            "<a href='none.html'>",
            "<a href='none.html#place'>",
            "<a href='Other.html'>",
            "<a href='../other.html'>",
            "<a href='/other.html'>",
            "<a href='../../page.html'>",
            "<a href='../../../etc/passwd'>",
            "<a href='.'>",
            "<a href='../rooms'>",
            "<a href='other.html/'>",
            "<a href='..//index.html'>",
            "<a href='..\\index.html'>",
            "<a\nHREF='none.html'>",
            "<p><a class=\"x\" href='none.html'>text</p>",
            "<svg aria-hidden=true><a xlink:href='none.html'/></svg>",
            "<form action='none.html'>",
            "<input formaction='none.html'>",
            "<area href='none.html'>",
            "<link rel=\"prev\" href='none.html'>",
            "<iframe src='none.html'></iframe>",
            "<noscript><a href='none.html'></noscript>",
            "<template><a href='none.html'></template>",
        ],
    )
}

#[test]
fn fragments_lead_to_places() -> Result<()> {
    assert_good(&[
        "<a href='#here'><p id=here>",
        "<p id='a&amp;b'><a href='#a&b'> <a href='#a&amp;b'>",
        "<a href='other.html#place'> <a href='other.html#old'> <a href='/#home'>",
        "<a href='other.html#J%C3%BCrgen'> <a href='other.html#Jürgen'>",
        "<a href='other.html#a%20b'> <p id='%41'><a href='#%41'>",
        "<svg aria-hidden=true><use href='#s'/><g id=s /></svg>",
        "<p style='mask: url(#here)' id=here>",
    ])?;
    assert_found(
        "no such place",
        &[
            "<a href='#there'>",
            "<a href='#Here'><p id=here>",
            "<a href='other.html#here'><p id=here>",
            "<a href='../index.html#place'>",
            "<a href='../picture.png#place'>",
            "<svg aria-hidden=true><use xlink:href='#s'/></svg>",
            "<a href='#c'><!-- <p id=c> --><script>'<p id=c>'</script>",
        ],
    )
}

#[test]
fn the_base_is_where_links_begin() -> Result<()> {
    assert_good(&[
        "<base href='/'><a href='rooms/other.html'> <a href='#home'> <a href=''>",
        "<base href='/published/here/'><a href='rooms/other.html#place'>",
        "<base href='../'><a href='picture.png'>",
        "<base href='/'><h1 id=own><a class='header' href='#own'>",
    ])?;
    for (html, found) in [
        ("<base href='/'><a href=other.html>", "no such file: other.html"),
        ("<base href='/'><p id=own><a href=#own>", "no such place: #own"),
        ("<base href='/'><a class=header href=#own>", "no such place: own"),
        ("<base href='../'><a href=other.html>", "no such file: other.html"),
    ] {
        assert_eq!(findings(html)?, [found], "{html}");
    }
    let far = "<base href='https://example.com/'>";
    assert_eq!(findings(far)?, ["loaded from the network: https://example.com/"]);
    Ok(())
}

#[test]
fn links_to_the_outside_are_https() -> Result<()> {
    assert_good(&[
        "<a href='https://example.com/a?b#c'>",
        "<a href='http://127.0.0.1:4545/'> <a href='http://localhost:4545'>",
        "<a href='http://[::1]:4545/inspect'> <a href='http://127.0.0.1'>",
        "<link rel='canonical' href='https://example.com/'>",
        "<p>http://example.com/</p> <code>&lt;img src='http://example.com/'&gt;</code>",
    ])?;
    assert_found(
        "neither https nor this machine",
        &[
            "<a href='http://example.com/'>",
            "<a href='http://localhost.example.com/'>",
            "<a href='http://127.0.0.1.example.com/'>",
            "<a href='http://127.0.0.1@example.com/'>",
            "<a href='http://127.0.0.1:80@example.com/'>",
            "<a href='HTTP://example.com/'>",
            "<a href='//example.com/'>",
            "<a href='javascript:alert(1)'>",
            "<a href='mailto:a@example.com'>",
            "<a href='file:///etc/passwd'>",
            "<form action='http://example.com/'>",
        ],
    )
}

#[test]
fn nothing_is_loaded_from_the_network() -> Result<()> {
    assert_good(&[
        "<img src='../picture.png' alt=a> <img src='data:image/png;base64,AAAA' alt=a>",
        "<link rel='stylesheet' href='../style.css'>",
        "<img alt=a srcset='../picture.png 1x, ../with%20blank.png 2x'>",
        "<style>a { background: url(../picture.png) }</style>",
        "<p data-a='https://example.com/' title='http://example.com/'>",
        "<script>fetch('https://example.com/')</script>",
    ])?;
    assert_found(
        "loaded from the network",
        &[
            "<script src='https://example.com/a.js'></script>",
            "<script src='http://example.com/a.js'></script>",
            "<script src='//example.com/a.js'></script>",
            "<script src='http://127.0.0.1:4545/a.js'></script>",
            "<img alt=a src='HTTPS://example.com/a.png'>",
            "<img alt=a srcset='https://example.com/a.png'>",
            "<iframe src='https://example.com/'></iframe>",
            "<object data='https://example.com/'></object>",
            "<embed src='https://example.com/'>",
            "<video src='https://example.com/'></video>",
            "<video poster='https://example.com/a.png'></video>",
            "<audio><source src='https://example.com/'></audio>",
            "<track src='https://example.com/'>",
            "<input type=image src='https://example.com/'>",
            "<body background='https://example.com/'>",
            "<link rel=stylesheet href='https://example.com/a.css'>",
            "<link rel=icon href='https://example.com/a.png'>",
            "<link rel=preload href='https://example.com/a.png'>",
            "<link rel=preconnect href='https://example.com/'>",
            "<link href='https://example.com/'>",
            "<link rel=\"alternate stylesheet\" href='https://example.com/'>",
            "<svg aria-hidden=true><image href='https://example.com/'/></svg>",
            "<svg aria-hidden=true><use xlink:href='https://example.com/a#b'/></svg>",
            "<p style=\"background: url('https://example.com/')\">",
            "<style>@import 'https://example.com/';</style>",
            "<style>a { b: url('//example.com/a.png') }</style>",
            "<svg aria-hidden=true><style>a { b: url('//example.com/') }</style></svg>",
        ],
    )?;
    assert_found("no such file", &["<img alt=a src='none.png'>"])
}

#[test]
fn style_sheets_are_checked() -> Result<()> {
    let folder = folder(&[
        ("css/a.css", "@import 'b.css'; a { b: url(../a.png); c: url(../b.png) }"),
        ("css/b.css", "/* url(c) */ @font-face { src: url(https://example.com/a) }"),
        ("a.png", ""),
    ])?;
    let error = check(folder.path()).err().context("nothing found")?;
    assert_eq!(
        error.to_string(),
        "css/a.css: no such file: ../b.png\n\
         css/b.css: loaded from the network: https://example.com/a\n\
         2 wrong in 0 pages, 4 links"
    );
    Ok(())
}

#[test]
fn pictures_are_said_in_words() -> Result<()> {
    assert_good(&[
        "<img alt='the page' src='../picture.png'>",
        "<img alt='' aria-hidden=true> <p aria-hidden=true><img></p>",
        "<svg role=img aria-label=a></svg> <svg role=img><title>a</title></svg>",
        "<svg role=img aria-labelledby='a b'><desc id=b>c</desc></svg><p id=a>",
        "<svg role=img>\n<title id=t>a &amp; b</title><g><svg></svg></g></svg>",
        "<svg role=img><path/><title>a</title><style/></svg>",
        "<svg aria-hidden=true><g></svg> <div aria-hidden=true><p><svg></svg></div>",
        "<button><span class=fa-svg><svg></svg></span></button>",
        "<template><svg></svg></template>",
        "<title><img></title> <textarea><svg></textarea> <style>a::after { b: '<svg>' }</style>",
    ])?;
    for html in ["<img>", "<img alt>", "<img alt=' '>"] {
        assert_eq!(findings(html)?, ["an image without a text: "], "{html}");
    }
    assert_found("an image without a text", &["<img src='../picture.png'>"])?;
    for (html, start) in [
        ("<svg></svg>", "<svg>"),
        ("<svg><title>a</title></svg>", "<svg>"),
        ("<svg role=img class=seq></svg>", "<svg class=\"seq\" role=\"img\">"),
        ("<svg role=img><title> </title></svg>", "<svg role=\"img\">"),
        ("<svg role=img><g><title>a</title></g></svg>", "<svg role=\"img\">"),
        ("<svg role=img><desc>a</desc></svg>", "<svg role=\"img\">"),
        ("<svg aria-label=a></svg>", "<svg aria-label=\"a\">"),
        ("<svg id=a></svg><svg aria-hidden=true></svg>", "<svg id=\"a\">"),
        ("<p aria-hidden=true></p><svg>", "<svg>"),
    ] {
        let found = format!("a drawing without a text: {start}");
        assert_eq!(findings(html)?, [found], "{html}");
    }
    let nobody = "<svg role=img aria-labelledby='nobody'></svg>";
    assert_eq!(findings(nobody)?, ["no such place: nobody"]);
    Ok(())
}

#[test]
fn ids_are_there_once() -> Result<()> {
    assert_good(&["<p id=a><p id=b><p id=A>", "<a id=a name=a>"])?;
    assert_found(
        "an id that is there twice",
        &["<p id='a'><p id='a'>", "<p id='a'><svg aria-hidden=true><g id='a'></svg>"],
    )
}

#[test]
fn everything_is_found_at_once() -> Result<()> {
    let folder = folder(&[
        ("404.html", "<base href=/><a href=none>1</a>"),
        ("b/a.html", "<img><a href=none>1</a><a href=none>2</a><a href=#x>3</a>"),
        ("print.html", "<a href=b/a.html>"),
        ("toc.html", "<a href=b/b.html>"),
    ])?;
    let error = check(folder.path()).err().context("nothing found")?;
    assert_eq!(
        error.to_string(),
        "404.html: no such file: none\n\
         b/a.html: an image without a text: \n\
         b/a.html: no such file: none\n\
         b/a.html: no such place: #x\n\
         toc.html: no such file: b/b.html\n\
         5 wrong in 4 pages, 6 links"
    );
    fs::remove_file(folder.path().join("b/a.html"))?;
    for name in ["404.html", "toc.html"] {
        fs::write(folder.path().join(name), "<a href=/print.html>")?;
    }
    fs::write(folder.path().join("print.html"), "")?;
    assert_eq!(check(folder.path())?, Summary { pages: 3, links: 2 });
    assert!(check(Path::new("/none/such")).is_err());
    Ok(())
}

#[test]
fn addresses() {
    for (from, path, expected) in [
        ("", "", Some("index.html")),
        ("a/", "", Some("a/index.html")),
        ("a/", ".", Some("a/index.html")),
        ("a/b/", "..", Some("a/index.html")),
        ("a/b/", "../c", Some("a/c")),
        ("a/b/", "/c/", Some("c/index.html")),
        ("a/", "../../b", None),
        ("", "a//b", Some("a//b")),
    ] {
        assert_eq!(resolve(from, path).as_deref(), expected, "{from} {path}");
    }
    for (text, expected) in
        [("a%20b", "a b"), ("%C3%BC", "ü"), ("%", "%"), ("%4", "%4"), ("%zz1", "%zz1")]
    {
        assert_eq!(decoded(text), expected);
    }
}
