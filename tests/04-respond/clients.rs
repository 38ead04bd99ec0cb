//! What curl and a browser do; the server is the test itself.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use anyhow::{Context, Result, ensure};
use tests::{GLANCE, PATIENCE, pin, wait_until};

/// Without `Content-Length` nobody can tell half a page from a whole one; with it, curl
/// can: status 18 is its word for a part of a file.
#[test]
#[ignore = "needs curl: cargo test -- --ignored"]
fn half_a_page() -> Result<()> {
    let half = "<h1>Hello wo";
    pin!("half_a_page", seen_by_curl(&format!("HTTP/1.1 200 OK\r\n\r\n{half}"))?);
    let told = format!("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{half}");
    pin!("half_a_page_told", seen_by_curl(&told)?);
    Ok(())
}

/// What curl shows of an answer, but for its complaint, which has other words in each
/// version.
fn seen_by_curl(answer: &str) -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    thread::scope(|scope| {
        let server = scope.spawn(|| -> Result<()> {
            let (mut client, _) = listener.accept()?;
            head(&client)?;
            Ok(client.write_all(answer.as_bytes())?)
        });
        let shown = tests::curl(address, "/", &[])?;
        server.join().expect("it does not panic")?;
        let lines = shown.lines().filter(|line| !line.starts_with("curl: "));
        Ok(lines.collect::<Vec<_>>().join("\n"))
    })
}

/// A browser opens a second connection before its first request is answered, and says
/// nothing on it.
#[test]
#[ignore = "needs Chromium: cargo test -- --ignored"]
fn a_browsers_second_connection() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}/", listener.local_addr()?);
    let (document, seen) = thread::scope(|scope| -> Result<_> {
        let browser = scope.spawn(|| tests::chromium(&url));
        let seen = serve_a_browser(&listener);
        Ok((browser.join().expect("it does not panic")?, seen?))
    })?;
    ensure!(document.contains("Hello world"), "{document}");
    pin!("two_connections", seen);
    Ok(())
}

fn serve_a_browser(listener: &TcpListener) -> Result<String> {
    let page = b"HTTP/1.1 200 OK\r\n\r\n<h1>Hello world</h1>";
    let (mut first, _) = accept(listener)?;
    let asked = head(&first)?;
    let (second, _) = accept(listener)?;
    second.set_read_timeout(Some(GLANCE))?;
    ensure!(second.peek(&mut [0]).is_err(), "the second one is not silent");
    first.write_all(page)?;
    Ok(format!(
        "connection 1: {asked}\n\
         connection 2, while 1 waits for its answer: (open, and silent)"
    ))
}

/// The next client, or an error where none comes.
fn accept(listener: &TcpListener) -> Result<(TcpStream, std::net::SocketAddr)> {
    listener.set_nonblocking(true)?;
    let mut accepted = None;
    wait_until("a client comes", || {
        accepted = listener.accept().ok();
        accepted.is_some()
    })?;
    let (client, peer) = accepted.context("no client")?;
    client.set_nonblocking(false)?;
    Ok((client, peer))
}

/// Reads a request until its blank line; the request line.
fn head(client: &TcpStream) -> Result<String> {
    client.set_read_timeout(Some(PATIENCE))?;
    let lines: Vec<_> = BufReader::new(client)
        .lines()
        .take_while(|line| line.as_ref().is_ok_and(|line| !line.is_empty()))
        .collect::<Result<_, _>>()?;
    lines.into_iter().next().context("no request")
}
