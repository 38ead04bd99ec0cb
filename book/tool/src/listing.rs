//! Listings: what stands in a source file, and how it differs from the step before.

use std::collections::BTreeMap;
use std::ops::Range;

use anyhow::{Context, Result, ensure};
use similar::{ChangeTag, TextDiff};
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
    let (name, text) = (path(step), read(step)?);
    let others =
        twins.keys().filter(|other| *other != step && twins.contains_key(step));
    let others = others.map(|other| read(other)).collect::<Result<Vec<_>>>()?;
    let before = sources.step_before(step)?;
    // A reader who breaks one of the steps still gets to see the others.
    let old = before.as_deref().and_then(|before| Some((before, read(before).ok()?)));
    let old_text = old.as_ref().map(|(_, old)| old.as_str());
    let lines = marked(&text, old_text, &others, html);
    let note = old.as_ref().map_or(String::new(), |(before, _)| since(before, &lines));
    Ok(framed(&name, &note, &folded(&name, &lines)))
}

fn since(before: &str, lines: &[Line]) -> String {
    let count = |mark| lines.iter().filter(|line| line.mark == mark).count();
    let (added, removed) = (count(Mark::Added), count(Mark::Removed));
    let s = if added == 1 { "" } else { "s" };
    format!("{added} line{s} added, {removed} removed since {before}")
}

/// A line of a listing, and how it is shown.
#[derive(Debug)]
struct Line {
    mark: Mark,
    html: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    Added,
    Removed,
    Same,
    /// Unchanged, and in every other step.
    Shared,
}

/// The lines of `new`, and those of `old` that are not in it.
fn marked(
    new: &str,
    old: Option<&str>,
    others: &[String],
    html: &dyn Fn(&str) -> String,
) -> Vec<Line> {
    let shown = html(new);
    let (old, new_lines) = (old.unwrap_or(new), lines(&shown));
    let mut is_shared = vec![!others.is_empty(); new_lines.len()];
    for other in others {
        let mut is_in_other = vec![false; is_shared.len()];
        for change in changes(other, new) {
            if let (ChangeTag::Equal, _, Some(at)) = change {
                is_in_other[at] = true;
            }
        }
        is_shared.iter_mut().zip(is_in_other).for_each(|(all, this)| *all &= this);
    }
    let old_lines = lines(old);
    let line = |change| {
        let (mark, html) = match change {
            (_, Some(at), None) => (Mark::Removed, escape(old_lines[at])),
            (ChangeTag::Insert, _, at) => {
                (Mark::Added, new_lines[at.unwrap_or(0)].into())
            }
            (_, _, at) => {
                let at = at.unwrap_or(0);
                let mark = if is_shared[at] { Mark::Shared } else { Mark::Same };
                (mark, new_lines[at].into())
            }
        };
        Line { mark, html }
    };
    changes(old, new).into_iter().map(line).collect()
}

fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// What became of each line, and where it is in the old text and in the new one. A line
/// in which only the step's number or its program's name is another is the same.
fn changes(old: &str, new: &str) -> Vec<(ChangeTag, Option<usize>, Option<usize>)> {
    let bare = |text: &str| lines(text).into_iter().map(bare).collect::<Vec<_>>();
    let (old, new) = (bare(old), bare(new));
    let [old, new] =
        [&old, &new].map(|lines| lines.iter().map(|line| &**line).collect());
    let (old, new): (Vec<_>, Vec<_>) = (old, new);
    let diff = TextDiff::from_slices(&old, &new);
    let changes = diff.iter_all_changes();
    changes.map(|it| (it.tag(), it.old_index(), it.new_index())).collect()
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

/// The lines in HTML; long runs of what all steps share are folded.
fn folded(path: &str, lines: &[Line]) -> String {
    let is_shared = |line: &Line| line.mark == Mark::Shared;
    let runs: Vec<_> = lines
        .chunk_by(|one, next| is_shared(one) == is_shared(next))
        .map(|run| (run.len() >= FOLDED && is_shared(&run[0]), run))
        .collect();
    let mut html = String::from("<div class=\"code\">\n\n");
    for runs in runs.chunk_by(|one, next| !one.0 && !next.0) {
        let lines: String =
            runs.iter().flat_map(|(_, run)| *run).map(Line::marked).collect();
        let block = block(path, &lines);
        html += &match runs {
            [(true, run)] => format!(
                "<details>\n<summary>{} lines that every step shares</summary>\n\n\
                 {block}\n</details>\n\n",
                run.len()
            ),
            _ => block,
        };
    }
    html + "</div>\n"
}

impl Line {
    fn marked(&self) -> String {
        let (start, end) = match self.mark {
            Mark::Added => ("<ins>", "</ins>"),
            Mark::Removed => ("<del>", "</del>"),
            Mark::Same | Mark::Shared => ("<span class=\"same\">", "</span>"),
        };
        format!("{start}{}{end}", self.html)
    }
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

/// A function in Rust and in Python, in tabs. `names` is one name, or `rust/python`.
pub fn compare(sources: &Sources, step: &str, names: &[String]) -> Result<String> {
    let rust_path = format!("steps/{step}/src/main.rs");
    let python_path = twins(sources).remove(step);
    let python_path = python_path.with_context(|| format!("{step} has no twin"))?;
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
    let code = |path: &str, text: &str| framed(path, "", &block(path, &escape(text)));
    let versions = vec![
        code(&rust_path, &rust.join("\n")),
        code(&python_path, &python.join("\n\n")),
    ];
    Ok(tabs(&format!("compare-{step}-{}", names.join("-")), versions))
}

/// Versions of a program in Rust and in Python; a switch shows one at a time. On paper
/// both are there.
fn tabs(id: &str, versions: Vec<String>) -> String {
    if versions.len() < 2 {
        return versions.concat();
    }
    let id = id.replace(['/', '"'], "-");
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

/// Code in HTML.
fn block(path: &str, code: &str) -> String {
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
            lines.iter().map(|line| line.mark).collect::<Vec<_>>()
        };
        assert_eq!(marks(&["b\n".into()]), [Mark::Same, Mark::Shared]);
        assert_eq!(marks(&[]), [Mark::Same, Mark::Same]);
    }

    #[test]
    fn a_python_function_ends_before_the_next() {
        let text = "A = 1\n\n\ndef f(x):\n    a\n\n    b\n\n\ndef g():\n    c\n";
        assert_eq!(def(text, "f").unwrap(), "def f(x):\n    a\n\n    b\n");
        assert_eq!(def(text, "A").unwrap(), "A = 1\n");
        assert_eq!(def(text, "h"), None);
    }
}
