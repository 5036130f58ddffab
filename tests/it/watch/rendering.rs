//! Whole screens to compare: what moves is named instead of shown, and stands where it stood.

use regex::{Captures, Regex};

use crate::support::pty::Terminal;
use crate::support::wait_until;

/// What every frame ends with: the cursor is hidden.
const FRAME: &str = "\u{1b}[?25l";

/// An age, as all outputs write it.
const AGE: &str = r"(?:\d+d \d\dh|\d+h \d\dm|\d+m \d\ds|\d{1,2}s)";

/// The first whole frame that shows all of `texts` and nothing of `without`.
pub fn frame(terminal: &Terminal, texts: &[&str], without: &[&str]) -> String {
    shown(terminal, texts, without, |_| true)
}

/// The cells of such a frame that are dimmed; the others are blank.
pub fn dimmed(terminal: &Terminal, texts: &[&str], without: &[&str]) -> String {
    shown(terminal, texts, without, vt100::Cell::dim)
}

/// The cells of such a frame that are in reverse: what is selected.
pub fn selected(terminal: &Terminal, texts: &[&str], without: &[&str]) -> String {
    shown(terminal, texts, without, vt100::Cell::inverse)
}

fn shown(
    terminal: &Terminal,
    texts: &[&str],
    without: &[&str],
    wanted: impl Fn(&vt100::Cell) -> bool,
) -> String {
    let mut frame = String::new();
    let right = |all: &str| {
        texts.iter().all(|text| all.contains(text))
            && !without.iter().any(|text| all.contains(text))
    };
    wait_until(&format!("a frame shows {texts:?} without {without:?}"), || {
        let seen = terminal.between(FRAME, |screen| (screen.contents(), cells(screen, &wanted)));
        seen.is_some_and(|(all, cells)| {
            frame = cells;
            right(&all)
        })
    });
    settled(&frame)
}

/// The lines of the screen, with a blank for each cell that is not wanted.
fn cells(screen: &vt100::Screen, wanted: impl Fn(&vt100::Cell) -> bool) -> String {
    let (rows, columns) = screen.size();
    let text = |row, column| match screen.cell(row, column) {
        Some(cell) if cell.is_wide_continuation() => "",
        Some(cell) if cell.has_contents() && wanted(cell) => cell.contents(),
        _ => " ",
    };
    let line = |row| (0..columns).map(|column| text(row, column)).collect::<String>();
    (0..rows).map(|row| line(row).trim_end().to_owned() + "\n").collect()
}

/// Compares a picture with the one that is kept under this name.
pub fn compare(name: &str, picture: &str) {
    insta::with_settings!({ omit_expression => true }, {
        insta::assert_snapshot!(name, picture);
    });
}

/// The frame with what moves named: the same on every run.
pub fn settled(frame: &str) -> String {
    frame.lines().map(|line| boxed(line, &named(line)).trim_end().to_owned() + "\n").collect()
}

fn named(line: &str) -> String {
    let mut text = line.to_owned();
    let mut mend = |pattern: &str, to: &dyn Fn(&Captures<'_>) -> String| {
        text = Regex::new(pattern).unwrap().replace_all(&text, to).into_owned();
    };
    let fixed = |to: &'static str| move |_: &Captures<'_>| to.to_owned();
    // How many looks a sparkline remembers depends on the machine; where it stands does not.
    // After an outage it begins with the blanks of its gaps.
    mend(" +[▁▂▃▄▅▆▇█](?:[▁▂▃▄▅▆▇█ ]*[▁▂▃▄▅▆▇█])? *", &|found| padded(" ~", columns(found, 0)));
    // How much of the place fits behind them depends on the first two.
    mend(r"^looked .*? ago \([^)]*\).*?( · only \S+)?(?: · .*)?$", &|found| {
        let only = found.get(1).map_or("", |only| only.as_str());
        format!("looked AGE ago (TOOK){only} · DATABASE")
    });
    mend(r"^FROZEN .*", &fixed("FROZEN AGE ago · DATABASE"));
    mend(r"127\.0\.0\.1:\d+(?:/\w+)?", &fixed("DATABASE"));
    mend(r"\b\d+ of \d+ connecti(?:ons in use \(\d+ %\))?", &fixed("N of M connecti(ons)"));
    mend(r"\b\d+(?:\.\d)? ms\b", &fixed("N ms"));
    mend(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)", &fixed("TIME"));
    mend(r"rq-\d{8}T\d{6}Z-[0-9a-f]+-[0-9a-f]+", &|found| {
        padded("rq-OPERATION", columns(found, 0))
    });
    mend(r"\bada@[^: ]+", &fixed("ada@HOST"));
    mend(&format!(r"(\(?)\b{AGE} ago(\)?)( {{2,}})"), &|found| {
        padded(&format!("{}AGE ago{}", &found[1], &found[2]), columns(found, 0))
    });
    mend(&format!(r"( *)\b{AGE}\b"), &|found| match columns(found, 1) {
        0 => "AGE".to_owned(),
        1 => " AGE".to_owned(),
        _ => format!("{:>1$}", "AGE", columns(found, 0)),
    });
    // How much of a reading fits behind what was named depends on it.
    mend(r"^((?:OK|WARNING|CRITICAL|UNKNOWN) .* (?:AGE|N ms))\b.*…$", &|found| {
        format!("{} …", &found[1])
    });
    text
}

fn padded(word: &str, width: usize) -> String {
    format!("{word:<width$}")
}

/// How many columns a part of what was found takes.
fn columns(found: &Captures<'_>, group: usize) -> usize {
    found[group].chars().count()
}

/// The right edge of a box stands where it stood.
fn boxed(before: &str, after: &str) -> String {
    let Some((inside, outside)) = after.rsplit_once('│') else { return after.to_owned() };
    let edge = before.chars().count() - 1 - outside.chars().count();
    padded(inside.trim_end(), edge) + "│" + outside
}
