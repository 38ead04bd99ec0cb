//! Any bytes into the parser: it must not panic, and its verdict must stand.
#![no_main]

#[path = "../../tests/05-parse/checks.rs"]
#[allow(dead_code, reason = "each target uses a part of it")]
mod checks;

libfuzzer_sys::fuzz_target!(|input: &[u8]| checks::fuzz_parse(input));
