//! What a listing uses, so that the book can be asked whether it explains it: items of the
//! standard library and of other crates, and syntax.
//!
//! No types are known here, only names. So a method counts as the crate's own where the
//! source speaks of a type that has a method of this name, a variable is one in the whole
//! file, and fields are not looked at.

use std::collections::{HashMap, HashSet};
use std::mem;

use anyhow::{Result, anyhow};
use proc_macro2::{TokenStream, TokenTree};
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{
    AngleBracketedGenericArguments, Arm, AssocType, Attribute, BinOp, Block, Expr,
    ExprLit, ExprMethodCall, Field, Fields, File, GenericArgument, GenericParam, Ident,
    ImplItem, ImplItemFn, Item, ItemFn, ItemImpl, ItemTrait, ItemUse, Lifetime, Lit,
    Local, Macro, Pat, Path, PreciseCapture, Receiver, ReturnType, Signature, Stmt,
    Token, TraitItem, Type, UnOp, UseTree, Variant, Visibility, WhereClause,
};

/// One thing that a listing uses and a reader must have been told about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name {
    /// What the book explains it by: `TcpListener::bind`, `write_all`, `let else`, `closure`.
    pub key: String,
    /// Where it comes from.
    pub kind: Kind,
}

/// Where a name comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The standard library or another crate: items, methods, macros, attributes, derives.
    Library,
    /// The language.
    Syntax,
}

impl Name {
    /// Whether the key is code, as `let else`, and no word about code, as `closure`.
    pub fn is_code(&self) -> bool {
        let is_word = |word| syn::parse_str::<Ident>(word).is_ok();
        self.kind == Kind::Library || !self.key.split(' ').any(is_word)
    }
}

/// What the Rust source uses, each once, in the order of first use. What its crate defines,
/// its `own`, needs no explanation.
///
/// # Errors
/// When it is no Rust.
pub fn names(source: &str, own: &Own) -> Result<Vec<Name>> {
    let file = parse(source)?;
    let mut words = HashSet::new();
    collect_words(syn::parse_str(source)?, &mut words);
    let mut finder = Finder::new(own, &words);
    finder.visit_file(&file);
    let mut found = finder.found.into_iter().collect::<Result<Vec<_>>>()?;
    let mut seen = HashSet::new();
    found.retain(|name| seen.insert(name.clone()));
    Ok(found)
}

fn parse(source: &str) -> Result<File> {
    syn::parse_file(source).map_err(|error| in_line(&error))
}

fn in_line(error: &syn::Error) -> anyhow::Error {
    anyhow!("line {}: {error}", error.span().start().line)
}

fn collect_words(tokens: TokenStream, words: &mut HashSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => drop(words.insert(ident.to_string())),
            TokenTree::Group(group) => collect_words(group.stream(), words),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

/// What a crate itself defines, and needs no explanation from elsewhere.
#[derive(Debug, Default)]
pub struct Own {
    items: HashSet<String>,
    /// Methods, each with the types and traits that have it.
    methods: HashMap<String, HashSet<String>>,
}

impl<'ast> Visit<'ast> for Own {
    fn visit_item(&mut self, item: &'ast Item) {
        let ident = match item {
            Item::Const(item) => &item.ident,
            Item::Enum(item) => &item.ident,
            Item::Fn(item) => &item.sig.ident,
            Item::Mod(item) if item.attrs.iter().any(is_cfg_test) => return,
            Item::Mod(item) => &item.ident,
            Item::Static(item) => &item.ident,
            Item::Struct(item) => &item.ident,
            Item::Trait(item) => &item.ident,
            Item::Type(item) => &item.ident,
            _ => return visit::visit_item(self, item),
        };
        self.items.insert(ident.to_string());
        visit::visit_item(self, item);
    }

    fn visit_item_impl(&mut self, item: &'ast ItemImpl) {
        if let (None, Type::Path(of)) = (&item.trait_, &*item.self_ty) {
            for item in &item.items {
                if let ImplItem::Fn(method) = item {
                    self.add_method(&method.sig, last(&of.path));
                }
            }
        }
    }

    fn visit_item_trait(&mut self, item: &'ast ItemTrait) {
        for method in &item.items {
            if let TraitItem::Fn(method) = method {
                self.add_method(&method.sig, item.ident.to_string());
            }
        }
    }
}

impl Own {
    /// Of all files of the crate.
    ///
    /// # Errors
    /// When one of them is no Rust.
    pub fn of(sources: &[&str]) -> Result<Self> {
        let mut own = Self::default();
        for source in sources {
            own.visit_file(&parse(source)?);
        }
        Ok(own)
    }

    fn add_method(&mut self, signature: &Signature, of: String) {
        self.methods.entry(signature.ident.to_string()).or_default().insert(of);
    }

    /// Whether a method of this name may be meant where those words are.
    fn has_method(&self, name: &str, words: &HashSet<String>) -> bool {
        self.methods.get(name).is_some_and(|types| !types.is_disjoint(words))
    }
}

fn last(path: &Path) -> String {
    path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default()
}

// What the source uses.

struct Finder<'a> {
    own: &'a Own,
    words: &'a HashSet<String>,
    found: Vec<Result<Name>>,
    /// What each imported word stands for.
    imports: HashMap<String, Vec<String>>,
    /// Variables and generic parameters.
    bound: HashSet<String>,
    /// The item, statement or arm that is being visited is there only in tests.
    is_test: bool,
}

