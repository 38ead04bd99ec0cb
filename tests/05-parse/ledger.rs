//! Reads `ledger.txt`, whose first lines say how it is written. Both the test that
//! sends its requests and the program that puts it into the book use this.

/// One thing that an RFC asks, or practice does.
#[derive(Debug)]
pub struct Rule<'a> {
    /// RFC 9112 unless it says otherwise.
    pub section: &'a str,
    /// The RFC's own word for how much it asks, or one of ours.
    pub level: &'a str,
    pub asked: &'a str,
    /// What step05 does about it.
    pub state: &'a str,
    pub requests: Vec<Request<'a>>,
}

/// What a client sends, and the status of the answer, 0 for none.
#[derive(Debug)]
pub struct Request<'a> {
    pub status: u16,
    pub text: &'a str,
}

const LEVELS: [&str; 11] = [
    "MUST",
    "MUST NOT",
    "SHOULD",
    "SHOULD NOT",
    "RECOMMENDED",
    "MAY",
    "can",
    "grammar",
    "practice",
    "prose",
    "security",
];
const STATES: [&str; 3] = ["implemented", "simplified", "left out"];

/// Reads all rules of a ledger.
///
/// # Errors
/// At a line that is not written as it says; the message names it.
pub fn rules(text: &str) -> Result<Vec<Rule<'_>>, String> {
    let mut rules: Vec<Rule<'_>> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let read = if let Some(head) = line.strip_prefix("== ") {
            head_of(head).map(|rule| rules.push(rule))
        } else {
            rules.last_mut().and_then(|rule| add_line(rule, line))
        };
        read.ok_or_else(|| format!("line {}: {line}", index + 1))?;
    }
    let stateless = rules.iter().find(|rule| rule.state.is_empty());
    stateless.map_or(Ok(()), |rule| Err(format!("what is done about {rule:?}?")))?;
    Ok(rules)
}

fn head_of(head: &str) -> Option<Rule<'_>> {
    let parts: Vec<_> = head.split(" | ").collect();
    let [section, level, asked] = parts[..] else { return None };
    let are_known = level.split("; ").all(|level| LEVELS.contains(&level));
    let rule = Rule { section, level, asked, state: "", requests: Vec::new() };
    (are_known && !section.is_empty() && !asked.is_empty()).then_some(rule)
}

/// The first line of a rule is its state, the others are requests.
fn add_line<'a>(rule: &mut Rule<'a>, line: &'a str) -> Option<()> {
    if rule.state.is_empty() {
        let state = line.split(": ").next().unwrap_or_default();
        rule.state = line;
        return STATES.contains(&state).then_some(());
    }
    let (status, text) = line.split_once(' ').unwrap_or((line, ""));
    rule.requests.push(Request { status: status.parse().ok()?, text });
    bytes(text).ok().map(drop)
}

/// How many bytes a request may have: the longest of the ledger, and more than step05
/// takes.
pub const MOST: usize = 128 * 1024;

/// The bytes of a request, or what is wrong with its text.
pub fn bytes(mut text: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    while let Some(first) = text.chars().next() {
        if let Some((again, times, rest)) = repetition(text) {
            let again = self::bytes(again)?;
            // What would be too long isn't made first.
            bytes.extend(again.repeat(times.min(MOST / again.len().max(1) + 1)));
            text = rest;
        } else {
            let length = match text.as_bytes() {
                [b'\\', b'x', ..] => 4,
                [b'\\', ..] => 2,
                _ => first.len_utf8(),
            };
            let start: String = text.chars().take(length.min(4)).collect();
            let wrong = || format!("{start} is not an escape");
            let (one, rest) = text.split_at_checked(length).ok_or_else(wrong)?;
            match one {
                r"\r" => bytes.push(b'\r'),
                r"\n" => bytes.push(b'\n'),
                r"\t" => bytes.push(b'\t'),
                r"\0" => bytes.push(0),
                r"\\" | r"\'" | "\\\"" => bytes.push(one.as_bytes()[1]),
                _ if length == 4 && first == '\\' => {
                    bytes.push(hexadecimal(&one[2..]).ok_or_else(wrong)?);
                }
                _ if first == '\\' => return Err(wrong()),
                _ => bytes.extend_from_slice(one.as_bytes()),
            }
            text = rest;
        }
        if bytes.len() > MOST {
            return Err(format!("more than {MOST} bytes"));
        }
    }
    Ok(bytes)
}

/// The byte that two hexadecimal digits mean.
pub fn hexadecimal(digits: &str) -> Option<u8> {
    let are_digits =
        digits.len() == 2 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    u8::from_str_radix(digits, 16).ok().filter(|_| are_digits)
}

/// `{what*times}` at the start of a text, and what follows it.
fn repetition(text: &str) -> Option<(&str, usize, &str)> {
    let (inside, rest) = text.strip_prefix('{')?.split_once('}')?;
    let (what, times) = inside.rsplit_once('*')?;
    Some((what, times.parse().ok()?, rest))
}
