//! The project's own error texts: `corpus.txt`, with the columns of a job, and `foreign.tsv`.

#![allow(dead_code, reason = "each test reads a part")]

const CORPUS: &str = include_str!("../fixtures/errors/corpus.txt");
const FOREIGN: &str = include_str!("../fixtures/errors/foreign.tsv");

/// An entry of `corpus.txt`.
pub(crate) struct Entry {
    pub(crate) group: String,
    pub(crate) last_error: Option<String>,
    pub(crate) error: Option<String>,
}

impl Entry {
    fn parse(group: &str, lines: &[&str]) -> Self {
        let mut entry = Self { group: group.to_owned(), last_error: None, error: None };
        let mut text = lines.join("\n");
        if let Some((first, rest)) = text.split_once('\n').or(Some((text.as_str(), ""))) {
            if let Some(json) = first.strip_prefix("%error ") {
                entry.error = Some(json.to_owned());
                text = rest.to_owned();
            } else if let Some(raw) = first.strip_prefix("%raw ") {
                text = serde_json::from_str(raw).expect("a JSON string after %raw");
                entry.last_error = Some(text.clone());
            }
        }
        if !text.trim().is_empty() {
            entry.last_error = Some(text.trim_end().to_owned());
        }
        entry
    }
}

/// The entries of `corpus.txt`.
pub(crate) fn corpus() -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut group = "";
    let mut lines: Vec<&str> = Vec::new();
    for line in CORPUS.lines().chain(["---"]) {
        let starts_group = line.strip_prefix("@ ");
        if starts_group.is_some() || line == "---" {
            if lines.iter().any(|line| !line.trim().is_empty()) {
                entries.push(Entry::parse(group, &lines));
            }
            lines.clear();
        } else if !line.starts_with("# ") && (!lines.is_empty() || !line.is_empty()) && line != "#"
        {
            lines.push(line);
        }
        group = starts_group.unwrap_or(group);
    }
    entries
}

/// The names of the groups in `corpus.txt`.
pub(crate) fn groups() -> Vec<&'static str> {
    CORPUS.lines().filter_map(|line| line.strip_prefix("@ ")).collect()
}

/// A line of `foreign.tsv`.
pub(crate) struct ForeignText {
    pub(crate) cause: &'static str,
    /// The right answers of "safe to retry", separated by `|`.
    pub(crate) answers: &'static str,
    pub(crate) text: String,
}

/// The lines of `foreign.tsv`.
pub(crate) fn foreign() -> Vec<ForeignText> {
    let lines = FOREIGN.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let mut columns = line.splitn(3, '\t');
            let mut next = || columns.next().expect("three columns");
            let (cause, answers) = (next(), next());
            let text = serde_json::from_str(next()).expect("a JSON string");
            ForeignText { cause, answers, text }
        })
        .collect()
}
