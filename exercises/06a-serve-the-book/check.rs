//! Files of a folder, and nothing outside of it.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::{env, fs, io, process};

use crate::failure::Log;
use crate::{Check, Exercise, Place, Response, Server, Submission, Verdict, get};

/// The program with the folder, and the command in a second terminal.
macro_rules! reproduce {
    ($path:literal) => {
        concat!(
            "{program} 127.0.0.1:4545 target/06a/site\n{then}\n",
            "curl -i --path-as-is 'http://127.0.0.1:4545",
            $path,
            "'"
        )
    };
}

pub const EXERCISE: Exercise = Exercise {
    id: "06a",
    name: "serve-the-book",
    given: 6,
    readme: include_str!("README.md"),
    checks: &[
        Check { points: 2, reproduce: reproduce!("/notes.txt"), run: byte_for_byte },
        Check { points: 1, reproduce: reproduce!("/"), run: index },
        Check { points: 2, reproduce: reproduce!("/style.css"), run: types },
        Check { points: 1, reproduce: reproduce!("/a%20letter.txt?v=1"), run: names },
        Check { points: 1, reproduce: reproduce!("/empty/"), run: not_there },
        Check { points: 2, reproduce: reproduce!("/../secret.txt"), run: dots },
        Check { points: 1, reproduce: reproduce!("/....//secret.txt"), run: tidied },
        Check { points: 2, reproduce: reproduce!("/%2e%2e/secret.txt"), run: encoded },
        Check { points: 1, reproduce: reproduce!("//etc/hosts"), run: absolute },
        Check {
            points: 1,
            reproduce: reproduce!("/../site-drafts/secret.txt"),
            run: sibling,
        },
        Check { points: 2, reproduce: reproduce!("/link.txt"), run: link },
        Check {
            points: 1,
            reproduce: reproduce!("/%252e%252e/secret.txt"),
            run: decoded_once,
        },
        Check { points: 1, reproduce: reproduce!("/notes.txt%00.html"), run: nul },
    ],
};

const SECRET: &[u8] = b"This lies outside of the folder.\n";
const NOTES: &[u8] = b"Notes on bytes.\n";
const HOME: &[u8] = b"<h1>The home of this folder</h1>\n";
const ROOMS: &[u8] = b"<h1>All rooms</h1>\n";
const LETTER: &[u8] = b"A letter.\n";
const OFFER: &[u8] = b"Half the price.\n";
const PERCENT: &[u8] = b"Percent, four, one.\n";
const PLUS: &[u8] = b"Two plus signs.\n";

