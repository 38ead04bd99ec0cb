//! mdBook, in this process.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result, bail};
use mdbook_driver::MDBook;
use mdbook_preprocessor::book::{Book, BookItem, Chapter};
use mdbook_preprocessor::{Preprocessor, PreprocessorContext};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::{Layer, Registry};

use crate::pages::{self, Page};
use crate::{Sources, exercises, expand};

/// Builds the book of the repository into the folder `into`, which it empties first.
///
/// # Errors
/// When something is wrong with a page, or mdBook warns of anything: it says so about a
/// missing file, and succeeds all the same.
pub fn build(sources: &Sources, into: &Path) -> Result<()> {
    let said = Said::default();
    let subscriber =
        Registry::default().with(said.clone().with_filter(LevelFilter::WARN));
    let result = tracing::subscriber::with_default(subscriber, || {
        let mut book = MDBook::load(sources.path("book"))?;
        book.config.build.build_dir = into.to_path_buf();
        book.with_preprocessor(Tutorial);
        book.build()
    });
    result?;
    let said = said.0.lock().unwrap_or_else(PoisonError::into_inner);
    if said.is_empty() { Ok(()) } else { bail!("mdBook warns:\n{}", said.join("\n")) }
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
#[derive(Clone, Copy, Debug)]
pub struct Tutorial;

impl Preprocessor for Tutorial {
    fn name(&self) -> &'static str {
        "tutorial"
    }

    fn run(&self, context: &PreprocessorContext, mut book: Book) -> Result<Book> {
        let root = context.root.canonicalize()?;
        let sources = Sources::new(root.parent().context("the book has no folder")?);
        exercises::add(&sources, &mut book)?;
        let mut pages = pages(&book)?;
        let mut problems = Vec::new();
        let whole = expand::Book::new(&sources, &mut pages, &mut problems)?;
        let texts = whole.expand(&mut problems);
        if !problems.is_empty() {
            let problems: Vec<_> =
                problems.iter().map(|problem| format!("book/src/{problem}")).collect();
            bail!("{} problems:\n{}", problems.len(), problems.join("\n"));
        }
        let texts: HashMap<_, _> =
            pages.iter().map(|page| page.path.as_str()).zip(texts).collect();
        book.for_each_chapter_mut(|chapter| {
            let text =
                chapter.path.as_deref().and_then(|path| texts.get(&*slashed(path)));
            if let Some(text) = text {
                chapter.content.clone_from(text);
            }
            let minutes = minutes_of(chapter, &pages);
            chapter.name += &format!(" · {minutes} min");
        });
        Ok(book)
    }
}

/// How long a chapter takes, with the pages below it.
fn minutes_of(chapter: &Chapter, pages: &[Page]) -> usize {
    let path = slashed(chapter.path.as_deref().unwrap_or(Path::new("")));
    let folder = path.trim_end_matches(".md").to_string() + "/";
    let chosen =
        pages.iter().filter(|page| page.path == path || page.path.starts_with(&folder));
    chosen.map(|page| page.minutes.sum()).sum()
}

/// The pages in the order of the book.
fn pages(book: &Book) -> Result<Vec<Page>> {
    let mut pages = Vec::new();
    let mut part = String::new();
    add(&mut pages, &mut part, &book.items)?;
    Ok(pages)
}

fn add(pages: &mut Vec<Page>, part: &mut String, items: &[BookItem]) -> Result<()> {
    for item in items {
        match item {
            BookItem::PartTitle(title) => part.clone_from(title),
            BookItem::Chapter(chapter) => {
                if let Some(path) = chapter.path.as_deref().map(slashed) {
                    let (minutes, pieces) = pages::read(&chapter.content)
                        .with_context(|| format!("book/src/{path}"))?;
                    let number = chapter.number.as_ref();
                    let number = number.map(|number| format!("{number} "));
                    let name = number.unwrap_or_default() + &chapter.name;
                    let part = part.clone();
                    pages.push(Page { path, name, part, minutes, pieces });
                }
                add(pages, part, &chapter.sub_items)?;
            }
            BookItem::Separator => {}
        }
    }
    Ok(())
}

fn slashed(path: &Path) -> String {
    path.display().to_string().replace('\\', "/")
}
