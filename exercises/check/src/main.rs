//! `cargo exercise`.

use check::{EXERCISES, Subject, report};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let exercise = EXERCISES.iter().find(|e| e.id == arguments[0]).unwrap();
    let subject = Subject::new(arguments[1..].to_vec());
    let report = exercise.judge(&subject);
    anstream::print!("{}", report::report(&report, &subject));
}