/// The files that are served, and those around them.
fn files() -> Vec<(&'static str, Vec<u8>)> {
    let texts: [(&str, &[u8]); 22] = [
        ("secret.txt", SECRET),
        ("site-drafts/secret.txt", SECRET),
        ("site/index.html", HOME),
        ("site/notes.txt", NOTES),
        ("site/style.css", b"h1 { color: teal }\n"),
        ("site/code.js", b"document.title += '!';\n"),
        ("site/data.json", b"[1, 2]\n"),
        ("site/a letter.txt", LETTER),
        ("site/50% off.txt", OFFER),
        ("site/a%41.txt", PERCENT),
        ("site/aA.txt", LETTER),
        ("site/c++.txt", PLUS),
        ("site/gr\u{fc}\u{df}e.txt", LETTER),
        ("site/wait...what.txt", LETTER),
        ("site/nothing.txt", b""),
        ("site/code.min.js", b"document.title+='!'\n"),
        ("site/v1.css/notes", NOTES),
        ("site/v1.css/html", NOTES),
        ("site/v1.css/map.svg.txt", NOTES),
        ("site/rooms/index.html", ROOMS),
        ("site/rooms/map.svg", b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>\n"),
        ("site/empty/nothing-yet", b""),
    ];
    let mut files: Vec<_> = texts.map(|(name, bytes)| (name, bytes.to_vec())).into();
    files.push(("site/pixel.png", picture()));
    files.push(("site/letters.woff2", [b"wOF2".as_slice(), &picture()].concat()));
    files.push(("site/large.bin", large()));
    files
}

/// All bytes there are, as they come in images.
fn picture() -> Vec<u8> {
    [b"\x89PNG\r\n\x1a\n".to_vec(), (0..=255).collect()].concat()
}

/// Lines with numbers, so that you can see which ones are missing.
fn large() -> Vec<u8> {
    (0..30_000).flat_map(|number| format!("{number:09}\n").into_bytes()).collect()
}

/// Returns the folder, as it's named from here, or why it can't be made. It stays, so
/// that people can look at it.
fn site() -> Result<&'static str, &'static str> {
    static SITE: OnceLock<Result<String, String>> = OnceLock::new();
    let site = SITE.get_or_init(|| {
        let here = env::current_dir().and_then(fs::canonicalize).unwrap_or_default();
        let is_root = |path: &&Path| path.join("exercises/judge/Cargo.toml").is_file();
        let root = here.ancestors().find(is_root).unwrap_or(&here);
        let folder = root.join("target/06a");
        let made = make(&folder).map(|()| named_from(&here, &folder.join("site")));
        let made = made.map(|path| path.display().to_string());
        made.map_err(|error| format!("{}: {error}", folder.display()))
    });
    site.as_deref().map_err(String::as_str)
}

fn make(folder: &Path) -> io::Result<()> {
    for (name, bytes) in files() {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap_or(folder))?;
        if fs::read(&path).is_ok_and(|present| present == bytes) {
            continue;
        }
        // Another check may be making it, or reading it, right now.
        let new = folder.join(format!("new-{}", process::id()));
        fs::write(&new, bytes)?;
        fs::rename(new, path)?;
    }
    #[cfg(unix)]
    for (link, target) in
        [("link.txt", "../secret.txt"), ("out", ".."), ("rooms/up", "../..")]
    {
        // It may be there already.
        let _ = std::os::unix::fs::symlink(target, folder.join("site").join(link));
    }
    Ok(())
}

/// `target/06a/site` in the repository, `../target/06a/site` one folder further down.
fn named_from(here: &Path, path: &Path) -> PathBuf {
    let mut up = PathBuf::new();
    for above in here.ancestors().take(4) {
        if let Ok(rest) = path.strip_prefix(above) {
            return up.join(rest);
        }
        up.push("..");
    }
    path.into()
}

fn start(submission: &Submission) -> Verdict<Server> {
    match site() {
        Ok(site) => submission.start_with(&[site]),
        Err(error) => Err(Log::new().failure(
            Place::Moment,
            format!(
                "The folder that your program should serve can't be made: {error}."
            ),
            "This isn't the fault of your program. Check again where files can be \
             written: in a copy of the project that's yours.",
        )),
    }
}

/// Asks for a path and judges the response; if it's wrong, this path is what to try by
/// hand.
fn look(
    server: &mut Server,
    path: &str,
    judge: impl FnOnce(&Response) -> Verdict,
) -> Verdict {
    let verdict = server.ask(&get(path)).and_then(|answer| judge(&answer));
    let command = reproduce!("").trim_end_matches('\'');
    let rest = match path.rsplit('.').next() {
        Some("png") => " |\n  od -c | head -20",
        Some("bin") => " |\n  tail -3",
        _ => "",
    };
    verdict.map_err(|failure| failure.reproduce(format!("{command}{path}'{rest}")))
}

/// As [`look`], for several paths of one program. The first that fails is tried once
/// more, alone: so the report shows that one and no other.
fn each<T>(
    submission: &Submission,
    cases: &[(&str, T)],
    judge: impl Fn(&Response, &T) -> Verdict,
) -> Verdict {
    let mut server = start(submission)?;
    for (path, case) in cases {
        if let Err(failure) = look(&mut server, path, |it| judge(it, case)) {
            drop(server);
            let alone = &mut start(submission)?;
            return look(alone, path, |it| judge(it, case)).and(Err(failure));
        }
    }
    server.survives()
}

