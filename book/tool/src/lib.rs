//! What puts evidence into the book: code, transcripts, diagrams; and what checks that
//! nothing else is in it.
//!
//! How a page is written is in `book/README.md`. The way of a page through this
//! library:
//!
//! - `pages.rs`: the file's minutes, title and text, cut into pieces
//! - `terms.rs`, with `names.rs`: what is explained where, and what a listing needs
//!   explained
//! - `expand.rs`: each piece into HTML or Markdown, with `listing.rs` and `library.rs`,
//!   `transcript.rs`, `wire.rs`, `diagram.rs`, `choose.rs`, `hero.rs`, `rfcs.rs`,
//!   `ask.rs`
//! - `tests/record`: what a figure shows of a recording, and its capture file
//! - `opening.rs`: what frames a page
//! - `exercises.rs`: pages made of the exercises' READMEs
//! - `changes.rs`: which steps aren't those that the transcripts come from
//! - `build.rs`: mdBook makes HTML of it, strictly or leniently
//! - `lean.rs`: what is taken away from that
//! - `pdf.rs`: Chromium prints it
//! - `evidence.rs`: what only the whole book can tell
//! - `serve.rs`: step05 serves it

mod ask;
#[path = "../../../tests/05-parse/asking.rs"]
mod asking;
pub mod build;
pub mod changes;
mod choose;
mod diagram;
mod evidence;
mod exercises;
mod expand;
#[path = "../../../tests/record/figure.rs"]
mod figure;
mod hero;
mod html;
#[path = "../../../tests/record/labels.rs"]
mod labels;
mod lean;
#[path = "../../../tests/05-parse/ledger.rs"]
mod ledger;
mod library;
mod listing;
#[path = "../../../tests/05-parse/memory.rs"]
#[allow(dead_code, reason = "the tests need more of it")]
mod memory;
mod names;
mod opening;
mod pages;
#[path = "../../../tests/record/pcap.rs"]
mod pcap;
pub mod pdf;
#[path = "../../../tests/record/recording.rs"]
mod recording;
mod rfcs;
pub mod serve;
mod sources;
mod terms;
pub mod transcript;
pub mod wire;

pub use sources::Sources;
