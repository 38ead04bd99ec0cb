//! Each piece of a page into Markdown or HTML.

use std::collections::{BTreeMap, HashMap};
use std::mem;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, Result, anyhow, bail};

use crate::html::escape;

use crate::pages::{Minutes, Page, Piece, What};
use crate::terms::{self, Terms};
use crate::{
    Sources, choose, diagram, exercises, glossary, hero, listing, opening, rfcs, seq,
    transcript, wire,
};

/// The book as a whole, as far as a page needs to know it.
pub struct Book<'a> {
    sources: &'a Sources,
    pages: &'a mut [Page],
    terms: Terms,
    /// Of each directive that asks for them, the names, or why there are none.
    names: BTreeMap<(usize, usize), Result<Vec<String>>>,
    /// What can't be made is taken from here.
    kept: &'a Kept,
}

/// The pieces of pages as they were when they could be made, by page and source.
#[derive(Debug, Default)]
pub struct Kept(Mutex<HashMap<(String, String), String>>);

/// A page's Markdown with everything in it that is generated.
#[derive(Debug, Default)]
pub struct Expanded {
    pub text: String,
    /// What couldn't be made.
    pub missing: Vec<Missing>,
    /// What is wrong all the same.
    pub problems: Vec<String>,
}

/// Something that couldn't be made.
#[derive(Debug)]
pub struct Missing {
    /// The page's file and line.
    pub place: String,
    pub why: String,
    /// Whether the page has it as it last was.
    pub is_old: bool,
}

impl<'a> Book<'a> {
    /// Reads what pages need of each other.
    pub fn new(sources: &'a Sources, pages: &'a mut [Page], kept: &'a Kept) -> Self {
        let terms = Terms::find(pages);
        let names = terms::new_names(sources, pages);
        Self { sources, pages, terms, names, kept }
    }

    /// Explanations that are given twice.
    pub fn twice(&self) -> &[String] {
        &self.terms.twice
    }

    /// Expands all pages. How long reading takes is known of all of them before one
    /// says so.
    pub fn expand(self) -> Vec<Expanded> {
        let mut expanded: Vec<_> =
            (0..self.pages.len()).map(|index| self.pieces(index)).collect();
        for (page, (_, pieces)) in self.pages.iter_mut().zip(&expanded) {
            let lines = pieces.iter().map(|text| lines_in_listings(text)).sum();
            page.minutes.reading = page.reading(lines);
        }
        for (index, (page, pieces)) in expanded.iter_mut().enumerate() {
            page.text = self.finish(index, mem::take(pieces));
        }
        expanded.into_iter().map(|(page, _)| page).collect()
    }

    fn pieces(&self, index: usize) -> (Expanded, Vec<String>) {
        let page = &self.pages[index];
        let mut expanded = Expanded::default();
        let place = |line: usize| format!("book/src/{}:{line}", page.path);
        for (line, why) in &page.problems {
            let (place, why) = (place(*line), why.clone());
            expanded.missing.push(Missing { place, why, is_old: false });
        }
        let mut pieces = Vec::new();
        for piece in &page.pieces {
            let mut problems = Vec::new();
            let made = self.piece(index, piece, &mut problems);
            let place = place(piece.line);
            let problems = problems.into_iter().map(|what| format!("{place}: {what}"));
            expanded.problems.extend(problems);
            let key = (page.path.clone(), format!("{:?}", piece.what));
            pieces.push(match made {
                Ok(text) if matches!(piece.what, What::Text(_)) => text,
                Ok(text) => self.kept.keep(key, text),
                Err(error) => {
                    let (why, last) = (format!("{error:#}"), self.kept.last(&key));
                    let is_old = last.is_some();
                    let note = || notice(&format!("Missing here: {}", escape(&why)));
                    let text = last.unwrap_or_else(note);
                    expanded.missing.push(Missing { place, why, is_old });
                    text
                }
            });
        }
        (expanded, pieces)
    }

