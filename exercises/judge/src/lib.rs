//! The judge of the exercises: starts a program, talks to it over TCP, and says what
//! went wrong so that a person can see it too. `cargo exercise` is its command line.
//!
//! An exercise is a table ([`Exercise`]) of checks, each a `fn(&Submission) ->
//! Verdict`; see `exercises/03b-until-the-blank-line/check.rs`. A check starts the
//! program ([`Submission::start`]), is a client or several (`Server::connect`,
//! `Server::ask`), and returns the first thing that is wrong, a `Failure`. What is
//! wrong with answers of all kinds, `Client::response` finds by itself.

pub mod checks;
mod client;
mod exercise;
mod failure;
mod patience;
mod process;
mod program;
pub mod report;
mod reproduce;
mod response;
mod server;
mod start;
mod submission;

pub use checks::{EXERCISES, MINE, all, set_tls_client, what_next};
pub use exercise::{Exercise, Report};
pub use failure::Kind;
pub use submission::{Submission, quoted};

// What checks are made of.
use client::{Client, get};
use exercise::Check;
use failure::{Failure, Place, Verdict, What};
use patience::{RESPONSE_TIMEOUT, SILENCE_WINDOW};
use program::Ended;
use reproduce::reproduce;
use response::{Field, Response};
use server::{ConnectOutcome, Server};
