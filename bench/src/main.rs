//! `cargo run --release --manifest-path bench/Cargo.toml -- parsing|serving`
//!
//! `--quick` measures next to nothing, `--into FOLDER` writes elsewhere than to
//! `results/`.

use std::env;
use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};
use bench::report::Report;
use bench::{Effort, parsing, peers, serving};

fn main() -> Result<()> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        // How `serving` starts the peers that are part of this program.
        ["peer", name, address] => peers::serve(name, address.parse()?),
        ["parsing", ref options @ ..] => finish("parsing", options, parsing::report),
        ["serving", ref options @ ..] => finish("serving", options, serving::report),
        _ => bail!("usage: parsing|serving [--quick] [--into FOLDER]"),
    }
}

/// Measures, prints the report and writes it.
fn finish(
    name: &str,
    mut options: &[&str],
    measure: fn(Effort) -> Result<Report>,
) -> Result<()> {
    let mut effort = Effort::Full;
    let mut folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/results"));
    while let [option, rest @ ..] = options {
        options = match (*option, rest) {
            ("--quick", _) => {
                effort = Effort::Quick;
                rest
            }
            ("--into", [path, rest @ ..]) => {
                folder = PathBuf::from(path);
                rest
            }
            _ => bail!("{option} is no option"),
        };
    }
    ensure!(
        effort == Effort::Quick || !cfg!(debug_assertions),
        "figures need an optimised build: cargo run --release"
    );
    let report = measure(effort)?;
    println!("{}", report.markdown);
    report.write(&folder, name).with_context(|| folder.display().to_string())
}
