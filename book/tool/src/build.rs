//! mdBook, in this process.

use std::collections::HashMap;
use std::path::{self, Path};
use std::sync::{Arc, Mutex, PoisonError};
use std::{fs, io};

use anyhow::{Context as _, Result, ensure};
use mdbook_driver::MDBook;
use mdbook_preprocessor::book::{Book, BookItem};
use mdbook_preprocessor::{Preprocessor, PreprocessorContext};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::{Layer, Registry};

use crate::changes::Changes;
use crate::expand::Kept;
use crate::pages::{self, Minutes, Page};
use crate::{Sources, evidence, exercises, expand, lean};

/// Replaces a folder by what `build` puts into a new one, or leaves it as it is.
///
/// # Errors
/// When `build` fails, or the folder can't be replaced.
pub fn replace(folder: &Path, build: impl Fn(&Path) -> Result<()>) -> Result<()> {
    let new = folder.with_extension("new");
    remove(&new)?;
    build(&new)?;
    remove(folder)?;
    fs::rename(&new, folder)
        .with_context(|| format!("cannot write {}", folder.display()))
}

fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot empty {}", folder.display()))
        }
        _ => Ok(()),
    }
}

/// Builds the book into the folder `into`, which it empties first; nothing may be
/// wrong.
///
/// # Errors
/// When something is wrong with a page, or mdBook warns of anything: it says so about a
/// missing file, and succeeds all the same.
pub fn strict(sources: &Sources, into: &Path) -> Result<()> {
    let said =
        build(sources, into, Tutorial { is_strict: true, ..Tutorial::default() })?;
    ensure!(said.is_empty(), "mdBook warns:\n{}", said.join("\n"));
    Ok(())
}

/// Builds a book for reading, whatever was changed: where something can't be made, the
/// page says so, and shows what `kept` has.
///
/// # Errors
/// When there is nothing at all to be shown, as without `SUMMARY.md`.
pub fn lenient(sources: &Sources, into: &Path, kept: &Arc<Kept>) -> Result<()> {
    let tutorial = Tutorial { is_strict: false, kept: Arc::clone(kept) };
    build(sources, into, tutorial).map(drop)
}

/// Returns what mdBook warns of. It would copy hidden files too, and fail at an
/// editor's lock, a link that leads nowhere; so it gets neither the folder of the
/// pages, once they are loaded, nor that of the theme.
fn build(sources: &Sources, into: &Path, tutorial: Tutorial) -> Result<Vec<String>> {
    let said = Said::default();
    let subscriber =
        Registry::default().with(said.clone().with_filter(LevelFilter::WARN));
    // mdBook would begin at the book's folder.
    let into = &path::absolute(into)?;
    let theme = into.with_extension("theme");
    remove(&theme)?;
    copy(sources, "book/theme", &theme)?;
    tracing::subscriber::with_default(subscriber, || {
        let mut book = MDBook::load(sources.path("book"))?;
        book.config.set("output.html.theme", &theme)?;
        if let Some(url) = sources.repository_url()? {
            book.config.set("output.html.git-repository-url", url)?;
        }
        book.config.build.build_dir = into.clone();
        // From the folder that it writes to it copies nothing.
        book.config.book.src = into.clone();
        book.with_preprocessor(tutorial);
        book.build()
    })?;
    remove(&theme)?;
    copy(sources, "book/src", into)?;
    lean::lean(into)?;
    let said = said.0.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(said.clone())
}

/// Copies what isn't hidden, and no page.
fn copy(sources: &Sources, from: &str, to: &Path) -> Result<()> {
    for path in sources.below(from, "").iter().filter(|path| !path.ends_with(".md")) {
        let to = to.join(path.trim_start_matches(from).trim_start_matches('/'));
        fs::create_dir_all(to.parent().context("no folder")?)?;
        fs::copy(sources.path(path), to).with_context(|| path.clone())?;
    }
    Ok(())
}

