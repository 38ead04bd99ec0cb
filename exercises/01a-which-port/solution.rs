//! Exercise 01a, solved.

use std::env;
use std::io;
use std::net::TcpListener;

use anyhow::{Context, Result};

fn main() -> Result<()> {
    let wanted = env::args().nth(1).unwrap_or("127.0.0.1:4545".into());
    let listener =
        TcpListener::bind(&wanted).with_context(|| format!("cannot bind {wanted}"))?;
    // Where `wanted` says 0, the system has picked a port, and the socket knows which.
    let address = listener.local_addr()?;
    println!("bound to {address}; press Enter to end");
    io::stdin().read_line(&mut String::new())?;
    Ok(())
}
