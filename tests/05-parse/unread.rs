//! Step 5, where somebody could read its log and doesn't.

use anyhow::{Result, bail, ensure};
use tests::{Client, End, GLANCE, PATIENCE, Program, REQUEST, date, pin};

use super::rust;

/// A flaw that step 5 keeps, as every program that prints: it waits once the pipe is
/// full, after some 1,600 visits. When the pipe is read, it goes on.
#[test]
fn a_log_that_nobody_reads_stops_the_server() -> Result<()> {
    let (program, unread) = Program::start_unread(rust())?;
    let address = program.address();
    for _ in 0..1_500 {
        let received = tests::exchange(address, REQUEST)?;
        ensure!(received.end == End::Fin && !received.bytes.is_empty(), "{received}");
    }
    for _ in 0..200 {
        let mut client = Client::connect(address)?;
        client.send(REQUEST)?;
        let received = client.read_to_end(GLANCE);
        if received.bytes.is_empty() {
            drop(unread);
            pin!("home", date(&client.read_to_end(PATIENCE).to_string()));
            return Ok(());
        }
    }
    bail!("it goes on serving");
}
