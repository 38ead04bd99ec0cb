//! What the RFCs ask and what step05 does, from the ledger of its tests.

use std::fmt::Write;

use anyhow::{Error, Result};

use crate::html::escape;
use ledger::{Request, Rule};

#[path = "../../../tests/05-parse/ledger.rs"]
mod ledger;

/// The ledger as one table: HTML, because a cell of a table in Markdown cannot be as
/// wide as the table.
pub fn table(text: &str) -> Result<String> {
    let mut table = String::from(
        "<table class=\"rules\">\n<thead>\n\
         <tr><th>What a client sends</th><th>The answer</th></tr>\n</thead>\n",
    );
    for Rule { section, level, asked, state, requests } in
        ledger::rules(text).map_err(Error::msg)?
    {
        writeln!(
            table,
            "<tbody>\n\
             <tr><th colspan=\"2\" scope=\"rowgroup\">{section} {level}: \
             {}<br><em>{}</em></th></tr>",
            escape(asked),
            escape(state)
        )?;
        for Request { status, text } in requests {
            let answer =
                if status == 0 { "nothing".into() } else { status.to_string() };
            let sent = escape(text);
            writeln!(table, "<tr><td><code>{sent}</code></td><td>{answer}</td></tr>")?;
        }
        table += "</tbody>\n";
    }
    Ok(table + "</table>\n")
}
