//! The servers that are part of this program: each is started as a process of its own,
//! so that the system counts its work apart.

use std::convert::Infallible;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};

use anyhow::{Result, bail, ensure};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::CONTENT_TYPE;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;

/// The page that step05 serves, and all peers too.
pub const PAGE: &str = include_str!("../../steps/05-parse/src/home.html");
/// Where it is.
pub const PAGE_FILE: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../steps/05-parse/src/home.html");

const TYPE: &str = "text/html; charset=utf-8";

/// Serves until the process is ended.
///
/// # Errors
/// When there is no peer of that name, or it cannot listen.
pub fn serve(name: &str, address: SocketAddr) -> Result<()> {
    match name {
        "floor" => floor(address),
        "tiny_http" => with_tiny_http(address),
        "hyper" => with_hyper(address),
        _ => bail!("{name} is no peer"),
    }
}

/// The least that a server can do: accept, read, write, close. It understands nothing.
fn floor(address: SocketAddr) -> Result<()> {
    let response = as_long_as_step05s()?;
    let listener = TcpListener::bind(address)?;
    let mut buffer = [0; 8192];
    loop {
        let (mut client, _) = listener.accept()?;
        let _ = client.read(&mut buffer)?;
        client.write_all(&response)?;
    }
}

/// A fixed response with as many bytes as step05's. `serving` checks that it is.
fn as_long_as_step05s() -> Result<Vec<u8>> {
    let response = format!(
        "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\
         Content-Type: {TYPE}\r\n\
         Content-Length: {}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n\
         {PAGE}",
        PAGE.len()
    );
    ensure!(response.len() < 4096, "one write might not be enough");
    Ok(response.into_bytes())
}

fn with_tiny_http(address: SocketAddr) -> Result<()> {
    let Ok(server) = tiny_http::Server::http(address) else {
        bail!("tiny_http cannot listen");
    };
    let header = tiny_http::Header::from_bytes("Content-Type", TYPE);
    let Ok(header) = header else { bail!("tiny_http does not take the content type") };
    for request in server.incoming_requests() {
        let response = tiny_http::Response::from_data(PAGE).with_header(header.clone());
        request.respond(response)?;
    }
    Ok(())
}

/// On one thread, which costs it less CPU than several.
fn with_hyper(address: SocketAddr) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(address).await?;
        loop {
            let (client, _) = listener.accept().await?;
            tokio::spawn(async {
                let _ = http1::Builder::new()
                    .keep_alive(false)
                    .serve_connection(TokioIo::new(client), service_fn(page))
                    .await;
            });
        }
    })
}

async fn page(
    _: hyper::Request<Incoming>,
) -> Result<hyper::Response<Full<Bytes>>, Infallible> {
    let mut response =
        hyper::Response::new(Full::new(Bytes::from_static(PAGE.as_bytes())));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static(TYPE));
    Ok(response)
}
