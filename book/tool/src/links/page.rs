//! What a page refers to, and what in it can be referred to.

use std::cell::RefCell;
use std::collections::HashSet;
use std::mem;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer,
    TokenizerOpts,
};

use super::css;

/// A page, reduced to what a check of links needs.
#[derive(Debug, Default)]
pub struct Page {
    /// What relative links start from instead of the page's own address.
    pub base: Option<String>,
    /// The places in it.
    pub ids: HashSet<String>,
    /// What it refers to, in order.
    pub references: Vec<Reference>,
    /// What is wrong with it, whatever it refers to.
    pub faults: Vec<String>,
}

/// A URL, and what happens with it.
#[derive(Debug)]
pub enum Reference {
    /// A browser goes there when it is told to.
    Link(String),
    /// A browser fetches it without being asked.
    Load(String),
    /// It is the id of a place in the same page.
    Place(String),
}

impl Reference {
    /// Without the blanks around it, which do not count.
    pub fn url(&self) -> &str {
        let (Self::Link(url) | Self::Load(url) | Self::Place(url)) = self;
        url.trim_ascii()
    }
}

/// The relations of a `<link>` that load nothing.
const LINK_RELATIONS: [&str; 8] =
    ["alternate", "author", "canonical", "help", "license", "next", "prev", "search"];

/// Elements that have no end tag.
const VOID: [&str; 13] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta",
    "source", "track", "wbr",
];

/// Reads a page as a browser takes it apart.
pub fn read(html: &str) -> Page {
    let queue = BufferQueue::default();
    queue.push_back(StrTendril::from_slice(html));
    let tokenizer = Tokenizer::new(Reader::default(), TokenizerOpts::default());
    // It stops early for a `Script` only, which is never asked for.
    let _ = tokenizer.feed(&queue);
    tokenizer.end();
    let mut state = tokenizer.sink.0.into_inner();
    state.close(0);
    state.page
}

/// Gets the tags and the text of a page, one after the other.
#[derive(Default)]
struct Reader(RefCell<State>);

#[derive(Default)]
struct State {
    page: Page,
    /// The elements that have begun and not ended.
    open: Vec<Element>,
    /// The text of the `<style>` that is open.
    style: String,
}

struct Element {
    name: String,
    /// It and what is in it are not there for somebody who listens.
    is_hidden: bool,
    /// mdBook's wrapper of an icon. It stands in a button or a link that has a name.
    is_icon: bool,
    drawing: Option<Drawing>,
}

/// An outermost `<svg>`.
struct Drawing {
    start: String,
    is_image: bool,
    has_name: bool,
}

impl TokenSink for Reader {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut state = self.0.borrow_mut();
        match token {
            Token::TagToken(tag) if tag.kind == TagKind::StartTag => {
                if let Some(kind) = state.start(&tag) {
                    return TokenSinkResult::RawData(kind);
                }
            }
            Token::TagToken(tag) => state.end(&tag.name),
            Token::CharacterTokens(text) => state.text(&text),
            _ => {}
        }
        TokenSinkResult::Continue
    }

    fn adjusted_current_node_present_but_not_in_html_namespace(&self) -> bool {
        self.0.borrow().is_in_drawing()
    }
}

impl State {
    /// Takes a start tag; how to read what follows, if it is no HTML.
    fn start(&mut self, tag: &Tag) -> Option<RawKind> {
        self.id(tag);
        for attribute in &tag.attrs {
            self.attribute(tag, &attribute.name.local, &attribute.value);
        }
        let parent = self.open.last();
        let is_hidden = value(tag, "aria-hidden") == Some("true")
            || &*tag.name == "template"
            || parent.is_some_and(|parent| parent.is_hidden);
        if &*tag.name == "img" && !is_hidden && is_blank(value(tag, "alt")) {
            let source = value(tag, "src").unwrap_or_default();
            self.page.faults.push(format!("an image without a text: {source}"));
        }
        let is_in_drawing = self.is_in_drawing();
        let is_icon = value(tag, "class") == Some("fa-svg");
        let is_drawing = &*tag.name == "svg"
            && !is_hidden
            && !is_in_drawing
            && !parent.is_some_and(|parent| parent.is_icon);
        if VOID.contains(&&*tag.name) || (tag.self_closing && is_in_drawing) {
            return None;
        }
        let drawing = is_drawing.then(|| Drawing {
            start: shown(tag),
            is_image: value(tag, "role") == Some("img"),
            has_name: !is_blank(value(tag, "aria-label"))
                || value(tag, "aria-labelledby").is_some(),
        });
        let name = tag.name.to_string();
        self.open.push(Element { name, is_hidden, is_icon, drawing });
        raw(&tag.name)
    }

