//! The book: that it builds, that drift of every kind is found, and that step05 serves
//! it.

mod asked;
mod drift;
mod opening;
mod published;
mod questions;
mod reader;
mod serve;
mod shown;
