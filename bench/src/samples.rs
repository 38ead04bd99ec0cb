//! The requests that are parsed.

use std::fmt;

/// A request and what to call it.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// What a table calls it.
    pub name: &'static str,
    /// The whole head.
    pub bytes: &'static [u8],
}

impl Sample {
    /// How many fields it has.
    pub fn fields(&self) -> usize {
        let lines = self.bytes.iter().filter(|&&byte| byte == b'\n').count();
        // The request line and the blank line are none.
        lines - 2
    }
}

impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (length, fields) = (self.bytes.len(), self.fields());
        write!(f, "{}: {length} bytes, {fields} fields", self.name)
    }
}

/// From a short one to one with few but long values.
pub const SAMPLES: [Sample; 4] = [
    Sample { name: "A short one", bytes: SHORT },
    Sample { name: "curl", bytes: CURL },
    Sample { name: "A browser", bytes: BROWSER },
    Sample { name: "Long values", bytes: LONG_VALUES },
];

const SHORT: &[u8] = b"GET /greetings HTTP/1.1\r\n\
    Host: localhost:4545\r\n\
    Accept: text/html\r\n\
    \r\n";

/// `curl http://127.0.0.1:4545/`
const CURL: &[u8] = b"GET / HTTP/1.1\r\n\
    Host: 127.0.0.1:4545\r\n\
    User-Agent: curl/8.5.0\r\n\
    Accept: */*\r\n\
    \r\n";

/// What Chrome on Linux sends: 14 fields.
const BROWSER: &[u8] = b"GET / HTTP/1.1\r\n\
    Host: 127.0.0.1:4545\r\n\
    Connection: keep-alive\r\n\
    sec-ch-ua: \"Chromium\";v=\"140\", \"Not=A?Brand\";v=\"24\", \
    \"Google Chrome\";v=\"140\"\r\n\
    sec-ch-ua-mobile: ?0\r\n\
    sec-ch-ua-platform: \"Linux\"\r\n\
    Upgrade-Insecure-Requests: 1\r\n\
    User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 \
    (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36\r\n\
    Accept: text/html,application/xhtml+xml,application/xml;q=0.9,\
    image/avif,image/webp,image/apng,*/*;q=0.8,\
    application/signed-exchange;v=b3;q=0.7\r\n\
    Sec-Fetch-Site: none\r\n\
    Sec-Fetch-Mode: navigate\r\n\
    Sec-Fetch-User: ?1\r\n\
    Sec-Fetch-Dest: document\r\n\
    Accept-Encoding: gzip, deflate, br, zstd\r\n\
    Accept-Language: en-US,en;q=0.9\r\n\
    \r\n";

/// Two thirds of it are a cookie and the page that the visitor came from.
const LONG_VALUES: &[u8] = b"GET /account HTTP/1.1\r\n\
    Host: www.example.com\r\n\
    User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 \
    (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36\r\n\
    Accept: text/html,application/xhtml+xml\r\n\
    Referer: https://www.example.com/search?query=from+the+socket+up&language=en\
    &sort=relevance&page=7&session=5f0c9a3e7b1d4f628a6b0c2d4e6f8091&from=home\r\n\
    Cookie: session=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6Ikphb\
    mUgRG9lIiwiaWF0IjoxNzAwMDAwMDAwLCJleHAiOjE3MDAwMDM2MDB9.q1w2e3r4t5y6u7i8o9p0a1\
    s2d3f4g5h6j7k8l9z0; theme=dark; consent=functional-analytics; \
    visits=42; currency=EUR; zone=Europe/Berlin; \
    tracking=0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9; \
    last_seen=2025-11-23T13:58:08Z\r\n\
    \r\n";
