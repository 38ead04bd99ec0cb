//! Listings: what stands in a source file, and how it differs from the step before.

use std::collections::{BTreeMap, BTreeSet};
use std::mem;
use std::ops::Range;

use anyhow::{Context, Result, anyhow, ensure};
use proc_macro2::Span;
use similar::TextDiff;
use syn::spanned::Spanned;

use crate::html::escape;
use crate::library::Imports;
use crate::sources::no_rust;
use crate::{Sources, names};

/// How many lines are worth folding.
const FOLDED: usize = 3;

/// The program of a step, in Rust and in Python if it has a twin there. What changed
/// since the step before is marked, and what all steps with a twin share is folded.
/// `html` makes HTML of Rust, line by line.
pub fn diff(
    sources: &Sources,
    step: &str,
    html: &dyn Fn(&str) -> String,
) -> Result<String> {
    let twins = twins(sources);
    let rust = |step: &str| format!("steps/{step}/src/main.rs");
    let python = |step: &str| twins.get(step).cloned().unwrap_or_default();
    let mut versions = vec![version(sources, step, &twins, &rust, html)?];
    if twins.contains_key(step) {
        versions.push(version(sources, step, &twins, &python, &escape)?);
    }
    Ok(tabs(&format!("diff-{step}"), versions))
}

/// The steps that have a Python program, and its path.
fn twins(sources: &Sources) -> BTreeMap<String, String> {
    let twin = |step: String| {
        let path = sources.below(&format!("steps/{step}"), ".py").pop()?;
        Some((step, path))
    };
    sources.list("steps").into_iter().filter_map(twin).collect()
}

/// The program of a step in one language; `path` says where that of any step is.
fn version(
    sources: &Sources,
    step: &str,
    twins: &BTreeMap<String, String>,
    path: &dyn Fn(&str) -> String,
    html: &dyn Fn(&str) -> String,
) -> Result<String> {
    let read = |step: &str| sources.read(&path(step));
    let is_other = |other: &&String| *other != step && twins.contains_key(step);
    let others = twins.keys().filter(is_other).map(|other| read(other));
    let others = others.collect::<Result<Vec<_>>>()?;
    // A reader who breaks one of the steps still gets to see the others.
    let before = sources.list("steps").into_iter().take_while(|name| name != step);
    let before = before.last();
    let old = before.as_deref().and_then(|before| read(before).ok());
    let lines = marked(&read(step)?, old.as_deref(), &others, html);
    let note = before.map_or(String::new(), |before| since(&before, &lines));
    let blocks = folded(&path(step), &lines, "that every step shares");
    Ok(framed(&path(step), &note, &blocks))
}

/// How many lines around a change of a stage aren't folded.
const AROUND: usize = 2;

/// What changes in the one server that grows, from the stage before to this one.
pub fn stage(old: &str, new: &str, number: usize) -> String {
    let mut lines = marked(new, Some(old), &[], &escape);
    let is_same = |line: &(Mark, String)| line.0 == Mark::Same;
    let changed: Vec<_> = (0..lines.len()).filter(|&at| !is_same(&lines[at])).collect();
    for (at, line) in lines.iter_mut().enumerate() {
        if is_same(line) && changed.iter().all(|&other| at.abs_diff(other) > AROUND) {
            line.0 = Mark::Shared;
        }
    }
    let note = since(&format!("stage {}", number - 1), &lines);
    let note = format!("stage {number}, {} lines: {note}", new.lines().count());
    let path = "exercises/mine/src/main.rs";
    framed(path, &note, &folded(path, &lines, "as they were"))
}

fn since(before: &str, lines: &[(Mark, String)]) -> String {
    let count = |mark| lines.iter().filter(|line| line.0 == mark).count();
    let (added, removed) = (count(Mark::Added), count(Mark::Removed));
    let s = if added == 1 { "" } else { "s" };
    format!("{added} line{s} added, {removed} removed since {before}")
}

/// How a line is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    Added,
    Removed,
    Same,
    /// Unchanged, and in every other step.
    Shared,
}

/// The lines of `new`, and those of `old` that are not in it, in HTML.
fn marked(
    new: &str,
    old: Option<&str>,
    others: &[String],
    html: &dyn Fn(&str) -> String,
) -> Vec<(Mark, String)> {
    let kept = |other: &String| -> BTreeSet<usize> {
        let kept = changes(other, new).into_iter().filter(|line| line.0.is_some());
        kept.filter_map(|line| line.1).collect()
    };
    let shared = others.iter().map(kept).reduce(|all, kept| &all & &kept);
    let shared = shared.unwrap_or_default();
    let (shown, old) = (html(new), old.unwrap_or(new));
    let (new_lines, old_lines) = (lines(&shown), lines(old));
    let line = |(old, new): (Option<usize>, Option<usize>)| {
        let mark = match (old, new) {
            (_, None) => return Some((Mark::Removed, escape(old_lines[old?]))),
            (None, _) => Mark::Added,
            (_, Some(at)) if shared.contains(&at) => Mark::Shared,
            _ => Mark::Same,
        };
        Some((mark, new_lines[new?].to_string()))
    };
    changes(old, new).into_iter().filter_map(line).collect()
}

fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// Where each line is in the old text, and where in the new one. A line in which only
/// the step's number or its program's name is another is in both.
fn changes(old: &str, new: &str) -> Vec<(Option<usize>, Option<usize>)> {
    let (old, new) = (bare(old), bare(new));
    let diff = TextDiff::from_lines(&old, &new);
    diff.iter_all_changes().map(|it| (it.old_index(), it.new_index())).collect()
}

/// The text without names of steps, such as `step01`, and of Python programs.
fn bare(text: &str) -> String {
    let ends = |sign: char| !sign.is_alphanumeric() && sign != '.';
    let words = text.split_inclusive(ends).map(|word| {
        let name = word.trim_end_matches(ends);
        let is_step =
            name.strip_prefix("step").is_some_and(|rest| rest.starts_with('0'));
        if is_step || name.ends_with(".py") { &word[name.len()..] } else { word }
    });
    words.collect()
}

/// The lines in one frame; long runs of what all steps share are folded.
fn folded(path: &str, lines: &[(Mark, String)], which: &str) -> String {
    let (mut html, mut open) =
        (String::from("<div class=\"code\">\n\n"), String::new());
    let is_shared = |line: &(Mark, String)| line.0 == Mark::Shared;
    for run in lines.chunk_by(|one, next| is_shared(one) == is_shared(next)) {
        let code = run.iter().map(|(mark, line)| match mark {
            Mark::Added => format!("<ins>{line}</ins>"),
            Mark::Removed => format!("<del>{line}</del>"),
            Mark::Same | Mark::Shared => format!("<span class=\"same\">{line}</span>"),
        });
        let code: String = code.collect();
        if is_shared(&run[0]) && run.len() >= FOLDED {
            html += &block(path, &mem::take(&mut open));
            html += &format!(
                "<details>\n<summary>{} lines {which}</summary>\n\n\
                 {}\n</details>\n\n",
                run.len(),
                block(path, &code)
            );
        } else {
            open += &code;
        }
    }
    html + &block(path, &open) + "</div>\n"
}

/// A whole file.
pub fn file(sources: &Sources, path: &str) -> Result<String> {
    let text = sources.read(path)?;
    let is_rust = path.ends_with(".rs");
    let code =
        if is_rust { Imports::of(&text, path)?.link(&text)? } else { escape(&text) };
    Ok(framed(path, "", &block(path, &code)))
}

/// Some items of a Rust file, in that order.
pub fn items(sources: &Sources, path: &str, names: &[&str]) -> Result<String> {
    let text = sources.read(path)?;
    let note = match names {
        [first, _, _, _, .., last] => format!("{first} … {last}"),
        few => few.join(", "),
    };
    let code = code_of(&items_in(&text, path)?, &text, names);
    let code = code.with_context(|| format!("in {path}"))?;
    let code = Imports::of(&text, path)?.link(&code)?;
    Ok(framed(path, &note, &block(path, &code)))
}

