//! What usually goes wrong in exercise 06d.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::Mistake;
use crate::Mistake::Program;
use rcgen::{CertificateParams, CertifiedKey, KeyPair};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

const RESPONSE: &[u8] = b"HTTP/1.1 200 OK\r\n\r\n<h1>Hello world</h1>";
const NAMES: &[&str] = &["127.0.0.1", "localhost"];

pub const MISTAKES: &[(&str, Mistake)] = &[
    ("prints-no-certificate", Program(prints_no_certificate)),
    ("plain-http", Program(plain_http)),
    ("reads-before-the-handshake", Program(reads_before_the_handshake)),
    ("prints-another-certificate", Program(prints_another_certificate)),
    ("for-localhost-only", Program(for_localhost_only)),
    ("for-the-address-only", Program(for_the_address_only)),
    ("writes-beside-tls", Program(writes_beside_tls)),
    ("no-close-notify", Program(no_close_notify)),
    ("prints-the-key", Program(prints_the_key)),
    ("one-key-for-all", Program(one_key_for_all)),
    ("falls-back-to-http", Program(falls_back_to_http)),
    ("unwraps-the-handshake", Program(unwraps_the_handshake)),
    ("prints-it-elsewhere", Program(prints_it_elsewhere)),
    ("hangs-up-at-hello", Program(hangs_up_at_hello)),
    ("answers-unasked", Program(answers_unasked)),
    ("right-address-first", Program(right_address_first)),
];

type Made = CertifiedKey<KeyPair>;
type Stream = StreamOwned<ServerConnection, TcpStream>;

/// As it should be: a new key and a certificate for these names.
fn made(names: &[&str]) -> io::Result<Made> {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    rcgen::generate_simple_self_signed(names).map_err(io::Error::other)
}

fn config(made: &Made) -> io::Result<Arc<ServerConfig>> {
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key.into());
    config.map(Arc::new).map_err(io::Error::other)
}

fn stream(client: TcpStream, config: &Arc<ServerConfig>) -> io::Result<Stream> {
    let connection =
        ServerConnection::new(Arc::clone(config)).map_err(io::Error::other)?;
    Ok(StreamOwned::new(connection, client))
}

/// Reads once, answers, says that this was all.
fn converse(client: TcpStream, config: &Arc<ServerConfig>) -> io::Result<()> {
    let mut stream = stream(client, config)?;
    let _ = stream.read(&mut [0; 4096])?;
    stream.write_all(RESPONSE)?;
    stream.conn.send_close_notify();
    stream.flush()
}

fn serve(
    address: SocketAddr,
    printed: &str,
    handle: impl Fn(TcpStream) -> io::Result<()>,
) -> io::Result<()> {
    let listener = TcpListener::bind(address)?;
    let address = listener.local_addr()?;
    writeln!(
        io::stdout(),
        "{printed}serving https://{address}/ until you press Ctrl-C"
    )?;
    loop {
        if let Err(error) = listener.accept().and_then(|(client, _)| handle(client)) {
            let _ = writeln!(io::stderr(), "a client was lost: {error}");
        }
    }
}

/// Everything is right, but a client can't know whom to trust.
fn prints_no_certificate(address: SocketAddr) -> io::Result<()> {
    let config = config(&made(NAMES)?)?;
    serve(address, "", |client| converse(client, &config))
}

/// The certificate is there, and isn't used.
fn plain_http(address: SocketAddr) -> io::Result<()> {
    serve(address, &made(NAMES)?.cert.pem(), |mut client| {
        let _ = client.read(&mut [0; 4096])?;
        client.write_all(RESPONSE)
    })
}

/// The request is read, as always; but it was the beginning of the handshake.
fn reads_before_the_handshake(address: SocketAddr) -> io::Result<()> {
    let made = made(NAMES)?;
    let config = config(&made)?;
    serve(address, &made.cert.pem(), |mut client| {
        let _ = client.read(&mut [0; 4096])?;
        let mut stream = stream(client, &config)?;
        stream.write_all(RESPONSE)?;
        stream.conn.send_close_notify();
        stream.flush()
    })
}

/// One is made to be shown, and one to be used.
fn prints_another_certificate(address: SocketAddr) -> io::Result<()> {
    let config = config(&made(NAMES)?)?;
    serve(address, &made(NAMES)?.cert.pem(), |client| converse(client, &config))
}

/// As in most examples.
fn for_localhost_only(address: SocketAddr) -> io::Result<()> {
    with_names(address, &["localhost"])
}

/// The programmer tests with the address only.
fn for_the_address_only(address: SocketAddr) -> io::Result<()> {
    with_names(address, &["127.0.0.1"])
}

fn with_names(address: SocketAddr, names: &[&str]) -> io::Result<()> {
    let made = made(names)?;
    let config = config(&made)?;
    serve(address, &made.cert.pem(), |client| converse(client, &config))
}