impl<'a> Finder<'a> {
    fn new(own: &'a Own, words: &'a HashSet<String>) -> Self {
        let (found, is_test) = (Vec::new(), false);
        let (imports, bound) = (HashMap::new(), HashSet::new());
        Self { own, words, found, imports, bound, is_test }
    }

    fn library(&mut self, key: impl Into<String>) {
        self.found.push(Ok(Name { key: key.into(), kind: Kind::Library }));
    }

    fn syntax(&mut self, key: impl Into<String>) {
        self.found.push(Ok(Name { key: key.into(), kind: Kind::Syntax }));
    }

    fn syntax_if(&mut self, is_used: bool, key: &str) {
        if is_used {
            self.syntax(key);
        }
    }

    /// Forgets what `visit` has found if it met `#[cfg(test)]`. Attributes are visited before
    /// what they stand before.
    fn unless_test(&mut self, visit: impl FnOnce(&mut Self)) {
        let around = mem::replace(&mut self.is_test, false);
        let length = self.found.len();
        visit(self);
        if mem::replace(&mut self.is_test, around) {
            self.found.truncate(length);
        }
    }

    fn import(&mut self, tree: &UseTree, mut path: Vec<String>) {
        match tree {
            UseTree::Path(tree) => {
                self.syntax_if(tree.ident == "crate", "crate");
                self.syntax_if(tree.ident == "super", "super");
                path.push(tree.ident.to_string());
                self.import(&tree.tree, path);
            }
            UseTree::Group(tree) => {
                for tree in &tree.items {
                    self.import(tree, path.clone());
                }
            }
            UseTree::Name(tree) => self.import_as(&tree.ident, &tree.ident, path),
            UseTree::Rename(tree) => self.import_as(&tree.ident, &tree.rename, path),
            UseTree::Glob(_) => {}
        }
    }

    /// Modules and functions are named where they are used.
    fn import_as(&mut self, ident: &Ident, rename: &Ident, mut path: Vec<String>) {
        if ident != "self" {
            path.push(ident.to_string());
        }
        let Some(last) = path.last() else { return };
        let name = if rename == "self" { last.clone() } else { rename.to_string() };
        if is_capitalised(last) && !self.is_own(&path) {
            self.library_item(&path);
        }
        self.imports.insert(name, path);
    }

    /// A path in an expression, a pattern or a type.
    fn path(&mut self, path: &Path) {
        let words: Vec<_> =
            path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        let Some((first, rest)) = words.split_first() else { return };
        match first.as_str() {
            "Self" | "crate" | "super" => self.syntax(first),
            "self" => {}
            _ if self.bound.contains(first) => {}
            _ => {
                let whole = match self.imports.get(first) {
                    Some(path) => [path, rest].concat(),
                    None => words,
                };
                if !self.is_own(&whole) {
                    self.library_item(&whole);
                }
            }
        }
    }

    /// Whether the crate itself defines what the path leads to. Its library is another crate
    /// to its binary, but no other library to the reader.
    fn is_own(&self, path: &[String]) -> bool {
        let path: Vec<_> = path.iter().map(String::as_str).collect();
        let items = &self.own.items;
        match path[..] {
            ["crate" | "self" | "super", ..] => true,
            ["std" | "core" | "alloc", ..] => false,
            [first, ..] if items.contains(first) => true,
            [library, item, ..] => !is_type(library) && items.contains(item),
            _ => false,
        }
    }

    /// `TcpListener::bind` and its type, `io::stdin`, `SocketAddr`.
    fn library_item(&mut self, path: &[String]) {
        match path {
            [before @ .., of, last] if is_type(of) => {
                let kind: Vec<_> = before.iter().chain([of]).cloned().collect();
                self.library_item(&kind);
                self.library(format!("{of}::{last}"));
            }
            [.., module, last] if !is_type(last) || is_ambiguous(last) => {
                self.library(format!("{module}::{last}"));
            }
            [.., last] => self.library(last),
            [] => {}
        }
    }

