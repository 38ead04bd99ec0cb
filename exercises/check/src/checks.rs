//! The exercises, one file each.

mod ex01a;
mod ex01b;
mod ex02a;
mod ex03a;
mod ex03b;
mod ex03c;
mod ex04a;
mod ex04b;
mod ex04c;
mod ex04d;
mod ex05a;
mod ex05b;
mod ex05c;
mod ex05d;
mod ex05e;
mod ex06a;
mod ex06b;
mod ex06c;
mod ex06d;

use crate::Exercise;

/// All exercises, in the order in which they are done.
pub const EXERCISES: &[Exercise] = &[
    ex01a::EXERCISE,
    ex01b::EXERCISE,
    ex02a::EXERCISE,
    ex03a::EXERCISE,
    ex03b::EXERCISE,
    ex03c::EXERCISE,
    ex04a::EXERCISE,
    ex04b::EXERCISE,
    ex04c::EXERCISE,
    ex04d::EXERCISE,
    ex05a::EXERCISE,
    ex05b::EXERCISE,
    ex05c::EXERCISE,
    ex05d::EXERCISE,
    ex05e::EXERCISE,
    ex06a::EXERCISE,
    ex06b::EXERCISE,
    ex06c::EXERCISE,
    ex06d::EXERCISE,
];