/// This file must come, or it means this.
fn comes(answer: &Response, wanted: &[u8], meaning: &str, why: &str) -> Verdict {
    let verdict = answer
        .expect_status(&[200], meaning, why)
        .and_then(|()| answer.expect_body(wanted, meaning, why));
    let should = format!("HTTP/1.1 200 and {}", wanted.escape_ascii());
    verdict.map_err(|failure| failure.should_see(should))
}

fn byte_for_byte(submission: &Submission) -> Verdict {
    let mut server = start(submission)?;
    look(&mut server, "/notes.txt", |answer| {
        answer.expect_status(&[200], "The file is there, and doesn't come.", FILE)?;
        answer.expect_body(NOTES, "These are not the bytes of the file.", FILE)
    })?;
    look(&mut server, "/pixel.png", |answer| {
        let meaning =
            "A text comes, an image doesn't: your program reads all files as text.";
        answer.expect_status(&[200], meaning, BYTES)?;
        let meaning = match answer.body.windows(3).any(|it| it == b"\xef\xbf\xbd") {
            true => {
                "The bytes of an image arrive as others: they've been through a text, \
                 where each byte that isn't UTF-8 becomes the three of U+FFFD."
            }
            false => {
                "Not all bytes of an image arrive, or some arrive as others: your \
                 program changes what looks like line ends or spaces, as in a text."
            }
        };
        same_bytes(answer, &picture(), meaning, BYTES)
    })?;
    look(&mut server, "/nothing.txt", |answer| {
        let meaning = "This file is empty, and your program says that it's missing.";
        comes(answer, b"", meaning, FILE)
    })?;
    look(&mut server, "/large.bin", |answer| {
        answer.expect_status(
            &[200],
            "A small file comes, a large one doesn't.",
            FILE,
        )?;
        if answer.body.len() < 300_000 && large().starts_with(&answer.body) {
            return Err(answer.wrong_in_body(answer.body.len(), CUT, READ_ON));
        }
        same_bytes(answer, &large(), "A large file arrives with other bytes.", FILE)
    })
}

const FILE: &str =
    "The task: a path names a file in the folder, and its bytes are the body.";
const BYTES: &str = "RFC 9110, section 6.4: content is a stream of octets. `fs::read` \
                     reads bytes; `fs::read_to_string` wants them to be UTF-8, as \
                     those of images never are.";
const CUT: &str = "The beginning of a large file comes, and Content-Length says that \
                   this is all. No client notices that the rest is missing.";
const READ_ON: &str = "read(2) returns some of the bytes. To get all of them, read \
                       until it returns 0, or call `fs::read`.";

/// As `expect_body`, for bytes that aren't worth showing line by line.
fn same_bytes(answer: &Response, wanted: &[u8], meaning: &str, why: &str) -> Verdict {
    if answer.body == wanted {
        return Ok(());
    }
    let same = answer.body.iter().zip(wanted).take_while(|(came, byte)| came == byte);
    Err(answer.wrong_in_body(same.count(), meaning, why))
}

fn index(submission: &Submission) -> Verdict {
    let why = "The task: if the path ends in `/`, `index.html` is meant. That a folder \
               has such a page is a custom of servers; HTTP knows only paths.";
    let root = "`/` is what a browser asks for first, and no file has that name. The \
                page that is meant is `index.html`.";
    let room = "`/` shows a page, and `/rooms/` doesn't show its own. There is an \
                `index.html` in `rooms` too.";
    let cases = [("/", (HOME, root)), ("/rooms/", (ROOMS, room))];
    each(submission, &cases, |answer, (page, meaning)| {
        comes(answer, page, meaning, why)
    })
}

