//! Listings: what stands in a source file, and how it differs from the step before.

use std::ops::Range;

use anyhow::{Context, Result, ensure};
use similar::{ChangeTag, TextDiff};
use syn::spanned::Spanned;

use crate::Sources;
use crate::html::escape;
use crate::library::Imports;

/// How many unchanged lines are shown before and after a change; further ones are
/// folded.
const NEAR: usize = 3;
/// How many lines are worth folding.
const FOLDED: usize = 3;

/// A whole file of a step; what changed since the step before is marked.
pub fn stage(sources: &Sources, step: &str, file: &str) -> Result<String> {
    let before = sources.step_before(step)?;
    let path = format!("steps/{step}/{file}");
    let new = sources.read(&path)?;
    let old = before.and_then(|before| {
        let text = sources.read(&format!("steps/{before}/{file}")).ok()?;
        Some((before, text))
    });
    let Some((before, old)) = old else {
        return Ok(figure(&path, "", &new));
    };
    let diff = TextDiff::from_lines(&old, &new);
    let changes: Vec<_> =
        diff.iter_all_changes().map(|change| (change.tag(), change.value())).collect();
    let count = |tag| changes.iter().filter(|change| change.0 == tag).count();
    let note = format!(
        "{}, {} since {before}",
        counted(count(ChangeTag::Insert), "line added", "lines added"),
        counted(count(ChangeTag::Delete), "removed", "removed"),
    );
    Ok(framed(&path, &note, &marked(&changes)))
}

fn counted(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// How a line is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Added,
    Removed,
    Same,
    /// Unchanged, and far from every change.
    Far,
}

fn marked(changes: &[(ChangeTag, &str)]) -> String {
    let mark = |index: usize| match changes[index].0 {
        ChangeTag::Insert => Mark::Added,
        ChangeTag::Delete => Mark::Removed,
        ChangeTag::Equal if is_near(changes, index) => Mark::Same,
        ChangeTag::Equal => Mark::Far,
    };
    let marks: Vec<_> = (0..changes.len()).map(mark).collect();
    let mut html = String::new();
    let mut start = 0;
    for run in marks.chunk_by(|one, next| one == next) {
        let lines = changes[start..start + run.len()].iter();
        let lines = lines.map(|(_, line)| escape(line));
        start += run.len();
        html += &match run[0] {
            Mark::Added => each(lines, "ins"),
            Mark::Removed => each(lines, "del"),
            // mdBook's own name for lines that a button shows and hides.
            Mark::Far if run.len() >= FOLDED => format!(
                "<span class=\"gap\" data-text=\"⋯ {} unchanged lines\"></span>\
                 <span class=\"boring\">{}</span>",
                run.len(),
                lines.collect::<String>()
            ),
            Mark::Far | Mark::Same => {
                format!("<span class=\"same\">{}</span>", lines.collect::<String>())
            }
        };
    }
    html
}

/// Each line in an element of its own, so that it can have a sign of its own.
fn each(lines: impl Iterator<Item = String>, tag: &str) -> String {
    lines.map(|line| format!("<{tag}>{line}</{tag}>")).collect()
}

fn is_near(changes: &[(ChangeTag, &str)], index: usize) -> bool {
    let end = changes.len().min(index + NEAR + 1);
    let around = &changes[index.saturating_sub(NEAR)..end];
    around.iter().any(|change| change.0 != ChangeTag::Equal)
}

/// A whole file.
pub fn file(sources: &Sources, path: &str) -> Result<String> {
    let text = sources.read(path)?;
    let is_rust = path.ends_with(".rs");
    let code = if is_rust {
        Imports::of(&sources.rust(path)?).link(&text)?
    } else {
        escape(&text)
    };
    Ok(framed(path, "", &code))
}

/// Some items of a Rust file, in that order.
pub fn items(sources: &Sources, path: &str, names: &[String]) -> Result<String> {
    let (file, text) = (sources.rust(path)?, sources.read(path)?);
    let note = match names {
        [first, _, _, _, .., last] => format!("{first} … {last}"),
        few => few.join(", "),
    };
    let code = code_of(&file, &text, names).with_context(|| format!("in {path}"))?;
    Ok(framed(path, &note, &Imports::of(&file).link(&code)?))
}

/// Items that follow each other without a blank line in the file do so here.
fn code_of(file: &syn::File, text: &str, names: &[String]) -> Result<String> {
    let mut code = String::new();
    let mut end = None;
    for name in names {
        let lines = item(file, text, name)?;
        if end.is_some_and(|end| end != lines.start) {
            code.push('\n');
        }
        end = Some(lines.end);
        code += &lines_of(text, lines);
    }
    Ok(code)
}

