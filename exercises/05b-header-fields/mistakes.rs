//! What usually goes wrong in exercise 05b.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::net::TcpStream;

use crate::Mistake;
use crate::Mistake::Handler;

type Fields = Vec<(String, String)>;

pub const MISTAKES: &[(&str, Mistake)] = &[
    ("case-matters", Handler(case_matters)),
    ("as-written", Handler(as_written)),
    ("wants-a-space", Handler(wants_a_space)),
    ("cuts-one-space", Handler(cuts_one_space)),
    ("tabs-stay", Handler(tabs_stay)),
    ("trims-too-much", Handler(trims_too_much)),
    ("cuts-all-spaces", Handler(cuts_all_spaces)),
    ("no-empty-value", Handler(no_empty_value)),
    ("splits-at-every-colon", Handler(splits_at_every_colon)),
    ("host-is-optional", Handler(host_is_optional)),
    ("searches-the-text", Handler(searches_the_text)),
    ("looks-at-the-beginning", Handler(looks_at_the_beginning)),
    ("last-host-wins", Handler(last_host_wins)),
    ("same-host-twice", Handler(same_host_twice)),
    ("skips-odd-lines", Handler(skips_odd_lines)),
    ("trusts-the-colon", Handler(trusts_the_colon)),
    ("trims-the-name", Handler(trims_the_name)),
    ("unfolds", Handler(unfolds)),
    ("no-name", Handler(no_name)),
    ("any-name", Handler(any_name)),
    ("letters-of-all-kinds", Handler(letters_of_all_kinds)),
    ("letters-and-dashes", Handler(letters_and_dashes)),
    ("one-value-a-name", Handler(one_value_a_name)),
    ("joins-values", Handler(joins_values)),
    ("lists-the-request-line", Handler(lists_the_request_line)),
    ("small-values", Handler(small_values)),
    ("empty-host-is-none", Handler(empty_host_is_none)),
    ("counts-hosts-that-say-something", Handler(counts_hosts_that_say_something)),
    ("compares-neighbors", Handler(compares_neighbors)),
    ("trims-ascii", Handler(trims_ascii)),
    ("wants-utf-8", Handler(wants_utf_8)),
];

/// All that they do right.
fn answer(
    mut client: TcpStream,
    fields: impl Fn(&str) -> Option<Fields>,
) -> io::Result<()> {
    let head = crate::read_head(&mut client)?;
    let head = String::from_utf8_lossy(&head).into_owned();
    let (status, page) = match fields(head.trim_end_matches("\r\n")) {
        Some(fields) => {
            let lines = fields.iter().map(|(name, value)| format!("{name}: {value}\n"));
            ("200 OK", lines.collect())
        }
        None => ("400 Bad Request", String::new()),
    };
    let length = page.len();
    write!(client, "HTTP/1.1 {status}\r\nContent-Length: {length}\r\n\r\n{page}")
}

fn lines(head: &str) -> impl Iterator<Item = &str> {
    head.split("\r\n").skip(1)
}

fn field(line: &str) -> Option<(String, String)> {
    let (name, value) = line.split_once(':')?;
    let value = value.trim_matches([' ', '\t']);
    is_name(name).then(|| (name.to_ascii_lowercase(), value.into()))
}

fn is_name(name: &str) -> bool {
    let is_of_a_name =
        |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(is_of_a_name)
}

fn one_host(fields: Fields) -> Option<Fields> {
    let hosts = fields.iter().filter(|(name, _)| name == "host").count();
    (hosts == 1).then_some(fields)
}

/// All is right but for what becomes of a line.
fn with_field(
    client: TcpStream,
    field: fn(&str) -> Option<(String, String)>,
) -> io::Result<()> {
    answer(client, |head| {
        lines(head).map(field).collect::<Option<_>>().and_then(one_host)
    })
}

/// All is right but for what becomes of a value.
fn with_value(client: TcpStream, value: fn(&str) -> Option<String>) -> io::Result<()> {
    answer(client, |head| {
        let fields: Option<Fields> = lines(head)
            .map(|line| {
                let (name, _) = field(line)?;
                Some((name, value(line.split_once(':')?.1)?))
            })
            .collect();
        fields.and_then(one_host)
    })
}

/// All is right but for what becomes of the host.
fn with_host(
    client: TcpStream,
    host: fn(&str, Fields) -> Option<Fields>,
) -> io::Result<()> {
    answer(client, |head| host(head, lines(head).map(field).collect::<Option<_>>()?))
}

/// Looks for `Host`, as it's usually written.
fn case_matters(client: TcpStream) -> io::Result<()> {
    answer(client, |head| {
        let has_host = lines(head).any(|line| line.starts_with("Host:"));
        lines(head).map(field).collect::<Option<_>>().filter(|_| has_host)
    })
}

