//! Each scenario's recording is the one in `tests/recordings`.

#![cfg(target_os = "linux")]

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

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
    refused kept full empty silent unread page half idle upload reset restart browser
    normal pieces body gentle trickler threads keepalive tls
}

/// The twins do the same, byte for byte and call by call, but for three things. Rust
/// says with each call that it wants no signal when the client is gone; Python has said
/// so at its start. Of a line longer than what Rust gathers, it prints the end apart.
/// And they complain in other words, of Ctrl-C too.
#[test]
#[ignore = "needs python3, strace and unshare: cargo test -p record -- --ignored"]
fn the_twins_do_the_same() -> Result<()> {
    for (step, twin, scenarios) in [
        ("step01", "bind.py", &["refused"][..]),
        ("step02", "listen.py", &["kept", "full"]),
        ("step03", "accept.py", &["empty", "silent", "unread"]),
        ("step04", "respond.py", &["page", "half", "idle", "upload", "reset"]),
    ] {
        for scenario in scenarios {
            let rust = std::fs::read_to_string(file(scenario))?;
            let rust = rust
                .replace(&format!("program = {step}"), &format!("program = {twin}"))
                .replace(", MSG_NOSIGNAL)", ", 0)");
            let python = recorded(&[scenario, "--python"])?;
            let rust = comparable(&rust).replace(
                "4096)\nkernel --> program: 4096\n\
                 program -> kernel: write(1, \"\\n\", 1)\nkernel --> program: 1\n",
                "4097)\nkernel --> program: 4097\n",
            );
            assert_eq!(comparable(&python), rust, "{scenario}");
        }
    }
    Ok(())
}

/// Returns all but the lines of source, and what is written on standard error.
fn comparable(recording: &str) -> String {
    let mut lines = recording.lines();
    let mut kept = String::new();
    while let Some(line) = lines.next().filter(|line| !line.starts_with("source: ")) {
        if line.starts_with("program -> kernel: write(2, ") {
            lines.next();
        } else {
            kept.extend(line.split("  @ ").next());
            kept.push('\n');
        }
    }
    kept
}

/// Without a tshark there is nothing to ask; CI has one.
#[test]
#[ignore = "needs tshark: cargo test -p record -- --ignored"]
fn wireshark_has_no_complaint() -> Result<()> {
    let folder = tempfile::tempdir()?;
    for entry in std::fs::read_dir(self::folder())? {
        let recording = entry?.path();
        let capture = folder.path().join("a.pcap");
        let text = std::fs::read_to_string(&recording)?;
        if text.contains(" TLS: ") || text.contains("data seq 1..N ") {
            continue; // not every byte is told
        }
        let names = [&recording, &capture].map(|path| path.display().to_string());
        recorded(&[&names[0], "--pcap", &names[1]])?;
        let mut tshark = Command::new("tshark");
        tshark.args(["-r", &names[1], "-o", "tcp.check_checksum:TRUE"]);
        tshark.args(["-o", "ip.check_checksum:TRUE", "-Y"]);
        tshark.arg(
            "_ws.malformed or tcp.checksum.status != 1 or ip.checksum.status != 1",
        );
        let output = match tshark.output() {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                eprintln!("tshark isn't installed");
                return Ok(());
            }
            output => output?,
        };
        ensure!(output.status.success() && output.stdout.is_empty(), "{output:?}");
    }
    Ok(())
}

/// What a reader gets who asks for nothing.
#[test]
fn help() -> Result<()> {
    let output = Command::new(env!("CARGO_BIN_EXE_record")).output()?;
    let error = String::from_utf8(output.stderr)?;
    ensure!(!output.status.success() && output.stdout.is_empty());
    tests::pin!("help", format!("$ cargo run -p record\n{error}"));
    Ok(())
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("recordings")
}

fn file(name: &str) -> PathBuf {
    folder().join(name).with_extension("rec")
}

/// One at a time: under strace each call is slow, and some programs have deadlines.
fn recorded(arguments: &[&str]) -> Result<String> {
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let output = Command::new(env!("CARGO_BIN_EXE_record")).args(arguments).output()?;
    let error = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "record {}: {error}", arguments.join(" "));
    Ok(String::from_utf8(output.stdout)?)
}
