//! `cargo exercise`: what a learner and a teacher type.

mod command;

use std::env;
use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand, ValueEnum};
use judge::report;

/// Exercises for the book: you write servers, and this program talks to them.
///
/// Without a command it shows how far you are and what is next. An exercise alone, as
/// in `cargo exercise 03b`, is checked, and so is `mine`, the one server that you grow.
#[derive(Parser)]
#[command(bin_name = "cargo exercise", max_term_width = 80)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Show all exercises, with their minutes and how far you are
    List,
    /// Build your program, talk to it, and say what is wrong
    Check {
        /// Such as 03b; without one, the next
        id: Option<String>,
        /// Another program instead, in any language; the address is put after it
        #[arg(last = true)]
        command: Vec<String>,
    },
    /// Start your program, to try it yourself
    Run {
        /// Such as 03b; without one, the next
        id: Option<String>,
        /// What your program is given; without any, it is at 127.0.0.1:4545
        #[arg(last = true)]
        arguments: Vec<String>,
    },
    /// Check again whenever you save a file
    Watch {
        /// The one to begin with; without one, the next
        id: Option<String>,
    },
    /// Give a hint, and at the next call another: three in all
    Hint {
        /// Such as 03b; without one, the next
        id: Option<String>,
    },
    /// Show the reference, once you have passed
    Solution {
        /// Such as 03b
        id: String,
        /// Even before
        #[arg(long)]
        anyway: bool,
        /// Only where it differs from yours
        #[arg(long)]
        diff: bool,
    },
    /// Put the starter back; what you have written is kept beside it
    Reset {
        /// Such as 03b
        id: String,
    },
    /// Look whether everything is there that the exercises need
    Doctor,
    /// For teachers: judge all exercises and count the points
    Grade {
        /// Only these exercises; and of whom: the folders of a class, a copy each
        names: Vec<String>,
        /// How to write it
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
    /// For teachers: a copy of everything but the answers, for a class
    Handout {
        /// A folder that doesn't exist yet
        folder: std::path::PathBuf,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Text,
    Csv,
    Json,
    Junit,
}

fn main() -> ExitCode {
    match command::run(Arguments::parse_from(arguments()).command) {
        Ok(code) => code,
        Err(error) => {
            let lines = format!("{error:#}");
            for line in lines.lines() {
                anstream::eprint!("{}", report::wrap(line, report::width()));
            }
            ExitCode::from(2)
        }
    }
}

/// The arguments, with `check` before an exercise that comes alone.
fn arguments() -> Vec<OsString> {
    let mut arguments: Vec<OsString> = env::args_os().collect();
    let first = arguments.get(1).and_then(|first| first.to_str()).unwrap_or_default();
    let is_command = Arguments::command().find_subcommand(first).is_some();
    if !is_command && !first.starts_with('-') && command::known(first).is_some() {
        arguments.insert(1, "check".into());
    }
    arguments
}
