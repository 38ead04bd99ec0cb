//! Each piece of a page into Markdown or HTML.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, Result, anyhow, bail};

use crate::asking::Refusals;
use crate::html::escape;
use crate::pages::{Page, Piece, What};
use crate::terms::{self, Terms};
use crate::{
    Sources, ask, choose, diagram, exercises, figure, hero, listing, opening, rfcs,
    transcript, wire,
};

/// The book as a whole, as far as a page needs to know it.
pub struct Book<'a> {
    sources: &'a Sources,
    pages: &'a mut [Page],
    pub terms: Terms,
    /// Of each page that lists them, its new names, or why there are none.
    names: BTreeMap<usize, Result<Vec<String>>>,
    /// Where a reason to refuse leads to.
    refusals: Refusals,
    /// What can't be made is taken from here.
    kept: &'a Kept,
}

const MISSING: &str = "missing";

/// The pieces of pages as they were when they could be made, by page and source.
#[derive(Debug, Default)]
pub struct Kept(Mutex<HashMap<(String, String), String>>);

/// Something that is wrong with a page.
#[derive(Debug)]
pub struct Problem {
    /// The page's file and line.
    pub place: String,
    pub what: String,
    /// How the page shows what couldn't be made; None if it could be.
    pub shown: Option<&'static str>,
}

impl<'a> Book<'a> {
    /// Reads what pages need of each other.
    pub fn new(sources: &'a Sources, pages: &'a mut [Page], kept: &'a Kept) -> Self {
        let terms = Terms::find(pages);
        let names = terms::new_names(sources, pages);
        let ledger = sources.read(ask::LEDGER).ok();
        let refusals = ledger.and_then(|text| Refusals::find(&text).ok());
        let refusals = refusals.unwrap_or_default();
        Self { sources, pages, terms, names, refusals, kept }
    }

    /// Returns each page's Markdown with everything in it that is generated, and what
    /// is wrong with it. How long reading takes is known of all of them before one says
    /// so.
    pub fn expand(self) -> Vec<(String, Vec<Problem>)> {
        let made: Vec<_> =
            (0..self.pages.len()).map(|page| self.pieces(page)).collect();
        for (page, (pieces, _)) in self.pages.iter_mut().zip(&made) {
            let lines = pieces.iter().map(|text| lines_in_listings(text)).sum();
            page.reading = page.minutes(lines);
        }
        let made = made.into_iter().enumerate();
        made.map(|(page, (pieces, wrong))| (self.finish(page, pieces), wrong)).collect()
    }