    /// The page's text with what needs other pages, or their minutes: its opening,
    /// tables, and its end.
    fn finish(&self, index: usize, pieces: Vec<String>) -> String {
        let page = &self.pages[index];
        let mut text = String::new();
        let mut pieces = page.pieces.iter().zip(pieces).peekable();
        while let Some((piece, made)) = pieces.next() {
            text += &match &piece.what {
                What::Text(line) if line.starts_with("# ") => {
                    opening::opening(page, &made)
                }
                What::Text(line) if line.starts_with("**By the end of this ") => {
                    let is_more = |(piece, _): &(&Piece, String)| matches!(&piece.what, What::Text(line) if !line.trim().is_empty());
                    let mut paragraph = made;
                    while let Some((_, more)) = pieces.next_if(is_more) {
                        paragraph += &more;
                    }
                    opening::outcome(&paragraph)
                }
                What::Directive(words) => match words.first().map(String::as_str) {
                    Some("minutes") => self.minutes(page, &words[1..]),
                    Some("exercises") => self.exercises(page, &words[1..].concat()),
                    _ => made,
                },
                _ => made,
            };
        }
        text += &choose::answers(page.fences("choose").map(|(_, source)| source));
        let before = index.checked_sub(1).map(|index| &self.pages[index]);
        text += &opening::turn(page, before, self.pages.get(index + 1));
        // Nobody would print all of these.
        if page.directives().any(|(_, words)| *words == ["gallery"]) {
            text = format!("<div class=\"screen-only\">\n\n{text}\n</div>\n");
        }
        text
    }

    fn piece(
        &self,
        index: usize,
        piece: &Piece,
        problems: &mut Vec<String>,
    ) -> Result<String> {
        let page = &self.pages[index];
        match &piece.what {
            What::Text(line) => Ok(terms::with_ids(line) + "\n"),
            What::Fence(info, source) if info == "seq" => {
                let diagram = seq::read(source, &|path| self.sources.snapshot(path))?;
                Ok(diagram::figure(&diagram))
            }
            What::Fence(info, source) if info == "choose" => {
                let slug = page.path.trim_end_matches(".md").replace('/', "-");
                let earlier =
                    page.fences("choose").take_while(|(line, _)| *line < piece.line);
                let question = choose::Question::parse(source)?;
                question.check(&|path| self.sources.snapshot(path))?;
                Ok(question.html(&format!("choose-{slug}-{}", earlier.count() + 1)))
            }
            What::Fence(info, text) => {
                let by_hand = "typed by hand: show code and output by a directive";
                problems.push(format!("{by_hand} (see book/README.md)"));
                Ok(format!("```{info}\n{text}\n```\n"))
            }
            What::Directive(words) => {
                Ok(self.directive(index, piece.line, words, problems)? + "\n")
            }
        }
    }

    fn directive(
        &self,
        index: usize,
        line: usize,
        words: &[String],
        problems: &mut Vec<String>,
    ) -> Result<String> {
        let sources = self.sources;
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        let owned =
            |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
        match words[..] {
            ["diff", step] => {
                let new = self.names.range((index, 0)..=(index, usize::MAX));
                let new: Vec<_> = new
                    .filter_map(|(_, names)| names.as_ref().ok())
                    .flatten()
                    .collect();
                listing::diff(sources, step, &|code| {
                    terms::in_appendix(self.pages, &self.terms, index, &new, code)
                })
            }
            ["item", path, ref names @ ..]
                if is_elsewhere(path) && !names.is_empty() =>
            {
                listing::items(sources, path, &owned(names))
            }
            ["item", step, file, ref names @ ..] if !names.is_empty() => {
                listing::items(sources, &format!("steps/{step}/{file}"), &owned(names))
            }
            ["file", path] => listing::file(sources, path),
            ["snapshot", path] => {
                Ok(transcript::transcript(&sources.snapshot(path)?, path))
            }
            ["wire", path] => {
                wire::view(&sources.snapshot(path)?, &transcript::pin(path))
            }
            ["markdown", path] => sources.snapshot(path),
            ["ledger", path] => rfcs::table(&sources.read(path)?),
            ["svg", path] => svg(&sources.read(path)?),
            ["stairs"] => hero::stairs(&|path| sources.snapshot(path)),
            ["doors"] => hero::doors(&|path| sources.snapshot(path)),
            ["your-request", path] => Ok(hero::recorded(&wire::view(
                &sources.snapshot(path)?,
                &transcript::pin(path),
            )?)),
            ["clone"] => Ok(opening::clone(sources.repository_url()?.as_deref())),
            ["names", ..] => {
                let names = self.names.get(&(index, line)).context("no names")?;
                let names = names.as_ref().map_err(|error| anyhow!("{error:#}"))?;
                let (list, wrong) = terms::list(self.pages, &self.terms, index, names);
                problems.extend(wrong);
                Ok(list)
            }
            ["glossary"] => Ok(glossary::list(self.pages, &self.terms, index)),
            ["minutes", ref paths @ ..] if !paths.is_empty() => {
                self.all_are_pages(paths)
            }
            ["gallery"] => {
                let gallery = exercises::gallery(sources)?;
                Ok(format!("<div class=\"gallery\">\n\n{gallery}\n</div>\n"))
            }
            // Once all minutes are known.
            ["exercises"] | ["exercises", _] => Ok(String::new()),
            _ => bail!(
                "no such directive (see book/README.md): {{{{#{}}}}}",
                words.join(" ")
            ),
        }
    }

