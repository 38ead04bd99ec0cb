//! Exercise 01a: bind to port 0, and say which port that is.
//!
//! `cargo exercise run 01a [-- ADDRESS]`, then `cargo exercise check 01a`

use std::env;
use std::io;
use std::net::TcpListener;

use anyhow::{Context, Result};

fn main() -> Result<()> {
    let wanted = env::args().nth(1).unwrap_or("127.0.0.1:4545".into());
    let _listener =
        TcpListener::bind(&wanted).with_context(|| format!("cannot bind {wanted}"))?;
    // TODO: this is the address that was asked for, and no client can connect to port
    // 0. Print the one that the socket has.
    println!("bound to {wanted}; press Enter to end");
    io::stdin().read_line(&mut String::new())?;
    Ok(())
}
