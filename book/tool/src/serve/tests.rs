use std::cell::Cell;
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;
use std::{fs, thread};

use anyhow::{Context, Result, ensure};
use step05::{Deadlines, Response, Transport};
use tempfile::TempDir;
use tests::{GLANCE, PATIENCE};

use super::{Site, bind, failure};

/// A repository with one page, and beside the folder that is served, a secret.
struct Repository(TempDir);

impl Repository {
    fn new() -> Result<Self> {
        let repository = Self(TempDir::new()?);
        repository.write("book/src/index.md", "one")?;
        repository.write("secret.txt", "the secret")?;
        Ok(repository)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, text: &str) -> Result<()> {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().context("no folder")?)?;
        Ok(fs::write(path, text)?)
    }

    /// As mdBook does: first the folder is emptied, then come the pages and the files.
    fn build(&self) -> Result<()> {
        let _ = fs::remove_dir_all(self.path().join("built"));
        let page = fs::read_to_string(self.path().join("book/src/index.md"))?;
        ensure!(!page.contains("BROKEN"), "{page:?} in index.md");
        assert!(!page.contains("PANIC"), "{page:?} in index.md");
        for name in ["index.html", "rooms/index.html", "rooms/a.b.html"] {
            self.write(&format!("built/{name}"), &page)?;
        }
        self.write("built/404.html", "no such page")?;
        for (extension, _) in super::CONTENT_TYPES {
            self.write(&format!("built/files/a.{extension}"), extension)?;
        }
        self.write("built/files/a.unknown", "?")?;
        self.write("built/files/plain", "?")
    }

    fn site(&self) -> Site<impl Fn() -> Result<()>> {
        self.built_by(|| self.build())
    }

    fn built_by<B: Fn() -> Result<()>>(&self, build: B) -> Site<B> {
        Site::new(self.path().into(), self.path().join("built"), build)
    }
}

fn answer(site: &Site<impl Fn() -> Result<()>>, path: &[u8]) -> Response {
    site.answer(path).unwrap_or_else(|error| failure(&error))
}

fn text(response: &Response) -> String {
    let body = String::from_utf8_lossy(&response.body);
    format!("{} {}: {body}", response.status.0, response.content_type)
}

/// A connection that lives in memory: what was asked and what is answered.
struct Memory<'a>(&'a [u8], &'a mut Vec<u8>);

impl Read for Memory<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Write for Memory<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.1.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Transport for Memory<'_> {
    fn set_read_timeout(&self, _: Duration) -> io::Result<()> {
        Ok(())
    }

    fn set_write_timeout(&self, _: Duration) -> io::Result<()> {
        Ok(())
    }

    fn shutdown_write(&self) -> io::Result<()> {
        Ok(())
    }
}

/// What a client sees that asks for `target`, which nobody has decoded yet.
fn visit(site: &Site<impl Fn() -> Result<()>>, method: &str, target: &[u8]) -> String {
    let mut request = format!("{method} ").into_bytes();
    request.extend_from_slice(target);
    request.extend_from_slice(b" HTTP/1.1\r\nHost: a\r\n\r\n");
    let mut received = Vec::new();
    let transport = Memory(&request, &mut received);
    let handler = |request: &step05::Request<'_>| answer(site, &request.path);
    step05::serve_connection(transport, "peer", Deadlines::default(), handler);
    String::from_utf8_lossy(&received).into_owned()
}

#[test]
fn pages_and_files_have_their_types() -> Result<()> {
    let repository = Repository::new()?;
    let site = repository.site();
    let html = "200 text/html; charset=utf-8: one";
    for path in ["/", "/index.html", "/rooms/", "/rooms/a.b.html"] {
        assert_eq!(text(&answer(&site, path.as_bytes())), html, "{path}");
    }
    for (extension, content_type) in super::CONTENT_TYPES {
        let answer = answer(&site, format!("/files/a.{extension}").as_bytes());
        assert_eq!(text(&answer), format!("200 {content_type}: {extension}"));
    }
    let unknown = "200 application/octet-stream: ?";
    assert_eq!(text(&answer(&site, b"/files/a.unknown")), unknown);
    assert_eq!(text(&answer(&site, b"/files/plain")), unknown);
    Ok(())
}

