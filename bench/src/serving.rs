//! step05 beside other servers: a connection for each request, one client or sixteen.

use std::fmt::Write;
use std::time::{Duration, Instant};
use std::{fs, thread};

use anyhow::{Result, ensure};

use crate::Effort;
use crate::chart::{self, Panel, Table, figure};
use crate::client::load;
use crate::report::{Goal, Limit, Report, circumstances, goals};
use crate::server::{Kind, Server, build_steps};

const CLIENTS: [u32; 2] = [1, 16];

/// The best that a server reached in any batch, each figure by itself.
#[derive(Clone, Copy, Debug)]
struct Best {
    per_second: f64,
    /// Microseconds.
    p50: f64,
    p99: f64,
    /// Of the server, for a request.
    cpu: f64,
}

const WORST: Best =
    Best { per_second: 0.0, p50: f64::MAX, p99: f64::MAX, cpu: f64::MAX };

/// Of one number of clients the figures of all servers.
struct Section {
    clients: u32,
    figures: Vec<(Kind, Best)>,
}

impl Section {
    fn of(&self, wanted: Kind) -> Best {
        self.figures
            .iter()
            .find(|(kind, _)| *kind == wanted)
            .map_or(WORST, |(_, best)| *best)
    }
}

/// Starts all servers and measures them.
///
/// # Errors
/// When a server does not start, or does not answer every request with the whole page.
pub fn report(effort: Effort) -> Result<Report> {
    build_steps()?;
    let servers = Kind::ALL.map(Server::start);
    let servers = servers.into_iter().collect::<Result<Vec<_>>>()?;
    let mut sections = Vec::new();
    for clients in CLIENTS {
        if effort == Effort::Full {
            wait_until_forgotten();
        }
        sections.push(measure(&servers, clients, effort)?);
    }
    let length = |wanted| servers.iter().find(|server| server.kind == wanted);
    let lengths = [Kind::Floor, Kind::Step05]
        .map(|kind| length(kind).map(|server| server.length));
    ensure!(lengths[0] == lengths[1], "floor and step05 differ in bytes: {lengths:?}");

    let mut markdown = circumstances(effort);
    markdown += "\n`cargo run --release --manifest-path bench/Cargo.toml -- serving`\n";
    for section in &sections {
        markdown += &table(section);
    }
    markdown += "\n";
    markdown += &goals(&sections.iter().flat_map(wanted).collect::<Vec<_>>());
    markdown += "\n";
    markdown += &words(&sections);
    let svg = drawing(&markdown)?;
    Ok(Report { markdown, svg })
}

/// Waits until most connections of earlier batches, or of an earlier run, are
/// forgotten; a bit more than a minute at most.
fn wait_until_forgotten() {
    let until = Instant::now() + Duration::from_secs(70);
    while closed_connections().unwrap_or(0) > 5000 && Instant::now() < until {
        thread::sleep(Duration::from_secs(1));
    }
}

/// How many connections are in the state TIME-WAIT (RFC 9293, 3.3.2).
fn closed_connections() -> Option<u32> {
    let text = fs::read_to_string("/proc/net/sockstat").ok()?;
    let (_, after) = text.split_once(" tw ")?;
    after.split(' ').next()?.parse().ok()
}

/// The servers take turns in short batches, so that whatever else the machine does hits
/// all of them alike.
fn measure(servers: &[Server], clients: u32, effort: Effort) -> Result<Section> {
    // A closed connection keeps its pair of ports for a minute. So many in all stay
    // below the 28,000 ports for one server, and below the 131,072 such connections
    // that Linux remembers on a small machine.
    let (rounds, requests) = match effort {
        Effort::Full => (36, 500),
        Effort::Quick => (1, 32),
    };
    let mut figures: Vec<_> =
        servers.iter().map(|server| (server.kind, WORST)).collect();
    for _ in 0..rounds {
        for (server, (_, best)) in servers.iter().zip(&mut figures) {
            *best = batch(server, clients, requests)?.or(*best);
        }
    }
    Ok(Section { clients, figures })
}

fn batch(server: &Server, clients: u32, requests: u32) -> Result<Best> {
    let before = server.cpu()?;
    let load = load(server.address, clients, requests, server.length)
        .map_err(|error| error.context(server.kind.name()))?;
    let cpu = server.cpu()?.since(&before);
    let microseconds = |time: Duration| time.as_secs_f64() * 1e6;
    Ok(Best {
        per_second: load.per_second,
        p50: microseconds(load.p50),
        p99: microseconds(load.p99),
        cpu: microseconds(cpu) / f64::from(load.requests),
    })
}

