//! Tests of the error corpus: errors with the same cause form a group, different causes do not.

use std::collections::{BTreeMap, BTreeSet};

use cliplyctl::fingerprint::Fingerprint;
use own_errors::{Entry, corpus, groups};

mod own_errors;

const KIND: &str = "CLIP_RENDER";

fn fingerprint(entry: &Entry) -> Fingerprint {
    Fingerprint::new(KIND, entry.last_error.as_deref(), entry.error.as_deref())
}

fn shown(entry: &Entry) -> &str {
    entry.last_error.as_deref().or(entry.error.as_deref()).unwrap_or_default()
}

#[test]
fn corpus_is_large_and_has_unique_groups() {
    let entries = corpus();
    assert!(entries.len() >= 400, "{} entries", entries.len());
    let names = groups();
    assert_eq!(names.len(), names.iter().collect::<BTreeSet<_>>().len(), "a group is opened twice");
}

#[test]
fn same_causes_share_a_group_and_different_ones_do_not() {
    let mut by_group: BTreeMap<String, BTreeMap<String, (Fingerprint, String)>> = BTreeMap::new();
    let mut by_hash: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for entry in corpus() {
        let print = fingerprint(&entry);
        by_hash
            .entry(print.hash.clone())
            .or_default()
            .insert(entry.group.clone(), shown(&entry).to_owned());
        let example = shown(&entry).to_owned();
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
                corpus().iter().find(|e| &e.group == group).map(|e| fingerprint(e).template);
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
        let print = fingerprint(&entry);
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
        let template = fingerprint(&entry).template;
        let again = Fingerprint::new(KIND, Some(&template), None).template;
        assert_eq!(again, template, "from {:?}", shown(&entry));
    }
}
