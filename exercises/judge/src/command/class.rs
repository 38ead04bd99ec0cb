//! A class: the copies of many, each judged on its own, and a row for each.

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};
use judge::Exercise;
use judge::report::{faint, paragraph};

use super::grade::{Grade, Graded, Status, judge_all, unjudged};
use super::workspace::Workspace;

const WARNING: &str = "This builds and runs what other people wrote, with your rights: \
    it can read, change and send what you can. Only Linux limits its time, memory and \
    processes. Use a machine, or an account, that has nothing to lose.";

/// Grades the copies in these folders, one after another: they share what is built.
pub fn grades(
    workspace: &Workspace,
    copies: &[String],
    exercises: &[&'static Exercise],
) -> Result<Vec<Grade>> {
    anstream::eprint!("{}", paragraph("Warning", WARNING));
    let class = workspace.target.join("class");
    fs::create_dir_all(&class)?;
    let alone = File::create(class.join("lock"))?;
    alone.lock()?;
    let above =
        |path: &str| path.trim_end_matches('/').rfind('/').map_or(0, |at| at + 1);
    let mut shared = copies.first().map_or("", |path| &path[..above(path)]);
    while !copies.iter().all(|path| path.starts_with(shared)) {
        shared = &shared[..above(shared)];
    }
    let grade = |copy: &String| {
        let student = copy[shared.len()..].trim_end_matches('/').to_string();
        anstream::eprintln!("{}", faint(&format!("{student} …")));
        let graded = match workspace.of_copy(Path::new(copy)) {
            Ok(theirs) => {
                expect_sandbox(&theirs)?;
                judge_all(&theirs, exercises)
            }
            Err(error) => {
                let why = || Some(format!("{error:#}"));
                exercises.iter().map(|&it| unjudged(it, Status::Error, why())).collect()
            }
        };
        Ok(Grade::new(graded, Some(student)))
    };
    copies.iter().map(grade).collect()
}

/// Points must not be missing because nothing can run here.
fn expect_sandbox(theirs: &Workspace) -> Result<()> {
    let words = theirs.sandboxed("try");
    let [program, words @ ..] = &words[..] else { return Ok(()) };
    let tried = Command::new(program).args(words).arg(&theirs.target).status()?;
    ensure!(tried.success(), "Nothing was graded.");
    Ok(())
}

/// Returns a row for each copy: its points above the starters, and those of each
/// exercise, or `.` where it wasn't begun, and `!` where it can't be built. The last
/// row is what there is to be had. Aligned, or as CSV.
pub fn table(grades: &[Grade], is_csv: bool) -> String {
    let row =
        |name: &str, points: String, grade: &Grade, cell: fn(&Graded) -> String| {
            let cells = grade.exercises.iter().map(cell);
            [name.to_string(), points].into_iter().chain(cells).collect::<Vec<_>>()
        };
    let points = |it: &Graded| match it.status {
        _ if it.untouched => ".".into(),
        Status::Error => "!".into(),
        _ => it.points.earned.to_string(),
    };
    let any = &grades[0];
    let mut rows =
        vec![row("student", "points".into(), any, |it| it.id.replacen('0', "", 1))];
    for grade in grades {
        let student = grade.student.as_deref().unwrap_or_default();
        rows.push(row(student, grade.points.earned.to_string(), grade, points));
    }
    let of = any.points.max_earned.to_string();
    rows.push(row("of", of, any, |it| it.points.max_earned.to_string()));
    if is_csv {
        let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
        let line =
            |row: &Vec<String>| quoted(&row[0]) + "," + &row[1..].join(",") + "\n";
        return rows.iter().map(line).collect();
    }
    let width = |at: usize| rows.iter().map(|row| row[at].chars().count()).max();
    let cell = |row: &[String], at| format!(" {:>1$}", row[at], width(at).unwrap_or(0));
    let aligned = |row: &Vec<String>| {
        let cells: String = (1..row.len()).map(|at| cell(row, at)).collect();
        format!("{:2$}{cells}{}", row[0], "\n", width(0).unwrap_or(0))
    };
    let signs = "\n.  not begun   !  can't be built\n";
    rows.iter().map(aligned).chain([signs.into()]).collect()
}
