//! The client's side of TLS, by ex06d-client of the exercises: what is said inside goes
//! to it, and its records come to us, to be carried to the server.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use probe::{PATIENCE, Process};

use crate::quote::quoted;
use crate::world::{Program, all};

pub struct Tls {
    process: Process,
    inside: TcpStream,
    outside: TcpStream,
}

impl Tls {
    /// `said` is what the server prints, its certificate first.
    pub fn start(server: &Program, said: &str) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let mut client =
            Command::new(Path::new(&server.command[0]).with_file_name("ex06d-client"));
        client.arg(listener.local_addr()?.to_string()).arg("localhost");
        let mut process = Process::start(client, [all(), all()])?;
        let is_certificate = |line: &&str| !line.contains("://");
        for line in said.lines().take_while(is_certificate) {
            process.input(Some(line))?;
        }
        process.input(None)?;
        let has_line = |bytes: &[u8]| bytes.contains(&b'\n');
        ensure!(
            process.stdout.wait_for(PATIENCE, has_line),
            "{}",
            process.stderr.text()
        );
        let said = process.stdout.text();
        let port = said.trim().strip_prefix("port: ").context("no port")?.parse()?;
        let inside = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        let (outside, _) = listener.accept()?;
        Ok(Self { process, inside, outside })
    }

    pub fn ask(&mut self, request: &[u8]) -> Result<()> {
        Ok(self.inside.write_all(request)?)
    }

    /// Returns the next records for the server.
    pub fn records(&mut self) -> Result<Vec<u8>> {
        let mut records = vec![0; 1 << 16];
        let length = self.outside.read(&mut records)?;
        records.truncate(length);
        Ok(records)
    }

    /// Takes the server's records. If they are the last, returns what was in them.
    pub fn hear(&mut self, records: &[u8]) -> Result<Option<String>> {
        self.outside.write_all(records)?;
        if !is_alert_at_the_end(records) {
            return Ok(None);
        }
        let mut answer = Vec::new();
        self.inside.read_to_end(&mut answer)?;
        ensure!(self.process.stdout.wait_for_end(PATIENCE), "ex06d-client goes on");
        let said = self.process.stdout.text();
        let end = said.lines().find_map(|line| line.strip_prefix("end: "));
        let end = end.context(said.clone())?;
        Ok(Some(format!("{}, then {end}", quoted(&answer))))
    }
}

/// Returns what a TLS record is called and how long it is, for each: RFC 8446, 5.1.
/// What isn't made of whole records is no TLS.
pub fn records(mut bytes: &[u8]) -> Option<Vec<String>> {
    let mut records = Vec::new();
    while let [kind @ 20..=23, 3, _, high, low, rest @ ..] = bytes {
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let names = ["change cipher spec", "alert", "handshake", "application data"];
        records.push(format!("{} {length}", names[usize::from(kind - 20)]));
        bytes = rest.get(length..)?;
    }
    (bytes.is_empty() && !records.is_empty()).then_some(records)
}

/// Inside of its record, an alert is 2 bytes; with what makes it secret, 19.
fn is_alert_at_the_end(records: &[u8]) -> bool {
    records.len() > 24 && records[records.len() - 24..][..5] == [23, 3, 3, 0, 19]
}
