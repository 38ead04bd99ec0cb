//! What a style sheet loads.

/// The functions whose texts are URLs.
const LOADERS: [&str; 4] = ["url", "src", "image-set", "-webkit-image-set"];

/// The URLs in a style sheet, or in a `style` attribute, in their order.
pub fn urls(css: &str) -> Vec<&str> {
    let mut urls = Vec::new();
    let mut tokens = Tokens { rest: css };
    let (mut word, mut functions, mut is_import) = ("", Vec::new(), false);
    while let Some(token) = tokens.next() {
        match token {
            Token::Mark('(') => {
                functions.push(word);
                if word.eq_ignore_ascii_case("url") {
                    urls.extend(tokens.bare_url());
                }
            }
            Token::Mark(')') => drop(functions.pop()),
            Token::Mark(';') => is_import = false,
            Token::Word("@import") => is_import = true,
            Token::Text(text) if is_import || is_loader(functions.last()) => {
                urls.push(text);
            }
            _ => {}
        }
        word = if let Token::Word(word) = token { word } else { "" };
    }
    urls
}

fn is_loader(function: Option<&&str>) -> bool {
    function.is_some_and(|name| {
        LOADERS.iter().any(|loader| name.eq_ignore_ascii_case(loader))
    })
}

/// As much of CSS as matters here; blanks and comments count as marks.
enum Token<'a> {
    /// A name, of a property as well as of a function, or `@import`.
    Word(&'a str),
    /// What stands between quotes.
    Text(&'a str),
    Mark(char),
}

struct Tokens<'a> {
    rest: &'a str,
}

impl<'a> Tokens<'a> {
    /// The argument of `url(`, unless it has quotes.
    fn bare_url(&mut self) -> Option<&'a str> {
        let argument = self.rest.trim_ascii_start();
        let end = argument.find(')').unwrap_or(argument.len());
        if argument.starts_with(['"', '\'', ')']) {
            return None;
        }
        self.rest = &argument[end..];
        Some(argument[..end].trim_ascii_end())
    }

    /// Takes `length` bytes.
    fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        taken
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let length_until = |text: &str, end: &str| {
            text.find(end).map_or(text.len(), |at| at + end.len())
        };
        let first = self.rest.chars().next()?;
        if self.rest.starts_with("/*") {
            self.take(length_until(self.rest, "*/"));
            return Some(Token::Mark(' '));
        }
        if let '"' | '\'' = first {
            self.take(1);
            let quote = if first == '"' { "\"" } else { "'" };
            let text = self.take(length_until(self.rest, quote));
            return Some(Token::Text(text.strip_suffix(quote).unwrap_or(text)));
        }
        let is_other = |letter: char| {
            letter.is_ascii()
                && !letter.is_ascii_alphanumeric()
                && !"-_@".contains(letter)
        };
        match self.rest.find(is_other).unwrap_or(self.rest.len()) {
            0 => {
                self.take(first.len_utf8());
                Some(Token::Mark(first))
            }
            length => Some(Token::Word(self.take(length))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::urls;

    #[test]
    fn finds_what_is_loaded_and_nothing_else() {
        for (css, expected) in [
            ("", vec![]),
            ("a { background: url(a.png) }", vec!["a.png"]),
            (
                "a { background: url( 'a.png' ), URL(\tb.png\n) }",
                vec!["a.png", "b.png"],
            ),
            (
                "@font-face { src: url(\"../a.woff2\") format('woff2') }",
                vec!["../a.woff2"],
            ),
            ("@import 'a.css' screen; b { content: 'c' }", vec!["a.css"]),
            ("@import url(a.css); @import \"b.css\"", vec!["a.css", "b.css"]),
            ("a { b: image-set('a.png' 1x, url(b.png) 2x) }", vec!["a.png", "b.png"]),
            ("a { mask: url(#m) } /* url(no.png) */ b {}", vec!["#m"]),
            ("a[href^=\"https://\"]::after { content: \"url(no.png)\" }", vec![]),
            ("a { b: my-url('no'); c: url(); d: attr(href) 'ü' }", vec![]),
            ("a { b: url(", vec![""]),
            ("a { b: url('a.png", vec!["a.png"]),
            ("/* @import 'no'", vec![]),
        ] {
            assert_eq!(urls(css), expected, "{css}");
        }
    }
}
