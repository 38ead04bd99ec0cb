//! `cargo exercise`: what a learner and a teacher type.

mod command;

use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

/// Exercises for the book: you write servers, and this program talks to them.
///
/// Without a command it shows how far you are and what is next.
#[derive(Parser)]
#[command(bin_name = "cargo exercise", disable_help_subcommand = true)]
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
        /// Another program instead, in any language; the address is put behind it
        #[arg(last = true)]
        command: Vec<String>,
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
        /// Only these
        ids: Vec<String>,
        /// How to write it
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
    /// For teachers: a copy of everything but the solutions, for a class
    Handout {
        /// A folder that does not exist yet
        folder: std::path::PathBuf,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Text,
    Json,
    Junit,
}

fn main() -> ExitCode {
    match command::run(Arguments::parse().command) {
        Ok(code) => code,
        Err(error) => {
            anstream::eprintln!("{error:#}");
            ExitCode::from(2)
        }
    }
}
