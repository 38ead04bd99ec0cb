//! `cargo run --release --manifest-path bench/Cargo.toml -- parsing|serving|draw`
//!
//! `--quick` measures next to nothing, `--into FOLDER` writes elsewhere than to
//! `results/`. `draw` measures nothing: it draws the charts again, from the tables in
//! `results/`.

use std::path::{Path, PathBuf};
use std::{env, fs};

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
        ["draw"] => draw(),
        _ => bail!("usage: draw|parsing|serving [--quick] [--into FOLDER]"),
    }
}

/// Where the figures of this repository are.
const RESULTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/results");

/// Draws the charts of both reports again.
fn draw() -> Result<()> {
    for (name, drawing) in [
        ("parsing", parsing::drawing as fn(&str) -> Result<String>),
        ("serving", serving::drawing),
    ] {
        let report = Path::new(RESULTS).join(name).with_extension("md");
        let markdown = fs::read_to_string(&report)
            .with_context(|| report.display().to_string())?;
        fs::write(report.with_extension("svg"), drawing(&markdown)?)?;
    }
    Ok(())
}

/// Measures, prints the report and writes it.
fn finish(
    name: &str,
    mut options: &[&str],
    measure: fn(Effort) -> Result<Report>,
) -> Result<()> {
    let mut effort = Effort::Full;
    let mut folder = PathBuf::from(RESULTS);
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
            _ => bail!("{option} isn't an option"),
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
