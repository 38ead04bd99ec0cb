//! What the RFCs ask and what step05 does, from the ledger of its tests.

use anyhow::{Error, Result};

use crate::asking;
use crate::html::escape;
use crate::ledger::{self, Request, Rule};

/// What a reader can choose to see: two groups of radio buttons, each with the names of
/// its classes and what they are called.
const FILTERS: [(&str, &[(&str, &str)]); 2] = [
    (
        "Level",
        &[
            ("all", "all"),
            ("must", "MUST"),
            ("should", "SHOULD"),
            ("may", "MAY"),
            ("ours", "no level of an RFC"),
            ("less", "simplified or left out"),
        ],
    ),
    (
        "Section",
        &[
            ("any", "all"),
            ("s2", "2 message"),
            ("s3", "3 request line"),
            ("s5", "5 fields"),
            ("s6", "6 body"),
            ("s7", "7 chunks"),
            ("s9", "9 connection"),
            ("s11", "11 security"),
            ("s9110", "RFC 9110"),
            ("other", "other RFCs"),
        ],
    ),
];

/// The ledger as a list that can be filtered without a script. Requests are folded.
pub fn table(text: &str) -> Result<String> {
    let rules = ledger::rules(text).map_err(Error::msg)?;
    let classes: Vec<_> = rules.iter().map(classes).collect();
    let mut list = String::from("<div class=\"ledger\">\n");
    for (legend, filters) in FILTERS {
        list += &choices(legend, filters, &classes);
    }
    for (rule, classes) in rules.iter().zip(&classes) {
        list += &shown(rule, &classes.join(" "));
    }
    Ok(list + "</div>\n")
}

/// Of which of the filters' classes a rule is.
fn classes(rule: &Rule<'_>) -> Vec<String> {
    let mut classes = vec!["all".to_string(), "any".into()];
    classes.extend(rule.level.split("; ").map(|level| {
        let word = level.split(' ').next().unwrap_or_default();
        match word {
            "RECOMMENDED" => "should".into(),
            "MUST" | "SHOULD" | "MAY" => word.to_lowercase(),
            _ => "ours".into(),
        }
    }));
    classes.extend(rule.section.split("; ").map(|section| {
        let number = section.split(['.', ' ']).next().unwrap_or_default();
        let is_other = number.len() == 4 && number != "9110";
        if is_other { "other".into() } else { format!("s{number}") }
    }));
    if !rule.state.starts_with("implemented") {
        classes.push("less".into());
    }
    classes
}

/// A group of radio buttons, and the style that makes them work.
fn choices(legend: &str, filters: &[(&str, &str)], classes: &[Vec<String>]) -> String {
    let (mut buttons, mut style) = (String::new(), String::new());
    for (index, (class, name)) in filters.iter().enumerate() {
        let count = classes.iter().filter(|of| of.iter().any(|it| it == class)).count();
        let checked = if index == 0 { " checked" } else { "" };
        buttons += &format!(
            "<label><input type=\"radio\" name=\"{legend}\" value=\"{class}\"{checked}>\
             {name} <small>{count}</small></label>\n"
        );
        style += &format!(
            ".ledger:has([value={class}]:checked) > .rule:not(.{class}) \
             {{ display: none; }}\n"
        );
    }
    format!(
        "<style>\n{style}</style>\n<fieldset class=\"filter\">\n\
         <legend>{legend}</legend>\n{buttons}</fieldset>\n"
    )
}

/// One rule, with its requests folded.
fn shown(rule: &Rule<'_>, classes: &str) -> String {
    let Rule { section, level, asked, state, requests } = rule;
    let (asked, state) = (escape(asked), escape(state));
    let words = format!("<b>{section} {level}</b> {asked} · <em>{state}</em>");
    let tried = match requests.len() {
        0 => return format!("<p class=\"rule {classes}\">{words}</p>\n"),
        1 => "1 request".to_string(),
        several => format!("{several} requests"),
    };
    let mut table = format!(
        "<details class=\"rule {classes}\">\n\
         <summary>{words} · <small>{tried}</small></summary>\n<table class=\"rules\">\n\
         <thead><tr><th>What a client sends</th><th>The answer</th></tr></thead>\n\
         <tbody>\n"
    );
    for Request { status, text } in requests {
        let answer = if *status == 0 { "nothing".into() } else { status.to_string() };
        let (sent, asked) = (escape(text), asking::asked(text));
        table += &format!(
            "<tr><td><code>{sent}</code></td>\
             <td><a href=\"05-parse/{asked}\">{answer}</a></td></tr>\n"
        );
    }
    table + "</tbody>\n</table>\n</details>\n"
}