/// The lines of `text`, counted from 0, without the indentation of the first.
fn lines_of(text: &str, lines: Range<usize>) -> String {
    let lines: Vec<_> = text.lines().skip(lines.start).take(lines.len()).collect();
    let indent = lines.first().map_or(0, |line| line.len() - line.trim_start().len());
    let dedented = lines.iter().map(|line| line.get(indent..).unwrap_or_default());
    dedented.map(|line| format!("{line}\n")).collect()
}

/// The lines of an item, counted from 0, with its attributes, docs and comments: a name
/// such as `parse`, `Request::fields`, or `impl Transport for TcpStream`.
pub fn item(file: &syn::File, text: &str, name: &str) -> Result<Range<usize>> {
    let mut found = Vec::new();
    for item in &file.items {
        if let syn::Item::Impl(block) = item {
            let header = header(block);
            if name == header {
                found.push(lines_with_comments(text, item));
            }
            let owner = header.rsplit(' ').next().unwrap_or_default();
            for inner in &block.items {
                if method_name(inner)
                    .is_some_and(|method| name == format!("{owner}::{method}"))
                {
                    found.push(lines_with_comments(text, inner));
                }
            }
        } else if item_name(item).is_some_and(|ident| name == ident) {
            found.push(lines_with_comments(text, item));
        }
    }
    ensure!(found.len() < 2, "{name:?} is there {} times", found.len());
    found.pop().with_context(|| format!("there is no item {name:?}"))
}

/// `impl Trait for Type`, without generics.
pub fn header(block: &syn::ItemImpl) -> String {
    let owner = match &*block.self_ty {
        syn::Type::Path(path) => last(&path.path),
        _ => String::new(),
    };
    match &block.trait_ {
        Some((_, of, _)) => {
            let argument = of.segments.last().and_then(argument);
            format!("impl {}{} for {owner}", last(of), argument.unwrap_or_default())
        }
        None => format!("impl {owner}"),
    }
}

fn last(path: &syn::Path) -> String {
    path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default()
}

/// `<ParseError>` of `From<ParseError>`, since a type can have several of these.
fn argument(segment: &syn::PathSegment) -> Option<String> {
    let syn::PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return None;
    };
    match arguments.args.first()? {
        syn::GenericArgument::Type(syn::Type::Path(path)) => {
            Some(format!("<{}>", last(&path.path)))
        }
        _ => None,
    }
}

/// What an item that is not an `impl` is called.
pub fn item_name(item: &syn::Item) -> Option<String> {
    let ident = match item {
        syn::Item::Const(item) => &item.ident,
        syn::Item::Enum(item) => &item.ident,
        syn::Item::Fn(item) => &item.sig.ident,
        syn::Item::Static(item) => &item.ident,
        syn::Item::Struct(item) => &item.ident,
        syn::Item::Trait(item) => &item.ident,
        syn::Item::Type(item) => &item.ident,
        _ => return None,
    };
    Some(ident.to_string())
}

/// What a function or constant in an `impl` is called.
pub fn method_name(item: &syn::ImplItem) -> Option<String> {
    match item {
        syn::ImplItem::Fn(item) => Some(item.sig.ident.to_string()),
        syn::ImplItem::Const(item) => Some(item.ident.to_string()),
        _ => None,
    }
}

/// The lines of an item and of the comment that stands directly above it.
pub fn lines_with_comments(text: &str, item: &impl Spanned) -> Range<usize> {
    let span = item.span();
    let lines: Vec<_> = text.lines().collect();
    let first = span.start().line.saturating_sub(1).min(lines.len());
    let is_comment = |line: &&&str| line.trim_start().starts_with("// ");
    let above = lines[..first].iter().rev().take_while(is_comment).count();
    first - above..span.end().line
}

/// A function in Rust and in Python, in tabs. `names` is one name, or `rust/python`.
pub fn beside(sources: &Sources, step: &str, names: &[String]) -> Result<String> {
    let folder = format!("steps/{step}");
    let twin = sources.list(&folder).into_iter().find(|name| name.ends_with(".py"));
    let twin = twin.with_context(|| format!("no Python program in {folder}"))?;
    let (rust_path, python_path) =
        (format!("{folder}/src/main.rs"), format!("{folder}/{twin}"));
    let (rust_text, python_text) =
        (sources.read(&rust_path)?, sources.read(&python_path)?);
    let file = sources.rust(&rust_path)?;
    let (mut rust, mut python) = (Vec::new(), Vec::new());
    for name in names {
        let (in_rust, in_python) = name.split_once('/').unwrap_or((name, name));
        rust.push(lines_of(&rust_text, item(&file, &rust_text, in_rust)?));
        let def = def(&python_text, in_python);
        python.push(def.with_context(|| format!("no {in_python:?} in {python_path}"))?);
    }
    let (rust, python) = (rust.join("\n"), python.join("\n\n"));
    Ok(format!(
        "<div class=\"tabs\">\n<section data-title=\"Rust\">\n\n{}\n</section>\n\
         <section data-title=\"Python\">\n\n{}\n</section>\n</div>\n",
        figure(&rust_path, "", &rust),
        figure(&python_path, "", &python)
    ))
}

