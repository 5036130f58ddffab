//! Errors of libraries, services and tools that are not the backend's: groups, and whether a retry is called safe.
//! `scripts/compare-groups` compares the groups with those of Drain3.

use std::collections::{BTreeMap, BTreeSet};

use cliplyctl::advice::safe_to_retry;
use cliplyctl::fingerprint::Fingerprint;

mod own_errors;

struct ForeignError {
    cause: &'static str,
    answers: &'static str,
    print: Fingerprint,
}

fn errors() -> Vec<ForeignError> {
    let print = |text: &str| Fingerprint::new("K", Some(text), None);
    let texts = own_errors::foreign().into_iter();
    texts
        .map(|t| ForeignError { cause: t.cause, answers: t.answers, print: print(&t.text) })
        .collect()
}

#[test]
fn foreign_errors_with_one_cause_share_a_group() {
    let mut groups: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for error in errors() {
        groups.entry(error.cause).or_default().insert(error.print.template);
    }
    let split: Vec<_> = groups.iter().filter(|(_, templates)| templates.len() > 1).collect();
    assert!(split.is_empty(), "{split:#?}");
}

#[test]
fn foreign_errors_with_different_causes_are_kept_apart() {
    let mut causes: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for error in errors() {
        let group = format!("{:?} {}", error.print.code, error.print.template);
        causes.entry(group).or_default().insert(error.cause);
    }
    let merged: Vec<_> = causes.iter().filter(|(_, causes)| causes.len() > 1).collect();
    assert!(merged.is_empty(), "{merged:#?}");
}

/// A wrong "yes" repeats work that cannot succeed, or does it twice; "unknown" only leaves the question open.
#[test]
fn no_retry_of_a_lasting_cause_is_called_safe() {
    let errors = errors();
    let dangerous: Vec<_> = errors
        .iter()
        .filter(|e| safe_to_retry(&e.print) == Some("yes") && !e.answers.contains("yes"))
        .map(|e| (e.cause, &e.print.template))
        .collect();
    assert!(dangerous.is_empty(), "{dangerous:#?}");
}

#[test]
fn most_causes_have_the_right_advice_on_retry() {
    let answers: BTreeMap<_, _> =
        errors().iter().map(|e| (e.cause, (e.answers, safe_to_retry(&e.print)))).collect();
    let right = answers
        .values()
        .filter(|(answers, given)| {
            given.is_some_and(|given| answers.split('|').any(|a| a == given))
        })
        .count();
    assert!(right * 100 >= answers.len() * 70, "{right} of {}", answers.len());
}
