//! Bar charts as SVG, without script, drawn from the tables of a report: so a chart
//! can't say anything else than its table, and can be drawn again without measuring.
//!
//! Inside a page it takes on the page's font and colors, and its width: a row is a
//! label and one bar for each column, and on a narrow page the label goes on top.

use std::fmt::Write;

/// Bars in rows and columns that share a scale.
#[derive(Debug)]
pub struct Panel {
    /// What the bars show.
    pub title: String,
    /// What each column is about.
    pub columns: Vec<String>,
    /// From top to bottom: the label, and a figure for each column, as in the table.
    pub rows: Vec<(String, Vec<String>)>,
}

/// What the chart is about: a row or a column of this name is drawn in color.
const OURS: &str = "step05";

/// In CSS pixels, on a wide page.
const TITLE: usize = 50;
const ROW: usize = 24;
/// How much taller a row is when its label is on top.
const LABEL: usize = 18;
/// How wide the labels are.
const LABELS: usize = 152;
/// Of a column: the rest is for the longest bar's figure.
const LONGEST: f64 = 0.74;

/// The whole chart. `id` is unlike any other on the page.
pub fn svg(id: &str, title: &str, panels: &[Panel]) -> String {
    let rows: usize = panels.iter().map(|panel| panel.rows.len()).sum();
    let height = panels.len() * TITLE + rows * ROW;
    let mut svg = format!(
        "<svg id=\"{id}\" xmlns=\"http://www.w3.org/2000/svg\" width=\"680\" \
         height=\"{height}\" role=\"img\" \
         aria-labelledby=\"{id}-title {id}-desc\">\n\
         <title id=\"{id}-title\">{title}</title>\n\
         <desc id=\"{id}-desc\">{}</desc>\n{}",
        described(panels),
        style(id, height, height + rows * LABEL, panels)
    );
    let mut row = 0;
    for (index, panel) in panels.iter().enumerate() {
        let top = (index + 1) * TITLE;
        let heads = panel.columns.iter().enumerate().map(|(column, name)| {
            format!("<text class=\"cell\" style=\"--column: {column}\">{name}</text>")
        });
        // Writing to a String can't fail.
        let _ = writeln!(
            svg,
            "<g class=\"head\" style=\"--top: {top}px; --row: {row}\">\
             <text y=\"-22\">{}</text>{}</g>",
            panel.title,
            heads.collect::<String>()
        );
        for (label, figures) in &panel.rows {
            svg += &drawn(label, figures, panel, top, row);
            row += 1;
        }
    }
    svg + "</svg>\n"
}

/// A label and its bars.
fn drawn(
    label: &str,
    figures: &[String],
    panel: &Panel,
    top: usize,
    row: usize,
) -> String {
    let class = |is_ours| if is_ours { " class=\"ours\"" } else { "" };
    let longest = panel.longest();
    let columns = panel.columns.iter().zip(figures).enumerate();
    let bars = columns.map(|(column, (name, figure))| {
        let length = LONGEST * value(figure) / longest;
        format!(
            "<g class=\"cell\" style=\"--column: {column}; --length: {length:.3}\">\
             <g{}><rect y=\"3\" height=\"14\"/><text y=\"14\">{figure}</text></g></g>",
            class(label == OURS || name == OURS)
        )
    });
    format!(
        "<g style=\"--top: {top}px; --row: {row}\"><text y=\"14\"{}>{label}</text>{}\
         </g>\n",
        class(label == OURS),
        bars.collect::<String>()
    )
}

impl Panel {
    fn longest(&self) -> f64 {
        let figures = self.rows.iter().flat_map(|(_, figures)| figures);
        figures.map(|figure| value(figure)).fold(0.0, f64::max)
    }
}

