//! Step 2: listen. The kernel lets clients in, and the program ignores them.

use std::net::SocketAddr;

use anyhow::{Context, Result};
use socket2::{Domain, Socket, Type};

fn main() -> Result<()> {
    let address = std::env::args().nth(1).unwrap_or("127.0.0.1:4545".into());
    if address == "-h" || address == "--help" {
        println!("usage: step02 [ADDRESS]  (default 127.0.0.1:4545; port 0: any free)");
        return Ok(());
    }
    let address: SocketAddr = address
        .parse()
        .with_context(|| format!("{address:?} isn't an IP address and a port"))?;

    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    // Otherwise a connection that closed within the last minute keeps the address
    // taken. Not on Windows, where this would let other programs take it from us.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.bind(&address.into()).with_context(|| format!("cannot bind {address}"))?;
    // The backlog: how many clients may wait for an `accept` that never comes.
    socket.listen(5)?;

    let address = socket.local_addr()?.as_socket().context("no IP address")?;
    println!("listening on {address}, but not accepting; press Enter to quit");
    std::io::stdin().read_line(&mut String::new())?;
    Ok(())
}