#[test]
fn head_is_get_without_its_body() -> Result<()> {
    let repository = Repository::new()?;
    let site = repository.site();
    let get = visit(&site, "GET", b"/%69ndex.html?theme=navy");
    let head = visit(&site, "HEAD", b"/%69ndex.html?theme=navy");
    assert!(head.contains("\r\nContent-Length: 3\r\n"), "{head}");
    let without_date = |text: &str| {
        let lines = text.split_inclusive("\r\n");
        lines.filter(|line| !line.starts_with("Date: ")).collect::<String>()
    };
    assert_eq!(without_date(&get), without_date(&head) + "one");
    Ok(())
}

#[test]
fn what_is_not_there_is_404() -> Result<()> {
    let repository = Repository::new()?;
    let site = repository.site();
    let page = "404 text/html; charset=utf-8: no such page";
    // Without its `/`, the links in a folder's page would lead elsewhere.
    for path in ["/none.html", "/rooms", "/files/", "/index.html/", "/files//a.css"] {
        assert_eq!(text(&answer(&site, path.as_bytes())), page, "{path}");
    }
    fs::remove_file(repository.path().join("built/404.html"))?;
    let line = "404 text/plain; charset=utf-8: 404 Not Found\nThere is no such page.\n";
    assert_eq!(text(&answer(&site, b"/none.html")), line);
    Ok(())
}

#[test]
fn nothing_outside_the_folder_is_shown() -> Result<()> {
    let repository = Repository::new()?;
    let site = repository.site();
    site.build()?;
    let outside = repository.path().join("secret.txt");
    let absolute = outside.to_str().context("a path in UTF-8")?;
    let encoded = |byte: u8| format!("%{byte:02x}");
    let absolute: String = absolute.bytes().map(encoded).collect();
    let absolute = format!("/{absolute}");
    let targets: [&[u8]; _] = [
        b"/../secret.txt",
        b"/rooms/../../secret.txt",
        b"/./../secret.txt",
        b"/../built/index.html",
        b"/%2e%2e/secret.txt",
        b"/%2E%2E%2Fsecret.txt",
        b"/..%2fsecret.txt",
        b"/.%2e/secret.txt",
        b"/%252e%252e/secret.txt",
        b"/%252e%252e%252fsecret.txt",
        b"/..%c0%afsecret.txt",
        b"/%c0%ae%c0%ae/secret.txt",
        b"/..\\secret.txt",
        b"/..%5csecret.txt",
        b"/rooms%5c..%5c..%5csecret.txt",
        b"/C:/secret.txt",
        b"/C:%5csecret.txt",
        b"/index.html::$DATA",
        b"/%5c%5c127.0.0.1%5cshare",
        b"//secret.txt",
        b"//../secret.txt",
        b"/%2fsecret.txt",
        b"/.",
        b"/..",
        b"/../",
        b"/%FF",
        b"/link.txt",
        b"/linked/secret.txt",
        absolute.as_bytes(),
    ];
    #[cfg(unix)]
    {
        use std::os::unix::fs::symlink;

        symlink(&outside, repository.path().join("built/link.txt"))?;
        symlink(repository.path(), repository.path().join("built/linked"))?;
        // A file with that very name, which Windows could not have.
        repository.write("built/..\\secret.txt", "not on Windows")?;
    }
    for target in targets {
        let answer = visit(&site, "GET", target);
        let shown = target.escape_ascii();
        assert!(answer.starts_with("HTTP/1.1 404 "), "{shown}: {answer}");
        assert!(answer.ends_with("no such page"), "{shown}: {answer}");
    }
    // step05 itself refuses control characters; this would, too.
    let refusal = visit(&site, "GET", b"/index.html%00.css");
    assert!(refusal.starts_with("HTTP/1.1 400 "), "{refusal}");
    for path in [b"/index.html\0".as_slice(), b"/\0", b"", b"index.html", b"/\xff"] {
        assert_eq!(answer(&site, path).status.0, 404, "{}", path.escape_ascii());
    }
    Ok(())
}

/// From the target that a client sends to the answer, and what decides on the way.
#[test]
#[cfg(unix)]
fn what_becomes_of_a_target() -> Result<()> {
    let repository = Repository::new()?;
    let site = repository.site();
    site.build()?;
    std::os::unix::fs::symlink("../secret.txt", repository.path().join("built/link"))?;
    let mut table =
        String::from("| asked for | decoded | so | answer |\n|---|---|---|---|\n");
    for target in [
        "/rooms/",
        "/%72ooms/index.html",
        "/rooms",
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/%252e%252e/secret.txt",
        "/..%c0%afsecret.txt",
        "/..%5csecret.txt",
        "//etc/passwd",
        "/C:/secret.txt",
        "/link",
        "/index.html%00.txt",
    ] {
        table += &row(&site, target)?;
    }
    tests::pin!("targets", table);
    Ok(())
}