/// Where things are: percentages are of the chart's width. The container is named by
/// the page; an image by itself has none, and stays wide.
fn style(id: &str, wide: usize, narrow: usize, panels: &[Panel]) -> String {
    let columns = panels.first().map_or(1, |panel| panel.columns.len());
    let tall = ROW + LABEL;
    format!(
        "<style>\n\
         #{id} {{ --high: {ROW}px; --left: {LABELS}px; --down: 0px; \
         --each: calc((100% - {LABELS}px) / {columns}); display: block; \
         width: 100%; height: {wide}px; overflow: visible; \
         font: 14px var(--serif, Georgia, serif); fill: currentColor; \
         color: var(--ink, light-dark(#1b2130, #dbe1ee)); }}\n\
         #{id}:root {{ color-scheme: light dark; }}\n\
         #{id} > g {{ transform: translateY(calc(var(--top) + var(--row) * \
         var(--high))); }}\n\
         #{id} .cell {{ transform: translate(calc(var(--left) + var(--column) * \
         var(--each)), var(--down)); }}\n\
         #{id} rect {{ width: calc(var(--length) * var(--each)); fill-opacity: .5; \
         fill: var(--muted, light-dark(#585e6e, #a2abc2)); }}\n\
         #{id} .cell > g > text {{ transform: translate(calc(var(--length) * \
         var(--each) + 6px), 0px); }}\n\
         #{id} :is(.ours, .head > :first-child) {{ font-weight: 600; }}\n\
         #{id} .ours rect {{ fill: var(--server-line, light-dark(#2f7fd0, #4d97e6)); \
         fill-opacity: 1; }}\n\
         #{id} .head {{ --down: -5px !important; }}\n\
         #{id} .head .cell {{ fill: var(--muted, light-dark(#585e6e, #a2abc2)); }}\n\
         @container page (max-width: 600px) {{ #{id} {{ --high: {tall}px; --left: 0px; \
         --each: calc(100% / {columns}); --down: {LABEL}px; height: {narrow}px; }} }}\n\
         </style>\n"
    )
}

/// All figures in words.
fn described(panels: &[Panel]) -> String {
    let mut text = String::new();
    for panel in panels {
        for (column, name) in panel.columns.iter().enumerate() {
            let figures = panel.rows.iter().filter_map(|(label, row)| {
                Some(format!("{label} {}", row.get(column)?))
            });
            let figures: Vec<_> = figures.collect();
            let _ = write!(text, "{}, {name}: {}. ", panel.title, figures.join("; "));
        }
    }
    text.trim_end().into()
}

/// Three digits are worth reading, not more.
pub fn figure(value: f64) -> String {
    match value {
        ..10.0 => format!("{value:.2}"),
        ..100.0 => format!("{value:.1}"),
        ..1000.0 => format!("{value:.0}"),
        _ => {
            let rounded = (value / 10.0).round() as u64 * 10;
            format!("{}\u{202f}{:03}", rounded / 1000, rounded % 1000)
        }
    }
}

/// What `figure` has written; 0 for anything else.
fn value(figure: &str) -> f64 {
    figure.replace('\u{202f}', "").parse().unwrap_or(0.0)
}

/// A table of a report.
#[derive(Debug)]
pub struct Table<'a> {
    /// The names of its columns.
    pub head: Vec<&'a str>,
    /// Their cells.
    pub rows: Vec<Vec<&'a str>>,
}

/// All tables of a report, in order.
pub fn tables(markdown: &str) -> Vec<Table<'_>> {
    let mut tables: Vec<Table<'_>> = Vec::new();
    let mut in_table = false;
    for line in markdown.lines() {
        let Some(line) = line.strip_prefix("| ") else {
            in_table &= line.starts_with("|--");
            continue;
        };
        let cells = line.trim_end_matches(" |").split(" | ").collect();
        match tables.last_mut() {
            Some(table) if in_table => table.rows.push(cells),
            _ => tables.push(Table { head: cells, rows: Vec::new() }),
        }
        in_table = true;
    }
    tables
}
