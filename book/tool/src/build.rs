//! mdBook, in this process.

use std::collections::HashMap;
use std::fmt::Debug;
use std::path::{self, Path};
use std::sync::{Arc, Mutex, PoisonError};
use std::{fs, io};

use anyhow::{Context as _, Result, ensure};
use mdbook_driver::MDBook;
use mdbook_preprocessor::book::{Book, BookItem};
use mdbook_preprocessor::{Preprocessor, PreprocessorContext};
use tracing::field::Field;
use tracing::level_filters::LevelFilter;
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::{Layer, Registry};

use crate::expand::{Kept, Problem};
use crate::pages::{self, Page};
use crate::{Sources, changes, evidence, exercises, expand, lean, pcap, recording};

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
    unabridged(sources, into)?;
    abridge(into)
}

/// As [`strict`], and on the page that is printed is all that isn't for paper, too.
///
/// # Errors
/// As [`strict`].
pub fn unabridged(sources: &Sources, into: &Path) -> Result<()> {
    without_warnings(sources, into, Rigor::Pages)
}

fn abridge(built: &Path) -> Result<()> {
    let page = built.join("print.html");
    Ok(fs::write(&page, lean::for_readers(&fs::read_to_string(&page)?))?)
}

/// Does all that `cargo book check` does: builds the book strictly, and looks at the
/// whole.
///
/// # Errors
/// With all that is wrong, a line each.
pub fn check(sources: &Sources, into: &Path) -> Result<()> {
    without_warnings(sources, into, Rigor::Whole)
}

fn without_warnings(sources: &Sources, into: &Path, rigor: Rigor) -> Result<()> {
    let said = build(sources, into, Tutorial { rigor, ..Tutorial::default() })?;
    ensure!(said.is_empty(), "mdBook warns:\n{}", said.join("\n"));
    Ok(())
}

/// Builds a book for reading, whatever was changed: where something can't be made, the
/// page says so, and shows what `kept` has.
///
/// # Errors
/// When there is nothing at all to be shown, as without `SUMMARY.md`.
pub fn lenient(sources: &Sources, into: &Path, kept: &Arc<Kept>) -> Result<()> {
    let tutorial = Tutorial { kept: Arc::clone(kept), ..Tutorial::default() };
    build(sources, into, tutorial)?;
    abridge(into)
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
    captures(sources, &into.join("captures"))?;
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

/// Writes a capture file of each recording that tells every byte.
fn captures(sources: &Sources, into: &Path) -> Result<()> {
    fs::create_dir_all(into)?;
    for path in sources.below("tests/recordings", ".rec") {
        let name = Path::new(&path).file_stem().context("no name")?;
        let text = sources.read(&path)?;
        if let Ok(capture) = recording::parse(&text).and_then(|it| pcap::capture(&it)) {
            fs::write(into.join(name).with_extension("pcap"), capture)?;
        }
    }
    Ok(())
}

/// What mdBook says of warnings and errors.
#[derive(Clone, Default)]
struct Said(Arc<Mutex<Vec<String>>>);

impl<S: Subscriber> Layer<S> for Said {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        event.record(&mut |field: &Field, value: &dyn Debug| {
            if field.name() == "message" {
                said.push(format!("{value:?}"));
            }
        });
    }
}

/// What must be right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Rigor {
    #[default]
    Nothing,
    Pages,
    /// The pages, and what only the whole book can tell.
    Whole,
}

/// The preprocessor: named in `book.toml` too, for a plain `mdbook build`.
#[derive(Clone, Debug, Default)]
pub struct Tutorial {
    rigor: Rigor,
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
        let mut pages = pages(&book);
        let whole = expand::Book::new(&sources, &mut pages, &self.kept);
        let mut problems = whole.terms.problems.clone();
        let expanded = whole.expand();
        for Problem { place, what, .. } in expanded.iter().flat_map(|(_, wrong)| wrong)
        {
            problems.push(format!("{place}: {what}"));
        }
        if self.rigor != Rigor::Nothing {
            problems.extend(evidence::untested(&sources, &pages)?);
            if self.rigor == Rigor::Whole {
                problems.extend(evidence::problems(&sources, &pages));
            }
            let number = problems.len();
            ensure!(number == 0, "{number} problems:\n{}", problems.join("\n"));
        }
        let changed = changes::changed(&sources);
        let made = pages.into_iter().zip(expanded).map(|(page, (text, problems))| {
            let notice = changes::notice(&changed, &page, &problems);
            (page.path.clone(), (page, notice + &text))
        });
        let mut made: HashMap<_, _> = made.collect();
        book.for_each_chapter_mut(|chapter| {
            let path = chapter.path.as_deref().map(slashed);
            if let Some((page, text)) = path.and_then(|path| made.remove(&path)) {
                (chapter.name, chapter.content) = (page.title, text);
                chapter.number.take_if(|_| page.number.is_empty());
            }
        });
        Ok(book)
    }
}

/// Parts whose chapters have no numbers: a glossary isn't read in an order.
const UNNUMBERED: [&str; 3] = ["Exercises", "Reference", "For teachers"];

/// The pages in the order of the book.
fn pages(book: &Book) -> Vec<Page> {
    let (mut pages, mut part) = (Vec::new(), "");
    for item in book.iter() {
        match item {
            BookItem::PartTitle(title) => part = title,
            BookItem::Chapter(chapter) => {
                let Some(path) = chapter.path.as_deref().map(slashed) else { continue };
                let number = chapter.number.as_ref().map(ToString::to_string);
                let number = number.filter(|_| !UNNUMBERED.contains(&part));
                let number = number.unwrap_or_default().trim_matches('.').into();
                let page = pages::read(&chapter.content);
                pages.push(Page { path, number, part: part.into(), ..page });
            }
            BookItem::Separator => {}
        }
    }
    pages
}

fn slashed(path: &Path) -> String {
    path.display().to_string().replace('\\', "/")
}
