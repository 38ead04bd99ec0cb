//! Any bytes from a client to the server, cut in any way: one whole answer, the same
//! one.
#![no_main]

#[path = "../../tests/05-parse/checks.rs"]
#[allow(dead_code, reason = "each target uses a part of it")]
mod checks;

libfuzzer_sys::fuzz_target!(|input: &[u8]| checks::fuzz_connection(input));
