//! The judge of the exercises: starts a program, talks to it over TCP, and says what
//! went wrong so that a person can see it too. `cargo exercise` is its command line.
//!
//! An exercise is a table ([`Exercise`]) of checks, each a `fn(&Subject) -> Verdict`;
//! see `checks/ex03b.rs`. A check starts the program ([`Subject::start`]), is a client
//! or several ([`Server::connect`], [`Server::ask`]), and returns the first thing that
//! is wrong, a [`Failure`]. What is wrong with answers of all kinds, [`Client::answer`]
//! finds by itself.

mod answer;
mod by_hand;
pub mod checks;
mod client;
mod exercise;
mod failure;
mod patience;
mod process;
pub mod report;
mod subject;

pub use answer::{Answer, Field, Framing};
pub use by_hand::by_hand;
pub use checks::EXERCISES;
pub use client::{Client, get, get_from};
pub use exercise::{Check, Exercise, Report};
pub use failure::{Event, Failure, Place, Verdict, What};
pub use patience::{GLANCE, QUIET};
pub use subject::{Ended, Knock, Server, Subject};
