//! Records a run of a program: what its clients did, the packets on the wire, its system
//! calls with the lines of source that made them, and what the kernel held meanwhile.
//!
//! `cargo run -p record -- page`. [`recording`] says how to read it.

#[cfg(target_os = "linux")]
mod clients;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
mod normalize;
mod recording;
#[cfg(target_os = "linux")]
mod scenarios;
#[cfg(target_os = "linux")]
mod segments;
#[cfg(target_os = "linux")]
mod tls;
#[cfg(target_os = "linux")]
mod trace;
#[cfg(target_os = "linux")]
mod wire;
#[cfg(target_os = "linux")]
mod world;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let words: Vec<_> = arguments.iter().map(String::as_str).collect();
    #[cfg(target_os = "linux")]
    let ended = linux::run(&words);
    #[cfg(not(target_os = "linux"))]
    let ended: anyhow::Result<_> =
        Err(anyhow::anyhow!("a run can be recorded on Linux only"));
    ended.unwrap_or_else(|error| {
        eprintln!("{error:#}");
        ExitCode::FAILURE
    })
}