#[cfg(unix)]
fn row(site: &Site<impl Fn() -> Result<()>>, target: &str) -> Result<String> {
    let answer = visit(site, "GET", target.as_bytes());
    let status = answer.split(' ').nth(1).context("no status")?;
    let request = format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n");
    let (decoded, why) = match step05::parse(request.as_bytes()) {
        Ok(request) => {
            let path = request.context("half a request")?.0.path;
            let shown = path.escape_ascii().to_string().replace("\\\\", "\\");
            (format!("`{shown}`"), why(&site.folder, &path)?)
        }
        Err(error) => (String::new(), error.to_string()),
    };
    ensure!((status == "200") == why.is_empty(), "{target}: {status}, but {why}");
    Ok(format!("| `{target}` | {decoded} | {why} | {status} |\n"))
}

/// Why no file is found at this path; nothing when one is.
#[cfg(unix)]
fn why(folder: &Path, path: &[u8]) -> Result<String> {
    let folder = folder.canonicalize()?;
    let Ok(text) = str::from_utf8(path) else { return Ok("not UTF-8".into()) };
    let Some(path) = super::relative(path) else {
        let mut names = text.split('/').skip(1);
        let bad = names.find(|name| !super::is_name(name)).context("no bad name")?;
        return Ok(if bad.is_empty() {
            "an empty name".into()
        } else {
            format!("`{bad}` is no name")
        });
    };
    Ok(match folder.join(path).canonicalize() {
        Err(_) => "no such file",
        Ok(file) if !file.starts_with(&folder) => "a link that leads out",
        Ok(file) if !file.is_file() => "a folder",
        Ok(_) => "",
    }
    .into())
}

/// To open a pipe waits until somebody writes.
#[test]
#[cfg(unix)]
fn only_files_are_read() -> Result<()> {
    let repository = Repository::new()?;
    repository.build()?;
    let pipe = repository.path().join("built/pipe");
    let made = std::process::Command::new("mkfifo").arg(pipe).status()?;
    ensure!(made.success(), "no mkfifo");
    let (answered, answers) = mpsc::channel();
    // Not joined: it may wait for ever.
    let folder = repository.path().join("built");
    thread::spawn(move || answered.send(super::file(&folder, b"/pipe")));
    assert_eq!(answers.recv_timeout(PATIENCE)?, None);
    Ok(())
}

#[test]
fn the_next_page_shows_what_has_changed() -> Result<()> {
    let repository = Repository::new()?;
    let count = Cell::new(0);
    let site = repository.built_by(|| {
        count.set(count.get() + 1);
        repository.build()
    });
    let is_page = |text: &str| answer(&site, b"/").body == text.as_bytes();
    assert!(is_page("one") && is_page("one") && count.get() == 1);
    repository.write("book/src/index.md", "two!")?;
    assert!(answer(&site, b"/files/a.css").status.0 == 200 && count.get() == 1);
    assert!(is_page("two!") && is_page("two!") && count.get() == 2);

    let mut expected = count.get();
    let mut is_built_again = |what: &str| {
        answer(&site, b"/rooms/a.b.html");
        expected += 1;
        assert_eq!(count.get(), expected, "{what}");
    };
    for source in [
        "book/src/rooms/new.md",
        "book/theme/tutorial.css",
        "book/book.toml",
        "steps/01-bind/src/main.rs",
        "tests/01-bind/snapshots/stdout.snap",
        "bench/results/parsing.md",
        "bench/src/peers.rs",
        "book/tool/src/serve.rs",
        "exercises/01a-which-port/README.md",
    ] {
        repository.write(source, "new")?;
        is_built_again(source);
    }
    // As old and as long as before, but another one.
    let path = |name: &str| repository.path().join("book/src").join(name);
    fs::rename(path("rooms/new.md"), path("rooms/other.md"))?;
    is_built_again("a file has another name");
    fs::remove_file(path("rooms/other.md"))?;
    is_built_again("a file is gone");
    // As long as before.
    let file = fs::File::options().write(true).open(path("index.md"))?;
    file.set_modified(std::time::SystemTime::now() - Duration::from_secs(60))?;
    is_built_again("a file is older");

    for other in [
        "README.md",
        "exercises/target/debug/ex01a",
        "book/src/.index.md.swp",
        "target/notes.md",
    ] {
        repository.write(other, "new")?;
        assert!(is_page("two!") && count.get() == expected, "{other}");
    }
    Ok(())
}