    /// Nothing yet: the table comes when all minutes are known.
    fn all_are_pages(&self, paths: &[&str]) -> Result<String> {
        let is_page = |path: &&str| self.pages.iter().any(|page| page.path == **path);
        match paths.iter().find(|path| !is_page(path)) {
            Some(path) => bail!("there is no page {path}"),
            None => Ok(String::new()),
        }
    }

    /// A table of these pages with their minutes.
    fn minutes(&self, on: &Page, paths: &[String]) -> String {
        let chosen = self.pages.iter().filter(|page| paths.contains(&page.path));
        let row = |name: &str, Minutes { reading, doing }, mark: &str| {
            let sum = reading + doing;
            format!(
                "| {name} | {mark}{reading}{mark} | {mark}{doing}{mark} | {mark}{sum}{mark} |\n"
            )
        };
        let rows = chosen.clone().map(|page| {
            let link = format!("[{}]({})", page.label(), on.link_to(&page.path));
            row(&link, page.minutes, "")
        });
        format!(
            "| page | reading | doing | minutes |\n|---|--:|--:|--:|\n{}{}\n",
            rows.collect::<String>(),
            row("**All together**", chosen.map(|page| page.minutes).sum(), "**")
        )
    }

    /// The exercises whose folders begin with `start`; without it, all, in a table.
    fn exercises(&self, on: &Page, start: &str) -> String {
        if start.is_empty() {
            return exercises::table(self.sources, on, self.pages);
        }
        let start = format!("exercises/{start}");
        let is_chosen = |page: &&Page| page.path.starts_with(&start);
        opening::exercises(on, self.pages.iter().filter(is_chosen))
    }
}

impl Kept {
    fn keep(&self, key: (String, String), text: String) -> String {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.insert(key, text.clone());
        text
    }

    fn last(&self, key: &(String, String)) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }
}

/// A line that a page shows before everything else, or in the place of something.
pub fn notice(html: &str) -> String {
    format!("<div class=\"notice\" role=\"note\">{html}</div>\n\n")
}

/// Whether this is a Rust file that belongs to no step, such as `bench/src/peers.rs`.
fn is_elsewhere(path: &str) -> bool {
    path.contains('/') && path.ends_with(".rs") && !path.starts_with("steps/")
}

/// A drawing that stands in the page itself, so that it can take the page's colours.
/// Blank lines would end it.
fn svg(text: &str) -> Result<String> {
    let start = text.find("<svg").context("there is no <svg> in it")?;
    let lines = text[start..].lines().filter(|line| !line.trim().is_empty());
    let lines: Vec<_> = lines.collect();
    Ok(format!("<figure class=\"chart\">\n{}\n</figure>\n", lines.join("\n")))
}

/// Of two languages one is read, and what is folded isn't.
fn lines_in_listings(html: &str) -> usize {
    let html = html.split("<section data-title=\"Python\">").next().unwrap_or_default();
    let html = html.replace("</summary>\n\n<pre>", "");
    let blocks = html.split("<pre>").skip(1);
    blocks
        .map(|block| block.split("</pre>").next().unwrap_or_default().lines().count())
        .sum()
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_is_folded_is_not_read_and_of_two_languages_one() {
        let html = "<pre>a\nb</pre> <summary>c</summary>\n\n<pre>d</pre> <pre>e</pre>\
                    <section data-title=\"Python\"><pre>f</pre>";
        assert_eq!(super::lines_in_listings(html), 3);
    }
}