    fn id(&mut self, tag: &Tag) {
        let named = if &*tag.name == "a" { value(tag, "name") } else { None };
        let id = value(tag, "id");
        if let Some(id) = id
            && !self.page.ids.insert(id.into())
        {
            self.page.faults.push(format!("an id that is there twice: {id}"));
        }
        if let Some(name) = named {
            self.page.ids.insert(name.into());
        }
    }

    fn attribute(&mut self, tag: &Tag, name: &str, url: &str) {
        let references = &mut self.page.references;
        let mut load = |url: &str| references.push(Reference::Load(url.into()));
        match (&*tag.name, name) {
            ("base", "href") => self.page.base = Some(url.into()),
            // mdBook gives every heading one to itself. The base of its page for 404 leads
            // them to the first page, where nobody misses them.
            ("a", "href")
                if self.page.base.is_some()
                    && value(tag, "class") == Some("header") =>
            {
                references.push(Reference::Place(url.trim_start_matches('#').into()));
            }
            ("a" | "area", "href" | "xlink:href")
            | ("form", "action")
            | (_, "formaction") => references.push(Reference::Link(url.into())),
            ("link", "href") if is_link(tag) => {
                references.push(Reference::Link(url.into()));
            }
            ("object", "data")
            | (_, "href" | "xlink:href" | "src" | "poster" | "background") => load(url),
            (_, "srcset" | "imagesrcset") => {
                let urls =
                    url.split(',').filter_map(|one| one.split_whitespace().next());
                urls.for_each(load);
            }
            ("meta", "content") if is_refresh(tag) => {
                let (_, url) = url.split_once('=').unwrap_or_default();
                references.push(Reference::Link(url.into()));
            }
            ("svg", "aria-labelledby") => {
                for id in url.split_ascii_whitespace() {
                    references.push(Reference::Place(id.into()));
                }
            }
            (_, "style") => css::urls(url).into_iter().for_each(load),
            _ => {}
        }
    }

    fn end(&mut self, name: &str) {
        if name == "style" {
            let style = mem::take(&mut self.style);
            let urls = css::urls(&style).into_iter();
            let loads = urls.map(|url| Reference::Load(url.into()));
            self.page.references.extend(loads);
        }
        // An end tag that nothing has begun ends nothing.
        if let Some(at) = self.open.iter().rposition(|element| element.name == name) {
            self.close(at);
        }
    }

    /// Ends the open elements from this one on.
    fn close(&mut self, at: usize) {
        for element in self.open.drain(at..) {
            if let Some(Drawing { start, is_image, has_name }) = element.drawing
                && !(is_image && has_name)
            {
                self.page.faults.push(format!("a drawing without a text: {start}"));
            }
        }
    }

    fn text(&mut self, text: &str) {
        match &mut self.open[..] {
            [.., Element { drawing: Some(drawing), .. }, title]
                if title.name == "title" =>
            {
                drawing.has_name |= !text.trim().is_empty();
            }
            [.., style] if style.name == "style" => self.style.push_str(text),
            _ => {}
        }
    }

    fn is_in_drawing(&self) -> bool {
        self.open.iter().any(|element| element.name == "svg")
    }
}

/// The value of a tag's attribute.
fn value<'a>(tag: &'a Tag, name: &str) -> Option<&'a str> {
    let mut attributes = tag.attrs.iter();
    let attribute = attributes.find(|attribute| &*attribute.name.local == name)?;
    Some(&attribute.value)
}

fn is_blank(text: Option<&str>) -> bool {
    text.is_none_or(|text| text.trim().is_empty())
}

/// Whether a `<link>` is one, and does not load anything.
fn is_link(tag: &Tag) -> bool {
    let relations = value(tag, "rel").unwrap_or_default().split_ascii_whitespace();
    relations.clone().count() > 0
        && relations.into_iter().all(|relation| LINK_RELATIONS.contains(&relation))
}

/// Whether a `<meta>` sends the reader on to another page.
fn is_refresh(tag: &Tag) -> bool {
    value(tag, "http-equiv").is_some_and(|name| name.eq_ignore_ascii_case("refresh"))
}

/// A tag as it stands in the page, without what tells nobody where it is.
fn shown(tag: &Tag) -> String {
    let mut shown = format!("<{}", tag.name);
    for name in ["id", "class", "role", "aria-label", "viewBox"] {
        if let Some(value) = value(tag, name) {
            shown += &format!(" {name}=\"{value}\"");
        }
    }
    shown + ">"
}

/// The elements whose content is text up to their end tag, with or without `&amp;`.
fn raw(name: &str) -> Option<RawKind> {
    match name {
        "title" | "textarea" => Some(RawKind::Rcdata),
        "style" | "xmp" | "iframe" | "noembed" | "noframes" => Some(RawKind::Rawtext),
        "script" => Some(RawKind::ScriptData),
        _ => None,
    }
}
