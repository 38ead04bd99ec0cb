//! `cargo book [ADDRESS] [--open]`, `cargo book build`, `cargo book check`.

use std::env;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use book::serve::{self, Site};
use book::{Sources, build};
use mdbook_preprocessor::{Preprocessor, parse_input};

const USAGE: &str =
    "cargo book [--open] [ADDRESS]  build the book, and serve it with step05
cargo book build               build it into target/book
cargo book check               build it, and look at every link";

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
    let sources = Sources::here();
    // As Cargo does it.
    let target = env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let html = target.unwrap_or_else(|| sources.path("target")).join("book");
    let open = arguments.contains(&"--open");
    match arguments[..] {
        // What a plain `mdbook build book` calls.
        ["preprocess", "supports", _] => Ok(()),
        ["preprocess"] => preprocess(),
        ["build"] => build::build(&sources, &html),
        ["check"] => {
            let seen = book::check(&sources, &html)?;
            Ok(writeln!(io::stdout(), "{seen}")?)
        }
        [] | ["--open"] => serve(&sources, &html, "127.0.0.1:3000", open),
        [address] | ["--open", address] | [address, "--open"]
            if !address.starts_with('-') =>
        {
            serve(&sources, &html, address, open)
        }
        _ => bail!("{USAGE}"),
    }
}

fn serve(sources: &Sources, html: &Path, address: &str, open: bool) -> Result<()> {
    let address = address.parse().ok().with_context(|| {
        format!("{address:?} is not an IP address and a port, such as 127.0.0.1:3000")
    })?;
    let listener = serve::bind(address)?;
    let site = Site::new(sources.path(""), html.into(), || build::build(sources, html));
    serve::serve(&listener, &site, open)
}

fn preprocess() -> Result<()> {
    let (context, book) = parse_input(io::stdin())?;
    let book = build::Tutorial.run(&context, book)?;
    serde_json::to_writer(io::stdout(), &book)?;
    Ok(())
}
