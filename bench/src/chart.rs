//! A plain bar chart as SVG, without script. Inside a page it takes on the page's
//! colours; a picture by itself follows the reader's choice of light or dark.

use std::fmt::Write;

/// Bars that share a unit and a scale.
#[derive(Debug)]
pub struct Panel {
    /// What the bars show.
    pub title: String,
    /// What follows each figure.
    pub unit: &'static str,
    /// From top to bottom.
    pub bars: Vec<Bar>,
}

/// One bar.
#[derive(Debug)]
pub struct Bar {
    /// Whose it is.
    pub label: String,
    /// How long it is.
    pub value: f64,
    /// Whether it is the one that the chart is about.
    pub is_ours: bool,
}

/// As wide as a small telephone, in CSS pixels.
const WIDTH: f64 = 360.0;
const TITLE: f64 = 26.0;
const BAR: f64 = 29.0;
const GAP: f64 = 14.0;

/// The whole picture. `id` is unlike that of any other chart of a page; `description`
/// says in words what the bars show.
pub fn svg(id: &str, title: &str, description: &str, panels: &[Panel]) -> String {
    let bars: usize = panels.iter().map(|panel| panel.bars.len()).sum();
    let height = panels.len() as f64 * (TITLE + GAP) + bars as f64 * BAR;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
         role=\"img\" aria-labelledby=\"{id}-title {id}-desc\" \
         font-family=\"system-ui, sans-serif\" font-size=\"13\" fill=\"currentColor\" \
         style=\"width: 100%; max-width: 30rem\">\n\
         <style>svg:root {{ color-scheme: light dark; color: light-dark(#222, #ddd); }}\
         </style>\n\
         <title id=\"{id}-title\">{title}</title>\n\
         <desc id=\"{id}-desc\">{description}</desc>\n"
    );
    let mut top = 0.0;
    for panel in panels {
        top += TITLE;
        // Writing to a String cannot fail.
        let _ = writeln!(
            svg,
            "<text x=\"0\" y=\"{}\" font-weight=\"bold\">{}</text>",
            top - 9.0,
            panel.title
        );
        let longest = panel.bars.iter().map(|bar| bar.value).fold(0.0, f64::max);
        for bar in &panel.bars {
            draw(&mut svg, bar, panel.unit, top, longest);
            top += BAR;
        }
        top += GAP;
    }
    svg + "</svg>\n"
}

/// Label and figure, and below them the bar.
fn draw(svg: &mut String, bar: &Bar, unit: &str, top: f64, longest: f64) {
    let baseline = top + 13.0;
    let (weight, style) = if bar.is_ours {
        ("bold", "fill: var(--links, light-dark(#1a5fa8, #6fb1f5))")
    } else {
        ("normal", "opacity: 0.4")
    };
    let _ = writeln!(
        svg,
        "<g font-weight=\"{weight}\"><text x=\"0\" y=\"{baseline}\">{}</text><text \
         x=\"{WIDTH}\" y=\"{baseline}\" text-anchor=\"end\">{}{unit}</text></g><rect \
         x=\"0\" y=\"{}\" width=\"{:.1}\" height=\"7\" rx=\"1\" style=\"{style}\"/>",
        bar.label,
        figure(bar.value),
        top + 17.0,
        WIDTH * bar.value / longest
    );
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
