//! Step 1: bind. A socket gets an address, and doesn't listen on it.

use std::net::SocketAddr;

use anyhow::{Context, Result};
use socket2::{Domain, Socket, Type};

fn main() -> Result<()> {
    let address = std::env::args().nth(1).unwrap_or("127.0.0.1:4545".into());
    if address == "-h" || address == "--help" {
        println!("usage: step01 [ADDRESS]  (default 127.0.0.1:4545; port 0: any free)");
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

    let address = socket.local_addr()?.as_socket().context("no IP address")?;
    println!("bound to {address}, but not listening; press Enter to quit");
    std::io::stdin().read_line(&mut String::new())?;
    Ok(())
}
