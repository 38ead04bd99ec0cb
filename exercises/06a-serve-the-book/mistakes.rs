//! What usually goes wrong in exercise 06a.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::{env, fs};

use crate::Mistake;
use crate::Mistake::Program;

pub const MISTAKES: &[(&str, Mistake)] = &[
    ("reads-text-only", Program(reads_text_only)),
    ("bytes-through-a-text", Program(bytes_through_a_text)),
    ("line-ends-of-its-own", Program(line_ends_of_its_own)),
    ("one-buffer", Program(one_buffer)),
    ("empty-is-missing", Program(empty_is_missing)),
    ("no-index", Program(no_index)),
    ("index-of-the-root-only", Program(index_of_the_root_only)),
    ("everything-is-html", Program(everything_is_html)),
    ("no-type", Program(no_type)),
    ("after-the-first-dot", Program(after_the_first_dot)),
    ("a-name-without-a-dot", Program(a_name_without_a_dot)),
    ("does-not-decode", Program(does_not_decode)),
    ("query-in-the-name", Program(query_in_the_name)),
    ("refuses-two-dots", Program(refuses_two_dots)),
    ("plus-is-a-space", Program(plus_is_a_space)),
    ("home-instead-of-404", Program(home_instead_of_404)),
    ("lists-the-folder", Program(lists_the_folder)),
    ("forgets-the-last-slash", Program(forgets_the_last_slash)),
    ("opens-what-was-asked-for", Program(opens_what_was_asked_for)),
    ("removes-the-dots", Program(removes_the_dots)),
    ("checks-before-decoding", Program(checks_before_decoding)),
    ("join-forgets-the-folder", Program(join_forgets_the_folder)),
    ("compares-texts", Program(compares_texts)),
    ("follows-links", Program(follows_links)),
    ("looks-at-the-last-name", Program(looks_at_the_last_name)),
    ("decodes-twice", Program(decodes_twice)),
    ("decodes-again", Program(decodes_again)),
    ("cuts-at-nul", Program(cuts_at_nul)),
];

/// The bytes of a file as they are, of all of them.
fn read(file: &Path) -> io::Result<Vec<u8>> {
    fs::read(file)
}

/// The file of a target, found as one should.
fn find(folder: &Path, target: &str) -> Option<PathBuf> {
    below(folder, &decoded(path(target)))
}

/// `fs::read_to_string` fails where it doesn't find UTF-8.
fn reads_text_only(address: SocketAddr) -> io::Result<()> {
    serve(address, find, |file| fs::read_to_string(file).map(String::into_bytes))
}

/// `from_utf8_lossy` puts something else where it doesn't find UTF-8.
fn bytes_through_a_text(address: SocketAddr) -> io::Result<()> {
    serve(address, find, |file| {
        Ok(String::from_utf8_lossy(&fs::read(file)?).into_owned().into_bytes())
    })
}

/// Line by line, and each gets a `\n`, as Python's text mode does it.
fn line_ends_of_its_own(address: SocketAddr) -> io::Result<()> {
    serve(address, find, |file| {
        let bytes = fs::read(file)?;
        let lines = bytes.split_inclusive(|&byte| byte == b'\n');
        Ok(lines
            .flat_map(|line| match line.strip_suffix(b"\r\n") {
                Some(line) => [line, b"\n"].concat(),
                None => line.to_vec(),
            })
            .collect())
    })
}

/// One `read` into a buffer that's large enough for pages.
fn one_buffer(address: SocketAddr) -> io::Result<()> {
    serve(address, find, |file| {
        let mut buffer = vec![0; 64 * 1024];
        let length = fs::File::open(file)?.read(&mut buffer)?;
        Ok(buffer[..length].to_vec())
    })
}

/// Without a byte, there's nothing to send.
fn empty_is_missing(address: SocketAddr) -> io::Result<()> {
    serve(address, find, |file| {
        let bytes = fs::read(file)?;
        if bytes.is_empty() { Err(io::ErrorKind::NotFound.into()) } else { Ok(bytes) }
    })
}

/// A file called `/` doesn't exist.
fn no_index(address: SocketAddr) -> io::Result<()> {
    let find = |folder: &Path, target: &str| {
        find(folder, target).filter(|_| !path(target).ends_with('/'))
    };
    serve(address, find, read)
}

/// `/` is a special case, and the only one.
fn index_of_the_root_only(address: SocketAddr) -> io::Result<()> {
    let find = |folder: &Path, target: &str| {
        let is_other = path(target).len() > 1 && path(target).ends_with('/');
        find(folder, target).filter(|_| !is_other)
    };
    serve(address, find, read)
}

/// The type of the first page that worked.
fn everything_is_html(address: SocketAddr) -> io::Result<()> {
    serve_as(address, find, read, |_| {
        "Content-Type: text/html; charset=utf-8\r\n".into()
    })
}

