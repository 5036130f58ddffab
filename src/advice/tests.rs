use std::collections::BTreeSet;

use CauseCategory::{BadInput, ExternalService, Internal, Resources};
use SafeToRetry::{AfterFix, No, Yes};

use super::*;
use crate::fingerprint::own_errors;

fn shipped(text: &str) -> Option<(CauseCategory, SafeToRetry)> {
    let cause = Fingerprint::new("CLIP_RENDER", Some(text), None);
    advise(SHIPPED, &cause).map(|advice| (advice.category, advice.safe_to_retry))
}

#[test]
fn built_in_rules_match_the_causes_of_the_runbook() {
    for (text, expected) in [
        ("Request failed with status code 429", (ExternalService, Yes)),
        ("connect ECONNREFUSED 10.0.0.1:5432", (ExternalService, Yes)),
        (
            "Deepgram error 401: {\"err_code\":\"INVALID_AUTH\",\"err_msg\":\"no\"}",
            (ExternalService, AfterFix),
        ),
        ("ERROR: [youtube] dQw4w9WgXcQ: Private video. Sign in", (BadInput, No)),
        (
            "ffmpeg exited with code 1: /tmp/a/b.mp4: Invalid data found when processing input",
            (BadInput, No),
        ),
        ("TypeError: Cannot read properties of undefined (reading 'url')", (Internal, AfterFix)),
        ("TypeError: fetch failed", (ExternalService, Yes)),
        ("Process exited with code 137", (Resources, AfterFix)),
        ("ENOSPC: no space left on device, write", (Resources, AfterFix)),
        ("deadlock detected", (Internal, Yes)),
        ("permission denied for table jobs", (Internal, AfterFix)),
        ("HTTP 404 fetching https://cdn.example.com/a", (BadInput, No)),
        (
            "deadlock detected DETAIL: Process 1 waits for ShareLock; blocked by process 3",
            (Internal, Yes),
        ),
        ("ERROR: deadlock detected (SQLSTATE 40P01) DETAIL: blocked by process 3", (Internal, Yes)),
        ("deadlock detected, your account is blocked", (ExternalService, AfterFix)),
        ("Your IP has been blocked", (ExternalService, AfterFix)),
        ("timeout of 30000ms exceeded", (ExternalService, Yes)),
        ("Download file checksum mismatch", (BadInput, AfterFix)),
        ("page verification failed, calculated checksum 1 but expected 2", (Internal, AfterFix)),
        ("450 4.2.0 <a@b.example>: Recipient address rejected: Greylisted", (ExternalService, Yes)),
        (
            "450 4.1.1 <a@b.example>: Recipient address rejected: unverified address",
            (ExternalService, Yes),
        ),
        ("550 5.1.1 <a@b.example>: Recipient address rejected: User unknown", (BadInput, No)),
        ("Invalid login: 535 5.7.3 Authentication unsuccessful", (Internal, AfterFix)),
        ("Invalid OAuth access token - Cannot parse access token", (ExternalService, AfterFix)),
        ("501 Not Implemented", (ExternalService, AfterFix)),
        ("503 Service Unavailable", (ExternalService, Yes)),
        ("425 Too Early", (ExternalService, Yes)),
    ] {
        assert_eq!(shipped(text), Some(expected), "{text}");
    }
    assert_eq!(shipped("the bathroom is flooded"), None);
    assert_eq!(shipped("worker blocked event loop"), None, "nobody refused it");
    assert_eq!(shipped(" "), Some((Internal, AfterFix)), "no word at all");
}

#[test]
fn quota_error_is_distinguished_from_another_403() {
    let quota = r#"{"error":{"code":403,"message":"no","errors":[{"reason":"quotaExceeded"}]}}"#;
    let cause = Fingerprint::new("PUBLISH_YOUTUBE", None, Some(quota));
    let found = first_match(SHIPPED, &cause).map(|(_, pattern)| pattern);
    assert_eq!(found, Some("quotaExceeded"));
}

#[test]
fn configured_rules_take_precedence_and_ignore_case() {
    let own = Advice {
        patterns: Patterns::Configured("econnREFUSED".to_owned()),
        category: Internal,
        text: "Call the database team.".into(),
        safe_to_retry: No,
    };
    let cause = Fingerprint::new("K", Some("connect ECONNREFUSED 10.0.0.1:5432"), None);
    assert_eq!(advise(std::iter::once(&own).chain(SHIPPED), &cause), Some(&own));
}