fn types(submission: &Submission) -> Verdict {
    let cases = [
        ("/index.html", "text/html"),
        ("/style.css", "text/css"),
        ("/code.js", "text/javascript"),
        ("/notes.txt", "text/plain"),
        ("/data.json", "application/json"),
        ("/rooms/map.svg", "image/svg+xml"),
        ("/pixel.png", "image/png"),
        ("/letters.woff2", "font/woff2"),
        ("/large.bin", "application/octet-stream"),
        ("/rooms/", "text/html"),
        ("/code.min.js", "text/javascript"),
        ("/v1.css/map.svg.txt", "text/plain"),
        ("/v1.css/notes", "application/octet-stream"),
        ("/v1.css/html", "application/octet-stream"),
    ];
    each(submission, &cases, |answer, wanted| has_type(answer, wanted))
}

/// Checks that a file of this name is said to be what the end of its name says.
pub fn has_its_type(answer: &Response, name: &str) -> Verdict {
    let wanted = match name.rsplit('.').next() {
        Some("html") => "text/html",
        Some("css") => "text/css",
        Some("js") => "text/javascript",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        _ => return Ok(()),
    };
    has_type(answer, wanted)
}

fn has_type(answer: &Response, wanted: &str) -> Verdict {
    let why = "RFC 9110, section 8.3: Content-Type says what the body is. A browser \
               does not use a style sheet or a script that is called a page.";
    let meaning =
        "Nothing says what kind of bytes these are. The browser has to guess.";
    let field = answer.expect_field("Content-Type", meaning, why)?;
    let came = field.value.split(';').next().unwrap_or_default().trim();
    // The older name of the same type.
    let is_script = wanted == "text/javascript" && came == "application/javascript";
    if came.eq_ignore_ascii_case(wanted) || is_script {
        return Ok(());
    }
    let meaning = match (came, wanted) {
        (_, "application/octet-stream") => format!(
            "The name of this file has no end that the task lists: only the last dot \
             of a name and what comes after it count. Your program calls it {came}."
        ),
        ("text/html", _) => {
            format!("This is {wanted}, and your program calls it a page.")
        }
        _ => format!("This is {wanted}, and your program calls it {came}."),
    };
    let failure = answer.wrong_value(field, meaning, why);
    Err(failure.should_see(format!("Content-Type: {wanted}")))
}

fn names(submission: &Submission) -> Verdict {
    let why = "RFC 3986, section 2.1: what cannot be written in a URL is \
               percent-encoded, and means the byte all the same. `request.path` of \
               step 5 is decoded.";
    let query = "RFC 3986, section 3.4: the path ends at the first `?`.";
    let cases = [
        (
            "/a%20letter.txt",
            LETTER,
            "There is a file called \"a letter.txt\", and a space is sent as %20. Your \
             program looks for a name with a percent sign.",
            why,
        ),
        (
            "/gr%C3%BC%C3%9Fe.txt",
            LETTER,
            "There is a file called \"grüße.txt\", and each letter beyond ASCII is \
             sent as two bytes. Your program doesn't put them together.",
            why,
        ),
        (
            "/c++.txt",
            PLUS,
            "There is a file called \"c++.txt\", and a plus in a path is a plus. Your \
             program turns it into a space.",
            "RFC 3986 gives the + in a path no meaning. Only HTML's forms write a \
             space as a +, in a query or a body.",
        ),
        (
            "/wait...what.txt",
            LETTER,
            "There is a file called \"wait...what.txt\". Your program refuses it for \
             its dots; but only a piece of the path that is `..` and nothing else \
             leads up.",
            "path_resolution(7): `..` is a name of its own. Within a longer name, dots \
             mean nothing.",
        ),
        (
            "/notes.txt?v=1",
            NOTES,
            "Your program reads the query as part of the name. Browsers send such \
             queries for files that may have changed.",
            query,
        ),
        (
            "/notes.txt?next=/../style.css?x",
            NOTES,
            "There's a path in this query, and your program looks at it. The query \
             begins at the first `?`, and doesn't lead anywhere.",
            query,
        ),
    ];
    let cases = cases.map(|(path, file, meaning, why)| (path, (file, meaning, why)));
    each(submission, &cases, |answer, (file, meaning, why)| {
        comes(answer, file, meaning, why)
    })?;
    let case = ("/style.css?v=1.js", "text/css");
    each(submission, &[case], |answer, wanted| has_type(answer, wanted))
}