#[test]
fn a_failure_is_shown_until_it_is_cured() -> Result<()> {
    let repository = Repository::new()?;
    let is_disk_full = Cell::new(false);
    let site = repository.built_by(|| {
        ensure!(!is_disk_full.get(), "the disk is full");
        repository.build()
    });
    assert_eq!(answer(&site, b"/").body, b"one".as_slice());
    repository.write("book/src/index.md", "BROKEN")?;
    let failure = "500 text/plain; charset=utf-8: 500 Internal Server Error\n\
                   the book cannot be built: \"BROKEN\" in index.md\n";
    assert_eq!(text(&answer(&site, b"/")), failure);
    assert_eq!(text(&answer(&site, b"/none.html")), failure);
    assert_eq!(answer(&site, b"/none.png").status.0, 404);
    repository.write("book/src/index.md", "cured")?;
    assert_eq!(answer(&site, b"/").body, b"cured".as_slice());

    // Cured without any change of a source; and, once built, as before the failure.
    is_disk_full.set(true);
    repository.write("book/src/index.md", "once more")?;
    assert_eq!(answer(&site, b"/").status.0, 500);
    assert!(site.build().is_err());
    is_disk_full.set(false);
    assert_eq!(answer(&site, b"/").body, b"once more".as_slice());

    // A failure may leave half a book. That nothing differs from the last good one is then
    // no reason to show it.
    let page = repository.path().join("book/src/index.md");
    let (built, time) =
        (repository.path().join("built"), fs::metadata(&page)?.modified()?);
    repository.write("book/src/index.md", "BROKEN")?;
    assert_eq!(answer(&site, b"/").status.0, 500);
    assert!(!built.exists());
    repository.write("book/src/index.md", "once more")?;
    fs::File::options().write(true).open(&page)?.set_modified(time)?;
    assert_eq!(answer(&site, b"/").body, b"once more".as_slice());

    repository.write("book/src/index.md", "PANIC")?;
    assert_eq!(answer(&site, b"/").status.0, 500);
    repository.write("book/src/index.md", "survived")?;
    assert_eq!(answer(&site, b"/").body, b"survived".as_slice());
    Ok(())
}

/// While the folder is empty, in the middle of a build, nobody looks into it.
#[test]
fn who_comes_during_a_build_waits_for_its_end() -> Result<()> {
    let repository = Repository::new()?;
    let (begun, has_begun) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel();
    let may_go_on = std::sync::Mutex::new(may_go_on);
    let site = repository.built_by(|| {
        begun.send(())?;
        let _ = fs::remove_dir_all(repository.path().join("built"));
        may_go_on.lock().ok().context("poisoned")?.recv_timeout(PATIENCE)?;
        repository.build()
    });
    thread::scope(|threads| {
        let page = threads.spawn(|| answer(&site, b"/"));
        has_begun.recv_timeout(PATIENCE)?;
        let (answered, answers) = mpsc::channel();
        for path in [b"/".as_slice(), b"/files/a.css", b"/rooms/"] {
            let (answered, site) = (answered.clone(), &site);
            threads.spawn(move || answered.send(answer(site, path)));
        }
        let early = answers.recv_timeout(GLANCE);
        go_on.send(())?;
        ensure!(early.is_err(), "answered in the middle: {early:?}");
        assert_eq!(page.join().ok().context("a panic")?.status.0, 200);
        for _ in 0..3 {
            assert_eq!(answers.recv_timeout(PATIENCE)?.status.0, 200);
        }
        Ok(())
    })
}

#[test]
fn an_address_that_is_taken_is_named() -> Result<()> {
    let taken = bind("127.0.0.1:0".parse()?)?;
    let address = taken.local_addr()?;
    let error = bind(address).err().context("bound twice")?;
    let start = format!(
        "cannot bind {address} (stop what uses it, or try cargo book 127.0.0.1:0): "
    );
    assert!(format!("{error:#}").starts_with(&start), "{error:#}");
    Ok(())
}
