//! Each scenario's recording is the one in `tests/recordings`.

#![cfg(target_os = "linux")]

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};

macro_rules! pinned {
    ($($scenario:ident)*) => {
        $(#[test]
        #[ignore = "needs strace and unshare: cargo test -p record -- --ignored"]
        fn $scenario() -> Result<()> {
            let name = stringify!($scenario);
            tests::pin_file(&file(name), &recorded(&[name])?)
        })*

        /// What isn't recorded any more is no evidence.
        #[test]
        fn no_recording_is_left_behind() -> Result<()> {
            let mut names = vec![$(file(stringify!($scenario))),*];
            names.sort();
            let found = std::fs::read_dir(folder())?;
            let mut found = found.map(|it| Ok(it?.path())).collect::<Result<Vec<_>>>()?;
            found.sort();
            assert_eq!(found, names);
            Ok(())
        }
    };
}

pinned! {
    refused kept full empty unread page half idle upload normal gentle trickler
    reset restart keepalive tls tls
}

/// The twins do the same, byte for byte and call by call, but for this: Rust says with
/// each call that it wants no signal when the client is gone, and Python has said so
/// at its start.
#[test]
#[ignore = "needs python3, strace and unshare: cargo test -p record -- --ignored"]
fn the_twins_do_the_same() -> Result<()> {
    for (step, twin, scenarios) in [
        ("step01", "bind.py", &["refused"][..]),
        ("step02", "listen.py", &["kept", "full"]),
        ("step03", "accept.py", &["empty", "unread"]),
        ("step04", "respond.py", &["page", "half", "idle", "upload", "restart"]),
    ] {
        for scenario in scenarios {
            let rust = std::fs::read_to_string(file(scenario))?;
            let rust = rust
                .replace(&format!("program = {step}"), &format!("program = {twin}"))
                .replace(", MSG_NOSIGNAL)", ", 0)");
            let without_source =
                |line: &str| line.split("  @ ").next().map(String::from);
            let rust: Vec<_> = rust.lines().filter_map(without_source).collect();
            let python = recorded(&[scenario, "--python"])?;
            assert_eq!(python.lines().collect::<Vec<_>>(), rust, "{scenario}");
        }
    }
    Ok(())
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("recordings")
}

fn file(name: &str) -> PathBuf {
    folder().join(name).with_extension("rec")
}

fn recorded(arguments: &[&str]) -> Result<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_record")).args(arguments).output()?;
    let error = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "record {}: {error}", arguments.join(" "));
    Ok(String::from_utf8(output.stdout)?)
}
