//! What the check of 06d looks through: takes one connection, carries its bytes to
//! ADDRESS inside of TLS, and the answer back. It trusts one certificate, which it
//! reads from standard input, and the server must be called NAME in it.
//!
//! `ex06d-client ADDRESS NAME < certificate.pem`
//!
//! On standard output it says, a line each, at which port it waits for its connection,
//! which key the server has, what became of the handshake, and how the answer ended.

use std::env;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result};
use rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use rustls::crypto::{WebPkiSupportedAlgorithms, ring, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct, Error,
    SignatureScheme, StreamOwned,
};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let mut arguments = env::args().skip(1);
    let address: SocketAddr = arguments.next().context("no ADDRESS")?.parse()?;
    let name = ServerName::try_from(arguments.next().context("no NAME")?)?;
    let mut pem = Vec::new();
    io::stdin().read_to_end(&mut pem)?;
    let connection = ClientConnection::new(Arc::new(trusting(&pem)), name)?;

    let listener = TcpListener::bind("127.0.0.1:0")?;
    say(&format!("port: {}", listener.local_addr()?.port()))?;
    let (client, _) = listener.accept()?;
    let mut server = StreamOwned::new(connection, TcpStream::connect(address)?);
    if let Err(error) = server.conn.complete_io(&mut server.sock) {
        return say(&format!("handshake: {error}"));
    }
    let certificate = server.conn.peer_certificates().unwrap_or_default();
    let certificate = certificate.first().context("no certificate")?;
    let key = ParsedCertificate::try_from(certificate)?.subject_public_key_info();
    say(&format!("key: {key:02x?}"))?;
    say("handshake: done")?;
    let ended = carry(client, &mut server);
    say(&format!(
        "end: {}",
        ended.map_or_else(|error| error.to_string(), |()| "close_notify".into())
    ))
}

fn say(line: &str) -> Result<()> {
    Ok(writeln!(io::stdout(), "{line}")?)
}

/// Carries the request there, and the answer back. An end without `close_notify` is an
/// error.
fn carry(
    mut client: TcpStream,
    server: &mut StreamOwned<ClientConnection, TcpStream>,
) -> io::Result<()> {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    while !request.ends_with(b"\r\n\r\n") {
        match client.read(&mut buffer)? {
            0 => break,
            length => request.extend_from_slice(&buffer[..length]),
        }
    }
    if has_answered(server)? {
        return Err(io::Error::other("the answer came before the request"));
    }
    server.write_all(&request)?;
    let copied = io::copy(server, &mut client);
    client.shutdown(Shutdown::Write)?;
    copied.map(drop)
}

/// Nothing has been asked yet; is there an answer?
fn has_answered(
    server: &mut StreamOwned<ClientConnection, TcpStream>,
) -> io::Result<bool> {
    server.sock.set_nonblocking(true)?;
    let answer = server.read(&mut [0; 4096]);
    server.sock.set_nonblocking(false)?;
    Ok(answer.is_ok_and(|length| length > 0))
}

/// Trusts the first certificate in `pem` and no other; without one, none at all.
fn trusting(pem: &[u8]) -> ClientConfig {
    let only = CertificateDer::from_pem_slice(pem).ok();
    let algorithms = ring::default_provider().signature_verification_algorithms;
    ClientConfig::builder()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Only { only, algorithms }))
        .with_no_client_auth()
}

/// As curl with `--cacert`: the certificate is that one, the name is in it, and the
/// server has its key.
#[derive(Debug)]
struct Only {
    only: Option<CertificateDer<'static>>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for Only {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if self.only.as_ref() != Some(certificate) {
            return Err(CertificateError::UnknownIssuer.into());
        }
        let parsed = ParsedCertificate::try_from(certificate)?;
        rustls::client::verify_server_name(&parsed, name)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General("only TLS 1.3".into()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