    fn bind(&mut self, ident: &Ident) {
        self.bound.insert(ident.to_string());
    }

    /// The arguments of most macros are expressions.
    fn expressions(&mut self, tokens: TokenStream) -> syn::Result<()> {
        let arguments =
            Punctuated::<Expr, Token![,]>::parse_terminated.parse2(tokens)?;
        if let Some(text) = arguments.iter().find_map(text) {
            self.placeholders(&text);
        }
        for argument in &arguments {
            match argument {
                // `format!("{length}", length = bytes.len())`
                Expr::Assign(named) => self.visit_expr(&named.right),
                _ => self.visit_expr(argument),
            }
        }
        Ok(())
    }

    /// The arguments of `matches!`.
    fn value_and_pattern(&mut self, tokens: TokenStream) -> syn::Result<()> {
        let (value, pattern, guard) = value_and_pattern.parse2(tokens)?;
        self.visit_expr(&value);
        self.visit_pat(&pattern);
        if let Some(guard) = guard {
            self.syntax("match guard");
            self.visit_expr(&guard);
        }
        Ok(())
    }

    /// `{}`, `{:?}`, `{:02}` in what `format!` and its relatives print; `{name}` is a `{}`.
    fn placeholders(&mut self, text: &str) {
        let text = text.replace("{{", "");
        for part in text.split('{').skip(1) {
            let inside = part.split('}').next().unwrap_or_default();
            let format = inside.find(':').map_or("", |colon| &inside[colon..]);
            self.syntax(format!("{{{format}}}"));
        }
    }

    fn item(&mut self, item: &Item) {
        let (attributes, key) = match item {
            Item::Const(item) => (&item.attrs, "const"),
            Item::Enum(item) => (&item.attrs, "enum"),
            Item::Impl(item) if item.trait_.is_some() => {
                (&item.attrs, "trait implementation")
            }
            Item::Impl(item) => (&item.attrs, "impl"),
            Item::Mod(item) => (&item.attrs, "mod"),
            Item::Static(item) => (&item.attrs, "static"),
            Item::Struct(item) if matches!(item.fields, Fields::Unnamed(_)) => {
                (&item.attrs, "tuple struct")
            }
            Item::Struct(item) => (&item.attrs, "struct"),
            Item::Trait(item) => (&item.attrs, "trait"),
            Item::Type(item) => (&item.attrs, "type"),
            _ => return,
        };
        attributes.iter().for_each(|attribute| self.visit_attribute(attribute));
        self.syntax(key);
    }

    fn expression(&mut self, expression: &Expr) {
        match expression {
            Expr::Array(_) | Expr::Repeat(_) => self.syntax("array"),
            Expr::Binary(it) => {
                if let Some(operator) = operator(&it.op) {
                    self.syntax(operator);
                }
            }
            Expr::Break(_) => self.syntax("break"),
            Expr::Cast(_) => self.syntax("as"),
            Expr::Closure(it) => {
                self.syntax("closure");
                self.syntax_if(it.capture.is_some(), "move");
            }
            Expr::Continue(_) => self.syntax("continue"),
            Expr::ForLoop(_) => self.syntax("for"),
            Expr::If(it) => self.syntax(if is_let(&it.cond) { "if let" } else { "if" }),
            Expr::Index(it) => self.syntax_if(is_range(&it.index), "slice"),
            Expr::Loop(_) => self.syntax("loop"),
            Expr::Match(_) => self.syntax("match"),
            Expr::Range(_) => self.syntax("range"),
            Expr::Reference(it) => self.reference(it.mutability.is_some()),
            Expr::Return(_) => self.syntax("return"),
            Expr::Struct(it) => {
                self.syntax("struct expression");
                self.syntax_if(it.rest.is_some(), "struct update");
            }
            Expr::Try(_) => self.syntax("?"),
            Expr::Tuple(it) => self.tuple(it.elems.is_empty()),
            Expr::Unary(it) => {
                self.syntax_if(matches!(it.op, UnOp::Deref(_)), "dereference");
            }
            Expr::While(it) => {
                self.syntax(if is_let(&it.cond) { "while let" } else { "while" });
            }
            _ => {}
        }
    }