/// Finds the host, but keeps the names as they came.
fn as_written(client: TcpStream) -> io::Result<()> {
    answer(client, |head| {
        let fields: Fields = lines(head).map(field).collect::<Option<_>>()?;
        one_host(fields.clone())?;
        let names = lines(head).filter_map(|line| Some(line.split_once(':')?.0.into()));
        Some(names.zip(fields.into_iter().map(|(_, value)| value)).collect())
    })
}

/// The colon and the space after it look like one thing.
fn wants_a_space(client: TcpStream) -> io::Result<()> {
    with_field(client, |line| {
        field(line).filter(|_| line.contains(": ") || line.ends_with(':'))
    })
}

/// One space is usual, so one is cut.
fn cuts_one_space(client: TcpStream) -> io::Result<()> {
    with_value(client, |value| Some(value.strip_prefix(' ').unwrap_or(value).into()))
}

/// `trim_matches(' ')` knows one kind of white space.
fn tabs_stay(client: TcpStream) -> io::Result<()> {
    with_value(client, |value| Some(value.trim_matches(' ').into()))
}

/// `trim` knows the white space of the whole world.
fn trims_too_much(client: TcpStream) -> io::Result<()> {
    with_value(client, |value| Some(value.trim().into()))
}

/// `replace` finds them everywhere.
fn cuts_all_spaces(client: TcpStream) -> io::Result<()> {
    with_value(client, |value| Some(value.replace([' ', '\t'], "")))
}

/// A value without a length looks like no value.
fn no_empty_value(client: TcpStream) -> io::Result<()> {
    with_value(client, |value| {
        let value = value.trim_matches([' ', '\t']);
        (!value.is_empty()).then(|| value.into())
    })
}

/// `split` goes on at every colon, and what comes after the second is lost.
fn splits_at_every_colon(client: TcpStream) -> io::Result<()> {
    with_value(client, |value| {
        Some(
            value
                .split(':')
                .next()
                .unwrap_or_default()
                .trim_matches([' ', '\t'])
                .into(),
        )
    })
}

/// Counts no hosts at all.
fn host_is_optional(client: TcpStream) -> io::Result<()> {
    with_host(client, |_, fields| {
        let hosts = fields.iter().filter(|(name, _)| name == "host").count();
        (hosts < 2).then_some(fields)
    })
}

/// Looks for `host:` anywhere.
fn searches_the_text(client: TcpStream) -> io::Result<()> {
    with_host(client, |head, fields| {
        let hosts = head.to_ascii_lowercase().matches("host:").count();
        (hosts == 1).then_some(fields)
    })
}

/// Looks for names that begin with `host`.
fn looks_at_the_beginning(client: TcpStream) -> io::Result<()> {
    with_host(client, |_, fields| {
        let hosts = fields.iter().filter(|(name, _)| name.starts_with("host")).count();
        (hosts == 1).then_some(fields)
    })
}

/// The second host takes the place of the first.
fn last_host_wins(client: TcpStream) -> io::Result<()> {
    with_host(client, |_, mut fields| {
        let last = fields.iter().rposition(|(name, _)| name == "host")?;
        let host = fields.remove(last);
        fields.retain(|(name, _)| name != "host");
        fields.push(host);
        Some(fields)
    })
}

/// Two that say the same seem to do no harm.
fn same_host_twice(client: TcpStream) -> io::Result<()> {
    with_host(client, |_, fields| {
        let mut hosts = fields.iter().filter(|(name, _)| name == "host");
        let first = hosts.next()?.1.clone();
        hosts.all(|(_, host)| *host == first).then_some(fields)
    })
}

/// `filter_map` leaves out what it doesn't understand.
fn skips_odd_lines(client: TcpStream) -> io::Result<()> {
    answer(client, |head| {
        let fields = lines(head).filter(|line| line.contains(':')).map(field);
        fields.collect::<Option<_>>().and_then(one_host)
    })
}

/// Every line has a colon, or so it seems.
fn trusts_the_colon(client: TcpStream) -> io::Result<()> {
    with_field(client, |line| {
        let colon = line.find(':').unwrap();
        field(line).filter(|(name, _)| name.len() == colon)
    })
}

/// Trims both sides of the colon.
fn trims_the_name(client: TcpStream) -> io::Result<()> {
    with_field(client, |line| {
        let (name, value) = line.split_once(':')?;
        field(&format!("{}:{value}", name.trim_end()))
    })
}

/// A line that begins with a space continues the line before it, as it did once.
fn unfolds(client: TcpStream) -> io::Result<()> {
    answer(client, |head| {
        let head = head.replace("\r\n ", " ").replace("\r\n\t", " ");
        lines(&head).map(field).collect::<Option<_>>().and_then(one_host)
    })
}

