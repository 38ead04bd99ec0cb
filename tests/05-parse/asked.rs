//! Asking step05: whatever somebody types, it's what they typed that is judged, and the
//! verdicts are those on each prefix.

use std::fs;

use anyhow::{Context, Error, Result, ensure};
use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop_oneof};
use proptest::sample::select;

use crate::asking::{Refusals, Verdict, Visit, asked, strip, typed, verdict};
use crate::checks::{End, shown};
use crate::ledger::{self, MOST};
use crate::requests::{Bytes, anything, check_property};

/// Text of all that means something to the form or to the escapes.
fn text() -> impl Strategy<Value = String> {
    let words =
        "\\r \\n \\0 \\x1b \\x \\\\ { } * {a*3} {a*99999999} + % %0D & = # < > \" ' é";
    let words: Vec<_> = words.split(' ').collect();
    let word = prop_oneof![
        3 => select(words).prop_map(String::from),
        1 => select(&["\r\n", "\n", "\r", " ", "\t"][..]).prop_map(String::from),
        2 => any::<String>(),
    ];
    vec(word, 0..12).prop_map(|words| words.concat())
}

/// The form's field in a link, as a browser sends it.
fn field(text: &str) -> String {
    let url = asked(text);
    let field = url.strip_prefix("ask.html?request=").unwrap();
    field.strip_suffix("#asked").unwrap().into()
}

#[test]
fn what_was_typed_is_what_is_asked() {
    check_property(2000, &text(), |text| {
        // What a link has in its lines is the same request.
        let link = typed(field(&text).as_bytes());
        let lines =
            text.replace("\r\n", "\n").replace('\r', "\n").replace('\n', "\r\n");
        assert_eq!(ledger::bytes(&link), ledger::bytes(&lines), "{text:?} as {link:?}");
        assert_eq!(typed(field(&link).as_bytes()), link);
    });
}

/// Nothing that can be in a target makes it fail, or is more than it says.
#[test]
fn any_field_is_decoded() {
    let bytes =
        prop_oneof![vec(any::<u8>(), 0..60), text().prop_map(String::into_bytes)];
    check_property(2000, &bytes.prop_map(Bytes), |Bytes(field)| {
        let text = typed(&field);
        assert!(!text.replace("\r\n", "").contains(['\r', '\n']), "{text:?}");
        if let Ok(bytes) = ledger::bytes(&text) {
            assert!(bytes.len() <= MOST);
        }
    });
    for (text, expected) in [
        ("{a*131072}", Ok(MOST)),
        ("{a*131073}", Err("more than 131072 bytes")),
        ("{ab*9999999999999}", Err("more than 131072 bytes")),
        ("{a*131072}{*9}\\r", Err("more than 131072 bytes")),
        ("\\q", Err("\\q is not an escape")),
        ("\\x+1", Err("\\x+1 is not an escape")),
        ("a\\", Err("\\ is not an escape")),
        ("\\x1é", Err("\\x1é is not an escape")),
        ("%41\\\\r\\n", Ok(6)),
    ] {
        let bytes = ledger::bytes(text).map(|bytes| bytes.len());
        assert_eq!(bytes, expected.map_err(String::from), "{text}");
    }
}

/// That the strip says of each prefix what step05 says of it, and that a verdict is
/// final.
fn assert_strip(bytes: &[u8], lengths: impl IntoIterator<Item = usize>) {
    let strip = strip(bytes);
    let first: Vec<_> = strip.iter().map(|(_, verdict)| *verdict).collect();
    assert!(
        strip[0] == (0, Verdict::NotYet) && strip.len() <= 2,
        "{first:?}: {}",
        shown(bytes)
    );
    for length in lengths {
        let said = strip.iter().rev().find(|(from, _)| *from <= length).unwrap().1;
        let found = verdict(&bytes[..length]);
        assert_eq!(said, found, "after {length}: {}", shown(bytes));
    }
    for (from, said) in &strip[1..] {
        let before = verdict(&bytes[..from - 1]);
        assert!(before != *said, "as soon as {from}: {}", shown(bytes));
    }
    let visit = Visit::new(bytes, End::Fin);
    assert_eq!(visit.answer.is_empty(), bytes.is_empty(), "{}", shown(bytes));
    if let Some((_, Verdict::Complete)) = strip.last() {
        assert_eq!(visit.refusal(), None, "{}", shown(bytes));
    }
}

#[test]
fn the_strip_has_the_verdict_on_each_prefix() {
    check_property(150, &anything().prop_map(Bytes), |Bytes(bytes)| {
        let step = 1 + bytes.len() / 100;
        assert_strip(&bytes, (0..=bytes.len()).step_by(step));
    });
}

/// Of long ones only some prefixes are tried, but the change is where it is said to be.
#[test]
fn the_strip_of_a_long_request_is_exact() -> Result<()> {
    let mut count = 0;
    for rule in ledger::rules(include_str!("ledger.txt")).map_err(Error::msg)? {
        for request in rule.requests {
            let bytes = ledger::bytes(request.text).map_err(Error::msg)?;
            if bytes.len() > 500 {
                assert_strip(&bytes, [bytes.len() / 2]);
                count += 1;
            }
        }
    }
    ensure!(count > 15, "only {count} long requests");
    Ok(())
}

/// What a fuzzer found worth keeping, typed into the form.
#[test]
fn the_seeds_of_the_fuzzer_can_be_asked() -> Result<()> {
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus");
    let mut count = 0;
    for folder in fs::read_dir(corpus)? {
        for seed in fs::read_dir(folder?.path())? {
            let seed = fs::read(seed?.path())?;
            let text = seed.escape_ascii().to_string().replace('{', "\\x7b");
            let asked = typed(field(&text).as_bytes());
            ensure!(ledger::bytes(&asked).as_ref() == Ok(&seed), "{}", shown(&seed));
            assert_strip(&seed, [seed.len() / 2, seed.len()]);
            count += 1;
        }
    }
    ensure!(count > 100, "only {count} seeds");
    Ok(())
}

/// Each refusal that the book shows in a log is one of the ledger, to the caret.
#[test]
fn every_caret_of_the_book_is_in_the_ledger() -> Result<()> {
    let refusals = Refusals::find(include_str!("ledger.txt")).map_err(Error::msg)?;
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests");
    let (mut count, mut missing) = (0, String::new());
    for folder in ["05-parse", "sessions"] {
        for snapshot in fs::read_dir(format!("{root}/{folder}/snapshots"))? {
            let text = fs::read_to_string(snapshot?.path())?;
            let lines: Vec<_> = text.lines().collect();
            for two in lines.windows(2) {
                let Some(reason) = two[1].trim_start().strip_prefix("^ ") else {
                    continue;
                };
                // No request is late in a memory.
                if reason.starts_with("the request took too long") {
                    continue;
                }
                count += 1;
                let found =
                    refusals.request(&two.join("\n"), reason).context("none")?;
                let visit =
                    Visit::new(&ledger::bytes(found).map_err(Error::msg)?, End::Fin);
                if visit.caret() != two.join("\n") {
                    missing += &format!("{}\n", two.join("\n"));
                }
            }
        }
    }
    ensure!(
        missing.is_empty() && count > 20,
        "{count}, of which are missing:\n{missing}"
    );
    Ok(())
}
