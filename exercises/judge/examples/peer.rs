//! A server that many people use, `tiny_http`, doing exercises 03b and 04a: what is
//! right for it must be right for the checks.

use std::env;
use std::io::{self, Write};

use tiny_http::{Response, Server};

fn main() {
    let address = env::args().nth(1).unwrap_or("127.0.0.1:4545".into());
    let server = Server::http(&address).expect("a free address");
    let _ = writeln!(io::stdout(), "serving http://{}/", server.server_addr());
    for request in server.incoming_requests() {
        let _ = request.respond(Response::from_string("<h1>Grüße, 世界</h1>\n"));
    }
}