impl Best {
    fn or(self, other: Self) -> Self {
        Self {
            per_second: self.per_second.max(other.per_second),
            p50: self.p50.min(other.p50),
            p99: self.p99.min(other.p99),
            cpu: self.cpu.min(other.cpu),
        }
    }
}

fn clients(section: &Section) -> String {
    match section.clients {
        1 => "one client".into(),
        several => format!("{several} clients"),
    }
}

fn table(section: &Section) -> String {
    let mut text = format!(
        "\n| {} | requests/s | p50 µs | p99 µs | CPU µs | CPU / floor |\n\
         |---|--:|--:|--:|--:|--:|\n",
        clients(section)
    );
    let floor = section.of(Kind::Floor);
    for (kind, best) in &section.figures {
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {:.2} |",
            kind.name(),
            figure(best.per_second),
            figure(best.p50),
            figure(best.p99),
            figure(best.cpu),
            best.cpu / floor.cpu
        );
    }
    text
}

fn wanted(section: &Section) -> Vec<Goal> {
    let clients = clients(section);
    let [step05, floor, hyper, tiny_http] =
        [Kind::Step05, Kind::Floor, Kind::Hyper, Kind::TinyHttp]
            .map(|kind| section.of(kind));
    let goal = |what: &str, ratio: f64, limit: Limit| Goal {
        what: format!("with {clients}, step05's {what}"),
        ratio,
        limit,
    };
    vec![
        goal(
            "requests/s / the floor's",
            step05.per_second / floor.per_second,
            Limit::AtLeast(0.97),
        ),
        goal("CPU / the floor's", step05.cpu / floor.cpu, Limit::AtMost(1.2)),
        goal("CPU / hyper's", step05.cpu / hyper.cpu, Limit::Below(1.0)),
        goal("CPU / tiny_http's", step05.cpu / tiny_http.cpu, Limit::Below(1.0)),
    ]
}

/// What the figures mean, and what they do not.
fn words(sections: &[Section]) -> String {
    let mut text = String::from(
        "A connection for each request; the best of several short batches in turns, \
         each figure by itself. CPU is the server's, user and system together, for one \
         request. All print to the null device: step04 a line for each line of the \
         request, step05 and http.server one, the others none. hyper runs on one \
         thread. The clients run on the same cores, so requests/s include their work; \
         with 16 of them, p50 is largely waiting in line, because nearly every server \
         here answers one client after another. On a machine with other work to do, \
         requests/s vary by a tenth or more from run to run, CPU by a few \
         hundredths.\n",
    );
    for section in sections {
        let of = |kind| section.of(kind);
        let (floor, step05) = (of(Kind::Floor), of(Kind::Step05));
        let (rust, python) = (of(Kind::Step04), of(Kind::Step04Python));
        let _ = write!(
            text,
            "\n\
             With {}, what the floor does, nearly all of it in the kernel, accounts \
             for {:.0} % of step05's CPU time; the deadline, parsing, the page, the \
             date and the log share the rest. step04 answers {:.1} times as many \
             requests as its Python twin, which takes {:.1} times as much CPU time. \
             step05 answers {:.1} times as many as http.server, which takes {:.1} \
             times as much.\n",
            clients(section),
            100.0 * (floor.cpu / step05.cpu).min(1.0),
            rust.per_second / python.per_second,
            python.cpu / rust.cpu,
            step05.per_second / of(Kind::HttpServer).per_second,
            of(Kind::HttpServer).cpu / step05.cpu,
        );
    }
    text
}

/// The chart of a report.
///
/// # Errors
/// When the report has other tables.
pub fn drawing(markdown: &str) -> Result<String> {
    let sections: Vec<_> = chart::tables(markdown)
        .into_iter()
        .filter(|table| table.head.get(1) == Some(&"requests/s"))
        .collect();
    let columns: Vec<_> = sections.iter().map(|table| table.head[0].into()).collect();
    ensure!(columns.len() == CLIENTS.len(), "not the tables of a report: {columns:?}");
    let panel = |title: &str, index: usize| {
        let rows = sections[0].rows.iter().enumerate().map(|(row, cells)| {
            let cell = |section: &Table<'_>| {
                let cell = section.rows.get(row).and_then(|cells| cells.get(index));
                cell.map_or_else(String::new, ToString::to_string)
            };
            (cells[0].into(), sections.iter().map(cell).collect())
        });
        Panel { title: title.into(), columns: columns.clone(), rows: rows.collect() }
    };
    let panels = [
        panel("Requests per second (more is better)", 1),
        panel("CPU time for a request, µs (less is better)", 4),
    ];
    let title = "Requests per second, and CPU time for a request";
    Ok(chart::svg("serving", title, &panels))
}
