//! The book on paper, by a browser that can print without a window.

use std::path::{self, Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use anyhow::{Context, Result, ensure};

use crate::{Sources, build, lean};

/// Names of Chromium and its kin, where systems have them.
const BROWSERS: [&str; 4] = [
    "chromium",
    "google-chrome",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/// Prints the book for readers, and for teachers with their notes and the gallery, into
/// a folder, and returns the two files.
///
/// # Errors
/// When no browser is there, or something is wrong with a page.
pub fn print(sources: &Sources, folder: &Path) -> Result<[PathBuf; 2]> {
    let browser = browser()?;
    let site = path::absolute(folder.with_extension("site"))?;
    build::unabridged(sources, &site)?;
    fs::create_dir_all(folder)?;
    let page = site.join("print.html");
    let whole = fs::read_to_string(&page)?;
    let texts = [lean::for_readers(&whole), lean::for_teachers(&whole)];
    let files = ["http-from-the-socket-up.pdf", "for-teachers.pdf"];
    for (text, name) in texts.iter().zip(files) {
        fs::write(&page, text)?;
        // Each has a profile: the browser before it may be ending still.
        print_page(&browser, &page, &site.join(name), &folder.join(name))?;
    }
    fs::remove_dir_all(&site)?;
    Ok(files.map(|name| folder.join(name)))
}

fn browser() -> Result<PathBuf> {
    let paths = env::var_os("PATH").unwrap_or_default();
    let mut folders = env::split_paths(&paths);
    let named = env::var_os("CHROMIUM").map(PathBuf::from);
    let found = || {
        folders.find_map(|folder| {
            BROWSERS.iter().map(|name| folder.join(name)).find(|path| path.is_file())
        })
    };
    named.or_else(found).context(
        "Chromium makes the PDFs, and it isn't here. Install it, or Chrome; or set the \
         variable CHROMIUM to the file of one. Without it, any browser prints the \
         book: the printer in the corner of each page.",
    )
}

fn print_page(browser: &Path, page: &Path, profile: &Path, file: &Path) -> Result<()> {
    let _ = fs::remove_file(file);
    let output = Command::new(browser)
        // It sees nothing but what we have made, and asks nobody.
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"])
        .args(["--disable-background-networking", "--no-pdf-header-footer"])
        .arg("--host-resolver-rules=MAP * ~NOTFOUND")
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg(format!("--print-to-pdf={}", file.display()))
        .arg(page)
        .output()
        .with_context(|| browser.display().to_string())?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success() && file.is_file(), "no PDF: {said}");
    Ok(())
}
