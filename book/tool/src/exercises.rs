//! The exercises in the book: each README is a page, and the messages that wrong
//! programs get can be browsed.

use anyhow::Result;
use mdbook_preprocessor::book::{Book, Chapter};
use probe::stages::{self, Mistake, Task};

use crate::html::escape;
use crate::pages::{self, Page};
use crate::{Sources, listing};

/// The page below which those of the exercises stand.
const PARENT: &str = "exercises.md";
/// The page that shows what usually goes wrong.
const GALLERY: &str = "what-goes-wrong.md";

/// The folders of all exercises, such as `04a-count-bytes`, in their order.
pub fn all(sources: &Sources) -> Vec<String> {
    let mut folders = sources.list("exercises");
    let is_digit = |first: char| first.is_ascii_digit();
    folders.retain(|name| name.starts_with(is_digit) && readme(sources, name).is_ok());
    folders
}

/// `04a` of `04a-count-bytes`.
pub fn id(folder: &str) -> &str {
    folder.split('-').next().unwrap_or_default()
}

fn readme(sources: &Sources, folder: &str) -> Result<String> {
    sources.read(&format!("exercises/{folder}/README.md"))
}

/// Adds a page for each exercise below the one that introduces them.
pub fn add(sources: &Sources, book: &mut Book) -> Result<()> {
    let mut pages = Vec::new();
    for folder in all(sources) {
        let mut text = readme(sources, &folder)?;
        if !is_handout(sources) {
            text += &format!(
                "\n<details class=\"teacher\"><summary>For teachers</summary>\n\n\
                 [Common wrong solutions](../{GALLERY}#{}): the mistakes that are \
                 tested, and what is said of each.\n\n</details>\n",
                id(&folder)
            );
        }
        let path = format!("exercises/{folder}.md");
        pages.push(Chapter::new(&folder, text, path, vec![]));
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
pub fn table(on: &Page, pages: &[Page]) -> String {
    let link = |page: &Page| format!("[{}]({})", page.label(), on.link_to(&page.path));
    let rows = pages.iter().filter_map(|task| {
        let chapter = pages.iter().find(|page| page.path == task.follows)?;
        Some(format!("| {} | {} | {} |\n", link(task), link(chapter), task.doing))
    });
    format!(
        "| exercise | after | minutes |\n|---|---|--:|\n{}\n",
        rows.collect::<String>()
    )
}

/// A copy for a class: without solutions, and without wrong programs.
pub fn is_handout(sources: &Sources) -> bool {
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
    for folder in all(sources) {
        let (id, title) = (id(&folder), pages::read(&readme(sources, &folder)?).title);
        text += &format!("## {title} {{#{id}}}\n\n");
        text += &format!("[The task](exercises/{folder}.md)\n\n");
        let programs = format!("exercises/{folder}/mistakes.rs");
        text += &entries(sources, &programs, &format!("exercises/{folder}/messages"))?;
    }
    text += "## In every exercise {#everywhere}\n\n\
             What can go wrong whatever the task is, shown with 03b.\n\n";
    let programs = "exercises/answers/src/general.rs";
    text += &entries(sources, programs, "exercises/answers/messages")?;
    text += "## Your own server {#mine}\n\n\
             What goes wrong while a server grows: each breaks an earlier stage.\n\n";
    for Mistake { name, docs, .. } in stages::mistakes(&sources.read(GROWN)?) {
        let path = format!("exercises/mine-stages/messages/{name}.snap");
        text += &entry(name, docs, failure(&sources.snapshot(&path)?));
    }
    Ok(text)
}

/// The one server that grows, at all of its stages.
const GROWN: &str = "exercises/mine-stages/solution.rs";

/// What changes in it from the stage before to this one.
pub fn stage(sources: &Sources, number: &str) -> Result<String> {
    if is_handout(sources) {
        return Ok(
            "(This copy of the book is a handout, and shows no solution.)\n".into()
        );
    }
    let (text, number) = (sources.read(GROWN)?, number.parse::<usize>()?);
    let program = |stage| match stage {
        0 => String::new(),
        stage => stages::program(&text, stage, None),
    };
    Ok(listing::stage(&program(number - 1), &program(number), number))
}

/// The stages of the reader's own server that belong to a page.
pub fn stages_of(sources: &Sources, page: &Page) -> Result<String> {
    let text = sources.read("exercises/mine-stages/README.md").unwrap_or_default();
    let mut tasks = String::new();
    for Task { number, title, task, page: at } in stages::tasks(&text) {
        if at == page.path {
            tasks += &format!("**Stage {number}. {title}** {task}\n\n");
        }
    }
    if tasks.is_empty() {
        return Ok(tasks);
    }
    let all = page.link_to("your-server.md");
    let check =
        format!("`cargo exercise mine` looks at it. [What this is about]({all})");
    let section = format!("## Your own server\n\n{tasks}{check}\n");
    Ok(format!("<div class=\"screen-only\">\n\n{section}\n</div>\n"))
}

/// The wrong programs in a file, with their messages.
fn entries(sources: &Sources, programs: &str, messages: &str) -> Result<String> {
    let source = sources.read(programs)?;
    let items = listing::items_in(&source, programs)?;
    let mut text = String::new();
    let mut names = sources.list(messages);
    names.sort_by_key(|name| name != "starter.snap");
    for name in names {
        let Some(name) = name.strip_suffix(".snap") else { continue };
        let message = sources.snapshot(&format!("{messages}/{name}.snap"))?;
        text += &entry(name, &mistake(&items, &source, name), failure(&message));
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
fn mistake(items: &listing::Items, source: &str, name: &str) -> String {
    let lines = listing::item(items, &name.replace('-', "_")).unwrap_or_default();
    let lines = source.lines().skip(lines.start).take(lines.len());
    let docs = lines.filter_map(|line| line.strip_prefix("///")).map(str::trim);
    docs.collect::<Vec<_>>().join(" ").replace('`', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_is_told_in_the_words_of_its_docs() {
        let source = "/// Reads `once`,\n/// and no more.\nfn reads_once() {}";
        let items = listing::items_in(source, "").unwrap();
        let said = mistake(&items, source, "reads-once");
        assert_eq!(said, "Reads once, and no more.");
        assert_eq!(mistake(&items, source, "other"), "");
        let message = "list\n\nnot yet: a\nb\nRead: c\nHint: d\n";
        assert_eq!(failure(message), "not yet: a\nb");
        assert!(entry("a", "b<", "c\n").contains("<code>a</code> b&lt;</summary>"));
    }
}
