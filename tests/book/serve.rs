//! The book's server: files, and nothing else, to every kind of client, and always the
//! newest.

use std::cell::Cell;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, mpsc};
use std::time::{Duration, SystemTime};
use std::{fs, thread};

use anyhow::{Context, Result, ensure};
use book::serve::{self, Site};
use step05::Response;
use tempfile::TempDir;
use tests::{
    Client, GLANCE, PATIENCE, Program, REQUEST, Received, exchange, pin, refusal,
};
use tests::{run, wait_until};

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

    fn build(&self, into: &Path) -> Result<()> {
        let page = fs::read_to_string(self.path().join("book/src/index.md"))?;
        for (name, text) in [
            ("index.html", page.as_str()),
            ("rooms/index.html", &page),
            ("rooms/a.b.html", &page),
            ("404.html", "no such page"),
        ]
        .into_iter()
        .chain(FILES.map(|(name, _)| (name, "?")))
        {
            let path = into.join(name);
            fs::create_dir_all(path.parent().context("no folder")?)?;
            fs::write(path, text)?;
        }
        // Half of it is there when that happens.
        ensure!(!page.contains("BROKEN"), "{page:?} in index.md");
        assert!(!page.contains("PANIC"), "{page:?} in index.md");
        Ok(())
    }

    fn site(&self) -> Site<impl Fn(&Path) -> Result<()>> {
        self.built_by(|into| self.build(into))
    }

    fn built_by<B: Fn(&Path) -> Result<()>>(&self, build: B) -> Site<B> {
        Site::new(self.path().into(), self.path().join("built"), build)
    }
}

const FILES: [(&str, &str); 7] = [
    ("files/a.css", "text/css; charset=utf-8"),
    ("files/a.js", "text/javascript; charset=utf-8"),
    ("files/a.svg", "image/svg+xml"),
    ("files/a.txt", "text/plain; charset=utf-8"),
    ("files/a.woff2", "font/woff2"),
    ("files/a.unknown", "application/octet-stream"),
    ("files/plain", "application/octet-stream"),
];

fn text(response: &Response) -> String {
    let body = String::from_utf8_lossy(&response.body);
    format!("{} {}: {body}", response.status.0, response.content_type)
}

/// What a client gets that asks for `target`, which nobody has decoded yet.
fn visit(site: &Site<impl Fn(&Path) -> Result<()>>, target: &[u8]) -> Result<String> {
    Ok(match decoded(target)? {
        Ok(path) => text(&site.answer(&path)),
        Err(refusal) => format!("400: {refusal}"),
    })
}

/// The path in the target, as step05 sees it, or why it sees none.
fn decoded(target: &[u8]) -> Result<Result<Vec<u8>, String>> {
    let request = [b"GET ", target, b" HTTP/1.1\r\nHost: a\r\n\r\n"].concat();
    Ok(match step05::parse(&request) {
        Ok(request) => Ok(request.context("half a request")?.0.path.into_owned()),
        Err(error) => Err(error.to_string()),
    })
}

#[test]
fn pages_and_files_have_their_types() -> Result<()> {
    let repository = Repository::new()?;
    let site = repository.site();
    let html = "200 text/html; charset=utf-8: one";
    for path in ["/", "/index.html", "/rooms/", "/rooms/a.b.html"] {
        assert_eq!(text(&site.answer(path.as_bytes())), html, "{path}");
    }
    for (name, content_type) in FILES {
        let answer = site.answer(format!("/{name}").as_bytes());
        assert_eq!(text(&answer), format!("200 {content_type}: ?"));
    }
    Ok(())
}

#[test]
fn what_is_not_there_is_404() -> Result<()> {
    let repository = Repository::new()?;
    let site = repository.site();
    let page = "404 text/html; charset=utf-8: no such page";
    // Without its `/`, the links in a folder's page would lead elsewhere.
    for path in ["/none.html", "/rooms", "/files/", "/index.html/", "/files//a.css"] {
        assert_eq!(text(&site.answer(path.as_bytes())), page, "{path}");
    }
    fs::remove_file(repository.path().join("built/404.html"))?;
    let line = "404 text/plain; charset=utf-8: 404 Not Found\nThere is no such page.\n";
    assert_eq!(text(&site.answer(b"/none.html")), line);
    Ok(())
}