    fn pieces(&self, index: usize) -> (Vec<String>, Vec<Problem>) {
        let page = &self.pages[index];
        let (mut pieces, mut problems) = (Vec::new(), Vec::new());
        let mut problem = |line: usize, what: String, shown| {
            let place = format!("book/src/{}:{line}", page.path);
            problems.push(Problem { place, what, shown });
        };
        for (line, what) in &page.problems {
            problem(*line, what.clone(), Some(MISSING));
        }
        let mut kept = self.kept.0.lock().unwrap_or_else(PoisonError::into_inner);
        for Piece { line, what } in &page.pieces {
            let mut wrong = Vec::new();
            let made = self.piece(index, *line, what, &mut wrong);
            wrong.into_iter().for_each(|what| problem(*line, what, None));
            let key = (page.path.clone(), format!("{what:?}"));
            pieces.push(match made {
                Ok(text) if matches!(what, What::Text(_)) => text,
                Ok(text) => {
                    kept.insert(key, text.clone());
                    text
                }
                Err(error) => {
                    let (why, last) = (format!("{error:#}"), kept.get(&key).cloned());
                    let note = || notice(&format!("Missing here: {}", escape(&why)));
                    let shown = if last.is_some() { "as it last was" } else { MISSING };
                    let text = last.unwrap_or_else(note);
                    problem(*line, why, Some(shown));
                    text
                }
            });
        }
        (pieces, problems)
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
                    let is_more = |(_, more): &(_, String)| !more.trim().is_empty();
                    let mut paragraph = made;
                    while let Some((_, more)) = pieces.next_if(is_more) {
                        paragraph += &more;
                    }
                    opening::outcome(&paragraph)
                }
                What::Directive(words) => match &words[..] {
                    [what, paths @ ..] if what == "minutes" => {
                        self.minutes(page, paths)
                    }
                    [what] if what == "exercises" => exercises::table(page, self.pages),
                    [what, _] if what == "exercises" => {
                        opening::exercises(page, self.pages) + "\n" + &made
                    }
                    _ => made,
                },
                _ => made,
            };
        }
        text += &choose::answers(page, &|path| self.sources.snapshot(path));
        let before = index.checked_sub(1).map(|index| &self.pages[index]);
        text += &opening::turn(page, before, self.pages.get(index + 1));
        // Nobody would print all of these, nor ask on paper.
        let is_for_screens = |words: &[String]| {
            ["gallery", "questions", "ask"].iter().any(|word| *words == [*word])
        };
        if page.directives().any(|(_, words)| is_for_screens(words)) {
            text = format!("<div class=\"screen-only\">\n\n{text}\n</div>\n");
        }
        text
    }

    fn piece(
        &self,
        index: usize,
        line: usize,
        what: &What,
        problems: &mut Vec<String>,
    ) -> Result<String> {
        let page = &self.pages[index];
        match what {
            What::Text(text) => Ok(terms::with_ids(text) + "\n"),
            What::Fence(info, source) if info == "drawn" => {
                Ok(diagram::html(&figure::drawn(source)?, "", &|_| None))
            }
            What::Fence(info, source) if info == "recorded" => {
                let read = |path: &str| self.sources.read(path);
                let figure = figure::recorded(source, &read)?;
                let up = page.link_to("");
                let html = diagram::html(&figure, &up, &|path| {
                    read(path).ok().filter(|_| figure.outdated.is_empty())
                });
                problems.extend(figure.outdated);
                Ok(html)
            }
            What::Fence(info, source) if info == "choose" => {
                let evidence = |path: &str| self.sources.snapshot(path);
                let question = choose::Question::read(source, &evidence)?;
                Ok(question.html(&format!("choose-{}", choose::id(page, line))))
            }
            What::Fence(info, text) => {
                let by_hand = "typed by hand: show code and output by a directive";
                problems.push(format!("{by_hand} (see book/README.md)"));
                Ok(format!("```{info}\n{text}\n```\n"))
            }
            What::Directive(words) => {
                Ok(self.directive(index, words, problems)? + "\n")
            }
        }
    }

    fn directive(
        &self,
        index: usize,
        words: &[String],
        problems: &mut Vec<String>,
    ) -> Result<String> {
        let sources = self.sources;
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        match words[..] {
            ["diff", step] => {
                let names =
                    self.names.get(&index).and_then(|names| names.as_ref().ok());
                let names = names.map_or(&[][..], Vec::as_slice);
                listing::diff(sources, step, &|code| {
                    self.terms.in_appendix(self.pages, index, names, code)
                })
            }
            ["item", path, ref names @ ..]
                if is_elsewhere(path) && !names.is_empty() =>
            {
                listing::items(sources, path, names)
            }
            ["item", step, file, ref names @ ..] if !names.is_empty() => {
                listing::items(sources, &format!("steps/{step}/{file}"), names)
            }
            ["file", path] => listing::file(sources, path),
            ["snapshot", path] => {
                let body = sources.snapshot(path)?;
                let html = transcript::transcript(&body, path);
                let to = self.pages[index].link_to("05-parse/");
                Ok(ask::linked(&html, &body, &self.refusals, &to))
            }
            ["ask"] => Ok(ask::unanswered()),
            ["ask", name, request] => {
                let is_path = request.ends_with(".snap");
                let shown = is_path.then(|| sources.snapshot(request)).transpose()?;
                let request =
                    shown.map_or(request.into(), |text| text.replace('\n', ""));
                ask::ready(name, &request, &sources.read(ask::LEDGER)?)
            }
            ["wire", path] => {
                wire::view(&sources.snapshot(path)?, &transcript::pin(path))
            }
            ["markdown", path] => sources.snapshot(path),
            ["ledger", path] => rfcs::table(&sources.read(path)?),
            ["svg", path] => svg(&sources.read(path)?),
            ["stairs"] => hero::stairs(sources),
            ["doors"] => hero::doors(sources),
            ["your-request", path] => {
                let snapshot = sources.snapshot(path)?;
                Ok(hero::recorded(&wire::view(&snapshot, &transcript::pin(path))?))
            }
            ["clone"] => Ok(opening::clone(sources.repository_url()?.as_deref())),
            ["names", ..] => {
                let names = self.names.get(&index).context("no names")?;
                let names = names.as_ref().map_err(|error| anyhow!("{error:#}"))?;
                let (list, wrong) = self.terms.list(self.pages, index, names);
                problems.extend(wrong);
                Ok(list)
            }
            ["glossary"] => Ok(self.terms.glossary(self.pages, index)),
            // Here and below, nothing until all minutes are known.
            ["minutes", ref paths @ ..] if !paths.is_empty() => {
                let is_page = |path| self.pages.iter().any(|page| page.path == path);
                match paths.iter().find(|path| !is_page(**path)) {
                    Some(path) => bail!("there is no page {path}"),
                    None => Ok(String::new()),
                }
            }
            ["exercises"] => Ok(String::new()),
            ["exercises", "here"] => exercises::stages_of(sources, &self.pages[index]),
            ["stage", number] => exercises::stage(sources, number),
            ["questions"] => {
                let again = |page| choose::again(page, &|path| sources.snapshot(path));
                let again: String = self.pages.iter().map(again).collect();
                Ok(format!(
                    "<div class=\"gallery\" id=\"questions\">\n\n{again}\n</div>\n"
                ))
            }
            ["gallery"] => {
                let gallery = exercises::gallery(sources)?;
                Ok(format!("<div class=\"gallery\">\n\n{gallery}\n</div>\n"))
            }
            _ => bail!(
                "no such directive (see book/README.md): {{{{#{}}}}}",
                words.join(" ")
            ),
        }
    }

    /// A table of these pages with their minutes.
    fn minutes(&self, on: &Page, paths: &[String]) -> String {
        let row = |name: &str, reading: usize, doing: usize, mark: &str| {
            let cells = [reading, doing, reading + doing];
            let cells = cells.map(|minutes| format!(" | {mark}{minutes}{mark}"));
            format!("| {name}{} |\n", cells.concat())
        };
        let (mut rows, mut reading, mut doing) = (String::new(), 0, 0);
        for page in self.pages.iter().filter(|page| paths.contains(&page.path)) {
            let link = format!("[{}]({})", page.label(), on.link_to(&page.path));
            rows += &row(&link, page.reading, page.doing, "");
            reading += page.reading;
            doing += page.doing;
        }
        format!(
            "| page | reading | doing | minutes |\n|---|--:|--:|--:|\n{rows}{}\n",
            row("**All together**", reading, doing, "**")
        )
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
    let drawing = lines.collect::<Vec<_>>().join("\n");
    Ok(format!("<figure class=\"chart\">\n{drawing}\n</figure>\n"))
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
