//! `cargo book`: see `USAGE`.

use std::env;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use book::serve::{self, Site};
use book::{Sources, build, changes, pdf};
use mdbook_preprocessor::{Preprocessor, parse_input};

const USAGE: &str = "\
cargo book [--open] [ADDRESS]  serve the book, at 127.0.0.1:3000 if not told
                               otherwise, and open it in a browser
cargo book build               build it into a folder, and print which
cargo book pdf                 print it with Chromium, for readers and for
                               teachers, and print where
cargo book check               build it, and check that all it shows is as the
                               tests pinned it, and explained
";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let arguments: Vec<_> = env::args_os()
        .skip(1)
        .map(|text| text.to_string_lossy().into_owned())
        .collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        // What a plain `mdbook build book` calls.
        ["preprocess", "supports", _] => Ok(()),
        ["preprocess"] => preprocess(),
        ["help" | "--help" | "-h"] => Ok(write!(io::stdout(), "{USAGE}")?),
        ["build"] => {
            let sources = Sources::find()?;
            let folder = folder(&sources);
            build::replace(&folder, |new| build::strict(&sources, new))?;
            Ok(writeln!(io::stdout(), "{}", folder.display())?)
        }
        ["pdf"] => {
            let sources = Sources::find()?;
            let [readers, teachers] =
                pdf::print(&sources, &folder(&sources).with_file_name("pdf"))?;
            Ok(writeln!(io::stdout(), "{}\n{}", readers.display(), teachers.display())?)
        }
        ["check"] => {
            let sources = Sources::find()?;
            // A book that is being served stays whole.
            build::check(&sources, &folder(&sources).with_extension("checked"))?;
            Ok(writeln!(io::stdout(), "the book is as its tests pinned it")?)
        }
        [] => serve("127.0.0.1:3000", false),
        ["--open"] => serve("127.0.0.1:3000", true),
        ["--open", address] | [address, "--open"] => serve(address, true),
        [address] => serve(address, false),
        _ => bail!("{} {UNKNOWN}", arguments.join(" ")),
    }
}

const UNKNOWN: &str = "is not understood: cargo book takes an IP address and port \
                       such as 127.0.0.1:3000, --open, build, pdf, check, or help";

fn serve(address: &str, open: bool) -> Result<()> {
    let parsed = address.parse().ok();
    let parsed = parsed.with_context(|| format!("{address} {UNKNOWN}"))?;
    let sources = Sources::find()?;
    let listener = serve::bind(parsed)?;
    let kept = Arc::default();
    let build = |new: &Path| build::lenient(&sources, new, &kept);
    let site = Site::new(sources.path(""), folder(&sources), build);
    serve::serve(&listener, &site, open)
}

/// Where the book is built, as Cargo does it. A folder that several clones share has
/// one for each.
fn folder(sources: &Sources) -> PathBuf {
    match env::var_os("CARGO_TARGET_DIR") {
        Some(shared) => {
            let clone = changes::checksum(&sources.path("").to_string_lossy());
            PathBuf::from(shared).join(format!("book-{clone:016x}"))
        }
        None => sources.path("target/book"),
    }
}

fn preprocess() -> Result<()> {
    let (context, book) = parse_input(io::stdin())?;
    let book = build::Tutorial::default().run(&context, book)?;
    serde_json::to_writer(io::stdout(), &book)?;
    Ok(())
}
