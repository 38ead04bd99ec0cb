//! The edges of what the command line takes.

use anyhow::{Result, ensure};
use tests::{Client, End, PATIENCE, Program, REQUEST, complaint, pin};

use super::{rust, with_deadline};

/// A deadline that cannot be kept is refused at the start, not when the first client
/// comes.
#[test]
fn deadlines_that_are_refused() {
    let mut transcript = String::new();
    let texts = [
        "", "x", "10s", "1,5", "-1", "0", "-0", "nan", "inf", "1e19", "1e400", "86401",
        "86400.1", "0.0009", "1e-10",
    ];
    for text in texts {
        let message = complaint(with_deadline(text), "127.0.0.1:0");
        transcript += &format!("--head-deadline {text:?}\n{message}");
    }
    let mut missing = rust();
    missing.arg("127.0.0.1:0");
    transcript += &format!("no value\n{}", complaint(missing, "--head-deadline"));
    for (one, other) in [("x", "10"), ("10", "x")] {
        let mut twice = with_deadline(one);
        twice.args(["--head-deadline", other]);
        let message = complaint(twice, "127.0.0.1:0");
        transcript += &format!("first {one:?}, then {other:?}\n{message}");
    }
    pin!("deadlines", transcript);
}

/// What looks like an option isn't taken for an address.
#[test]
fn unknown_options_are_refused() {
    for text in ["--head", "--verbose", "-v", "--"] {
        let message = complaint(rust(), text);
        let start = format!("Error: unknown option {text}\nusage: step05 [");
        assert!(message.starts_with(&start), "{message}");
    }
}

/// The least and the most, and of two the last.
#[test]
fn deadlines_that_are_taken() -> Result<()> {
    for text in ["86400", "8.64e4", "10.5", "+10", "0.001"] {
        let program = Program::start(with_deadline(text))?;
        // With the shortest, whole requests may well come too late; that is no end.
        for _ in 0..3 {
            let received = tests::exchange(program.address(), REQUEST)?;
            let is_late = text == "0.001";
            ensure!(
                is_late || received.bytes.starts_with(b"HTTP/1.1 200 "),
                "{received}"
            );
        }
        program.stop()?;
    }
    let mut twice = with_deadline("86400");
    twice.args(["--head-deadline", "0.5"]);
    let program = Program::start(twice)?;
    // Closed by the server: the long deadline is beyond what this waits for.
    let closed = Client::connect(program.address())?.read_to_end(PATIENCE);
    ensure!(closed.end == End::Fin, "{closed}");
    program.stop()?;
    Ok(())
}
