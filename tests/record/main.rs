//! Records a run of a program: what its clients did, the packets on the wire, its
//! system calls with the lines of source that made them, and what the kernel held
//! meanwhile.
//!
//! `cargo run -p record -- page`. [`recording`] says how to read it.

#[cfg(target_os = "linux")]
mod clients;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
mod normalize;
mod pcap;
#[cfg(target_os = "linux")]
mod quote;
#[allow(dead_code, reason = "the book's figures use all of it")]
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

use std::fs;
use std::process::ExitCode;

use anyhow::{Context, Result};

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let words: Vec<_> = arguments.iter().map(String::as_str).collect();
    let ended = match *words {
        [recording, "--pcap", capture] => convert(recording, capture),
        _ => record(&words),
    };
    ended.unwrap_or_else(|error| {
        eprintln!("{error:#}");
        ExitCode::FAILURE
    })
}

/// Makes a capture file of a recording.
fn convert(recording: &str, capture: &str) -> Result<ExitCode> {
    let text = fs::read_to_string(recording).with_context(|| recording.to_string())?;
    fs::write(capture, pcap::capture(&recording::parse(&text)?)?)
        .with_context(|| capture.to_string())?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(target_os = "linux")]
use linux::run as record;

#[cfg(not(target_os = "linux"))]
fn record(_: &[&str]) -> Result<ExitCode> {
    anyhow::bail!("a run can be recorded on Linux only")
}