/// curl does not need it.
fn no_type(address: SocketAddr) -> io::Result<()> {
    serve_as(address, find, read, |_| String::new())
}

/// `split('.')`, and what comes second is the end.
fn after_the_first_dot(address: SocketAddr) -> io::Result<()> {
    serve_as(address, find, read, |file| {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        content_type(name.split('.').nth(1).unwrap_or_default())
    })
}

/// `rsplit('.')`, and what comes first is the end, even if it's all of the name.
fn a_name_without_a_dot(address: SocketAddr) -> io::Result<()> {
    serve_as(address, find, read, |file| {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        content_type(name.rsplit('.').next().unwrap_or_default())
    })
}

/// The path is used as it came.
fn does_not_decode(address: SocketAddr) -> io::Result<()> {
    serve(address, |folder, target| below(folder, path(target)), read)
}

/// All of the target is the name.
fn query_in_the_name(address: SocketAddr) -> io::Result<()> {
    serve(address, |folder, target| below(folder, &decoded(target)), read)
}

/// `contains("..")`, which is easily said.
fn refuses_two_dots(address: SocketAddr) -> io::Result<()> {
    let find = |folder: &Path, target: &str| {
        find(folder, target).filter(|_| !path(target).contains(".."))
    };
    serve(address, find, read)
}

/// As forms write a space.
fn plus_is_a_space(address: SocketAddr) -> io::Result<()> {
    let find = |folder: &Path, target: &str| find(folder, &target.replace('+', "%20"));
    serve(address, find, read)
}

/// As sites do that consist of one page with a script.
fn home_instead_of_404(address: SocketAddr) -> io::Result<()> {
    let find = |folder: &Path, target: &str| {
        find(folder, target).or_else(|| find(folder, "/"))
    };
    serve(address, find, read)
}

/// A folder becomes a page with its names.
fn lists_the_folder(address: SocketAddr) -> io::Result<()> {
    let find = |folder: &Path, target: &str| {
        let file = find(folder, target);
        file.or_else(|| Some(folder.join(decoded(path(target)).trim_matches('/'))))
    };
    serve(address, find, |file| {
        let Ok(entries) = fs::read_dir(file) else { return fs::read(file) };
        let names = entries.flatten().map(|entry| entry.file_name());
        Ok(names
            .flat_map(|name| format!("{}\n", name.display()).into_bytes())
            .collect())
    })
}

/// Looks for the file first, and for the folder if there isn't one.
fn forgets_the_last_slash(address: SocketAddr) -> io::Result<()> {
    let find = |folder: &Path, target: &str| {
        let file = path(target).trim_end_matches('/');
        find(folder, file).or_else(|| find(folder, target))
    };
    serve(address, find, read)
}

/// Folder and path put together.
fn opens_what_was_asked_for(address: SocketAddr) -> io::Result<()> {
    let find = |folder: &Path, target: &str| {
        Some(folder.join(with_index(&decoded(path(target))).trim_start_matches('/')))
    };
    serve(address, find, read)
}

/// Takes what's forbidden out, once.
fn removes_the_dots(address: SocketAddr) -> io::Result<()> {
    let find = |folder: &Path, target: &str| {
        let path = with_index(&decoded(path(target))).replace("../", "");
        Some(folder.join(path.trim_start_matches('/')))
    };
    serve(address, find, read)
}

/// `%2e%2e` is harmless, until it is decoded.
fn checks_before_decoding(address: SocketAddr) -> io::Result<()> {
    let find = |folder: &Path, target: &str| {
        let path = path(target);
        let is_bad = path.split('/').any(|name| name == "..");
        if is_bad || path.contains("//") {
            return None;
        }
        Some(folder.join(with_index(&decoded(path)).trim_start_matches('/')))
    };
    serve(address, find, read)
}

/// `join` with a path that begins with `/` gives that path.
fn join_forgets_the_folder(address: SocketAddr) -> io::Result<()> {
    let find = |folder: &Path, target: &str| {
        let path = with_index(&decoded(path(target)));
        let is_bad = path.split('/').any(|name| name == "..");
        path.strip_prefix('/').filter(|_| !is_bad).map(|name| folder.join(name))
    };
    serve(address, find, read)
}

/// The real path, compared with the folder's letter by letter.
fn compares_texts(address: SocketAddr) -> io::Result<()> {
    let find = |folder: &Path, target: &str| {
        let path = with_index(&decoded(path(target)));
        let file = folder.join(path.trim_start_matches('/')).canonicalize().ok()?;
        let is_inside = file.to_str()?.starts_with(folder.to_str()?);
        is_inside.then_some(file)
    };
    serve(address, find, read)
}

/// All names are good, and one of them is a link.
fn follows_links(address: SocketAddr) -> io::Result<()> {
    serve(address, |folder, target| named(folder, &decoded(path(target))), read)
}

