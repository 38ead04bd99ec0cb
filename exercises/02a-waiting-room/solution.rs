//! Exercise 02a, solved.

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
    // From here on the system lets clients in. There's no `accept`, so they wait.
    socket.listen(backlog()?)?;

    let address = socket.local_addr()?.as_socket().context("no IP address")?;
    println!("at {address}; press Enter to end");
    io::stdin().read_line(&mut String::new())?;
    Ok(())
}

/// How many clients may wait: the second argument, or 5.
fn backlog() -> Result<i32> {
    let argument = env::args().nth(2).unwrap_or("5".into());
    argument.parse().with_context(|| format!("{argument:?} isn't a backlog, such as 5"))
}