/// What mdBook says of warnings and errors.
#[derive(Clone, Default)]
struct Said(Arc<Mutex<Vec<String>>>);

impl<S: Subscriber> Layer<S> for Said {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut message = Message(String::new());
        event.record(&mut message);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(message.0);
    }
}

struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}

/// The preprocessor: named in `book.toml` too, for a plain `mdbook build`.
#[derive(Clone, Debug, Default)]
pub struct Tutorial {
    /// Whether nothing may be wrong.
    is_strict: bool,
    kept: Arc<Kept>,
}

impl Preprocessor for Tutorial {
    fn name(&self) -> &'static str {
        "tutorial"
    }

    fn run(&self, context: &PreprocessorContext, mut book: Book) -> Result<Book> {
        let root = path::absolute(&context.root)?;
        let sources = Sources::new(root.parent().context("the book has no folder")?);
        exercises::add(&sources, &mut book)?;
        number(&mut book);
        let mut pages = pages(&book);
        let whole = expand::Book::new(&sources, &mut pages, &self.kept);
        let twice = whole.twice().to_vec();
        let expanded = whole.expand();
        if self.is_strict {
            let mut problems = twice;
            for page in &expanded {
                problems.extend(
                    page.missing
                        .iter()
                        .map(|missing| format!("{}: {}", missing.place, missing.why)),
                );
                problems.extend_from_slice(&page.problems);
            }
            problems.extend(evidence::untested(&sources, &pages)?);
            let number = problems.len();
            ensure!(number == 0, "{number} problems:\n{}", problems.join("\n"));
        }
        let changes = Changes::of(&sources);
        let texts = pages.iter().zip(expanded).map(|(page, expanded)| {
            (
                page.path.as_str(),
                changes.notice(page, &expanded.missing) + &expanded.text,
            )
        });
        let texts: HashMap<_, _> = texts.collect();
        book.for_each_chapter_mut(|chapter| {
            let text =
                chapter.path.as_deref().and_then(|path| texts.get(&*slashed(path)));
            if let Some(text) = text {
                chapter.content.clone_from(text);
            }
            let path = chapter.path.as_deref().map(slashed);
            if let Some(page) =
                pages.iter().find(|page| Some(&page.path) == path.as_ref())
            {
                chapter.name.clone_from(&page.title);
            }
        });
        Ok(book)
    }
}

/// Only what is read in its order has numbers: a glossary is no chapter.
fn number(book: &mut Book) {
    let is_unnumbered =
        |part: &str| ["Exercises", "Reference", "For teachers"].contains(&part);
    let mut part = "";
    for item in &mut book.items {
        match item {
            BookItem::PartTitle(title) => part = title,
            BookItem::Chapter(chapter) if is_unnumbered(part) => chapter.number = None,
            _ => {}
        }
    }
}

/// The pages in the order of the book.
fn pages(book: &Book) -> Vec<Page> {
    let mut pages = Vec::new();
    add(&mut pages, &mut String::new(), &book.items);
    pages
}

fn add(pages: &mut Vec<Page>, part: &mut String, items: &[BookItem]) {
    for item in items {
        match item {
            BookItem::PartTitle(title) => part.clone_from(title),
            BookItem::Chapter(chapter) => {
                if let Some(path) = chapter.path.as_deref().map(slashed) {
                    let file = pages::read(&chapter.content);
                    let number = chapter.number.as_ref().map(ToString::to_string);
                    pages.push(Page {
                        path,
                        title: file.title().unwrap_or_else(|| chapter.name.clone()),
                        number: number.unwrap_or_default().trim_matches('.').into(),
                        part: part.clone(),
                        minutes: Minutes { reading: 0, doing: file.doing },
                        pieces: file.pieces,
                        problems: file.problems,
                    });
                }
                add(pages, part, &chapter.sub_items);
            }
            BookItem::Separator => {}
        }
    }
}

fn slashed(path: &Path) -> String {
    path.display().to_string().replace('\\', "/")
}
