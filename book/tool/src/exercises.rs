//! The exercises in the book: each README is a page, and the messages that wrong
//! programs get can be browsed.

use anyhow::Result;
use mdbook_preprocessor::book::{Book, Chapter};

use crate::Sources;
use crate::html::escape;
use crate::pages::Page;

/// The page below which those of the exercises stand.
const PARENT: &str = "exercises.md";
/// The page that shows what usually goes wrong.
const GALLERY: &str = "what-goes-wrong.md";

/// An exercise's folder, such as `04a-count-bytes`, and the title of its README.
pub struct Exercise {
    pub folder: String,
    pub title: String,
    /// The page of the book that it follows.
    pub chapter: String,
}

impl Exercise {
    /// What stands before the first `-`.
    pub fn id(&self) -> &str {
        self.folder.split('-').next().unwrap_or_default()
    }

    /// Its page in the book.
    pub fn path(&self) -> String {
        format!("exercises/{}.md", self.folder)
    }
}

/// All exercises in their order.
pub fn all(sources: &Sources) -> Vec<Exercise> {
    let folders = sources.list("exercises").into_iter();
    let folders =
        folders.filter(|folder| folder.starts_with(|c: char| c.is_ascii_digit()));
    let exercise = |folder: String| {
        let readme = sources.read(&format!("exercises/{folder}/README.md")).ok()?;
        let title = readme.lines().find_map(|line| line.strip_prefix("# "))?.into();
        let chapter = readme.lines().find_map(|line| line.strip_prefix("chapter: "))?;
        Some(Exercise { folder, title, chapter: chapter.into() })
    };
    folders.filter_map(exercise).collect()
}

/// Adds a page for each exercise below the one that introduces them.
pub fn add(sources: &Sources, book: &mut Book) -> Result<()> {
    let mut pages = Vec::new();
    for exercise in all(sources) {
        let readme = format!("exercises/{}/README.md", exercise.folder);
        let mut text = sources.read(&readme)?;
        if !is_handout(sources) {
            text += &format!(
                "\n<details class=\"teacher\"><summary>For teachers</summary>\n\n\
                 [Common wrong solutions](../{GALLERY}#{}): the mistakes that are \
                 tested, and what is said of each.\n\n</details>\n",
                exercise.id()
            );
        }
        pages.push(Chapter::new(&exercise.title, text, exercise.path(), vec![]));
    }
    book.for_each_chapter_mut(|chapter| {
        if chapter.path.as_ref().is_some_and(|path| path.ends_with(PARENT)) {
            let parents =
                [chapter.parent_names.clone(), vec![chapter.name.clone()]].concat();
            for mut page in pages.drain(..) {
                page.parent_names.clone_from(&parents);
                chapter.sub_items.push(page.into());
            }
        }
    });
    Ok(())
}

/// All exercises in a table, each with the page it follows.
pub fn table(sources: &Sources, on: &Page, pages: &[Page]) -> String {
    let link = |path: &str| {
        let page = pages.iter().find(|page| page.path == path);
        page.map(|page| {
            (format!("[{}]({})", page.label(), on.link_to(path)), page.minutes)
        })
    };
    let rows = all(sources).into_iter().filter_map(|exercise| {
        let ((task, minutes), (chapter, _)) =
            (link(&exercise.path())?, link(&exercise.chapter)?);
        Some(format!("| {task} | {chapter} | {} |\n", minutes.doing))
    });
    format!(
        "| exercise | after | minutes |\n|---|---|--:|\n{}\n",
        rows.collect::<String>()
    )
}

/// A copy for a class: without solutions, and without wrong programs.
fn is_handout(sources: &Sources) -> bool {
    sources.list("exercises/answers").is_empty()
}

/// What each wrong program does, and the message it gets.
pub fn gallery(sources: &Sources) -> Result<String> {
    if is_handout(sources) {
        return Ok(
            "(This copy of the book is a handout, and has no wrong programs.)\n".into(),
        );
    }
    let mut text = String::new();
    for exercise in all(sources) {
        let (id, folder) = (exercise.id(), &exercise.folder);
        text += &format!("## {} {{#{id}}}\n\n", exercise.title);
        text += &format!("[The task]({})\n\n", exercise.path());
        let programs = format!("exercises/{folder}/mistakes.rs");
        text += &entries(sources, &programs, &format!("exercises/{folder}/messages"))?;
    }
    text += "## In every exercise {#everywhere}\n\n\
             What can go wrong whatever the task is, shown with 03b.\n\n";
    text += &entries(
        sources,
        "exercises/answers/src/general.rs",
        "exercises/answers/messages",
    )?;
    Ok(text)
}

/// The wrong programs in a file, with their messages.
fn entries(sources: &Sources, programs: &str, messages: &str) -> Result<String> {
    let file = sources.rust(programs)?;
    let mut text = String::new();
    let mut names = sources.list(messages);
    names.sort_by_key(|name| name != "starter.snap");
    for name in names {
        let Some(name) = name.strip_suffix(".snap") else { continue };
        let message = sources.snapshot(&format!("{messages}/{name}.snap"))?;
        text += &entry(name, &mistake(&file, name), failure(&message));
    }
    Ok(text)
}

/// The message without what is the same in each: the list of all checks before it, and
/// behind it where to read and how to get a hint.
fn failure(message: &str) -> &str {
    let start = message.find("\nnot yet: ").map_or(0, |start| start + 1);
    let end = message.find("\nRead: ").unwrap_or(message.len());
    &message[start..end]
}

fn entry(name: &str, mistake: &str, message: &str) -> String {
    let mistake =
        if name == "starter" { "The program as it is handed out." } else { mistake };
    let message = escape(message.trim_end());
    format!(
        "<details><summary><code>{name}</code> {}</summary>\n\n\
         <pre class=\"message\"><code class=\"language-text \
         nohighlight\">{message}</code></pre>\n\n</details>\n\n",
        escape(mistake)
    )
}

/// The docs of the function that makes the mistake.
fn mistake(file: &syn::File, name: &str) -> String {
    let name = name.replace('-', "_");
    let is_it = |item: &&syn::Item| {
        crate::listing::item_name(item).is_some_and(|it| it == name)
    };
    let Some(syn::Item::Fn(function)) = file.items.iter().find(is_it) else {
        return String::new();
    };
    let lines = function.attrs.iter().filter_map(doc).collect::<Vec<_>>();
    lines.join(" ").replace('`', "").trim().into()
}

fn doc(attribute: &syn::Attribute) -> Option<String> {
    let syn::Meta::NameValue(meta) = &attribute.meta else { return None };
    let syn::Expr::Lit(value) = &meta.value else { return None };
    match &value.lit {
        syn::Lit::Str(text) if meta.path.is_ident("doc") => {
            Some(text.value().trim().into())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_is_told_in_the_words_of_its_docs() {
        let file =
            syn::parse_file("/// Reads `once`,\n/// and no more.\nfn reads_once() {}")
                .unwrap();
        assert_eq!(mistake(&file, "reads-once"), "Reads once, and no more.");
        assert_eq!(mistake(&file, "other"), "");
        let message = "list\n\nnot yet: a\nb\nRead: c\nHint: d\n";
        assert_eq!(failure(message), "not yet: a\nb");
        assert!(entry("a", "b<", "c\n").contains("<code>a</code> b&lt;</summary>"));
    }
}
