//! Tests of the error corpus: errors with the same cause form a group, different causes do not.

use std::collections::{BTreeMap, BTreeSet};

use cliplyctl::fingerprint::Fingerprint;

const CORPUS: &str = include_str!("fixtures/errors/corpus.txt");
const KIND: &str = "CLIP_RENDER";

struct Entry {
    group: String,
    last_error: Option<String>,
    error: Option<String>,
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

    fn fingerprint(&self) -> Fingerprint {
        Fingerprint::new(KIND, self.last_error.as_deref(), self.error.as_deref())
    }

    fn shown(&self) -> &str {
        self.last_error.as_deref().or(self.error.as_deref()).unwrap_or_default()
    }
}

fn corpus() -> Vec<Entry> {
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

#[test]
fn corpus_is_large_and_has_unique_groups() {
    let entries = corpus();
    assert!(entries.len() >= 400, "{} entries", entries.len());
    let names: Vec<&str> = CORPUS.lines().filter_map(|line| line.strip_prefix("@ ")).collect();
    assert_eq!(names.len(), names.iter().collect::<BTreeSet<_>>().len(), "a group is opened twice");
}

#[test]
fn same_causes_share_a_group_and_different_ones_do_not() {
    let mut by_group: BTreeMap<String, BTreeMap<String, (Fingerprint, String)>> = BTreeMap::new();
    let mut by_hash: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for entry in corpus() {
        let print = entry.fingerprint();
        by_hash
            .entry(print.hash.clone())
            .or_default()
            .insert(entry.group.clone(), entry.shown().to_owned());
        let example = entry.shown().to_owned();
        by_group.entry(entry.group).or_default().insert(print.hash.clone(), (print, example));
    }
    let mut report = String::new();
    for (group, prints) in by_group.iter().filter(|(_, prints)| prints.len() > 1) {
        report += &format!("\nTORN APART: {group}\n");
        for (print, example) in prints.values() {
            report += &format!("  {:?} | {}\n      from {example:?}\n", print.code, print.template);
        }
    }
    for (hash, groups) in by_hash.iter().filter(|(_, groups)| groups.len() > 1) {
        report += &format!("\nTHROWN TOGETHER: {hash}\n");
        for (group, example) in groups {
            let template =
                corpus().iter().find(|e| &e.group == group).map(|e| e.fingerprint().template);
            report += &format!("  {group}: {template:?}\n      from {example:?}\n");
        }
    }
    assert!(report.is_empty(), "{report}");
}

/// A change of this snapshot changes group ids that users have recorded, so it needs a new `VERSION`.
#[test]
fn templates_match_the_reviewed_snapshot() {
    let mut shown = String::new();
    let mut last = String::new();
    for entry in corpus() {
        let print = entry.fingerprint();
        let line = format!(
            "{} {} | {} | {}\n",
            print.hash,
            entry.group,
            print.code.as_deref().unwrap_or("-"),
            print.template
        );
        if line != last {
            shown += &line;
        }
        last = line;
    }
    insta::assert_snapshot!("corpus_templates", shown);
}

#[test]
fn template_of_a_template_is_unchanged() {
    for entry in corpus() {
        let template = entry.fingerprint().template;
        let again = Fingerprint::new(KIND, Some(&template), None).template;
        assert_eq!(again, template, "from {:?}", entry.shown());
    }
}