/// The last name isn't a link, but one before it is.
fn looks_at_the_last_name(address: SocketAddr) -> io::Result<()> {
    let find = |folder: &Path, target: &str| {
        let file = named(folder, &decoded(path(target)))?;
        (!file.is_symlink() && file.is_file()).then_some(file)
    };
    serve(address, find, read)
}

/// Once to look at it, and once more to open it.
fn decodes_twice(address: SocketAddr) -> io::Result<()> {
    let find = |folder: &Path, target: &str| {
        let once = with_index(&decoded(path(target)));
        let is_bad = once.split('/').any(|name| name == ".." || name.contains('\0'));
        if is_bad {
            return None;
        }
        // A fence of another kind, for links only.
        let file = folder.join(decoded(&once).trim_start_matches('/'));
        let is_link = file.ancestors().any(Path::is_symlink);
        (!is_link).then_some(file)
    };
    serve(address, find, read)
}

/// Decodes what step 5 has decoded, with a good fence after it.
fn decodes_again(address: SocketAddr) -> io::Result<()> {
    let find = |folder: &Path, target: &str| {
        let once = decoded(path(target));
        below(folder, &once).filter(|_| !once.contains('%')).or_else(|| {
            let twice = decoded(&once);
            below(folder, &twice)
        })
    };
    serve(address, find, read)
}

/// As if the name went into a C program.
fn cuts_at_nul(address: SocketAddr) -> io::Result<()> {
    let find = |folder: &Path, target: &str| {
        let decoded = decoded(path(target));
        below(folder, decoded.split('\0').next().unwrap_or_default())
    };
    serve(address, find, read)
}

// The right pieces, of which the programs above are made.

/// The target without its query.
fn path(target: &str) -> &str {
    target.split('?').next().unwrap_or_default()
}

fn decoded(path: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = path.as_bytes();
    while let [byte, behind @ ..] = rest {
        let digits = behind.get(..2).filter(|_| *byte == b'%');
        let digits = digits.and_then(|digits| str::from_utf8(digits).ok());
        let decoded = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(decoded.unwrap_or(*byte));
        rest = &behind[if decoded.is_some() { 2 } else { 0 }..];
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn with_index(path: &str) -> String {
    let index = if path.ends_with('/') { "index.html" } else { "" };
    format!("{path}{index}")
}

/// Names that go down only; links are not looked at.
fn named(folder: &Path, path: &str) -> Option<PathBuf> {
    let is_name = |name: &str| !["", ".", ".."].contains(&name);
    let path = with_index(path.strip_prefix('/')?);
    let path = if path.is_empty() { "index.html".into() } else { path };
    let names = path.split('/').map(|name| is_name(name).then_some(name));
    Some(folder.join(names.collect::<Option<PathBuf>>()?))
}

fn below(folder: &Path, path: &str) -> Option<PathBuf> {
    let file = named(folder, path)?.canonicalize().ok()?;
    (file.starts_with(folder) && file.is_file()).then_some(file)
}

fn serve(
    address: SocketAddr,
    find: impl Fn(&Path, &str) -> Option<PathBuf>,
    read: impl Fn(&Path) -> io::Result<Vec<u8>>,
) -> io::Result<()> {
    serve_as(address, find, read, |file| {
        let extension = file.extension().unwrap_or_default().to_string_lossy();
        content_type(&extension)
    })
}

fn content_type(extension: &str) -> String {
    let content_type = match extension {
        "html" => "text/html",
        "css" => "text/css",
        "js" => "text/javascript",
        "txt" => "text/plain",
        "json" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    };
    format!("Content-Type: {content_type}\r\n")
}

/// Serves what `find` finds and `read` reads, with the field that says the type.
fn serve_as(
    address: SocketAddr,
    find: impl Fn(&Path, &str) -> Option<PathBuf>,
    read: impl Fn(&Path) -> io::Result<Vec<u8>>,
    field: impl Fn(&Path) -> String,
) -> io::Result<()> {
    let folder = env::args().nth(3).unwrap_or("target/book".into());
    let folder = fs::canonicalize(&folder).unwrap_or(folder.into());
    crate::serve(address, |mut client: TcpStream| {
        let head = crate::read_head(&mut client)?;
        let text = String::from_utf8_lossy(&head);
        let target = text.split(' ').nth(1).unwrap_or_default();
        let found = find(&folder, target);
        let found = found.and_then(|file| Some((field(&file), read(&file).ok()?)));
        let (status, field, body) = match found {
            Some((field, body)) => ("200 OK", field, body),
            None => ("404 Not Found", String::new(), b"no such page\n".to_vec()),
        };
        let length = body.len();
        let head =
            format!("HTTP/1.1 {status}\r\n{field}Content-Length: {length}\r\n\r\n");
        client.write_all(&[head.into_bytes(), body].concat())
    })
}
