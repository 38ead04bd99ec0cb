//! The other end of the wire. This library starts a program on a port of its own, talks
//! to it as a client would, well or badly behaved, and shows every byte that came back.
//!
//! It knows no step. What it has in common with the judge of the exercises is in the
//! package `probe`.
//!
//! ```text
//! let program = Program::start(command)?;              // on 127.0.0.1, port 0
//! let mut client = Client::connect(program.address())?;
//! client.send(b"GET / HTTP/1.1\r\n\r\n")?;
//! pin!("page", client.read_to_end(PATIENCE));          // bytes escaped, FIN or RST
//! ```

mod mistakes;
mod program;
mod redact;
mod tools;
mod visits;

pub use mistakes::{
    NO_ADDRESSES, NO_NAMES, addresses, complaint, help, mistakes, refusal,
};
#[cfg(target_os = "linux")]
pub use mistakes::{nowhere_to_print, panics_with_nowhere_to_print, privileged};
pub use probe::{
    Client, End, PATIENCE, Received, addresses_in, cargo, connect, escape, exchange,
    is_taken,
};
#[cfg(target_os = "linux")]
pub use probe::{listeners, queue};
pub use program::{Ended, Program};
pub use redact::{date, peers, port};
pub use tools::{Trace, chromium, curl, file_of, memory, python, run};
pub use visits::with_a_closed_stdout;
pub use visits::{REQUEST, bad_clients, behind_an_idle_client, ipv6, wait_until};
#[cfg(target_os = "linux")]
pub use visits::{keeps_its_memory, restart, wait_for_queue};

#[doc(hidden)]
pub use insta;

use std::path::Path;
use std::time::Duration;
use std::{env, fs};

use anyhow::{Context, Result, bail};

/// How long to look at what must *not* happen. What is watched for would happen at
/// once, and a machine that is late can only hide it, never fake it.
pub const GLANCE: Duration = Duration::from_millis(300);

/// Compares a value with the snapshot of that name beside the test's source.
///
/// Wire bytes go through [`escape`] first: insta normalises line ends and trailing
/// blanks, so a raw snapshot would pass when the server sends bare LF or forgets a
/// blank line. To accept a change on purpose: `INSTA_UPDATE=always cargo test`, then
/// read the diff.
#[macro_export]
macro_rules! pin {
    ($name:expr, $value:expr $(,)?) => {{
        let value = $value.to_string();
        $crate::insta::with_settings!(
            { omit_expression => true, prepend_module_to_snapshot => false },
            { $crate::insta::assert_snapshot!($name, value) }
        )
    }};
}

/// Compares a file of the repository, line ends aside, with what it is generated from.
/// It is accepted as a snapshot is.
///
/// # Errors
/// When they differ; the message shows the file as it should be.
pub fn pin_file(path: &Path, generated: &str) -> Result<()> {
    let name = path.display();
    let written = fs::read_to_string(path).with_context(|| name.to_string())?;
    if written.replace("\r\n", "\n") == generated {
        return Ok(());
    }
    // Only now: while it's written, other tests may be reading it.
    if env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        return Ok(fs::write(path, generated)?);
    }
    bail!(
        "accept it with INSTA_UPDATE=always cargo test; {name} should read\n{generated}"
    )
}

/// Runs each check for the Rust program and, where there is one, for its Python twin,
/// with the very same snapshots. A check is a `fn(fn() -> Command) ->
/// anyhow::Result<()>`; attributes written before its name hold for both programs.
#[macro_export]
macro_rules! checks {
    ($rust:ident: $($(#[$attribute:meta])* $check:ident)*) => {
        mod rust {
            $($(#[$attribute])* #[test]
            fn $check() -> anyhow::Result<()> { super::$check(super::$rust) })*
        }
    };
    ($rust:ident, $python:ident: $($(#[$attribute:meta])* $check:ident)*) => {
        $crate::checks! { $rust: $($(#[$attribute])* $check)* }
        mod python {
            $($(#[$attribute])* #[test] #[ignore = "needs python3: cargo test -- \
                                                    --ignored"]
            fn $check() -> anyhow::Result<()> { super::$check(super::$python) })*
        }
    };
}

/// The checks that hold for every program of ours, whatever it serves: how it answers
/// to mistakes on the command line, and which addresses it can have.
///
/// `{ rust }` has no twin, and ends with an error where it can't print. `{ rust,
/// python, NO_NAMES }` are a program that panics there, its twin, and what isn't an
/// address to it.
#[macro_export]
macro_rules! command_line {
    ($rust:ident) => {
        mod command_line {
            use super::$rust as program;

            #[test]
            fn mistakes() -> anyhow::Result<()> {
                let mistakes = $crate::mistakes(program, &$crate::NO_NAMES)?;
                $crate::pin!("mistakes", mistakes);
                Ok(())
            }

            #[test]
            fn help() -> anyhow::Result<()> {
                $crate::pin!("help", $crate::help(program)?);
                Ok(())
            }

            #[test]
            fn ipv6() -> anyhow::Result<()> {
                $crate::ipv6(program)
            }

            #[test]
            #[cfg(target_os = "linux")]
            fn restart() -> anyhow::Result<()> {
                $crate::restart(program)
            }

            #[test]
            #[cfg(target_os = "linux")]
            #[ignore = "needs setpriv: cargo test -- --ignored"]
            fn privileged() -> anyhow::Result<()> {
                $crate::pin!("privileged", $crate::privileged(program)?);
                Ok(())
            }

            #[test]
            #[cfg(target_os = "linux")]
            fn nowhere_to_print() -> anyhow::Result<()> {
                $crate::nowhere_to_print(program())
            }
        }
    };
    ($rust:ident, $python:ident, $no_addresses:ident) => {
        mod command_line {
            use std::process::Command;

            use super::{$python as twin, $rust as step};
            #[cfg(target_os = "linux")]
            use $crate::restart;

            $crate::checks! { step, twin:
                help
                #[cfg(target_os = "linux")] restart
            }

            fn help(program: fn() -> Command) -> anyhow::Result<()> {
                $crate::pin!("help", $crate::help(program)?);
                Ok(())
            }

            #[test]
            fn mistakes() -> anyhow::Result<()> {
                let mistakes = $crate::mistakes(step, &$crate::$no_addresses)?;
                $crate::pin!("mistakes", mistakes);
                Ok(())
            }

            #[test]
            fn ipv6() -> anyhow::Result<()> {
                $crate::ipv6(step)
            }

            #[test]
            #[cfg(target_os = "linux")]
            #[ignore = "needs setpriv: cargo test -- --ignored"]
            fn privileged() -> anyhow::Result<()> {
                $crate::pin!("privileged", $crate::privileged(step)?);
                Ok(())
            }

            #[test]
            #[cfg(target_os = "linux")]
            fn panics_with_nowhere_to_print() -> anyhow::Result<()> {
                $crate::panics_with_nowhere_to_print(step())
            }

            /// Which addresses the twin takes as well, and where the two differ.
            #[test]
            #[ignore = "needs python3: cargo test -- --ignored"]
            fn addresses() -> anyhow::Result<()> {
                if let Some(table) = $crate::addresses([step, twin])? {
                    $crate::pin!("addresses", table);
                }
                Ok(())
            }
        }
    };
}