    fn pattern(&mut self, pattern: &Pat) {
        match pattern {
            Pat::Ident(it) => {
                self.syntax_if(it.mutability.is_some(), "mut");
                self.syntax_if(it.by_ref.is_some(), "ref");
                self.syntax_if(it.subpat.is_some(), "@");
                // `None` looks like a variable, but for its capital.
                if is_capitalised(&it.ident.to_string()) {
                    self.path(&it.ident.clone().into());
                } else {
                    self.bind(&it.ident);
                }
            }
            Pat::Or(_) => self.syntax("or pattern"),
            Pat::Range(_) => self.syntax("range pattern"),
            Pat::Reference(_) => self.syntax("reference pattern"),
            Pat::Rest(_) => self.syntax("rest pattern"),
            Pat::Slice(_) => self.syntax("slice pattern"),
            Pat::Struct(it) => {
                self.syntax("struct pattern");
                self.syntax_if(it.rest.is_some(), "rest pattern");
            }
            Pat::Tuple(it) => self.tuple(it.elems.is_empty()),
            Pat::Wild(_) => self.syntax("_"),
            _ => {}
        }
    }

    fn reference(&mut self, is_mutable: bool) {
        self.syntax(if is_mutable { "&mut" } else { "reference" });
    }

    fn tuple(&mut self, is_empty: bool) {
        self.syntax(if is_empty { "unit" } else { "tuple" });
    }
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        self.unless_test(|this| {
            this.item(item);
            visit::visit_item(this, item);
        });
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        self.unless_test(|this| visit::visit_impl_item(this, item));
    }

    fn visit_trait_item(&mut self, item: &'ast TraitItem) {
        self.unless_test(|this| visit::visit_trait_item(this, item));
    }

    fn visit_field(&mut self, field: &'ast Field) {
        self.unless_test(|this| visit::visit_field(this, field));
    }

    fn visit_variant(&mut self, variant: &'ast Variant) {
        self.unless_test(|this| visit::visit_variant(this, variant));
    }

    fn visit_stmt(&mut self, statement: &'ast Stmt) {
        self.unless_test(|this| visit::visit_stmt(this, statement));
    }

    fn visit_arm(&mut self, arm: &'ast Arm) {
        self.unless_test(|this| {
            this.syntax_if(arm.guard.is_some(), "match guard");
            visit::visit_arm(this, arm);
        });
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        self.is_test |= is_cfg_test(attribute);
        let name = last(attribute.path());
        if name == "doc" {
            return self.syntax("doc comment");
        }
        self.library(format!("#[{name}]"));
        if name == "derive" {
            let traits = Punctuated::<Path, Token![,]>::parse_terminated;
            let traits = attribute.parse_args_with(traits).unwrap_or_default();
            traits.iter().for_each(|derived| self.library(last(derived)));
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        item.attrs.iter().for_each(|attribute| self.visit_attribute(attribute));
        let is_public = matches!(item.vis, Visibility::Public(_));
        self.syntax(if is_public { "pub use" } else { "use" });
        self.import(&item.tree, Vec::new());
    }

    fn visit_item_trait(&mut self, item: &'ast ItemTrait) {
        self.syntax_if(!item.supertraits.is_empty(), "supertrait");
        visit::visit_item_trait(self, item);
    }

    fn visit_visibility(&mut self, visibility: &'ast Visibility) {
        match visibility {
            Visibility::Public(_) => self.syntax("pub"),
            Visibility::Restricted(it) => {
                self.syntax(format!("pub({})", last(&it.path)));
            }
            Visibility::Inherited => {}
        }
    }

    fn visit_signature(&mut self, signature: &'ast Signature) {
        self.syntax(if signature.constness.is_some() { "const fn" } else { "fn" });
        visit::visit_signature(self, signature);
    }

    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        visit::visit_item_fn(self, function);
        self.syntax_if(has_tail(&function.sig, &function.block), "tail expression");
    }

    fn visit_impl_item_fn(&mut self, function: &'ast ImplItemFn) {
        visit::visit_impl_item_fn(self, function);
        self.syntax_if(has_tail(&function.sig, &function.block), "tail expression");
    }

    fn visit_receiver(&mut self, receiver: &'ast Receiver) {
        match receiver.reference {
            Some(_) => self.reference(receiver.mutability.is_some()),
            None => self.syntax_if(receiver.mutability.is_some(), "mut"),
        }
        self.syntax("self");
    }

    fn visit_generic_param(&mut self, parameter: &'ast GenericParam) {
        match parameter {
            GenericParam::Type(it) => {
                self.syntax("generics");
                self.syntax_if(!it.bounds.is_empty(), "trait bound");
                self.bind(&it.ident);
            }
            GenericParam::Const(it) => {
                self.syntax("const generics");
                self.bind(&it.ident);
            }
            GenericParam::Lifetime(_) => {}
        }
        visit::visit_generic_param(self, parameter);
    }

    fn visit_angle_bracketed_generic_arguments(
        &mut self,
        arguments: &'ast AngleBracketedGenericArguments,
    ) {
        let is_lifetime =
            |it: &GenericArgument| matches!(it, GenericArgument::Lifetime(_));
        if arguments.colon2_token.is_some() {
            self.syntax("turbofish");
        } else if !arguments.args.iter().all(is_lifetime) {
            self.syntax("generics");
        }
        visit::visit_angle_bracketed_generic_arguments(self, arguments);
    }

    fn visit_assoc_type(&mut self, assigned: &'ast AssocType) {
        self.syntax("associated type");
        visit::visit_assoc_type(self, assigned);
    }

    fn visit_where_clause(&mut self, clause: &'ast WhereClause) {
        self.syntax("where");
        visit::visit_where_clause(self, clause);
    }

    fn visit_precise_capture(&mut self, capture: &'ast PreciseCapture) {
        self.syntax("precise capturing");
        visit::visit_precise_capture(self, capture);
    }

    fn visit_lifetime(&mut self, lifetime: &'ast Lifetime) {
        match lifetime.ident.to_string().as_str() {
            "static" => self.syntax("'static"),
            "_" => self.syntax("'_"),
            _ => self.syntax("lifetime"),
        }
    }

    fn visit_type(&mut self, kind: &'ast Type) {
        match kind {
            Type::Array(_) => self.syntax("array"),
            Type::BareFn(_) => self.syntax("function pointer"),
            Type::ImplTrait(_) => self.syntax("impl Trait"),
            Type::Infer(_) => self.syntax("_"),
            Type::Never(_) => self.syntax("never type"),
            Type::Reference(it) => self.reference(it.mutability.is_some()),
            Type::Slice(_) => self.syntax("slice"),
            Type::TraitObject(_) => self.syntax("dyn"),
            Type::Tuple(it) => self.tuple(it.elems.is_empty()),
            _ => {}
        }
        visit::visit_type(self, kind);
    }

    fn visit_local(&mut self, local: &'ast Local) {
        let diverges = local.init.as_ref().is_some_and(|init| init.diverge.is_some());
        self.syntax(if diverges { "let else" } else { "let" });
        visit::visit_local(self, local);
    }

    fn visit_expr(&mut self, expression: &'ast Expr) {
        self.expression(expression);
        visit::visit_expr(self, expression);
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        call.attrs.iter().for_each(|attribute| self.visit_attribute(attribute));
        self.visit_expr(&call.receiver);
        let method = call.method.to_string();
        if !self.own.has_method(&method, self.words) {
            self.library(method);
        }
        if let Some(turbofish) = &call.turbofish {
            self.visit_angle_bracketed_generic_arguments(turbofish);
        }
        call.args.iter().for_each(|argument| self.visit_expr(argument));
    }

    fn visit_pat(&mut self, pattern: &'ast Pat) {
        self.pattern(pattern);
        match pattern {
            // Not `range`, which is an expression.
            Pat::Range(range) => {
                let ends = range.start.iter().chain(&range.end);
                ends.for_each(|end| self.visit_expr(end));
            }
            _ => visit::visit_pat(self, pattern),
        }
    }

    fn visit_lit(&mut self, literal: &'ast Lit) {
        match literal {
            Lit::Byte(_) => self.syntax("byte literal"),
            Lit::ByteStr(_) => self.syntax("byte string"),
            Lit::Char(_) => self.library("char"),
            _ => {}
        }
    }

    fn visit_path(&mut self, path: &'ast Path) {
        self.path(path);
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        let name = last(&call.path);
        self.library(format!("{name}!"));
        let arguments = call.tokens.clone();
        let parsed = match name.as_str() {
            "matches" => self.value_and_pattern(arguments),
            _ => self.expressions(arguments),
        };
        if let Err(error) = parsed {
            self.found.push(Err(in_line(&error).context(format!("in {name}!"))));
        }
    }
}