#[test]
fn nothing_outside_the_folder_is_shown() -> Result<()> {
    let repository = Repository::new()?;
    let site = repository.site();
    site.build();
    let outside = repository.path().join("secret.txt");
    let absolute = outside.to_str().context("a path in UTF-8")?;
    let absolute: String =
        absolute.bytes().map(|byte| format!("%{byte:02x}")).collect();
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
        let answer = visit(&site, target)?;
        let page = "404 text/html; charset=utf-8: no such page";
        assert_eq!(answer, page, "{}", target.escape_ascii());
    }
    // step05 itself refuses control characters; this would, too.
    ensure!(visit(&site, b"/index.html%00.css")?.starts_with("400: "));
    for path in [b"/index.html\0".as_slice(), b"/\0", b"", b"index.html", b"/\xff"] {
        assert_eq!(site.answer(path).status.0, 404, "{}", path.escape_ascii());
    }
    Ok(())
}

/// From the target that a client sends to the answer.
#[test]
#[cfg(unix)]
fn what_becomes_of_a_target() -> Result<()> {
    let repository = Repository::new()?;
    let site = repository.site();
    site.build();
    std::os::unix::fs::symlink("../secret.txt", repository.path().join("built/link"))?;
    let mut table = String::from("| asked for | decoded | answer |\n|---|---|---|\n");
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
        let shown = match decoded(target.as_bytes())? {
            Ok(path) => {
                format!("`{}`", path.escape_ascii().to_string().replace("\\\\", "\\"))
            }
            Err(refusal) => {
                let asked = target.replace('%', "%25");
                format!(
                    "[{refusal}](../05-parse/ask.html?request=GET+{asked}+HTTP/1.1\
                     %0D%0AHost:+a%0D%0A%0D%0A#asked)"
                )
            }
        };
        let answer = visit(&site, target.as_bytes())?;
        table += &format!("| `{target}` | {shown} | {} |\n", &answer[..3]);
    }
    pin!("targets", table);
    Ok(())
}

/// To open a pipe waits until somebody writes.
#[test]
#[cfg(unix)]
fn only_files_are_read() -> Result<()> {
    let repository = Repository::new()?;
    let (folder, pipe) = (repository.path().join("built"), "built/pipe");
    repository.build(&folder)?;
    let made = Command::new("mkfifo").arg(repository.path().join(pipe)).status()?;
    ensure!(made.success(), "no mkfifo");
    let (answered, answers) = mpsc::channel();
    let site = Site::new(repository.path().into(), folder, |_: &Path| Ok(()));
    // Not joined: it may wait forever.
    thread::spawn(move || answered.send(site.answer(b"/pipe").status.0));
    assert_eq!(answers.recv_timeout(PATIENCE)?, 404);
    Ok(())
}

