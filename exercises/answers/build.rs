//! Puts the one server that grows, at each stage and with each of its mistakes, into
//! modules: so all of them are in one program, as the mistakes of the exercises are.

use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

use probe::stages::{self, Mistake};

fn main() {
    const SOURCE: &str = "../mine-stages/solution.rs";
    println!("cargo::rerun-if-changed={SOURCE}");
    let text = fs::read_to_string(SOURCE).expect("the solution is there");
    let stages = (1..=stages::last(&text))
        .map(|stage| (format!("stage-{stage:02}"), stage, None));
    let mistakes = stages::mistakes(&text).into_iter();
    let mistakes = mistakes
        .map(|Mistake { name, stage, .. }| (name.to_string(), stage, Some(name)));
    let (mut modules, mut table) = (String::new(), String::new());
    for (name, stage, mistake) in stages.chain(mistakes) {
        // Its first argument is the name by which it's chosen.
        let program = stages::program(&text, stage, mistake)
            .replace("env::args()", "env::args().skip(1)")
            .replace("\nfn main()", "\npub fn main()");
        let module = name.replace('-', "_");
        let _ = writeln!(modules, "mod {module} {{\n{program}}}");
        let _ = writeln!(table, "(\"mine/{name}\", {module}::main),");
    }
    let all = format!(
        "{modules}\n/// By name: each stage, and each mistake.\npub const MINE: \
         &[(&str, Main)] = &[\n{table}];\ntype Main = fn() -> anyhow::Result<()>;\n"
    );
    let folder = env::var_os("OUT_DIR").expect("Cargo says where");
    fs::write(Path::new(&folder).join("mine.rs"), all).expect("it can be written");
}