fn not_there(submission: &Submission) -> Verdict {
    const MISSING: &[u16] = &[404];
    let cases = [
        (
            "/nothing.html",
            MISSING,
            "This file doesn't exist, and your program doesn't say so.",
        ),
        (
            "/empty/",
            &[403, 404],
            "This folder has no `index.html`, so there's no page. The names in it are \
             not for strangers.",
        ),
        (
            "/rooms",
            &[301, 302, 303, 307, 308, 404],
            "This is a folder. It has no bytes of its own that could be sent, and the \
             links of its page are right only after a `/`.",
        ),
        (
            "/notes.txt/",
            MISSING,
            "The path ends in `/`, so it means the `index.html` in a folder \
             `notes.txt`. There is only a file of that name, and your program sends \
             it.",
        ),
        (
            "/notes.txt/more.txt",
            MISSING,
            "`notes.txt` is a file, so nothing is in it. Your program sends something.",
        ),
    ];
    let cases = cases.map(|(path, statuses, meaning)| (path, (statuses, meaning)));
    each(submission, &cases, |answer, (statuses, meaning)| {
        let why = "RFC 9110, section 15.5.5: 404 means that nothing is there.";
        let verdict = answer.expect_status(statuses, meaning, why);
        verdict.map_err(|failure| failure.should_see("HTTP/1.1 404"))
    })?;
    let mut server = start(submission)?;
    look(&mut server, "/nothing.html", |_| Ok(()))?;
    look(&mut server, "/notes.txt", Response::expect_success)
}

fn dots(submission: &Submission) -> Verdict {
    stays_inside(
        submission,
        &["/../secret.txt", "/rooms/../../secret.txt"],
        "Your program puts folder and path together and opens what is there: `..` is \
         the folder above. Like this it sends every file of this machine that you can \
         read.",
        "RFC 9110, section 17.3: `..` has a meaning for the file system, and a server \
         must not let it lead to what it does not serve. path_resolution(7).",
    )
}

fn tidied(submission: &Submission) -> Verdict {
    stays_inside(
        submission,
        &[
            "/....//secret.txt",
            "/..././secret.txt",
            "/..\\secret.txt",
            "/rooms/..\\..\\secret.txt",
        ],
        "Your program repairs a path, and what was harmless becomes `..`. Take `../` \
         out of `....//`, and `../` is left.",
        "RFC 9110, section 17.3. Refuse what's wrong, and don't repair it: a client \
         that asks like this doesn't want a page.",
    )
}

fn encoded(submission: &Submission) -> Verdict {
    stays_inside(
        submission,
        &[
            "/%2e%2e/secret.txt",
            "/..%2fsecret.txt",
            "/%2e%2e%2fsecret.txt",
            "/..%5csecret.txt",
            "/.%2e/secret.txt",
            "/%2E%2E%2Fsecret.txt",
        ],
        "Your program looks for `..` before it decodes, and opens what it has decoded. \
         %2e is a dot, and %2f a slash.",
        "RFC 3986, section 2.1, and RFC 9110, section 17.3: decode first, then look at \
         what came out, and open nothing else.",
    )
}

fn absolute(submission: &Submission) -> Verdict {
    // On Linux, the first one has the same content everywhere.
    let paths = ["/proc/sys/kernel/ostype", "/etc/hosts"];
    for path in paths {
        let Ok(content) = fs::read(path) else { continue };
        let meaning = "Your program takes off one `/`, and another one is left. What \
                       begins with `/` is counted from the root of this machine, and \
                       the folder is forgotten.";
        let why = "std::path::Path::join: if the second path is absolute, it replaces \
                   the first.";
        let [plain, encoded] = [format!("/{path}"), path.replacen('/', "/%2f", 1)];
        each(submission, &[(&plain, ()), (&encoded, ())], |answer, ()| {
            refuses(answer, &content, meaning, why)
        })?;
    }
    Ok(())
}

