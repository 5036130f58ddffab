use CauseCategory::{BadInput, ExternalService, Internal, Resources};
use SafeToRetry::{AfterFix, No, Yes};

use super::*;

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
    ] {
        assert_eq!(shipped(text), Some(expected), "{text}");
    }
    assert_eq!(shipped("the bathroom is flooded"), None);
    assert_eq!(shipped(" "), Some((Internal, AfterFix)), "no word at all");
}

#[test]
fn quota_error_is_distinguished_from_another_403() {
    let quota = r#"{"error":{"code":403,"message":"no","errors":[{"reason":"quotaExceeded"}]}}"#;
    let cause = Fingerprint::new("PUBLISH_YOUTUBE", None, Some(quota));
    let found = advise(SHIPPED, &cause).map(|advice| advice.pattern.as_ref());
    assert_eq!(found, Some("quotaExceeded"));
}

#[test]
fn configured_rules_take_precedence_and_ignore_case() {
    let own = Advice {
        pattern: "econnREFUSED".into(),
        category: Internal,
        text: "Call the database team.".into(),
        safe_to_retry: No,
    };
    let cause = Fingerprint::new("K", Some("connect ECONNREFUSED 10.0.0.1:5432"), None);
    assert_eq!(advise(std::iter::once(&own).chain(SHIPPED), &cause), Some(&own));
}

#[test]
fn patterns_match_whole_words() {
    assert!(contains_words("killed: oom now", "oom") && contains_words("oom", "oom"));
    assert!(
        !contains_words("bathroom", "oom")
            && !contains_words("oom_score", "oom")
            && !contains_words("x", "")
    );
    assert!(contains_words("ärger, é oom é", "oom") && !contains_words("éoom", "oom"));
}

/// A rule after another one that always matches first is never used.
#[test]
fn every_built_in_rule_is_reachable() {
    let mut unreachable = Vec::new();
    for (at, rule) in SHIPPED.iter().enumerate() {
        let cause =
            Fingerprint { hash: String::new(), code: None, template: rule.pattern.to_string() };
        let first = SHIPPED.iter().position(|other| Some(other) == advise(SHIPPED, &cause));
        if first != Some(at) {
            unreachable.push(rule.pattern.as_ref());
        }
    }
    assert!(unreachable.is_empty(), "{unreachable:?}");
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
    assert_eq!(shipped("Too many requests for your trial"), None);
    let own = Advice {
        pattern: "too many requests".into(),
        category: ExternalService,
        text: "Requeue.".into(),
        safe_to_retry: Yes,
    };
    let cause = Fingerprint::new("K", Some("Too many requests for your trial"), None);
    let found = advise(std::iter::once(&own).chain(SHIPPED), &cause);
    assert_eq!(found, Some(&own), "a rule of the settings is meant");
}
