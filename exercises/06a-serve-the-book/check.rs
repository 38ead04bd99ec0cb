//! Files of a folder, and nothing outside of it.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::{env, fs, io, process};

use crate::{Check, Exercise, Response, Server, Submission, Verdict, get};

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
    given: 7,
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

/// The files that are served, and those around them.
fn files() -> Vec<(&'static str, Vec<u8>)> {
    let texts: [(&str, &[u8]); 12] = [
        ("secret.txt", SECRET),
        ("site-drafts/secret.txt", SECRET),
        ("site/index.html", HOME),
        ("site/notes.txt", NOTES),
        ("site/style.css", b"h1 { color: teal }\n"),
        ("site/code.js", b"document.title += '!';\n"),
        ("site/data.json", b"[1, 2]\n"),
        ("site/a letter.txt", LETTER),
        ("site/50% off.txt", OFFER),
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

/// Each byte there is, as they come in pictures.
fn picture() -> Vec<u8> {
    [b"\x89PNG\r\n\x1a\n".to_vec(), (0..=255).collect()].concat()
}

/// Lines with numbers, so that it can be seen which ones are missing.
fn large() -> Vec<u8> {
    (0..30_000).flat_map(|number| format!("{number:09}\n").into_bytes()).collect()
}

/// The folder, as it is named from here. It stays, so that it can be looked at.
fn site() -> &'static str {
    static SITE: OnceLock<String> = OnceLock::new();
    SITE.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let folder =
            root.canonicalize().expect("the repository is here").join("target/06a");
        make(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        named_from_here(&folder.join("site")).display().to_string()
    })
}

fn make(folder: &Path) -> io::Result<()> {
    for (name, bytes) in files() {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap_or(folder))?;
        if fs::read(&path).is_ok_and(|present| present == bytes) {
            continue;
        }
        // Somebody else may be making it, or reading it, right now.
        let new = folder.join(format!("new-{}", process::id()));
        fs::write(&new, bytes)?;
        fs::rename(new, path)?;
    }
    #[cfg(unix)]
    for (link, target) in [("link.txt", "../secret.txt"), ("out", "..")] {
        // It may be there already.
        let _ = std::os::unix::fs::symlink(target, folder.join("site").join(link));
    }
    Ok(())
}

/// `target/06a/site` in the repository, `../target/06a/site` one folder further down.
fn named_from_here(path: &Path) -> PathBuf {
    let here = env::current_dir().and_then(fs::canonicalize).unwrap_or_default();
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
    submission.start_with(&[site()])
}

/// Asks for a path and judges the answer; if it is wrong, this path is what to try by
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