/// The causes of the project's own error texts.
fn own_causes() -> Vec<Fingerprint> {
    let foreign = own_errors::foreign();
    let foreign = foreign.iter().map(|t| Fingerprint::new("K", Some(&t.text), None));
    let corpus = own_errors::corpus();
    let corpus =
        corpus.iter().map(|e| Fingerprint::new("K", e.last_error.as_deref(), e.error.as_deref()));
    foreign.chain(corpus).collect()
}

/// A rule that is written for a text that no test contains cannot be checked, and one after another that always
/// matches first is never used. Add a text of another source to `foreign.tsv`, or delete the pattern.
#[test]
fn every_pattern_is_the_first_match_of_an_own_text() {
    let causes = own_causes();
    let used: BTreeSet<&str> = causes
        .iter()
        .filter_map(|cause| first_match(SHIPPED, cause))
        .map(|found| found.1)
        .collect();
    let all = SHIPPED.iter().flat_map(|rule| rule.patterns.iter());
    let unused: Vec<_> = all.filter(|pattern| !used.contains(pattern)).collect();
    assert!(unused.is_empty(), "{unused:#?}");
}

#[test]
fn every_pattern_belongs_to_one_rule() {
    let mut seen = BTreeSet::new();
    let all = SHIPPED.iter().flat_map(|rule| rule.patterns.iter());
    let twice: Vec<_> = all.filter(|pattern| !seen.insert(pattern.to_lowercase())).collect();
    assert!(twice.is_empty(), "{twice:?}");
}

/// Each word for a lasting condition is the only one in a text that is otherwise called safe to retry.
#[test]
fn every_lasting_word_decides_an_own_text() {
    let mut deciding = BTreeSet::new();
    for cause in own_causes() {
        let words = CauseWords::new(&cause);
        let found: Vec<_> =
            LASTING.into_iter().filter(|word| words.template_contains(word)).collect();
        let passing = |rule: &&Advice| rule.patterns.iter().any(|pattern| words.matches(pattern));
        let without = SHIPPED.iter().find(passing).map(|rule| rule.safe_to_retry);
        if let ([word], Some(Yes)) = (found.as_slice(), without) {
            deciding.insert(*word);
        }
    }
    let others: Vec<_> = LASTING.iter().filter(|word| !deciding.contains(*word)).collect();
    assert!(others.is_empty(), "{others:?}");
}

#[test]
fn words_of_a_url_say_nothing_about_the_cause() {
    assert_eq!(shipped("no reply from https://billing.example/quota/revoked"), None);
    assert_eq!(
        shipped("connect ECONNREFUSED http://billing.example/quota"),
        Some((ExternalService, Yes))
    );
}

#[test]
fn no_retry_is_called_safe_after_a_lasting_condition() {
    assert_eq!(shipped("Too many requests"), Some((ExternalService, Yes)));
    assert_eq!(shipped("Too many requests: the contract has ended"), None);
    let later = shipped("Too many requests: the key is not permitted by the policy");
    assert_eq!(later, Some((ExternalService, AfterFix)), "a later rule applies");
    let own = Advice {
        patterns: Patterns::Configured("too many requests".to_owned()),
        category: ExternalService,
        text: "Requeue.".into(),
        safe_to_retry: Yes,
    };
    let cause = Fingerprint::new("K", Some("Too many requests: the contract has ended"), None);
    let found = advise(std::iter::once(&own).chain(SHIPPED), &cause);
    assert_eq!(found, Some(&own), "a rule of the settings is meant");
}

#[test]
fn configured_rules_apply_to_a_table_without_errors() {
    let cause = Fingerprint::new("K", None, None);
    let own = [Advice {
        patterns: Patterns::Configured("no error text".to_owned()),
        category: Internal,
        text: "See the log of the worker.".into(),
        safe_to_retry: AfterFix,
    }];
    assert_eq!(advise(rules(&own, false), &cause), Some(&own[0]));
    assert_eq!(advise(rules(&own, true), &cause), Some(&own[0]));
    // The built-in rule blames the worker, which only a missing text in a column for it shows.
    assert_eq!(advise(rules(&[], false), &cause), None);
    assert!(advise(rules(&[], true), &cause).is_some());
}
