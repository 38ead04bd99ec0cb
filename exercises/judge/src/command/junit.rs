//! A grade as the XML of `JUnit`, which CI servers read.

use quick_xml::escape::escape;

use super::grade::{Grade, Graded, GradedCheck, Status};

/// Returns a suite for each exercise of each copy, and a case for each check.
pub fn junit(grades: &[Grade]) -> String {
    let exercises = || grades.iter().flat_map(|grade| &grade.exercises);
    let checks = exercises().flat_map(|graded| &graded.checks);
    let counts = counts(&checks.collect::<Vec<_>>());
    let suites = grades.iter().flat_map(|grade| {
        let student = grade.student.iter().map(|name| written(name) + " ");
        let student = student.collect::<String>();
        grade.exercises.iter().map(move |graded| suite(&student, graded))
    });
    let suites: String = suites.collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <testsuites name=\"exercises\" {counts}>\n{suites}</testsuites>\n"
    )
}

fn suite(student: &str, graded: &Graded) -> String {
    let name = format!("{student}{} {}", graded.id, graded.name);
    let counts = counts(&graded.checks.iter().collect::<Vec<_>>());
    let cases: String = graded.checks.iter().map(|check| case(graded, check)).collect();
    format!("  <testsuite name=\"{name}\" {counts}>\n{cases}  </testsuite>\n")
}

fn case(graded: &Graded, check: &GradedCheck) -> String {
    let (demand, id, meaning) = (written(&check.demand), graded.id, &check.meaning);
    let case = format!("    <testcase name=\"{demand}\" classname=\"{id}\"");
    let (element, message, text) = match check.status {
        Status::Passed => return case + "/>\n",
        Status::Failed if !check.reached => ("skipped", meaning.as_deref(), &None),
        Status::Failed => ("failure", meaning.as_deref(), &check.message),
        Status::Error => ("error", Some("It can't be built."), &graded.message),
    };
    let message = written(message.unwrap_or("There was nothing to judge."));
    let text = written(text.as_deref().unwrap_or_default());
    let inside = format!("<{element} message=\"{message}\">{text}</{element}>");
    format!("{case}>\n      {inside}\n    </testcase>\n")
}

fn counts(checks: &[&GradedCheck]) -> String {
    let count = |status| checks.iter().filter(|check| check.status == status).count();
    let is_skipped = |it: &&&GradedCheck| it.status == Status::Failed && !it.reached;
    let (all, skipped) = (checks.len(), checks.iter().filter(is_skipped).count());
    let (failures, errors) = (count(Status::Failed) - skipped, count(Status::Error));
    format!(
        "tests=\"{all}\" failures=\"{failures}\" errors=\"{errors}\" \
         skipped=\"{skipped}\""
    )
}

/// Escapes a text, and replaces what XML has no way to write: XML 1.0, section 2.2.
fn written(text: &str) -> String {
    let is_allowed = |letter: char| {
        let others = '\u{fffe}'..='\u{ffff}';
        "\t\n\r".contains(letter) || letter >= ' ' && !others.contains(&letter)
    };
    let letters = text.chars().map(|it| if is_allowed(it) { it } else { '\u{fffd}' });
    escape(letters.collect::<String>()).into_owned()
}
