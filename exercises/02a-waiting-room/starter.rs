//! Exercise 02a: let clients in before anybody answers.
//!
//! `cargo exercise run 02a [-- ADDRESS [BACKLOG]]`, then `cargo exercise check 02a`

use std::env;
use std::io;
use std::net::SocketAddr;

use anyhow::{Context, Result};
use socket2::{Domain, Socket, Type};

fn main() -> Result<()> {
    let address = env::args().nth(1).unwrap_or("127.0.0.1:4545".into());
    let address: SocketAddr = address
        .parse()
        .with_context(|| format!("{address:?} isn't an IP address and a port"))?;

    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.bind(&address.into()).with_context(|| format!("cannot bind {address}"))?;
    // TODO: everybody is refused. Open a waiting room with as many seats as the second
    // argument says, or 5 without one.

    let address = socket.local_addr()?.as_socket().context("no IP address")?;
    println!("at {address}; press Enter to end");
    io::stdin().read_line(&mut String::new())?;
    Ok(())
}