fn byte_for_byte(submission: &Submission) -> Verdict {
    let mut server = start(submission)?;
    look(&mut server, "/notes.txt", |answer| {
        answer.expect_status(&[200], "The file is there, and does not come.", FILE)?;
        answer.expect_body(NOTES, "These are not the bytes of the file.", FILE)
    })?;
    look(&mut server, "/pixel.png", |answer| {
        let meaning =
            "A text comes, a picture does not: your program takes all files for text.";
        answer.expect_status(&[200], meaning, BYTES)?;
        let meaning = "The bytes of a picture arrive as others: they have been through \
                       a text, where each byte that is no UTF-8 becomes the three of \
                       U+FFFD.";
        same_bytes(answer, &picture(), meaning, BYTES)
    })?;
    look(&mut server, "/large.bin", |answer| {
        answer.expect_status(
            &[200],
            "A small file comes, a large one does not.",
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
                     those of pictures never are.";
const CUT: &str = "The beginning of a large file comes, and Content-Length says that \
                   this is all. No client notices that the rest is missing.";
const READ_ON: &str = "read(2) returns some of the bytes. Whoever wants all of them \
                       reads until it returns 0, or calls `fs::read`.";

/// As `expect_body`, for what is not read line by line.
fn same_bytes(answer: &Response, wanted: &[u8], meaning: &str, why: &str) -> Verdict {
    if answer.body == wanted {
        return Ok(());
    }
    let same = answer.body.iter().zip(wanted).take_while(|(came, byte)| came == byte);
    Err(answer.wrong_in_body(same.count(), meaning, why))
}

fn index(submission: &Submission) -> Verdict {
    let mut server = start(submission)?;
    let why = "The task: if the path ends in `/`, `index.html` is meant. That a folder \
               has such a page is a custom of servers; HTTP knows only paths.";
    for (path, page, meaning) in [
        (
            "/",
            HOME,
            "`/` is what a browser asks for first, and no file is called so. The page \
             that is meant is `index.html`.",
        ),
        (
            "/rooms/",
            ROOMS,
            "`/` shows a page, and `/rooms/` does not. There is an `index.html` in \
             `rooms` too.",
        ),
    ] {
        look(&mut server, path, |answer| {
            answer.expect_status(&[200], meaning, why)?;
            answer.expect_body(
                page,
                "This is not the `index.html` of that folder.",
                why,
            )
        })?;
    }
    Ok(())
}

fn types(submission: &Submission) -> Verdict {
    let mut server = start(submission)?;
    for (path, wanted) in [
        ("/index.html", "text/html"),
        ("/style.css", "text/css"),
        ("/code.js", "text/javascript"),
        ("/notes.txt", "text/plain"),
        ("/data.json", "application/json"),
        ("/rooms/map.svg", "image/svg+xml"),
        ("/pixel.png", "image/png"),
        ("/letters.woff2", "font/woff2"),
        ("/large.bin", "application/octet-stream"),
    ] {
        look(&mut server, path, |answer| has_type(answer, wanted))?;
    }
    Ok(())
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
    let meaning = match came {
        "text/html" => format!("This is {wanted}, and your program calls it a page."),
        _ => format!("This is {wanted}, and your program calls it {came}."),
    };
    Err(answer.wrong_value(field, meaning, why))
}

fn names(submission: &Submission) -> Verdict {
    let mut server = start(submission)?;
    look(&mut server, "/a%20letter.txt", |answer| {
        let meaning = "There is a file called \"a letter.txt\", and a blank is sent as \
                       %20. Your program looks for a name with a percent sign.";
        let why = "RFC 3986, section 2.1: what cannot be written in a URL is \
                   percent-encoded, and means the byte all the same. `request.path` of \
                   step 5 is decoded.";
        answer.expect_status(&[200], meaning, why)?;
        answer.expect_body(LETTER, "This is another file.", why)
    })?;
    look(&mut server, "/notes.txt?v=1", |answer| {
        let meaning = "Your program takes the query for a part of the name. Browsers \
                       ask so for what may have changed.";
        answer.expect_status(
            &[200],
            meaning,
            "RFC 3986, section 3.4: the path ends at the first `?`.",
        )
    })
}

fn not_there(submission: &Submission) -> Verdict {
    let mut server = start(submission)?;
    let why = "RFC 9110, section 15.5.5: 404 means that nothing is there.";
    look(&mut server, "/nothing.html", |answer| {
        let meaning = "There is no such file, and your program does not say so.";
        answer.expect_status(&[404], meaning, why)
    })?;
    look(&mut server, "/empty/", |answer| {
        let meaning = "This folder has no `index.html`, so there is no page. Which \
                       names are in it is nobody's business.";
        answer.expect_status(&[403, 404], meaning, why)
    })?;
    look(&mut server, "/rooms", |answer| {
        let meaning = "This is a folder. It has no bytes of its own that could be \
                       sent, and the links of its page are right only behind a `/`.";
        answer.expect_status(&[301, 302, 303, 307, 308, 404], meaning, why)
    })?;
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
        "RFC 9110, section 17.3. What is wrong is refused, not repaired: whoever asks \
         so did not want a page.",
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
        ],
        "Your program looks for `..` before it decodes, and opens what it has decoded. \
         %2e is a dot, and %2f a slash.",
        "RFC 3986, section 2.1, and RFC 9110, section 17.3: decode first, then look at \
         what came out, and open nothing else.",
    )
}

fn absolute(submission: &Submission) -> Verdict {
    // On Linux, what stands in the first one is the same everywhere.
    let paths = ["/proc/sys/kernel/ostype", "/etc/hosts"];
    for path in paths {
        let Ok(content) = fs::read(path) else { continue };
        let meaning = "Your program takes off one `/`, and another one is left. What \
                       begins with `/` is counted from the root of this machine, and \
                       the folder is forgotten.";
        let why = "std::path::Path::join: if the second path is absolute, it replaces \
                   the first.";
        look(&mut start(submission)?, &format!("/{path}"), |answer| {
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
        "std::path::Path::starts_with compares whole names. With texts, the `/` behind \
         the folder's name has to be compared too.",
    )
}

fn link(submission: &Submission) -> Verdict {
    if !cfg!(unix) {
        return Ok(());
    }
    stays_inside(
        submission,
        &["/link.txt", "/out/secret.txt"],
        "This name lies in the folder, and what it leads to does not: it is a symbolic \
         link. Your program looks at the name only.",
        "symlink(7): whoever opens a link opens what it stands for. realpath(3), in \
         Rust `fs::canonicalize`, says where a path really ends.",
    )
}

fn decoded_once(submission: &Submission) -> Verdict {
    let meaning = "Your program decodes twice: %252e becomes %2e, and then a dot, \
                   behind the place where you look for dots.";
    let why = "RFC 3986, section 2.4: an implementation must not decode the same text \
               more than once. %25 is a percent sign, and that is all.";
    stays_inside(
        submission,
        &["/%252e%252e/secret.txt", "/..%252fsecret.txt"],
        meaning,
        why,
    )?;
    look(&mut start(submission)?, "/50%25%20off.txt", |answer| {
        let meaning = "There is a file called \"50% off.txt\", and your program does \
                       not find it: the percent sign in its name is no encoding.";
        answer.expect_status(&[200], meaning, why)?;
        answer.expect_body(OFFER, "This is another file.", why)
    })
}

fn nul(submission: &Submission) -> Verdict {
    let mut server = start(submission)?;
    for path in ["/notes.txt%00", "/notes.txt%00.html", "/../secret.txt%00.html"] {
        let meaning = "Your program cuts the path off at the NUL, and sends a file \
                       that was not asked for. Had it looked at the end of the name, \
                       it would have seen another end.";
        let why = "path_resolution(7): NUL ends a name for the system, whatever \
                   follows. In Rust, `fs::read` refuses it; in C, nobody notices.";
        look(&mut server, path, |answer| {
            answer.expect_status(&[400, 404], meaning, why)
        })?;
    }
    look(&mut server, "/notes.txt", Response::expect_success)
}

/// None of these paths leads to the secret.
fn stays_inside(
    submission: &Submission,
    paths: &[&str],
    meaning: &str,
    why: &str,
) -> Verdict {
    let mut server = start(submission)?;
    for path in paths {
        look(&mut server, path, |answer| refuses(answer, SECRET, meaning, why))?;
    }
    Ok(())
}

fn refuses(answer: &Response, secret: &[u8], meaning: &str, why: &str) -> Verdict {
    let at = answer.body.windows(secret.len().max(1)).position(|bytes| bytes == secret);
    if let Some(offset) = at {
        return Err(answer.wrong_in_body(offset, meaning, why));
    }
    answer.expect_status(
        &[400, 403, 404],
        "There is no such file in the folder. No secret came, but the status says \
         something else than that.",
        "The task: for a client, all that lies outside of the folder is not there: \
         400, 403 or 404.",
    )
}