/// The handshake is done, and the answer is written to the socket below.
fn writes_beside_tls(address: SocketAddr) -> io::Result<()> {
    let made = made(NAMES)?;
    let config = config(&made)?;
    serve(address, &made.cert.pem(), |client| {
        let mut stream = stream(client, &config)?;
        let _ = stream.read(&mut [0; 4096])?;
        stream.sock.write_all(RESPONSE)
    })
}

/// The socket is closed, and TLS is not told.
fn no_close_notify(address: SocketAddr) -> io::Result<()> {
    let made = made(NAMES)?;
    let config = config(&made)?;
    serve(address, &made.cert.pem(), |client| {
        let mut stream = stream(client, &config)?;
        let _ = stream.read(&mut [0; 4096])?;
        stream.write_all(RESPONSE)
    })
}

/// It's only for a test, and in no PEM.
fn prints_the_key(address: SocketAddr) -> io::Result<()> {
    let made = made(NAMES)?;
    let config = config(&made)?;
    let key = made.signing_key.serialize_der();
    let printed = format!("{}{key:?}\n", made.cert.pem());
    serve(address, &printed, |client| converse(client, &config))
}

/// On standard error, because it isn't what the program is about.
fn prints_it_elsewhere(address: SocketAddr) -> io::Result<()> {
    let made = made(NAMES)?;
    let config = config(&made)?;
    writeln!(io::stderr(), "{}", made.cert.pem())?;
    serve(address, "", |client| converse(client, &config))
}

/// The connection is made, and dropped before anything is read or written.
fn hangs_up_at_hello(address: SocketAddr) -> io::Result<()> {
    let made = made(NAMES)?;
    let config = config(&made)?;
    serve(address, &made.cert.pem(), |client| {
        // So that it ends in the same way each time: with FIN and without RST.
        let _ = client.try_clone()?.read(&mut [0; 4096])?;
        stream(client, &config).map(drop)
    })
}

/// `write_all` does the handshake too, and the request has not been waited for.
fn answers_unasked(address: SocketAddr) -> io::Result<()> {
    let made = made(NAMES)?;
    let config = config(&made)?;
    serve(address, &made.cert.pem(), |client| {
        let mut stream = stream(client, &config)?;
        stream.write_all(RESPONSE)?;
        let _ = stream.read(&mut [0; 4096])?;
        stream.conn.send_close_notify();
        stream.flush()
    })
}

/// The certificate comes after the line with the address, and a moment later.
fn right_address_first(address: SocketAddr) -> io::Result<()> {
    let made = made(NAMES)?;
    let config = config(&made)?;
    let listener = TcpListener::bind(address)?;
    writeln!(io::stdout(), "serving https://{}/", listener.local_addr()?)?;
    thread::sleep(Duration::from_millis(300));
    writeln!(io::stdout(), "{}", made.cert.pem())?;
    loop {
        let _ = listener.accept().and_then(|(client, _)| converse(client, &config));
    }
}

/// The key is a part of the program, and so of everyone's. The certificate is a new one
/// each time.
fn one_key_for_all(address: SocketAddr) -> io::Result<()> {
    // Ed25519 in PKCS #8, RFC 8410: what kind of key it is, then the key.
    let mut key =
        vec![0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    key.extend_from_slice(&[7; 32]);
    let signing_key = KeyPair::try_from(key).map_err(io::Error::other)?;
    let names: Vec<String> = NAMES.iter().map(ToString::to_string).collect();
    let mut params = CertificateParams::new(names).map_err(io::Error::other)?;
    params.serial_number = Some(u64::from(std::process::id()).into());
    let cert = params.self_signed(&signing_key).map_err(io::Error::other)?;
    let made = CertifiedKey { cert, signing_key };
    let config = config(&made)?;
    serve(address, &made.cert.pem(), |client| converse(client, &config))
}

/// A client that asks without TLS gets the page, too.
fn falls_back_to_http(address: SocketAddr) -> io::Result<()> {
    let made = made(NAMES)?;
    let config = config(&made)?;
    serve(address, &made.cert.pem(), |mut client| {
        let mut first = [0];
        let _ = client.peek(&mut first)?;
        if first == [22] {
            return converse(client, &config);
        }
        let _ = client.read(&mut [0; 4096])?;
        client.write_all(RESPONSE)
    })
}

/// A handshake that fails cannot happen, or so it seems.
#[expect(clippy::unwrap_used, reason = "that is the mistake")]
fn unwraps_the_handshake(address: SocketAddr) -> io::Result<()> {
    let made = made(NAMES)?;
    let config = config(&made)?;
    serve(address, &made.cert.pem(), |client| {
        converse(client, &config).unwrap();
        Ok(())
    })
}
