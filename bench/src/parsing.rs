//! `step05::parse` beside `httparse`, in one process and in turns.

use std::fmt::Write;
use std::hint::black_box;
use std::mem::MaybeUninit;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::Effort;
use crate::chart::{self, Panel, figure};
use crate::report::{Goal, Limit, Report, circumstances, goals};
use crate::samples::{SAMPLES, Sample};

/// Parses as a server would with step05; how many bytes the head took, 0 for none.
pub fn with_step05(bytes: &[u8]) -> usize {
    match black_box(step05::parse(bytes)) {
        Ok(Some((_, length))) => length,
        _ => 0,
    }
}

/// The same with `httparse` as its documentation shows it: room for 64 fields on the
/// stack.
pub fn with_httparse(bytes: &[u8]) -> usize {
    let mut fields = [httparse::EMPTY_HEADER; 64];
    let mut request = httparse::Request::new(&mut fields);
    let status = request.parse(bytes);
    black_box(&request);
    length(status)
}

/// The same without clearing that room first.
pub fn with_httparse_uncleared(bytes: &[u8]) -> usize {
    let mut fields = [const { MaybeUninit::uninit() }; 64];
    let mut request = httparse::Request::new(&mut []);
    let status = request.parse_with_uninit_headers(bytes, &mut fields);
    black_box(&request);
    length(status)
}

fn length(status: httparse::Result<usize>) -> usize {
    match status {
        Ok(httparse::Status::Complete(length)) => length,
        _ => 0,
    }
}

/// Nanoseconds a request took.
struct Row {
    sample: Sample,
    step05: f64,
    httparse: f64,
    uncleared: f64,
}

/// Measures all samples.
///
/// # Errors
/// When a parser does not take a sample.
pub fn report(effort: Effort) -> Result<Report> {
    for sample in SAMPLES {
        for parser in [with_step05, with_httparse, with_httparse_uncleared] {
            let taken = parser(sample.bytes);
            ensure!(taken == sample.bytes.len(), "a parser does not take {sample}");
        }
    }
    // A new thread's stack lies in the same place at each start of this program, while
    // the main thread's does not: that changes httparse's figures by up to a sixth.
    let rows = thread::spawn(move || measure(effort)).join();
    let rows = rows.ok().context("measuring panicked")?;
    let mut markdown = circumstances(effort);
    markdown +=
        "\n`cargo run --release --manifest-path bench/Cargo.toml -- parsing`\n\n";
    markdown += &table(&rows);
    markdown += "\n";
    markdown += &goals(&rows.iter().map(goal).collect::<Vec<_>>());
    markdown += "\n";
    markdown += &words(&rows);
    let svg = drawing(&markdown)?;
    Ok(Report { markdown, svg })
}

/// The parsers take turns in short batches, so that whatever else the machine does hits
/// all of them alike; the best batch of each is the one that was disturbed least.
fn measure(effort: Effort) -> Vec<Row> {
    let (rounds, count) = match effort {
        Effort::Full => (300, 10_000),
        Effort::Quick => (3, 100),
    };
    let mut best = [[Duration::MAX; 3]; SAMPLES.len()];
    for _ in 0..rounds {
        for (sample, best) in SAMPLES.iter().zip(&mut best) {
            best[0] = best[0].min(batch(count, sample.bytes, with_step05));
            best[1] = best[1].min(batch(count, sample.bytes, with_httparse));
            best[2] = best[2].min(batch(count, sample.bytes, with_httparse_uncleared));
        }
    }
    let row = |(sample, best): (Sample, [Duration; 3])| {
        let [step05, httparse, uncleared] =
            best.map(|time| time.as_secs_f64() * 1e9 / f64::from(count));
        Row { sample, step05, httparse, uncleared }
    };
    SAMPLES.into_iter().zip(best).map(row).collect()
}

/// How long it takes to parse so many times. Generic, so that each parser is compiled
/// into a loop of its own.
fn batch(count: u32, bytes: &[u8], parser: impl Fn(&[u8]) -> usize) -> Duration {
    let start = Instant::now();
    for _ in 0..count {
        black_box(parser(black_box(bytes)));
    }
    start.elapsed()
}

fn goal(row: &Row) -> Goal {
    Goal {
        what: format!("{}, step05's speed / `httparse`'s", row.sample.name),
        ratio: row.httparse / row.step05,
        limit: Limit::AtLeast(1.0),
    }
}

fn table(rows: &[Row]) -> String {
    let mut text = String::from(
        "| nanoseconds for a request | step05 | `httparse` | `httparse`, uncleared |\n\
         |---|--:|--:|--:|\n",
    );
    for Row { sample, step05, httparse, uncleared } in rows {
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "| {sample} | {} | {} | {} |",
            figure(*step05),
            figure(*httparse),
            figure(*uncleared)
        );
    }
    text
}

/// What the figures mean, and what they do not.
fn words(rows: &[Row]) -> String {
    let ratios = rows.iter().map(|row| row.uncleared / row.step05);
    let (low, high) = ratios.fold((f64::MAX, 0.0_f64), |(low, high), ratio| {
        (low.min(ratio), high.max(ratio))
    });
    format!(
        "The best of many short batches, in turns, in one process. The two don't do \
         the same work: step05 also checks Host, target and framing, which `httparse` \
         leaves to its caller; `httparse` keeps a list of the fields, while step05 \
         walks through them again each time one is asked for. And a good part of \
         `httparse`'s time goes into clearing the room for 64 fields, the way its \
         documentation shows it. A caller that hands it room that wasn't cleared gets \
         the last column; compared with that, step05's speed is between {low:.2} and \
         {high:.2} times `httparse`'s. All of this is nanoseconds: a server spends a \
         hundred times as long, or more, in the kernel.\n"
    )
}

/// The chart of a report.
///
/// # Errors
/// When the report has another table.
pub fn drawing(markdown: &str) -> Result<String> {
    let tables = chart::tables(markdown);
    let table = tables.first().context("no table in the report")?;
    let rows = table.rows.iter().map(|cells| {
        let label = cells[0].split(':').next().unwrap_or_default();
        (label.into(), cells[1..].iter().map(ToString::to_string).collect())
    });
    let name = |cell: &&str| cell.rsplit(", ").next().unwrap_or(cell).replace('`', "");
    let panel = Panel {
        title: "Parsing a request, ns (less is better)".into(),
        columns: table.head[1..].iter().map(name).collect(),
        rows: rows.collect(),
    };
    Ok(chart::svg("parsing", "Nanoseconds to parse a request", &[panel]))
}
