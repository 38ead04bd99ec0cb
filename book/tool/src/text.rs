//! Words in pictures: how wide they are, where their lines break, and how a sentence
//! ends.

/// The advance widths of the printable ASCII characters in hundredths of the font's
/// size, rounded up: those of Open Sans, which mdBook brings along.
#[rustfmt::skip]
const ADVANCES: [u8; 95] = [
    26, 27, 41, 65, 58, 83, 73, 23, 30, 30, 56, 58, 25, 33, 27, 37, //  !"#$%&'()*+,-./
    58, 58, 58, 58, 58, 58, 58, 58, 58, 58, 27, 27, 58, 58, 58, 43, // 0123456789:;<=>?
    90, 64, 65, 64, 73, 56, 52, 73, 74, 28, 27, 62, 52, 91, 76, 78, // @ABCDEFGHIJKLMNO
    61, 78, 62, 55, 56, 73, 60, 93, 58, 56, 58, 33, 37, 33, 55, 45, // PQRSTUVWXYZ[\]^_
    58, 56, 62, 48, 62, 57, 34, 55, 62, 26, 26, 53, 26, 93, 62, 61, // `abcdefghijklmno
    62, 62, 41, 48, 36, 62, 51, 78, 53, 51, 47, 38, 56, 38, 58,     // pqrstuvwxyz{|}~
];

/// How wide `text` is when its letters are `size` high; bold letters are a little wider
/// than these, and other fonts too, so leave some room.
pub fn width(text: &str, size: f64) -> f64 {
    let hundredths: f64 = text.chars().map(advance).sum();
    hundredths / 100.0 * size
}

fn advance(character: char) -> f64 {
    let printable = u32::from(character).checked_sub(u32::from(' '));
    let index = printable.and_then(|index| usize::try_from(index).ok());
    // As wide as a dash or an ellipsis, for want of a measure.
    index.and_then(|index| ADVANCES.get(index)).map_or(100.0, |&advance| advance.into())
}

/// `text` in as few lines as `limit` allows, and these of about the same length. Words
/// stay whole: the result is wider than `limit` when one of them is.
pub fn wrap(text: &str, size: f64, limit: f64) -> Vec<String> {
    let lines = fill(text, size, limit);
    let mut narrower = limit;
    loop {
        narrower -= 4.0;
        let balanced = fill(text, size, narrower);
        if balanced.len() > lines.len() || widest(&balanced, size) > narrower {
            return fill(text, size, narrower + 4.0);
        }
    }
}

/// How wide the widest of these lines is.
pub fn widest(lines: &[String], size: f64) -> f64 {
    lines.iter().map(|line| width(line, size)).fold(0.0, f64::max)
}

/// As many words into each line as there is room for.
fn fill(text: &str, size: f64, limit: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if width(&format!("{line} {word}"), size) <= limit => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// `text` with its first letter in upper case, and with a full stop unless it ends in
/// one or in another mark that ends a sentence.
pub fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let mut sentence: String =
        characters.next().into_iter().flat_map(char::to_uppercase).collect();
    sentence.push_str(characters.as_str());
    if !sentence.ends_with(['.', '?', '!', '…']) {
        sentence.push('.');
    }
    sentence
}

#[cfg(test)]
mod tests {
    use super::{sentence, width, wrap};

    #[test]
    fn measures_letters() {
        assert_eq!(width("", 14.0), 0.0);
        assert_eq!(width("SYN", 100.0), 55.0 + 56.0 + 76.0);
        assert_eq!(width("…", 14.0), 14.0);
    }

    #[test]
    fn breaks_between_words_and_into_even_lines() {
        assert_eq!(wrap("socket, bind", 14.0, 200.0), ["socket, bind"]);
        assert_eq!(
            wrap("socket, setsockopt, bind, listen", 14.0, 150.0),
            ["socket, setsockopt,", "bind, listen"]
        );
        assert_eq!(
            wrap("one two three four", 14.0, 110.0),
            ["one two", "three four"],
            "not one word alone in the second line"
        );
        assert_eq!(
            wrap("incomprehensibilities", 14.0, 50.0),
            ["incomprehensibilities"]
        );
        assert_eq!(wrap(" ", 14.0, 50.0), [""; 0]);
    }

    #[test]
    fn makes_sentences() {
        assert_eq!(sentence("client to kernel: SYN"), "Client to kernel: SYN.");
        assert_eq!(sentence("is it?"), "Is it?");
        assert_eq!(sentence(""), ".");
    }
}