fn sibling(submission: &Submission) -> Verdict {
    stays_inside(
        submission,
        &["/../site-drafts/secret.txt", "/rooms/../../site-drafts/secret.txt"],
        "Your program compares texts: `site-drafts` begins with `site`, and is another \
         folder.",
        "std::path::Path::starts_with compares whole names. With texts, the `/` after \
         the folder's name has to be compared too.",
    )
}

fn link(submission: &Submission) -> Verdict {
    if !cfg!(unix) {
        return Ok(());
    }
    let why = "symlink(7): opening a link opens what it leads to. realpath(3), in Rust \
               `fs::canonicalize`, says where a path really ends.";
    stays_inside(
        submission,
        &["/link.txt"],
        "This name is in the folder, and what it leads to isn't: it's a symbolic link. \
         Your program looks at the name only.",
        why,
    )?;
    stays_inside(
        submission,
        &["/out/secret.txt", "/rooms/up/secret.txt"],
        "One of the folders in this path is a symbolic link, and leads out. Your \
         program looks for links, but not at each piece of the path.",
        why,
    )
}

fn decoded_once(submission: &Submission) -> Verdict {
    let meaning = "Your program decodes twice: %252e becomes %2e, and then a dot, \
                   after the place where you look for dots.";
    let why = "RFC 3986, section 2.4: an implementation must not decode the same text \
               more than once. %25 is a percent sign, and that is all.";
    stays_inside(
        submission,
        &["/%252e%252e/secret.txt", "/..%252fsecret.txt"],
        meaning,
        why,
    )?;
    let cases = [
        (
            "/50%25%20off.txt",
            (
                OFFER,
                "There is a file called \"50% off.txt\", and your program doesn't find \
                 it: the percent sign in its name isn't an encoding.",
            ),
        ),
        (
            "/a%2541.txt",
            (
                PERCENT,
                "There is a file called \"a%41.txt\", and your program sends another \
                 one, or none: it decodes the name twice. Even inside the folder \
                 that's wrong.",
            ),
        ),
    ];
    each(submission, &cases, |answer, (file, meaning)| {
        comes(answer, file, meaning, why)
    })
}

fn nul(submission: &Submission) -> Verdict {
    let paths = ["/notes.txt%00", "/notes.txt%00.html", "/../secret.txt%00.html"];
    each(submission, &paths.map(|path| (path, ())), |answer, ()| {
        let meaning = "Your program cuts the path off at the NUL, and sends a file \
                       that the client didn't ask for. If it looks at the end of the \
                       name, it sees another end.";
        let why = "path_resolution(7): NUL ends a name for the system, whatever \
                   follows. In Rust, `fs::read` refuses it; in C, it passes unseen.";
        let verdict = answer.expect_status(&[400, 403, 404], meaning, why);
        verdict.map_err(|failure| failure.should_see("HTTP/1.1 404 (or 400, 403)"))
    })
}

/// None of these paths leads to the secret.
fn stays_inside(
    submission: &Submission,
    paths: &[&str],
    meaning: &str,
    why: &str,
) -> Verdict {
    let cases: Vec<(&str, ())> = paths.iter().map(|path| (*path, ())).collect();
    each(submission, &cases, |answer, ()| refuses(answer, SECRET, meaning, why))
}

fn refuses(answer: &Response, secret: &[u8], meaning: &str, why: &str) -> Verdict {
    let at = answer.body.windows(secret.len().max(1)).position(|bytes| bytes == secret);
    let verdict = match at {
        Some(offset) => Err(answer.wrong_in_body(offset, meaning, why)),
        None => answer.expect_status(
            &[400, 403, 404],
            "There is no such file in the folder. No secret came, but the status says \
             something else than that.",
            "The task: for a client, everything outside of the folder is missing: 400, \
             403 or 404.",
        ),
    };
    verdict.map_err(|failure| failure.should_see("HTTP/1.1 404 (or 400, 403)"))
}