/// A function or constant of a Python file, from its first line to the next that is not
/// indented.
fn def(text: &str, name: &str) -> Option<String> {
    let starts = [format!("def {name}("), format!("{name} = ")];
    let mut lines = text.lines().skip_while(|line| {
        !starts.iter().any(|start| line.starts_with(start.as_str()))
    });
    let first = lines.next()?;
    let inside =
        lines.take_while(|line| line.is_empty() || line.starts_with([' ', ')', ']']));
    let code = inside.fold(first.to_string(), |code, line| code + "\n" + line);
    Some(code.trim_end().to_string() + "\n")
}

fn figure(path: &str, note: &str, code: &str) -> String {
    framed(path, note, &escape(code))
}

fn framed(path: &str, note: &str, code: &str) -> String {
    let language = match path.rsplit('.').next() {
        Some("rs") => "rust ignore",
        Some("py") => "python",
        _ => "text nohighlight",
    };
    format!(
        "<figure class=\"listing\">\n\
         <figcaption><code>{}</code> <span>{}</span></figcaption>\n\n\
         <pre><code class=\"language-{language}\">{code}</code></pre>\n\n</figure>\n",
        escape(path),
        escape(note)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE: &str = "//! Docs.\nuse a::b;\n\n// Why.\n/// Doc.\n#[inline]\n\
                        fn one() {}\n\n\
                        struct S<'a>(&'a str);\n\n\
                        impl<'a> S<'a> {\n    /// Two.\n    fn two() {\n        \
                        three();\n    }\n}\n\
                        impl From<E> for S<'_> {\n    fn from(_: E) {}\n}\n";

    fn code_of(text: &str, names: &[String]) -> Result<String> {
        super::code_of(&syn::parse_file(text)?, text, names)
    }

    fn code(name: &str) -> String {
        code_of(CODE, &[name.into()]).unwrap()
    }

    #[test]
    fn items_come_with_docs_and_comments() {
        assert_eq!(code("one"), "// Why.\n/// Doc.\n#[inline]\nfn one() {}\n");
        assert_eq!(code("S::two"), "/// Two.\nfn two() {\n    three();\n}\n");
        assert_eq!(code("impl From<E> for S").lines().count(), 3);
        assert_eq!(code("impl S").lines().count(), 6);
    }

    #[test]
    fn what_stands_together_stays_together() {
        let text = "const A: u8 = 1;\nconst B: u8 = 2;\n\nconst C: u8 = 3;\n";
        let code = |names: [&str; 3]| code_of(text, &names.map(String::from)).unwrap();
        assert_eq!(code(["A", "B", "C"]), text);
        assert_eq!(
            code(["B", "A", "C"]),
            "const B: u8 = 2;\n\nconst A: u8 = 1;\n\nconst C: u8 = 3;\n"
        );
    }

    #[test]
    fn what_is_not_there_is_named() {
        let error = code_of(CODE, &["four".into()]).unwrap_err().to_string();
        assert_eq!(error, "there is no item \"four\"");
    }

    #[test]
    fn changes_are_marked_and_far_lines_folded() {
        let old = "x\ny\nz\nb\nc\nd\ne\n";
        let new = "x\ny\nz\nb\nc\nd\nf\ng\n";
        let diff = TextDiff::from_lines(old, new);
        let changes: Vec<_> = diff
            .iter_all_changes()
            .map(|change| (change.tag(), change.value()))
            .collect();
        let html = marked(&changes);
        assert!(html.contains("⋯ 3 unchanged lines"), "{html}");
        let end = "b\nc\nd\n</span><del>e\n</del><ins>f\n</ins><ins>g\n</ins>";
        assert!(html.ends_with(end), "{html}");
    }

    #[test]
    fn a_python_function_ends_before_the_next() {
        let text = "A = 1\n\n\ndef f(x):\n    a\n\n    b\n\n\ndef g():\n    c\n";
        assert_eq!(def(text, "f").unwrap(), "def f(x):\n    a\n\n    b\n");
        assert_eq!(def(text, "A").unwrap(), "A = 1\n");
        assert_eq!(def(text, "h"), None);
    }
}
