//! A grade as the XML of `JUnit`, which CI servers read.

use anyhow::Result;
use quick_xml::Writer;
use quick_xml::events::BytesText;

use super::grade::{Grade, Graded, GradedCheck, Status};

/// Returns a suite for each exercise, and a case for each check.
pub fn junit(grade: &Grade) -> Result<String> {
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
    let cases: Vec<&GradedCheck> =
        grade.exercises.iter().flat_map(|it| &it.checks).collect();
    let all = xml.create_element("testsuites").with_attribute(("name", "exercises"));
    let counts = counts(&cases);
    all.with_attributes(attributes(&counts)).write_inner_content(|xml| {
        grade.exercises.iter().try_for_each(|graded| suite(xml, graded))
    })?;
    let text = String::from_utf8_lossy(&xml.into_inner()).into_owned();
    Ok(format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{text}\n"))
}

fn suite(xml: &mut Writer<Vec<u8>>, graded: &Graded) -> std::io::Result<()> {
    let name = format!("{} {}", graded.id, graded.name);
    let cases: Vec<&GradedCheck> = graded.checks.iter().collect();
    let suite = xml.create_element("testsuite").with_attribute(("name", name.as_str()));
    let counts = counts(&cases);
    suite.with_attributes(attributes(&counts)).write_inner_content(|xml| {
        cases.iter().try_for_each(|check| case(xml, graded, check))
    })?;
    Ok(())
}

fn case(
    xml: &mut Writer<Vec<u8>>,
    graded: &Graded,
    check: &GradedCheck,
) -> std::io::Result<()> {
    let name = allowed(&check.demand);
    let case = xml.create_element("testcase").with_attribute(("name", name.as_str()));
    let case = case.with_attribute(("classname", graded.id));
    let (element, message, text) = match check.status {
        Status::Passed => return case.write_empty().map(drop),
        Status::Failed if !check.reached => ("skipped", check.meaning.as_deref(), None),
        Status::Failed => {
            ("failure", check.meaning.as_deref(), check.message.as_deref())
        }
        Status::Error => {
            ("error", Some("It can't be built."), graded.message.as_deref())
        }
    };
    let message = allowed(message.unwrap_or("There was nothing to judge."));
    let text = allowed(text.unwrap_or_default());
    case.write_inner_content(|xml| {
        let what = xml.create_element(element);
        let what = what.with_attribute(("message", message.as_str()));
        what.write_text_content(BytesText::new(&text)).map(drop)
    })?;
    Ok(())
}

fn counts(cases: &[&GradedCheck]) -> [(&'static str, String); 4] {
    let count = |status, reached: Option<bool>| {
        let is_it = |check: &&&GradedCheck| {
            check.status == status
                && reached.is_none_or(|reached| check.reached == reached)
        };
        cases.iter().filter(is_it).count().to_string()
    };
    [
        ("tests", cases.len().to_string()),
        ("failures", count(Status::Failed, Some(true))),
        ("errors", count(Status::Error, None)),
        ("skipped", count(Status::Failed, Some(false))),
    ]
}

fn attributes<'a>(
    pairs: &'a [(&'static str, String)],
) -> impl Iterator<Item = (&'a str, &'a str)> {
    pairs.iter().map(|(name, value)| (*name, value.as_str()))
}

/// Replaces what XML has no way to write, escaped or not: XML 1.0, section 2.2.
fn allowed(text: &str) -> String {
    let is_allowed = |letter: char| {
        let others = '\u{fffe}'..='\u{ffff}';
        "\t\n\r".contains(letter) || letter >= ' ' && !others.contains(&letter)
    };
    text.chars().map(|it| if is_allowed(it) { it } else { '\u{fffd}' }).collect()
}
