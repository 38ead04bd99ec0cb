//! How fast is it: step05 beside its peers, in figures that one command reproduces.
//!
//! - `samples.rs`, `parsing.rs`: `step05::parse` beside `httparse`
//! - `peers.rs`, `server.rs`, `client.rs`, `serving.rs`: step05 beside other servers
//! - `report.rs`, `chart.rs`: the figures as Markdown and as a picture

pub mod chart;
pub mod client;
pub mod parsing;
pub mod peers;
pub mod report;
pub mod samples;
pub mod server;
pub mod serving;

/// How much to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// Enough for figures.
    Full,
    /// Enough to see that it works.
    Quick,
}
