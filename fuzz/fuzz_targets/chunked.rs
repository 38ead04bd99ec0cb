//! Any body in chunks, with its trailers: the same answer however it is cut, and an
//! early one stands.
#![no_main]

#[path = "../../tests/05-parse/checks.rs"]
#[allow(dead_code, reason = "each target uses a part of it")]
mod checks;

libfuzzer_sys::fuzz_target!(|input: &[u8]| checks::fuzz_chunked(input));
