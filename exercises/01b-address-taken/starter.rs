//! Exercise 01b: say clearly that an address is taken.
//!
//! `cargo exercise run 01b [-- ADDRESS]`, then `cargo exercise check 01b`

use std::env;
use std::io::{self, BufRead, Write};
use std::net::TcpListener;

fn main() {
    let address = env::args().nth(1).unwrap_or("127.0.0.1:4545".into());
    // TODO: `unwrap` gives up without telling the user what to do. Say on standard
    // error, in one line, which address cannot be had and why, and end with exit status
    // 1.
    let listener = TcpListener::bind(&address).unwrap();
    let address = listener.local_addr().expect("it is bound");
    let _ = writeln!(io::stdout(), "bound to {address}; press Enter to end");
    let _ = io::stdin().lock().skip_until(b'\n');
}
