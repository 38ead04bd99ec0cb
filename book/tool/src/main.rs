//! The program behind `cargo book`.
fn main() {}
