//! What frames a page: its opening, and at its end the exercises and where to go next.

use crate::html::escape;
use crate::pages::{Minutes, Page};
use crate::transcript::transcript;

/// The opening around the heading: where we are, and how long it takes. The first page
/// only has its heading.
pub fn opening(page: &Page, heading: &str) -> String {
    if page.path == "index.md" {
        return format!("<div class=\"opening cover\">\n\n{heading}\n</div>\n\n");
    }
    let step = page.number.split('.').next().and_then(|number| number.parse().ok());
    let climb = step.filter(|step| *step <= STEPS).map(climb).unwrap_or_default();
    let place = match (&*page.number, &*page.part) {
        ("", "") => "First things".into(),
        ("", part) => escape(part),
        (number, _) => format!("Chapter {number}"),
    };
    let class = match &*page.part {
        // The switch for teaching notes is added there.
        "For teachers" => " teachers",
        // On paper, these need no page of their own.
        _ if page.path.contains('/') && page.part != "Beyond" => " goes-on",
        _ => "",
    };
    format!(
        "<div class=\"opening{class}\">\n<p class=\"eyebrow\">{climb}{place}</p>\n\n{heading}\n\
         {}</div>\n\n",
        minutes(page.minutes)
    )
}

const STEPS: usize = 5;

/// The stairs, with those that have been climbed.
fn climb(step: usize) -> String {
    let stair = |number: usize| match number.cmp(&step) {
        std::cmp::Ordering::Less => "<i class=\"done\"></i>",
        std::cmp::Ordering::Equal => "<i class=\"here\"></i>",
        std::cmp::Ordering::Greater => "<i></i>",
    };
    let stairs: String = (1..=STEPS).map(stair).collect();
    format!("<span class=\"climb\" aria-hidden=\"true\">{stairs}</span>")
}

fn minutes(Minutes { reading, doing }: Minutes) -> String {
    let doing = match doing {
        0 => String::new(),
        doing => format!(" <span>{doing} min to do</span>"),
    };
    format!("<p class=\"minutes\"><span>{reading} min to read</span>{doing}</p>\n")
}

/// What the page is for, from its first paragraph.
pub fn outcome(paragraph: &str) -> String {
    format!("<div class=\"outcome\">\n\n{}\n\n</div>\n\n", paragraph.trim_end())
}

/// Where to go from this page.
pub fn turn(page: &Page, before: Option<&Page>, next: Option<&Page>) -> String {
    let link = |rel: &str, said: &str, to: &Page| {
        let href = page.link_to(&to.path);
        format!(
            "<a rel=\"{rel}\" href=\"{href}\"><span>{said}</span> <b>{}</b></a>\n",
            escape(&to.label())
        )
    };
    let before = before.map(|to| link("prev", "Before", to));
    let next = next.map(|to| link("next", "Next", to)).unwrap_or_default();
    format!(
        "\n<nav class=\"turn\" aria-label=\"Before and next\">\n{}{next}</nav>\n",
        before.unwrap_or_else(|| "<span></span>\n".into())
    )
}

/// The exercises that belong to a page, with a title such as `04a · Count bytes`.
pub fn exercises<'a>(page: &Page, chosen: impl Iterator<Item = &'a Page>) -> String {
    let card = |exercise: &Page| {
        let (id, title) = exercise.title.split_once(" · ").unwrap_or_default();
        format!(
            "<li><a href=\"{}\"><b>{}</b> {}</a> <span>{} min</span></li>\n",
            page.link_to(&exercise.path),
            escape(id),
            escape(title),
            exercise.minutes.sum()
        )
    };
    match chosen.map(card).collect::<String>() {
        cards if cards.is_empty() => cards,
        cards => format!("## Exercises\n\n<ul class=\"exercises\">\n{cards}</ul>\n"),
    }
}

/// How to get the project, when it is known where it is published.
pub fn clone(url: Option<&str>) -> String {
    let Some(url) = url else {
        return "If this book comes from your own machine, you have the project already: \
                it’s the folder in which you typed `cargo book`. Otherwise, take it from \
                where you found the book.\n"
            .into();
    };
    let folder = url.rsplit('/').next().unwrap_or_default().trim_end_matches(".git");
    transcript(&format!("$ git clone {url}\n$ cd {folder}\n"), "")
        + &format!(
            "\nWithout Git, download it as an archive from [its page]({url}), unpack it, \
             and go into its folder.\n"
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_says_where_it_is_and_names_the_next() {
        let next = Page { path: "6.md".into(), title: "<B>".into(), ..Page::default() };
        for (number, part, place) in [
            ("4", "The steps", "</i><i class=\"here\"></i><i></i></span>Chapter 4</p>"),
            ("5.3", "The steps", "<i class=\"here\"></i></span>Chapter 5.3</p>"),
            ("6", "Beyond", "<p class=\"eyebrow\">Chapter 6</p>"),
            ("", "Reference", "<p class=\"eyebrow\">Reference</p>"),
            ("", "", "<p class=\"eyebrow\">First things</p>"),
        ] {
            let minutes = Minutes { reading: 14, doing: 7 };
            let (path, number, part) = ("5/a.md".into(), number.into(), part.into());
            let page = Page { path, number, part, minutes, ..Page::default() };
            let text = opening(&page, "# A\n");
            assert!(text.contains(place) && text.contains("\n\n# A\n\n<p"), "{text}");
            assert!(
                text.contains("<span>14 min to read</span> <span>7 min to do</span>")
            );
            let next = turn(&page, None, Some(&next));
            assert!(
                next.contains("href=\"../6.md\"><span>Next</span> <b>&lt;B&gt;</b>")
            );
        }
    }
}
