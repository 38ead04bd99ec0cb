//! A program at each of the stages in which it grows, from one text. A line of the text
//! says to which stages those after it belong:
//!
//! ```text
//! //: 4          from stage 4 on, and `//:` from the first on
//! //: 4-7        up to stage 7
//! //: 4 !a       but not in the mistake `a`
//! //: a          only in the mistake `a`
//! //= a 7 Does.  the mistake `a` is stage 7, but for this; what it does
//! ```

/// Something that goes wrong while a program grows.
#[derive(Clone, Copy, Debug)]
pub struct Mistake<'a> {
    /// What it's called, in words with hyphens between them.
    pub name: &'a str,
    /// The stage at which it's made.
    pub stage: usize,
    /// What the program does.
    pub docs: &'a str,
}

/// What is to be done in a stage.
#[derive(Clone, Copy, Debug)]
pub struct Task<'a> {
    /// From 1.
    pub number: usize,
    /// A sentence.
    pub title: &'a str,
    /// What to do.
    pub task: &'a str,
    /// The page of the book that it belongs to.
    pub page: &'a str,
}

/// Lists the tasks in the list at the end of a text. Each item has a title, and in a
/// paragraph of its own the task and a link to the page.
pub fn tasks(text: &str) -> Vec<Task<'_>> {
    let items = (0..).zip(text.split("\n- ")).skip(1);
    let tasks = items.filter_map(|(number, item)| {
        let (title, rest) = item.split_once("\n\n")?;
        let (task, link) = rest.trim_start().split_once(" [")?;
        let page = link.split_once("book/src/")?.1.split(')').next()?;
        Some(Task { number, title, task, page })
    });
    tasks.collect()
}

/// Lists the mistakes that the text has, in their order.
pub fn mistakes(text: &str) -> Vec<Mistake<'_>> {
    let lines = text.lines().filter_map(|line| line.strip_prefix("//= "));
    let mistakes = lines.filter_map(|line| {
        let mut words = line.splitn(3, ' ');
        let (name, stage) = (words.next()?, words.next()?.parse().ok()?);
        Some(Mistake { name, stage, docs: words.next()? })
    });
    mistakes.collect()
}

/// Returns the last stage that the text knows.
pub fn last(text: &str) -> usize {
    let words = text.lines().filter_map(|line| line.trim().strip_prefix("//: "));
    let numbers = words.flat_map(|words| words.split(['-', ' ']));
    numbers.filter_map(|word| word.parse().ok()).max().unwrap_or(0)
}

/// Returns the program at a stage, or with a mistake made at it.
pub fn program(text: &str, stage: usize, mistake: Option<&str>) -> String {
    let mut program = String::new();
    let mut belongs = true;
    for line in text.split_inclusive('\n') {
        if let Some(words) = line.trim().strip_prefix("//:") {
            belongs = is_in(words, stage, mistake);
        } else if belongs && !line.starts_with("//= ") {
            program += line;
        }
    }
    program
}

fn is_in(words: &str, stage: usize, mistake: Option<&str>) -> bool {
    words.split_whitespace().all(|word| {
        let (first, end) = word.split_once('-').unwrap_or((word, ""));
        match (first.parse::<usize>(), word.strip_prefix('!')) {
            (Ok(first), _) => {
                let end = end.parse().unwrap_or(usize::MAX);
                (first..=end).contains(&stage)
            }
            (Err(_), Some(other)) => Some(other) != mistake,
            (Err(_), None) => Some(word) == mistake,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_belongs_to_its_stages() {
        let text = "//= a-b 3 It fails.\nall\n//: 2\n2\n  //: 2-2\nonly\n\
                    //: 3 !a-b\n3\n\
                    //: a-b\nwrong\n//:\nend\n";
        assert_eq!(program(text, 1, None), "all\nend\n");
        assert_eq!(program(text, 2, None), "all\n2\nonly\nend\n");
        assert_eq!(program(text, 3, None), "all\n2\n3\nend\n");
        assert_eq!(program(text, 3, Some("a-b")), "all\n2\nwrong\nend\n");
        let Mistake { name, stage, docs } = mistakes(text)[0];
        assert_eq!((name, stage, docs, last(text)), ("a-b", 3, "It fails.", 3));
    }
}
