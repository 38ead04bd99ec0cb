//! Step 5, where somebody could read its log and doesn't.

use std::io::{self, BufRead, BufReader};
use std::process::{Child, Stdio};
use std::thread;

use anyhow::{Context, Result, bail, ensure};
use tests::{Client, End, GLANCE, PATIENCE, REQUEST, date, pin};

use super::rust;

/// A flaw that step 5 keeps, as every program that prints: it waits once the pipe is
/// full, after some 1,600 visits. When the pipe is read, it goes on.
#[test]
fn a_log_that_nobody_reads_stops_the_server() -> Result<()> {
    let mut command = rust();
    command.arg("127.0.0.1:0").stdout(Stdio::piped());
    let mut server = Ended(command.spawn()?);
    let mut log = BufReader::new(server.0.stdout.take().context("no stdout")?);
    let mut line = String::new();
    log.read_line(&mut line)?;
    let address = line.split('/').nth(2).context("no address")?.parse()?;
    for _ in 0..1_500 {
        let received = tests::exchange(address, REQUEST)?;
        ensure!(received.end == End::Fin && !received.bytes.is_empty(), "{received}");
    }
    for _ in 0..200 {
        let mut client = Client::connect(address)?;
        client.send(REQUEST)?;
        let received = client.read_to_end(GLANCE);
        if received.bytes.is_empty() {
            thread::spawn(move || io::copy(&mut log, &mut io::sink()));
            pin!("home", date(&client.read_to_end(PATIENCE).to_string()));
            return Ok(());
        }
    }
    bail!("it goes on serving");
}

/// Ends a program when it is dropped.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