/// Items that follow each other without a blank line in the file do so here.
fn code_of(items: &Items, text: &str, names: &[&str]) -> Result<String> {
    let mut code = String::new();
    let mut end = None;
    for name in names {
        let lines = item(items, name)?;
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

/// The lines of an item: a name such as `parse`, `Request::fields`, or `impl Transport
/// for TcpStream`.
pub fn item(items: &Items, name: &str) -> Result<Range<usize>> {
    let mut found = items.iter().filter(|(found, _)| found == name);
    let (_, lines) =
        found.next().with_context(|| format!("there is no item {name:?}"))?;
    ensure!(found.next().is_none(), "{name:?} is there twice");
    Ok(lines.clone())
}

/// Names, each with its lines, counted from 0, with attributes, docs and comments.
pub type Items = [(String, Range<usize>)];

/// The items of a Rust file, and of each `impl` block those inside; not imports,
/// modules and tests.
pub fn items_in(text: &str, path: &str) -> Result<Vec<(String, Range<usize>)>> {
    let file = syn::parse_file(text).map_err(|error| {
        let line = error.span().start().line;
        match &*error.to_string() {
            "cannot parse string into token stream" => no_rust(path, error.span()),
            error => anyhow!("{path}:{line}: {error}"),
        }
    })?;
    let name = |span: Span| names::defined(&span.source_text()?);
    let mut items = Vec::new();
    for item in &file.items {
        let lines = lines_with_comments(text, item.span());
        match item {
            syn::Item::Mod(_) | syn::Item::Use(_) => {}
            syn::Item::Impl(block) => {
                let header = header(block);
                let owner = header.rsplit(' ').next().unwrap_or_default().to_owned();
                items.push((header, lines));
                for inner in block.items.iter().map(Spanned::span) {
                    let name = format!("{owner}::{}", name(inner).unwrap_or_default());
                    items.push((name, lines_with_comments(text, inner)));
                }
            }
            item => items.extend(name(item.span()).map(|name| (name, lines))),
        }
    }
    Ok(items)
}

/// `impl Trait for Type`, without generics but for those of the trait: a type can have
/// several `From<Error>`.
fn header(block: &syn::ItemImpl) -> String {
    let owner = block.self_ty.span().source_text().unwrap_or_default();
    let owner = owner.split('<').next().unwrap_or_default();
    let of = block.trait_.as_ref().and_then(|(_, path, _)| path.segments.last());
    match of.and_then(|of| of.span().source_text()) {
        Some(of) => format!("impl {of} for {owner}"),
        None => format!("impl {owner}"),
    }
}

/// The lines of an item and of the comment that stands directly above it.
fn lines_with_comments(text: &str, span: Span) -> Range<usize> {
    let lines: Vec<_> = text.lines().collect();
    let first = span.start().line.saturating_sub(1).min(lines.len());
    let is_comment = |line: &&&str| line.trim_start().starts_with("// ");
    let above = lines[..first].iter().rev().take_while(is_comment).count();
    first - above..span.end().line
}

/// Versions of a program in Rust and in Python; a switch shows one at a time. On paper
/// both are there.
fn tabs(id: &str, versions: Vec<String>) -> String {
    if versions.len() < 2 {
        return versions.concat();
    }
    let (mut switches, mut sections) = (String::new(), String::new());
    for (language, version) in ["Rust", "Python"].iter().zip(versions) {
        let checked = if switches.is_empty() { " checked" } else { "" };
        switches += &format!(
            "<label><input type=\"radio\" name=\"{id}\" value=\"{language}\"{checked}> \
             {language}</label>\n"
        );
        sections +=
            &format!("<section data-title=\"{language}\">\n\n{version}\n</section>\n");
    }
    format!(
        "<div class=\"tabs\">\n<div role=\"radiogroup\" aria-label=\"Language\">\n\
         {switches}</div>\n{sections}</div>\n"
    )
}

/// Code in HTML, if there is any.
fn block(path: &str, code: &str) -> String {
    if code.is_empty() {
        return String::new();
    }
    let language = match path.rsplit('.').next() {
        Some("rs") => "rust ignore",
        Some("py") => "python",
        _ => "text nohighlight",
    };
    format!("<pre><code class=\"language-{language}\">{code}</code></pre>\n\n")
}

fn framed(path: &str, note: &str, blocks: &str) -> String {
    format!(
        "<figure class=\"listing\">\n\
         <figcaption><code>{}</code> <span>{}</span></figcaption>\n\n\
         {blocks}</figure>\n",
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

    fn code_of(text: &str, names: &[&str]) -> String {
        super::code_of(&items_in(text, "").unwrap(), text, names).unwrap()
    }

    #[test]
    fn items_come_with_docs_and_comments() {
        let code = |name| code_of(CODE, &[name]);
        assert_eq!(code("one"), "// Why.\n/// Doc.\n#[inline]\nfn one() {}\n");
        assert_eq!(code("S::two"), "/// Two.\nfn two() {\n    three();\n}\n");
        assert_eq!(code("impl From<E> for S").lines().count(), 3);
        assert_eq!(code("impl S").lines().count(), 6);
    }

    #[test]
    fn what_stands_together_stays_together() {
        let text = "const A: u8 = 1;\nconst B: u8 = 2;\n\nconst C: u8 = 3;\n";
        assert_eq!(code_of(text, &["A", "B", "C"]), text);
        assert_eq!(
            code_of(text, &["B", "A", "C"]),
            "const B: u8 = 2;\n\nconst A: u8 = 1;\n\nconst C: u8 = 3;\n"
        );
    }

    #[test]
    fn changes_are_marked_and_shared_lines_folded() {
        let old = "use a;\nuse b;\n\nc(\"step01 c.py\");\nd\ne\n";
        let new = "use a;\nuse b;\n\nc(\"step02 d.py\");\nd\nf\ng\n";
        let others = [old.to_string(), "x\nuse a;\nuse b;\n\nd\n".into()];
        let lines = marked(new, Some(old), &others, &escape);
        assert_eq!(since("01-a", &lines), "2 lines added, 1 removed since 01-a");
        let html = folded("a.py", &lines, "that every step shares");
        assert!(
            html.contains(
                "<summary>3 lines that every step shares</summary>\n\n\
                 <pre><code class=\"language-python\"><span class=\"same\">use a;\n"
            ),
            "{html}"
        );
        let end = "<pre><code class=\"language-python\">\
                   <span class=\"same\">c(&quot;step02 d.py&quot;);\n</span>\
                   <span class=\"same\">d\n</span>\
                   <del>e\n</del><ins>f\n</ins><ins>g\n</ins></code></pre>\n\n</div>\n";
        assert!(html.ends_with(end), "{html}");
    }

    #[test]
    fn the_first_step_has_no_changes() {
        let marks = |others: &[String]| {
            let lines = marked("a\nb\n", None, others, &escape);
            lines.iter().map(|line| line.0).collect::<Vec<_>>()
        };
        assert_eq!(marks(&["b\n".into()]), [Mark::Same, Mark::Shared]);
        assert_eq!(marks(&[]), [Mark::Same, Mark::Same]);
    }
}
