//! What step 5 asks of the kernel, by strace(1), for four clients.

use anyhow::Result;
use tests::{Client, PATIENCE, Program, REQUEST, Trace, pin};

use super::{rust, with_deadline};

/// Five calls on the socket for a visit; writing the log is the sixth.
#[test]
#[ignore = "needs strace: cargo test -- --ignored"]
fn system_calls() -> Result<()> {
    let trace = Trace::new()?;
    let program = Program::start(trace.watch(&rust()))?;
    tests::exchange(program.address(), REQUEST)?;
    trace.wait_for("close(4)")?;
    program.stop()?;
    pin!("system_calls", shown(&trace, 0)?);
    Ok(())
}

/// Half a request in two pieces: each read may take what is left of one deadline.
#[test]
#[ignore = "needs strace: cargo test -- --ignored"]
fn system_calls_of_a_deadline() -> Result<()> {
    let trace = Trace::new()?;
    let program = Program::start(trace.watch(&with_deadline("1")))?;
    let mut client = Client::connect(program.address())?;
    client.send(b"GET / HT")?;
    trace.wait_for("recvfrom(4, \"GET / HT\"")?;
    client.send(b"TP/1.1\r\nHost: 127.0.")?;
    client.read_to_end(PATIENCE);
    drop(client);
    trace.wait_for("close(4)")?;
    program.stop()?;
    pin!("system_calls_late", shown(&trace, 4)?);
    Ok(())
}

/// A body nobody wants, of which one read takes only a part: it is read to its end, and
/// then the close need not be gentle.
#[test]
#[ignore = "needs strace: cargo test -- --ignored"]
fn system_calls_of_a_body() -> Result<()> {
    let trace = Trace::new()?;
    let program = Program::start(trace.watch(&rust()))?;
    let mut request =
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9000\r\n\r\n".to_vec();
    request.resize(request.len() + 9000, b'a');
    tests::exchange(program.address(), &request)?;
    trace.wait_for("close(4)")?;
    program.stop()?;
    pin!("system_calls_body", shown(&trace, 4)?);
    Ok(())
}

/// A request without a Host and with more of a body than one read takes: what nobody
/// needs is read before the socket is closed.
#[test]
#[ignore = "needs strace: cargo test -- --ignored"]
fn system_calls_of_a_gentle_close() -> Result<()> {
    let trace = Trace::new()?;
    let program = Program::start(trace.watch(&rust()))?;
    let mut request = b"POST / HTTP/1.1\r\nContent-Length: 9000\r\n\r\n".to_vec();
    request.resize(request.len() + 9000, b'a');
    tests::exchange(program.address(), &request)?;
    trace.wait_for("close(4)")?;
    program.stop()?;
    pin!("system_calls_gentle", shown(&trace, 4)?);
    Ok(())
}

/// The trace without its first calls and without what differs from run to run.
fn shown(trace: &Trace, skipped: usize) -> Result<String> {
    let calls = trace.socket_calls()?;
    let calls: Vec<_> = calls.lines().skip(skipped).map(redacted).collect();
    Ok(calls.join("\n"))
}

/// The time is in two strings: the deadline, as the bytes of a C struct, and the
/// beginning of the date. A read that brought nothing shows where its buffer is.
fn redacted(call: &str) -> String {
    for (before, after, name) in [
        ("SO_RCVTIMEO_OLD, \"", "\", 16", "TIME"),
        ("\\r\\nDate: ", "\"", "DATE"),
        ("recvfrom(4, 0x", ",", "BUFFER"),
    ] {
        if let Some((start, rest)) = call.split_once(before)
            && let Some((_, end)) = rest.split_once(after)
        {
            return format!("{start}{before}{name}{after}{end}");
        }
    }
    call.into()
}

/// A byte of the time may be a quotation mark.
#[test]
fn a_time_with_a_quotation_mark_is_redacted() {
    let call = |time: &str| {
        format!("setsockopt(4, SOL_SOCKET, SO_RCVTIMEO_OLD, \"{time}\", 16) = 0")
    };
    assert_eq!(redacted(&call("\\1\\0\\\"\\17\\0")), call("TIME"));
}
