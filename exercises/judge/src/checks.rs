//! The exercises, one file each, in the folder of the exercise.

#[path = "../../01a-which-port/check.rs"]
mod ex01a;
#[path = "../../01b-address-taken/check.rs"]
mod ex01b;
#[path = "../../02a-waiting-room/check.rs"]
mod ex02a;
#[path = "../../03a-who-called/check.rs"]
mod ex03a;
#[path = "../../03b-until-the-blank-line/check.rs"]
mod ex03b;
#[path = "../../03c-survive-anything/check.rs"]
mod ex03c;
#[path = "../../04a-count-bytes/check.rs"]
mod ex04a;
#[path = "../../04b-say-what-it-is/check.rs"]
mod ex04b;
#[path = "../../04c-do-not-wait-forever/check.rs"]
mod ex04c;
#[path = "../../04d-do-not-slam-the-door/check.rs"]
mod ex04d;
#[path = "../../05a-request-line/check.rs"]
mod ex05a;
#[path = "../../05b-header-fields/check.rs"]
mod ex05b;
#[path = "../../05c-right-answer/check.rs"]
mod ex05c;
#[path = "../../05d-read-the-body/check.rs"]
mod ex05d;
#[path = "../../05e-percent/check.rs"]
mod ex05e;
#[path = "../../06a-serve-the-book/check.rs"]
mod ex06a;
#[path = "../../06b-two-at-once/check.rs"]
mod ex06b;
#[path = "../../06c-keep-the-line-open/check.rs"]
mod ex06c;
#[path = "../../06d-padlock/check.rs"]
mod ex06d;
#[path = "../../05d-read-the-body/framing.rs"]
mod framing;
#[path = "../../mine-stages/check.rs"]
mod mine;

pub use ex06d::set_tls_client;
pub use mine::what_next;

use crate::Exercise;

/// The one server that grows, as an exercise whose points are stages.
pub const MINE: &Exercise = &mine::EXERCISE;

/// Returns all exercises, and the server that grows.
pub fn all() -> impl Iterator<Item = &'static Exercise> {
    EXERCISES.iter().chain([MINE])
}

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
