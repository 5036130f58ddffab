use super::*;

fn try_read(text: &str, ignored: &[&str]) -> Option<Readiness> {
    let document = ReportDocument { json: serde_json::from_str(text).unwrap(), format: None };
    let ignored: Vec<_> = ignored.iter().map(|name| (*name).to_owned()).collect();
    parse(&document, Exchange::default(), &ignored)
}

fn read(text: &str) -> Readiness {
    try_read(text, &[]).unwrap()
}

/// Returns every component with its flag: `db+ worker- ffmpeg?`.
fn components(readiness: &Readiness) -> String {
    let sign = |ok: &ReportedFlag| match ok {
        ReportedFlag::Is(true) => "+",
        ReportedFlag::Is(false) => "-",
        ReportedFlag::Degraded => "~",
        ReportedFlag::Absent => "?",
        ReportedFlag::Malformed(_) => "!",
    };
    let components = readiness.components.iter().map(|c| format!("{}{}", c.name, sign(&c.ok)));
    components.collect::<Vec<_>>().join(" ")
}

#[test]
fn every_known_readiness_format_is_recognized() {
    use ReadinessFormat::{Bare, Canonical, Detailed, Failure, Flags, Integrations, Other, Worker};
    for (text, format, expected) in [
        (
            r#"{"ok":true,"checks":{"db":{"ok":true},"worker":{"ok":true,"message":"2 alive"}},
                "queue":{"length":3,"oldestJobAge":12.5},"ffmpeg":{"ok":true}}"#,
            Canonical,
            "db+ worker+ ffmpeg+",
        ),
        (
            r#"{"ok":false,"checks":{"db":{"ok":false}},"queue":null,"ffmpeg":{"ok":true}}"#,
            Canonical,
            "db- ffmpeg+",
        ),
        (r#"{"ok":true,"queue":{"length":0,"oldestJobAge":null}}"#, Canonical, ""),
        (
            r#"{"ok":false,"service":"api","checks":{"env":true,"db":false},"errors":{"db":"down"},"ts":"t"}"#,
            Flags,
            "env+ db-",
        ),
        (
            r#"{"ok":true,"checks":{"env":{"ok":true},"db":{"ok":true},"stripe":{"ok":true},"sentry":{"ok":false}},
                "queue":{"length":0,"oldestJobAge":null},"ffmpeg":{"ok":true}}"#,
            Integrations,
            "env+ db+ stripe+ sentry-",
        ),
        (
            r#"{"ok":true,"env":{"ok":true,"missing":[],"optionalMissing":["A"]},"worker":{"ok":true},
                "db":{"ok":false,"error":"x","tablesChecked":["jobs"],"missingTables":["jobs"]},
                "stripe":{"ok":true,"missingEnv":[],"priceIdsConfigured":3},"sentry":{"ok":true,"missingEnv":[]}}"#,
            Detailed,
            "env+ worker+ db- stripe+ sentry+",
        ),
        (r#"{"ok":false,"fatal":true,"error":"boom"}"#, Failure, ""),
        (r#"{"ok":false,"error":{"message":"internal_error","detail":"x"}}"#, Failure, ""),
        (
            r#"{"ok":true,"service":"worker","checks":{"env":true,"db":true,"queue":true},"ts":"t"}"#,
            Worker,
            "env+ db+ queue+",
        ),
        (r#"{"ok":true}"#, Bare, ""),
        (r#"{"ok":true,"checks":{"redis":{"ok":false},"note":"hi"}}"#, Other, "redis- note!"),
    ] {
        let readiness = read(text);
        assert_eq!(
            (readiness.format, components(&readiness).as_str()),
            (format, expected),
            "{text}"
        );
    }
}

#[test]
fn placeholder_constants_are_ignored_and_real_values_kept() {
    let constant = r#"{"ok":true,"checks":{"stripe":{"ok":true}},
        "queue":{"length":0,"oldestJobAge":null},"ffmpeg":{"ok":true}}"#;
    assert_eq!(read(constant).queue, None);
    let real = r#"{"ok":true,"checks":{"stripe":{"ok":true}},
        "queue":{"length":7,"oldestJobAge":null},"ffmpeg":{"ok":false}}"#;
    assert_eq!(read(real).queue.unwrap().length, Some(7));
    assert_eq!(components(&read(real)), "stripe+ ffmpeg-");
}

#[test]
fn wrong_type_is_reported_with_its_path_for_its_component_only() {
    let report = read(
        r#"{"ok":"true","checks":{"db":{"ok":1},"worker":"fine","x":3},
            "queue":{"length":-1,"oldestJobAge":"12","warning":"no"},"ffmpeg":{"ok":true}}"#,
    );
    assert_eq!(
        report.ok,
        ReportedFlag::Malformed("the field ok is a string, not true or false".to_owned())
    );
    assert_eq!(components(&report), "db! worker! x! ffmpeg+");
    assert_eq!(
        report.component("db").unwrap().ok,
        ReportedFlag::Malformed("the field checks.db.ok is a number, not true or false".to_owned())
    );
    let queue = report.queue.unwrap();
    assert_eq!(
        queue.problems,
        [
            "the field queue.length is -1, not a count",
            "the field queue.oldestJobAge is a string, not a number"
        ]
    );
    assert!(matches!(queue.warning, ReportedFlag::Malformed(_)));
    assert_eq!(
        read(r#"{"ok":true,"checks":"fine"}"#).problems,
        ["the field checks is a string, not an object"]
    );
}

#[test]
fn object_without_known_fields_is_malformed() {
    for text in ["{}", r#"{"message":"Not found"}"#, r#"{"ok":null}"#, "[]"] {
        assert_eq!(try_read(text, &[]), None, "{text}");
    }
}

#[test]
fn errors_and_details_are_kept_as_text() {
    let flags = read(r#"{"ok":false,"checks":{"env":true,"db":false},"errors":{"db":"refused"}}"#);
    assert_eq!(flags.errors, ["db: refused"]);
    let failure = read(r#"{"ok":false,"error":{"message":"internal_error","detail":"x"}}"#);
    assert_eq!(failure.errors, ["internal_error: x"]);
    let env = read(r#"{"ok":false,"env":{"ok":false,"missing":["A","B"],"optionalMissing":[]}}"#);
    let details = &env.components[0].details;
    assert_eq!(details, &[("missing".to_owned(), "A, B".to_owned())]);
}

proptest::proptest! {
    #[test]
    fn readiness_parser_never_panics(text in r#"[\[\]{}:,"a-z0-9.]{0,60}"#, ok in "(true|1|null|\\{\\})") {
        for text in [text.clone(), format!(r#"{{"ok":{ok},"checks":{{"db":{ok}}},"queue":{ok}}}"#)] {
            if let Ok(json) = serde_json::from_str(&text) {
                let _ = parse(&ReportDocument { json, format: None }, Exchange::default(), &[]);
            }
        }
    }
}