fn is_cfg_test(attribute: &Attribute) -> bool {
    attribute.path().is_ident("cfg")
        && attribute.parse_args::<Ident>().is_ok_and(|condition| condition == "test")
}

/// Types, traits, constants and variants; not modules, functions and variables.
fn is_capitalised(word: &str) -> bool {
    word.starts_with(char::is_uppercase)
}

fn is_type(word: &str) -> bool {
    const PRIMITIVE: [&str; 17] = [
        "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize",
        "str", "u8", "u16", "u32", "u64", "u128", "usize",
    ];
    is_capitalised(word) || PRIMITIVE.contains(&word)
}

/// Several modules have one, and which is meant must be said: `io::Write`, `fmt::Write`.
fn is_ambiguous(word: &str) -> bool {
    ["Error", "Result", "Write"].contains(&word)
}

fn text(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
        _ => None,
    }
}

fn is_range(expression: &Expr) -> bool {
    matches!(expression, Expr::Range(_))
}

/// `let` in a condition, perhaps with `&&` around it.
fn is_let(condition: &Expr) -> bool {
    match condition {
        Expr::Let(_) => true,
        Expr::Binary(it) => is_let(&it.left) || is_let(&it.right),
        _ => false,
    }
}

/// Whether a function returns what its last expression is.
fn has_tail(signature: &Signature, block: &Block) -> bool {
    matches!(signature.output, ReturnType::Type(..))
        && matches!(block.stmts.last(), Some(Stmt::Expr(_, None)))
}

