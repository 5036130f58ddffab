//! Reads whole screens for comparison. Values that change are replaced by their names at the same position.

use regex::{Captures, Regex};

use crate::support::pty::Terminal;
use crate::support::wait_until;

/// The end of every frame, which hides the cursor.
const FRAME: &str = "\u{1b}[?25l";

/// A pattern for ages in the output.
const AGE: &str = r"(?:\d+d \d\dh|\d+h \d\dm|\d+m \d\ds|\d{1,2}s)";

/// Returns the first complete frame that shows all `texts` and none of `without`.
pub fn frame(terminal: &Terminal, texts: &[&str], without: &[&str]) -> String {
    shown(terminal, texts, without, |_| true)
}

/// Returns the dimmed cells of such a frame, with blanks for all others.
pub fn dimmed(terminal: &Terminal, texts: &[&str], without: &[&str]) -> String {
    shown(terminal, texts, without, vt100::Cell::dim)
}

/// Returns the reversed cells of such a frame, which are the selection, with blanks for all others.
pub fn selected(terminal: &Terminal, texts: &[&str], without: &[&str]) -> String {
    shown(terminal, texts, without, vt100::Cell::inverse)
}

fn shown(
    terminal: &Terminal,
    texts: &[&str],
    without: &[&str],
    shows: impl Fn(&vt100::Cell) -> bool,
) -> String {
    let mut frame = String::new();
    let right = |all: &str| {
        texts.iter().all(|text| all.contains(text))
            && !without.iter().any(|text| all.contains(text))
    };
    wait_until(&format!("a frame shows {texts:?} without {without:?}"), || {
        let frame_and_cells =
            terminal.at_frame_end(FRAME, |screen| (screen.contents(), cells(screen, &shows)));
        frame_and_cells.is_some_and(|(all, cells)| {
            frame = cells;
            right(&all)
        })
    });
    settled(&frame)
}

/// Returns the lines of the screen, with blanks for cells that do not match.
fn cells(screen: &vt100::Screen, shows: impl Fn(&vt100::Cell) -> bool) -> String {
    let (rows, columns) = screen.size();
    let text = |row, column| match screen.cell(row, column) {
        Some(cell) if cell.is_wide_continuation() => "",
        Some(cell) if cell.has_contents() && shows(cell) => cell.contents(),
        _ => " ",
    };
    let line = |row| (0..columns).map(|column| text(row, column)).collect::<String>();
    (0..rows).map(|row| line(row).trim_end().to_owned() + "\n").collect()
}

/// Compares a frame with the snapshot of this name.
pub fn compare(name: &str, frame: &str) {
    insta::with_settings!({ omit_expression => true }, {
        insta::assert_snapshot!(name, frame);
    });
}

/// Replaces changing values by their names, so that the frame is the same in every run.
pub fn settled(frame: &str) -> String {
    frame.lines().map(|line| boxed(line, &name_values(line)).trim_end().to_owned() + "\n").collect()
}

fn name_values(line: &str) -> String {
    // The points of charts move with the time of the first poll.
    let mut text = line.replace(|c| matches!(c, '\u{2800}'..='\u{28ff}'), " ");
    let mut replace = |pattern: &str, to: &dyn Fn(&Captures<'_>) -> String| {
        text = Regex::new(pattern).unwrap().replace_all(&text, to).into_owned();
    };
    let fixed = |to: &'static str| move |_: &Captures<'_>| to.to_owned();
    // The number of points in a sparkline depends on the machine, its position does not. After an outage it
    // starts with the blanks of the gap.
    replace(" +[▁▂▃▄▅▆▇█](?:[▁▂▃▄▅▆▇█ ]*[▁▂▃▄▅▆▇█])? *", &|found| padded(" ~", columns(found, 0)));
    // The space for the target depends on the first two values.
    replace(r"^updated .*? ago.*?( · only \S+)?(?: · .*)?$", &|found| {
        let only = found.get(1).map_or("", |only| only.as_str());
        format!("updated AGE ago{only} · DATABASE")
    });
    replace(r"^FROZEN .*", &fixed("FROZEN AGE ago · DATABASE"));
    replace(r"^UNKNOWN  stale: .*", &fixed("UNKNOWN  stale: queue not read for AGE"));
    replace(r"127\.0\.0\.1:\d+(?:/\w+)?", &fixed("DATABASE"));
    replace(r"\b\d+ of \d+ connecti(?:ons in use \(\d+ %\))?", &fixed("N of M connecti(ons)"));
    replace(r"\b\d+(?:\.\d)? ms\b", &fixed("N ms"));
    replace(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)", &fixed("TIME"));
    replace(r"\d\d:\d\d:\d\dZ", &fixed("HH:MM:SSZ"));
    replace(r"rq-\d{8}T\d{6}Z-[0-9a-f]+-[0-9a-f]+", &|found| {
        padded("rq-OPERATION", columns(found, 0))
    });
    replace(r"\bada@[^: ]+", &fixed("ada@HOST"));
    replace(&format!(r"(\(?)\b{AGE} ago(\)?)( {{2,}})"), &|found| {
        padded(&format!("{}AGE ago{}", &found[1], &found[2]), columns(found, 0))
    });
    replace(&format!(r"( *)\b{AGE}\b"), &|found| match columns(found, 1) {
        0 => "AGE".to_owned(),
        1 => " AGE".to_owned(),
        _ => format!("{:>1$}", "AGE", columns(found, 0)),
    });
    // The length of the detail depends on the replaced value before it.
    replace(r"^((?:OK|WARNING|CRITICAL|UNKNOWN) .* (?:AGE|N ms))\b.*…$", &|found| {
        format!("{} …", &found[1])
    });
    text
}

fn padded(word: &str, width: usize) -> String {
    format!("{word:<width$}")
}

/// Returns the width of a capture group in columns.
fn columns(found: &Captures<'_>, group: usize) -> usize {
    found[group].chars().count()
}

/// Keeps the right border of a box at its column.
fn boxed(before: &str, after: &str) -> String {
    let Some((inside, outside)) = after.rsplit_once('│') else { return after.to_owned() };
    let edge = before.chars().count() - 1 - outside.chars().count();
    padded(inside.trim_end(), edge) + "│" + outside
}