#[test]
fn the_next_page_shows_what_has_changed() -> Result<()> {
    let repository = Repository::new()?;
    let count = Cell::new(0);
    let site = repository.built_by(|into| {
        count.set(count.get() + 1);
        repository.build(into)
    });
    let is_page = |text: &str| site.answer(b"/").body == text.as_bytes();
    assert!(is_page("one") && is_page("one") && count.get() == 1);
    repository.write("book/src/index.md", "two!")?;
    assert!(site.answer(b"/files/a.css").status.0 == 200 && count.get() == 1);
    assert!(is_page("two!") && is_page("two!") && count.get() == 2);

    let mut expected = count.get();
    let mut is_built_again = |what: &str| {
        site.answer(b"/rooms/a.b.html");
        expected += 1;
        assert_eq!(count.get(), expected, "{what}");
    };
    for source in [
        "book/src/rooms/new.md",
        "book/theme/face.css",
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
    file.set_modified(SystemTime::now() - Duration::from_secs(60))?;
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
fn a_failure_is_over_when_its_cause_is() -> Result<()> {
    let repository = Repository::new()?;
    let is_disk_full = Cell::new(false);
    let site = repository.built_by(|into| {
        ensure!(!is_disk_full.get(), "the disk is full");
        repository.build(into)
    });
    let page = || text(&site.answer(b"/"));
    let html = |text: &str| format!("200 text/html; charset=utf-8: {text}");
    repository.write("book/src/index.md", "BROKEN")?;
    ensure!(
        page().starts_with("500 text/html") && page().contains("&quot;BROKEN&quot;")
    );
    repository.write("book/src/index.md", "mended")?;
    assert_eq!(page(), html("mended"));
    // From now on there is a last good one, with all that belongs to it.
    for broken in ["BROKEN", "PANIC"] {
        repository.write("book/src/index.md", broken)?;
        assert_eq!(page(), html("mended"));
        assert_eq!(site.answer(b"/files/a.css").status.0, 200);
    }
    // Over without any change of a source.
    is_disk_full.set(true);
    repository.write("book/src/index.md", "once more")?;
    assert_eq!(page(), html("mended"));
    is_disk_full.set(false);
    assert_eq!(page(), html("once more"));
    Ok(())
}

/// While the folder is replaced, at the end of a build, nobody looks into it.
#[test]
fn who_comes_during_a_build_waits_for_its_end() -> Result<()> {
    let repository = Repository::new()?;
    let (begun, has_begun) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel();
    let may_go_on = Mutex::new(may_go_on);
    let site = repository.built_by(|into| {
        begun.send(())?;
        may_go_on.lock().ok().context("poisoned")?.recv_timeout(PATIENCE)?;
        repository.build(into)
    });
    thread::scope(|threads| {
        let page = threads.spawn(|| site.answer(b"/"));
        has_begun.recv_timeout(PATIENCE)?;
        let (answered, answers) = mpsc::channel();
        for path in [b"/".as_slice(), b"/files/a.css", b"/rooms/"] {
            let (answered, site) = (answered.clone(), &site);
            threads.spawn(move || answered.send(site.answer(path)));
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

// The program itself, with the real book.

pub fn book() -> Command {
    Command::new(env!("CARGO_BIN_EXE_book"))
}

pub fn request(method: &str, path: &str) -> Vec<u8> {
    format!("{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").into_bytes()
}

/// What is at `path`, which must be there.
pub fn get(address: SocketAddr, path: &str) -> Result<String> {
    let received = exchange(address, &request("GET", path))?;
    let (status, _, body) = parts(&received)?;
    ensure!(status == "HTTP/1.1 200 OK", "{path}: {received}");
    Ok(String::from_utf8_lossy(body).into_owned())
}

/// Status line, type and body of an answer.
fn parts(received: &Received) -> Result<(&str, &str, &[u8])> {
    let bytes = &received.bytes;
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
    let (head, body) = bytes.split_at(end.context("no blank line")? + 4);
    let head = str::from_utf8(head)?;
    let status = head.lines().next().unwrap_or_default();
    let content_type =
        head.lines().find_map(|line| line.strip_prefix("Content-Type: "));
    Ok((status, content_type.unwrap_or_default(), body))
}

/// What a browser sends is the reader's: none of it may become HTML.
#[test]
fn the_first_page_shows_the_request_that_asked_for_it() -> Result<()> {
    let yours = |content_type, text: &str| {
        let head = b"GET /?a=b HTTP/1.1\r\nHost: a\r\nX-Odd: <b> \\ \xe9\r\n\r\n";
        let request = step05::parse(head)?.context("half a request")?.0;
        let body = text.as_bytes().to_vec().into();
        let response = Response { status: step05::Status::OK, content_type, body };
        let answer = serve::with_request(response, &request).body;
        anyhow::Ok(String::from_utf8_lossy(&answer).into_owned())
    };
    const HTML: &str = "text/html; charset=utf-8";
    let recorded = "<main><section class=\"yours\">recorded</section> rest";
    let page = yours(HTML, recorded)?;
    ensure!(page.starts_with("<main><section class=\"yours\">\n"), "{page}");
    ensure!(page.contains("You have just sent <em>this</em>"), "{page}");
    ensure!(page.contains("/?a=b") && page.contains("X-Odd"), "{page}");
    ensure!(page.contains("&lt;b&gt; \\\\ \\xe9"), "{page}");
    ensure!(
        page.ends_with("</section>\n rest") && !page.contains("recorded"),
        "{page}"
    );
    assert_eq!(yours("text/css; charset=utf-8", recorded)?, recorded);
    assert_eq!(yours(HTML, "<main>another page")?, "<main>another page");
    Ok(())
}

/// The folder is not that of a book which somebody reads while the tests run.
#[test]
fn the_book_is_served_to_every_kind_of_client() -> Result<()> {
    let target = TempDir::new()?;
    let mut command = book();
    command.env("CARGO_TARGET_DIR", target.path());
    let program = Program::start(command)?;
    let address = program.address();

    const HTML: &str = "text/html; charset=utf-8";
    for (path, status, content_type, piece) in [
        ("/", "200 OK", HTML, "HTTP from the Socket Up"),
        ("/", "200 OK", HTML, "<b>2 Listen</b> open, and silent</span>"),
        ("/", "200 OK", HTML, "<b>4 Respond</b> 200 OK</span>"),
        ("/", "200 OK", HTML, "<b>5 Parse</b> 200, 404, 408</span>"),
        ("/", "200 OK", HTML, "<b>2</b> Listen</a> <samp>(open, and silent)</samp>"),
        ("/05-parse/transport.html?a=b", "200 OK", HTML, "deadline"),
        ("/print.html", "200 OK", HTML, "<h1"),
        ("/fonts/SOCKET-SERIF-OFL.txt", "200 OK", "text/plain; charset=utf-8", ""),
        ("/none/such", "404 Not Found", HTML, "<base href=\"/\">"),
        ("/%2e%2e/.rustc_info.json", "404 Not Found", HTML, ""),
    ] {
        let received = exchange(address, &request("GET", path))?;
        let (found, found_type, body) = parts(&received)?;
        assert_eq!((found, found_type), (&*format!("HTTP/1.1 {status}"), content_type));
        let has_piece = String::from_utf8_lossy(body).contains(piece);
        ensure!(has_piece, "no {piece:?} in {path}");
        let received = exchange(address, &request("HEAD", path))?;
        assert_eq!(parts(&received)?, (found, found_type, b"".as_slice()));
    }

    // Browsers open connections in advance; with three of them, one more is served.
    let idle = [(); 3].map(|()| Client::connect(address));
    for path in ["/", "/01-bind.html"] {
        get(address, path)?;
    }
    drop(idle);

    tests::bad_clients(address)?;
    let mut client = Client::connect(address)?;
    client.send(&request("GET", "/"))?;
    ensure!(parts(&client.read_to_end(PATIENCE))?.0 == "HTTP/1.1 200 OK");

    let taken = refusal(book(), &address.to_string());
    let start = format!("cannot bind {address} (try cargo book 127.0.0.1:0): ");
    ensure!(taken.starts_with(&start), "{taken}");

    let ended = program.stop()?;
    let first = ended.stdout.lines().next().unwrap_or_default();
    let line = format!("the book is at http://{address}/ until you press Ctrl-C");
    assert_eq!(first, line);
    let logged = "\"GET /01-bind.html HTTP/1.1\" 200 ";
    ensure!(ended.stdout.contains(logged), "{}", ended.stdout);
    assert_eq!(ended.stderr, "");
    Ok(())
}

#[test]
fn what_is_not_understood_is_named() {
    for argument in ["localhost:3000", "--browser", "serve", ""] {
        let line = format!(
            "{argument} is not understood: cargo book takes an IP address and port \
             such as 127.0.0.1:3000, --open, build, pdf, check, or help\n"
        );
        assert_eq!(refusal(book(), argument), line);
    }
}

#[test]
fn help_says_what_it_takes() -> Result<()> {
    for argument in ["help", "--help", "-h"] {
        let mut book = book();
        book.arg(argument);
        let shown = String::from_utf8(run(book)?.stdout)?;
        for piece in ["[ADDRESS]", "[--open]", "cargo book build", "cargo book check"] {
            ensure!(shown.contains(piece), "{argument}: {shown}");
        }
    }
    Ok(())
}

/// Linux only: there, whoever is first in PATH is the browser.
#[test]
#[cfg(target_os = "linux")]
fn a_browser_is_opened_if_there_is_one() -> Result<()> {
    let folder = TempDir::new()?;
    let open = || {
        let mut command = book();
        command.arg("--open").env("CARGO_TARGET_DIR", folder.path());
        command.env("PATH", folder.path()).current_dir(folder.path());
        command
    };
    let program = Program::start(open())?;
    program.wait_for_stderr("cannot open a browser (go to http://127.0.0.1:")?;
    get(program.address(), "/")?;
    program.stop()?;

    // Not written by this process: what a process has open for writing cannot be run,
    // and another thread may be starting a program that shares it.
    let script =
        "printf '#!/bin/sh\\necho \"$@\" > seen' > xdg-open; chmod +x xdg-open";
    let mut shell = Command::new("sh");
    ensure!(shell.args(["-c", script]).current_dir(&folder).status()?.success());
    let program = Program::start(open())?;
    let url = format!("http://{}/\n", program.address());
    wait_until("the browser has the address", || {
        fs::read_to_string(folder.path().join("seen")).is_ok_and(|seen| seen == url)
    })?;
    assert_eq!(program.stop()?.stderr, "");
    Ok(())
}

// What a reader types in a terminal while this book is served to a browser, and sees.

/// A terminal beside the book's server, which the reader knows as 127.0.0.1:3000.
struct Terminal {
    folder: TempDir,
    server: Program,
    /// What was left running, with `&`.
    running: Vec<Child>,
    screen: String,
}

impl Terminal {
    fn new() -> Result<Self> {
        let folder = TempDir::new()?;
        // What would be shown by a server that leaves its folder, `target/book`.
        fs::write(folder.path().join("Cargo.toml"), "[workspace]\n")?;
        fs::write(folder.path().join(".curlrc"), "noproxy = *\nno-progress-meter\n")?;
        let mut command = book();
        command.env("CARGO_TARGET_DIR", folder.path().join("target"));
        let server = Program::start(command)?;
        Ok(Self { folder, server, running: Vec::new(), screen: String::new() })
    }

    fn address(&self) -> SocketAddr {
        self.server.address()
    }

    fn types(&mut self, line: &str) -> Result<()> {
        self.screen += &format!("$ {line}\n");
        let real = line.replace("3000", &self.address().port().to_string());
        let mut shell = Command::new("sh");
        shell.env("CURL_HOME", self.folder.path()).arg("-c");
        if let Some(real) = real.strip_suffix(" &") {
            shell
                .arg(format!("exec {real}"))
                .stdin(Stdio::null())
                .stdout(Stdio::null());
            self.running.push(shell.spawn().context("no sh")?);
            return Ok(());
        }
        shell.arg(format!("({real}) 2>&1"));
        let shown = run(shell)?.stdout;
        for line in String::from_utf8(shown)?.lines() {
            let line = line.split(" after ").next().unwrap_or_default();
            self.screen += &format!("{line}\n");
        }
        Ok(())
    }

    fn close(mut self) -> Result<String> {
        for child in &mut self.running {
            child.kill()?;
            child.wait()?;
        }
        self.server.stop()?;
        Ok(self.screen)
    }
}

/// The first page has the request of whoever asks for it, and step05 answers what's
/// typed into a form as curl sends it.
#[test]
#[ignore = "needs curl: cargo test --workspace -- --ignored"]
fn curl_sees_itself() -> Result<()> {
    let terminal = Terminal::new()?;
    let curl = |arguments: &[&str]| {
        let mut command = Command::new("curl");
        command.args(["-s", "--noproxy", "*"]).args(arguments);
        anyhow::Ok(String::from_utf8_lossy(&run(command)?.stdout).into_owned())
    };
    let version = curl(&["--version"])?;
    let version = version.split(' ').nth(1).context("no version")?;
    let url = format!("http://{}/", terminal.address());
    let page = curl(&[&url])?;
    let (_, yours) = page.split_once("<section class=\"yours\">").context("none")?;
    let (yours, _) = yours.split_once("</section>").context("no end")?;
    let agent = format!("<samp>curl/{version}</samp>");
    ensure!(yours.contains(&agent) && yours.contains("You have just sent"), "{yours}");
    let url = format!("{url}05-parse/ask.html");
    let typed = "request=GET  / HTTP/1.1\nHost: a\n\n";
    let page = curl(&["--get", "--data-urlencode", typed, &url])?;
    ensure!(page.contains("<b>refused at byte 4</b>"), "{page}");
    terminal.close()?;
    Ok(())
}

#[test]
#[ignore = "needs curl: cargo test --workspace -- --ignored"]
fn curl_asks_for_files() -> Result<()> {
    let mut terminal = Terminal::new()?;
    for line in [
        "curl -sI http://127.0.0.1:3000/ | grep -e HTTP -e Type",
        "curl -sI http://127.0.0.1:3000/fonts/SOCKET-SERIF-OFL.txt | grep -e HTTP -e \
         Type",
        "curl -sI --path-as-is http://127.0.0.1:3000/../../Cargo.toml | grep HTTP",
        "curl -sI http://127.0.0.1:3000/%2e%2e%2f%2e%2e%2fCargo.toml | grep HTTP",
    ] {
        terminal.types(line)?;
    }
    pin!("curl_files", terminal.close()?);
    Ok(())
}

/// Four threads: three silent clients leave one free, a fourth takes it.
#[test]
#[ignore = "needs curl, nc: cargo test --workspace -- --ignored"]
fn four_silent_clients() -> Result<()> {
    let mut terminal = Terminal::new()?;
    for _ in 0..3 {
        terminal.types("nc -d 127.0.0.1 3000 &")?;
    }
    terminal.types("curl -sI --max-time 5 http://127.0.0.1:3000/ | grep HTTP")?;
    terminal.types("nc -d 127.0.0.1 3000 &")?;
    let address = terminal.address();
    wait_until("all are held up", || {
        let mut client = Client::connect(address).expect("it listens");
        client.send(REQUEST).is_ok() && client.read_to_end(GLANCE).bytes.is_empty()
    })?;
    terminal.types("curl -I --max-time 1 http://127.0.0.1:3000/")?;
    pin!("four_silent", terminal.close()?);
    Ok(())
}