/// Nothing before the colon is a name too.
fn no_name(client: TcpStream) -> io::Result<()> {
    with_field(client, |line| match line.strip_prefix(':') {
        Some(value) => Some((String::new(), value.trim_matches([' ', '\t']).into())),
        None => field(line),
    })
}

/// Anything before the colon is a name, if it has no space in it.
fn any_name(client: TcpStream) -> io::Result<()> {
    with_field(client, |line| {
        let (name, value) = line.split_once(':')?;
        let is_name = !name.is_empty() && !name.contains([' ', '\t']);
        is_name.then(|| {
            (name.to_ascii_lowercase(), value.trim_matches([' ', '\t']).into())
        })
    })
}

/// `is_alphanumeric` of a `char` knows the letters of the whole world.
fn letters_of_all_kinds(client: TcpStream) -> io::Result<()> {
    with_field(client, |line| {
        let (name, value) = line.split_once(':')?;
        let ascii = name.replace(char::is_alphanumeric, "a");
        is_name(&ascii)
            .then(|| (name.to_lowercase(), value.trim_matches([' ', '\t']).into()))
    })
}

/// The names one knows have letters and dashes.
fn letters_and_dashes(client: TcpStream) -> io::Result<()> {
    with_field(client, |line| {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        field(line).filter(|(name, _)| name.bytes().all(is_plain))
    })
}

/// A map keeps one value for each name, and the hosts are counted before.
fn one_value_a_name(client: TcpStream) -> io::Result<()> {
    with_host(client, |_, fields| {
        let map: BTreeMap<String, String> = one_host(fields)?.into_iter().collect();
        Some(map.into_iter().collect())
    })
}

/// As a proxy may do; but the page has a line for each field.
fn joins_values(client: TcpStream) -> io::Result<()> {
    with_host(client, |_, fields| {
        let mut joined: BTreeMap<String, String> = BTreeMap::new();
        for (name, value) in one_host(fields)? {
            joined
                .entry(name)
                .and_modify(|values| *values += &format!(", {value}"))
                .or_insert(value);
        }
        Some(joined.into_iter().collect())
    })
}

/// Nothing is skipped at the beginning.
fn lists_the_request_line(client: TcpStream) -> io::Result<()> {
    with_host(client, |head, fields| {
        let line = head.split("\r\n").next().unwrap_or_default();
        let mut fields = one_host(fields)?;
        fields.insert(0, ("request".into(), line.into()));
        Some(fields)
    })
}

/// The whole line is written in lower case.
fn small_values(client: TcpStream) -> io::Result<()> {
    with_value(client, |value| {
        Some(value.trim_matches([' ', '\t']).to_ascii_lowercase())
    })
}

/// A host without a name can't be right.
fn empty_host_is_none(client: TcpStream) -> io::Result<()> {
    with_host(client, |_, fields| {
        one_host(fields).filter(|fields| {
            fields.iter().all(|field| *field != ("host".into(), "".into()))
        })
    })
}

/// An empty one isn't counted.
fn counts_hosts_that_say_something(client: TcpStream) -> io::Result<()> {
    with_host(client, |_, fields| {
        let hosts = || fields.iter().filter(|(name, _)| name == "host");
        let count = hosts().filter(|(_, host)| !host.is_empty()).count();
        (hosts().count() == 1 || count == 1).then_some(fields)
    })
}

/// `dedup` and its like look at neighbors only.
fn compares_neighbors(client: TcpStream) -> io::Result<()> {
    with_host(client, |_, fields| {
        let has_pair =
            fields.windows(2).any(|two| two[0].0 == "host" && two[1].0 == "host");
        let has_host = fields.iter().any(|(name, _)| name == "host");
        (has_host && !has_pair).then_some(fields)
    })
}

/// `trim_ascii` knows more white space than is meant.
fn trims_ascii(client: TcpStream) -> io::Result<()> {
    with_value(client, |value| {
        let value = value.trim_matches(|letter: char| letter.is_ascii_whitespace());
        Some(value.into())
    })
}

/// A head should be text.
fn wants_utf_8(mut client: TcpStream) -> io::Result<()> {
    let head = crate::read_head(&mut client)?;
    let Ok(head) = String::from_utf8(head) else {
        return client
            .write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    };
    let fields: Option<Fields> =
        lines(head.trim_end_matches("\r\n")).map(field).collect::<Option<_>>();
    let Some(fields) = fields.and_then(one_host) else {
        return client
            .write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    };
    let page: String =
        fields.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
    write!(client, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{page}", page.len())
}
