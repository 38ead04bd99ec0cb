//! Listings: what stands in a source file, and how it differs from the step before.

use std::collections::{BTreeMap, BTreeSet};
use std::mem;
use std::ops::Range;

use anyhow::{Context, Result, ensure};
use similar::TextDiff;
use syn::spanned::Spanned;

use crate::Sources;
use crate::html::escape;
use crate::library::Imports;

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
    let before = sources.step_before(step)?;
    let old = before.as_deref().and_then(|before| read(before).ok());
    let lines = marked(&read(step)?, old.as_deref(), &others, html);
    let note = before.map_or(String::new(), |before| since(&before, &lines));
    Ok(framed(&path(step), &note, &folded(&path(step), &lines)))
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
    let [old, new] = [old, new].map(|text| lines(text).into_iter().map(bare).collect());
    let (old, new): (Vec<_>, Vec<_>) = (old, new);
    let [old, new] = [&old, &new].map(|all| all.iter().map(|line| &**line).collect());
    let (old, new): (Vec<_>, Vec<_>) = (old, new);
    let diff = TextDiff::from_slices(&old, &new);
    diff.iter_all_changes().map(|it| (it.old_index(), it.new_index())).collect()
}

/// The line without names of steps, such as `step01`, and of Python programs.
fn bare(line: &str) -> String {
    let ends = |sign: char| !sign.is_alphanumeric() && sign != '.';
    let words = line.split_inclusive(ends).map(|word| {
        let name = word.trim_end_matches(ends);
        let is_step =
            name.strip_prefix("step").is_some_and(|rest| rest.starts_with('0'));
        if is_step || name.ends_with(".py") { &word[name.len()..] } else { word }
    });
    words.collect()
}

/// The lines in one frame; long runs of what all steps share are folded.
fn folded(path: &str, lines: &[(Mark, String)]) -> String {
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
                "<details>\n<summary>{} lines that every step shares</summary>\n\n\
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
    let code = if is_rust {
        Imports::of(&sources.rust(path)?).link(&text)?
    } else {
        escape(&text)
    };
    Ok(framed(path, "", &block(path, &code)))
}

/// Some items of a Rust file, in that order.
pub fn items(sources: &Sources, path: &str, names: &[String]) -> Result<String> {
    let (file, text) = (sources.rust(path)?, sources.read(path)?);
    let note = match names {
        [first, _, _, _, .., last] => format!("{first} … {last}"),
        few => few.join(", "),
    };
    let code = code_of(&file, &text, names).with_context(|| format!("in {path}"))?;
    let code = Imports::of(&file).link(&code)?;
    Ok(framed(path, &note, &block(path, &code)))
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

/// Versions of a program in Rust and in Python; a switch shows one at a time. On paper
/// both are there.
fn tabs(id: &str, versions: Vec<String>) -> String {
    if versions.len() < 2 {
        return versions.concat();
    }
    let languages = ["Rust", "Python"];
    let switch = |language| {
        let checked = if language == languages[0] { " checked" } else { "" };
        format!(
            "<label><input type=\"radio\" name=\"{id}\" value=\"{language}\"{checked}> \
             {language}</label>\n"
        )
    };
    let section = |(language, version)| {
        format!("<section data-title=\"{language}\">\n\n{version}\n</section>\n")
    };
    format!(
        "<div class=\"tabs\">\n<div role=\"radiogroup\" aria-label=\"Language\">\n{}\
         </div>\n{}</div>\n",
        languages.map(switch).concat(),
        languages.iter().zip(versions).map(section).collect::<String>()
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
    fn changes_are_marked_and_shared_lines_folded() {
        let old = "use a;\nuse b;\n\nc(\"step01 c.py\");\nd\ne\n";
        let new = "use a;\nuse b;\n\nc(\"step02 d.py\");\nd\nf\ng\n";
        let others = [old.to_string(), "x\nuse a;\nuse b;\n\nd\n".into()];
        let lines = marked(new, Some(old), &others, &escape);
        assert_eq!(since("01-a", &lines), "2 lines added, 1 removed since 01-a");
        let html = folded("a.py", &lines);
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