/// `value, pattern if guard`.
fn value_and_pattern(input: ParseStream) -> syn::Result<(Expr, Pat, Option<Expr>)> {
    let value = input.parse()?;
    input.parse::<Token![,]>()?;
    let pattern = Pat::parse_multi_with_leading_vert(input)?;
    let guard = match input.parse::<Option<Token![if]>>()? {
        Some(_) => Some(input.parse()?),
        None => None,
    };
    input.parse::<Option<Token![,]>>()?;
    Ok((value, pattern, guard))
}

/// The operators that not every language has.
fn operator(operator: &BinOp) -> Option<&'static str> {
    Some(match operator {
        BinOp::BitAnd(_) => "bitwise AND",
        BinOp::BitOr(_) => "bitwise OR",
        BinOp::BitXor(_) => "bitwise XOR",
        BinOp::Shl(_) => "<<",
        BinOp::Shr(_) => ">>",
        BinOp::AddAssign(_) => "+=",
        BinOp::SubAssign(_) => "-=",
        BinOp::MulAssign(_) => "*=",
        BinOp::DivAssign(_) => "/=",
        BinOp::RemAssign(_) => "%=",
        BinOp::BitAndAssign(_) => "&=",
        BinOp::BitOrAssign(_) => "|=",
        BinOp::BitXorAssign(_) => "^=",
        BinOp::ShlAssign(_) => "<<=",
        BinOp::ShrAssign(_) => ">>=",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn keys(source: &str, local: &[&str], kind: Kind) -> String {
        let own = Own::of(&[&[source], local].concat()).unwrap();
        let names = names(source, &own).unwrap().into_iter();
        let keys = names.filter(|name| name.kind == kind).map(|name| name.key);
        keys.collect::<Vec<_>>().join(", ")
    }

    fn library(source: &str) -> String {
        keys(source, &[], Kind::Library)
    }

    fn syntax(source: &str) -> String {
        keys(source, &[], Kind::Syntax)
    }

    #[test]
    fn library_items_are_named_by_their_last_segments() {
        for (source, expected) in [
            (
                "use std::net::{SocketAddr, TcpListener as T};",
                "SocketAddr, TcpListener",
            ),
            (
                "use std::io::{self, Write}; use anyhow::Context as _;",
                "io::Write, Context",
            ),
            ("use std::env; fn f() { env::args_os(); }", "env::args_os"),
            ("fn f() { std::process::exit(1) }", "process::exit"),
            (
                "use a::TcpListener as T; fn f() { T::bind; }",
                "TcpListener, TcpListener::bind",
            ),
            ("use std::time::UNIX_EPOCH; fn f() { UNIX_EPOCH }", "UNIX_EPOCH"),
            (
                "use std::str; fn f() { str::from_utf8(a!()); }",
                "str, str::from_utf8, a!",
            ),
            (
                "fn f() { u8::try_from(String::new()); }",
                "u8, u8::try_from, String, String::new",
            ),
            (
                "fn f(a: io::Error) { ErrorKind::TimedOut }",
                "io::Error, ErrorKind, ErrorKind::TimedOut",
            ),
            ("use anyhow::Result; fn f() -> Result<()> {}", "anyhow::Result"),
            ("fn f() -> Result<bool, fmt::Error> {}", "Result, bool, fmt::Error"),
            ("impl fmt::Display for [u8] {}", "Display, u8"),
            ("fn f(a: impl Fn(&str)) { drop(a) }", "Fn, str, drop"),
            ("fn f(a: u8) { match a { Some(x) => x, None => x } }", "u8, Some, None"),
            ("fn f(a: u8) { a.iter().map(|b| b.len()) }", "u8, iter, map, len"),
            ("#[derive(Clone, fmt::Debug)] enum A {}", "#[derive], Clone, Debug"),
            ("#[inline] fn f() { 'a' }", "#[inline], char"),
        ] {
            assert_eq!(library(source), expected, "{source}");
        }
    }

    #[test]
    fn what_the_crate_defines_is_not_named() {
        let other = "
            pub const A: B = B; struct B; impl B { fn rest(&self) {} }
            trait C { fn take(&self); } impl Iterator for B { fn next(&self) {} }";
        for (source, expected) in [
            ("use crate::b::B; fn f() { B::new(A) }", ""),
            ("use library::B; fn f() { B::new(library::A) }", ""),
            (
                "mod b; pub use b::{self, D}; fn f() { b::c(D::E, Self::F, super::G) }",
                "",
            ),
            ("use library::D; fn f() { D::A }", "D, D::A"),
            ("fn f<T: C>(a: T) { let b = |c| T::d(a, c); b(f) }", ""),
            ("fn f(a: &B) { a.rest().next() }", "next"),
            ("fn f(a: &u8) { a.rest() }", "u8, rest"),
            ("fn f(a: &impl C) { a.take() }", ""),
        ] {
            assert_eq!(keys(source, &[other], Kind::Library), expected, "{source}");
        }
    }

    #[test]
    fn arguments_of_macros_are_looked_at() {
        for (arguments, expected) in [
            (
                "write!(a, \"{b} {{}} {c:#}\", a.len(), b = a.b())?",
                "write!, len, b; ?, {}, {:#}",
            ),
            (
                "assert_eq!(a, Some(1), \"{:?} {0:02}\", a)",
                "assert_eq!, Some; {:?}, {:02}",
            ),
            (
                "matches!(a, b'a'..=b'z' | 0)",
                "matches!; or pattern, range pattern, byte literal",
            ),
            (
                "matches!(a, Ok(b) if b.is_empty())",
                "matches!, Ok, is_empty; match guard",
            ),
        ] {
            let source = format!("fn f(a: A) {{ {arguments}; }} struct A;");
            let all = library(&source) + "; " + &syntax(&source);
            let all = all.replace("; fn, ", "; ").replace(", struct", "");
            assert_eq!(all, expected, "{arguments}");
        }
    }

    #[test]
    fn what_is_there_only_in_tests_does_not_count() {
        let source = "
            #[cfg(test)] use std::env::Args;
            #[cfg(test)] mod a { fn len() { let b = vec![0; 3]; } }
            struct A { #[cfg(test)] a: u8 }
            impl A { #[cfg(test)] const B: u16 = 1; }
            fn f(a: A) {
                #[cfg(test)] let b = a.b();
                #[cfg(test)] a.c += a.d();
                #[cfg(test)] crate::e();
                #[cfg(test)] a.e();
                #[cfg(test)] println!();
                #[cfg(test)] { a.e(); }
                match a { #[cfg(test)] 1 => a.f(), _ => a.len() }
            }
            #[cfg(not(windows))] const C: i8 = 1;";
        assert_eq!(library(source), "len, #[cfg], i8");
        assert_eq!(syntax(source), "struct, impl, fn, match, _, const");
    }

    #[test]
    fn syntax_of_items() {
        for (source, expected) in [
            ("//! A", "doc comment"),
            ("use crate::a;", "use, crate"),
            ("pub use a::b;", "pub use"),
            ("const A: A = 1; static B: A = 1;", "const, static"),
            ("/// A\npub(crate) mod a {}", "doc comment, mod, pub(crate)"),
            ("pub struct A { pub b: &'static A }", "struct, pub, reference, 'static"),
            ("struct A(B);", "tuple struct"),
            ("enum A { B(()), C(A, A) }", "enum, unit"),
            ("type A = [B; 3];", "type, array"),
            ("trait A: B {}", "trait, supertrait"),
            ("impl A { fn a(&self) {} }", "impl, fn, reference, self"),
            ("impl A { const fn a(mut self) {} }", "impl, const fn, mut, self"),
            (
                "impl A for B { fn a(&mut self) {} }",
                "trait implementation, fn, &mut, self",
            ),
            (
                "impl A { fn a() -> Self { Self(1) } }",
                "impl, fn, Self, tail expression",
            ),
            (
                "fn f<A: B, const C: D>() {}",
                "fn, generics, trait bound, const generics",
            ),
            ("fn f<A>() where A: B {}", "fn, generics, where"),
            ("fn f<'a>(a: A<'_>) {}", "fn, lifetime, '_"),
            ("fn f(a: &mut [A], b: &dyn A) {}", "fn, &mut, slice, reference, dyn"),
            ("fn f(a: (A, B)) -> ! {}", "fn, tuple, never type"),
            ("fn f(a: impl A<B = C>) {}", "fn, impl Trait, generics, associated type"),
            (
                "fn f(a: A) -> impl A + use<> { a }",
                "fn, impl Trait, precise capturing, tail expression",
            ),
        ] {
            assert_eq!(syntax(source), expected, "{source}");
        }
    }

    #[test]
    fn syntax_of_statements() {
        for (statements, expected) in [
            ("let mut a = b\"b\";", "let, mut, byte string"),
            ("let _ = b'b';", "let, _, byte literal"),
            ("let Some(a) = b else { return };", "let else, return"),
            ("let (a, ref b) = ();", "let, tuple, ref, unit"),
            (
                "let A { b, .. } = A { b, ..c };",
                "let, struct pattern, rest pattern, struct expression, struct update",
            ),
            ("if a { loop { break } }", "if, loop, break"),
            ("if let &a = b && c {}", "if let, reference pattern"),
            ("while a { continue }", "while, continue"),
            ("while let Some(a) = b {}", "while let"),
            ("for a in 0..3 {}", "for, range"),
            (
                "match a { [b, c @ ..] if d => b, 1 | 2..=3 => c }",
                "match, match guard, slice pattern, @, rest pattern, or pattern, range pattern",
            ),
            ("a?.b(move |c| *c as d);", "?, closure, move, as, dereference"),
            ("a[0]; &b[1..]; &mut [0; 3];", "reference, slice, range, &mut, array"),
            ("a::<B>(c.d::<E>());", "turbofish"),
            ("a += b & c | d; a -= !b && c;", "+=, bitwise OR, bitwise AND, -="),
        ] {
            let all = syntax(&format!("fn f() {{ {statements} }}"));
            assert_eq!(all, format!("fn, {expected}"), "{statements}");
        }
    }

    #[test]
    fn keys_are_code_or_words() {
        for (kind, key, is_code) in [
            (Kind::Library, "bind", true),
            (Kind::Syntax, "let else", true),
            (Kind::Syntax, "pub(crate)", true),
            (Kind::Syntax, "'_", true),
            (Kind::Syntax, "?", true),
            (Kind::Syntax, "closure", false),
            (Kind::Syntax, "match guard", false),
        ] {
            assert_eq!(Name { key: key.into(), kind }.is_code(), is_code, "{key}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_an_error() {
        let error =
            |source| format!("{:#}", names(source, &Own::default()).unwrap_err());
        assert_eq!(error("fn f() {}\nfn {}"), "line 2: expected identifier");
        assert_eq!(error("fn f() {\n vec![0; 3]\n}"), "in vec!: line 2: expected `,`");
        assert!(Own::of(&["fn"]).is_err());
    }

    /// The names of all of a step's files, with a space around each.
    fn step(folder: &str) -> String {
        let folder = format!("{}/../../steps/{folder}/src", env!("CARGO_MANIFEST_DIR"));
        let mut paths: Vec<_> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths
            .retain(|path| path.extension().is_some_and(|extension| extension == "rs"));
        let files: Vec<_> =
            paths.iter().map(|path| fs::read_to_string(path).unwrap()).collect();
        let files: Vec<_> = files.iter().map(String::as_str).collect();
        let own = Own::of(&files).unwrap();
        let names = files.iter().flat_map(|file| names(file, &own).unwrap());
        names.map(|name| format!(" {} ", name.key)).collect()
    }

    #[test]
    fn the_steps_use_what_they_use_and_not_what_they_define() {
        for (folder, used, defined) in [
            (
                "01-bind",
                "Socket::new Type::STREAM io::stdin println! ? {:?} with_context",
                "address main socket",
            ),
            ("02-listen", "listen", "accept"),
            (
                "03-accept",
                "TcpListener::bind accept loop &mut read escape_ascii",
                "handle client buffer",
            ),
            ("04-respond", "write_all io::Write", "handle"),
            (
                "05-parse",
                "write skip drop Cow::Borrowed thread::sleep Duration::from_secs u8::try_from \
                 #[derive] Clone {:02} as_chunks turbofish fmt::Write io::Write TcpStream",
                "Deadlines handle handler ParseError Wire Stop::Lost close_gently at looked_at \
                 #[path] tests unwrap step05 Connection::new serve W N 'a",
            ),
        ] {
            let names = step(folder);
            for key in used.split_whitespace() {
                assert!(names.contains(&format!(" {key} ")), "{folder} uses {key}");
            }
            for key in defined.split_whitespace() {
                assert!(!names.contains(&format!(" {key} ")), "{folder} names {key}");
            }
        }
    }
}
