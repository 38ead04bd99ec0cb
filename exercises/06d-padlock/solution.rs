//! Exercise 06d, solved.

use std::env;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use anyhow::{Context, Result};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// Status line, blank line, page: as in step 4.
const RESPONSE: &[u8] = b"HTTP/1.1 200 OK\r\n\r\n<h1>Hello world</h1>";

fn main() -> Result<()> {
    let (config, pem) = padlock()?;
    let address = env::args().nth(1).unwrap_or("127.0.0.1:4545".into());
    let listener = TcpListener::bind(&address)
        .with_context(|| format!("cannot bind {address}"))?;
    let address = listener.local_addr()?;
    println!("{pem}serving https://{address}/ until you press Ctrl-C");
    loop {
        let accepted = listener.accept();
        let handled = accepted.and_then(|(client, _)| handle(client, &config));
        // What goes wrong with one client must not end the server for the others.
        if let Err(error) = handled {
            eprintln!("a client was lost: {error}");
        }
    }
}

/// A new key, with a certificate for it that everyone may see, in PEM. The key
/// stays in here.
fn padlock() -> Result<(Arc<ServerConfig>, String)> {
    let names = vec!["127.0.0.1".into(), "localhost".into()];
    let made = rcgen::generate_simple_self_signed(names)?;
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key.into())?;
    Ok((Arc::new(config), made.cert.pem()))
}

/// Reads once, answers, and says inside of TLS that this was all.
fn handle(client: TcpStream, config: &Arc<ServerConfig>) -> io::Result<()> {
    let connection =
        ServerConnection::new(Arc::clone(config)).map_err(io::Error::other)?;
    let mut stream = StreamOwned::new(connection, client);
    // The first read does the handshake, too.
    let _ = stream.read(&mut [0; 4096])?;
    stream.write_all(RESPONSE)?;
    stream.conn.send_close_notify();
    stream.flush()
}
