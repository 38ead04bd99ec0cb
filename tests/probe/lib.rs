//! What the tests and the judge of the exercises have in common: a program that runs,
//! a client of which everything can be said, and bytes as text. No test library is
//! needed for that, so none has to be built before the judge can start.

mod addresses;
mod bytes;
mod client;
pub mod load;
mod process;
mod sockets;
pub mod stages;

pub use addresses::{addresses_in, named_addresses};
pub use bytes::escape;
pub use client::{Client, End, Received, connect, exchange, is_taken};
pub use process::{GoesOn, Output, Process, cargo, cargo_by};
pub use sockets::{listeners, queue};

use std::time::Duration;

/// How long to wait for what must happen. A loaded machine is slow, so this is
/// generous: only a test that fails anyway waits as long.
pub const PATIENCE: Duration = Duration::from_secs(60);
