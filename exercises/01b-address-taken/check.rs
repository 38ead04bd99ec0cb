//! An address that is taken.

use std::net::TcpListener;

use crate::{Check, Ended, Exercise, Submission, Verdict};

pub const EXERCISE: Exercise = Exercise {
    id: "01b",
    name: "address-taken",
    given: 1,
    readme: include_str!("README.md"),
    checks: &[
        Check { points: 1, reproduce: "", run: at_a_free_address },
        Check { points: 2, reproduce: "{command}; echo $?", run: ends_with_status_1 },
        Check { points: 1, reproduce: "{command} > /dev/null", run: says_one_line },
        Check { points: 1, reproduce: "{command}", run: names_the_address },
        Check { points: 1, reproduce: "{program} 192.0.2.1:4545", run: says_why },
    ],
};

fn at_a_free_address(submission: &Submission) -> Verdict {
    let ended = submission.start()?.typed(Some(""))?;
    if ended.code == Some(0) {
        return Ok(());
    }
    Err(ended.wrong(
        "All went well, and your program ends as if something had failed.",
        "exit(3): 0 is success, anything else is failure.",
    ))
}

/// Runs the program where somebody else is already.
fn at_a_taken_address(submission: &Submission) -> Verdict<(String, Ended)> {
    let holder = TcpListener::bind("127.0.0.1:0").expect("a free port of this machine");
    let taken = holder.local_addr().expect("it is bound").to_string();
    let ended = submission.run_at(&taken, &[])?;
    drop(holder);
    Ok((taken, ended))
}

fn ends_with_status_1(submission: &Submission) -> Verdict {
    let (_, ended) = at_a_taken_address(submission)?;
    ended.expect_no_panic()?;
    match ended.code {
        Some(1) => Ok(()),
        Some(0) => Err(ended.wrong(
            "It ends with exit status 0: whoever started it believes that all is well.",
            "exit(3): 0 is success, anything else is failure. Scripts look at nothing \
             else.",
        )),
        _ => Err(ended.wrong(
            "It ends with another exit status than 1.",
            "The task: exit status 1, `ExitCode::FAILURE`.",
        )),
    }
}

fn says_one_line(submission: &Submission) -> Verdict {
    let why = "stdin(3): standard error is for complaints, and is seen even where \
               standard output goes into a file or into another program.";
    let (_, ended) = at_a_taken_address(submission)?;
    ended.expect_no_panic()?;
    match (ended.stdout.as_str(), ended.stderr.lines().count()) {
        ("", 1) => Ok(()),
        ("", 0) => {
            Err(ended.wrong("It ends without a word. Its user has to guess.", why))
        }
        ("", _) => Err(ended.wrong(
            "It needs several lines to say it. In the log of a server, each line \
             stands for itself.",
            "The task: one line. `{error:#}` of anyhow puts all its reasons into one.",
        )),
        (_, _) => Err(ended.wrong(
            "It complains on standard output, where the results of a program belong.",
            why,
        )),
    }
}

fn names_the_address(submission: &Submission) -> Verdict {
    let (taken, ended) = at_a_taken_address(submission)?;
    if ended.stderr.contains(&taken) {
        return Ok(());
    }
    Err(ended.wrong(
        "It says that something is wrong, and not with which address. Its user may not \
         even know that there is a default.",
        "bind(2): EADDRINUSE says only \"Address already in use\"; your program knows \
         which.",
    ))
}

fn says_why(submission: &Submission) -> Verdict {
    let (taken, here) = at_a_taken_address(submission)?;
    here.expect_no_panic()?;
    // How Rust writes down such an error, whole or only its kind.
    let is_debug =
        ["Os {", "kind: AddrInUse"].iter().any(|part| here.stderr.contains(part));
    if is_debug || here.stderr.trim_end().ends_with("AddrInUse") {
        return Err(here
            .wrong(
                "The line shows the error as `{:?}` does, in the words of the \
                 program's source. That is for whoever wrote it; its user needs a \
                 sentence.",
                "std::fmt::Debug is for programmers, std::fmt::Display for users: `{}` \
                 of an `io::Error` is what strerror(3) says, \"Address already in \
                 use\".",
            )
            .reproduce("{command}"));
    }
    // TEST-NET-1 of RFC 5737: nobody's address, so it is not this machine's.
    let foreign = "192.0.2.1:4545";
    let there = submission.run_at(foreign, &[])?;
    if here.stderr.replace(&taken, "") != there.stderr.replace(foreign, "") {
        return Ok(());
    }
    Err(there.wrong(
        "This address is not taken, it belongs to no interface of this machine; your \
         program says the same as for one that is taken.",
        "bind(2): EADDRINUSE and EADDRNOTAVAIL are two errors. `io::Error` says which.",
    ))
}
