use std::path::Path;

use serde_json::Value;

use crate::support::fixtures::path;
use crate::support::readiness::{READINESS_FILES, response};

fn json(name: &str) -> Result<Value, serde_json::Error> {
    serde_json::from_slice(&response(name).body)
}

#[test]
fn fixture_table_lists_every_readiness_file() {
    let entries = std::fs::read_dir(path("readiness")).unwrap();
    let mut files: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    files.sort();
    assert_eq!(files, READINESS_FILES.iter().map(|(file, _)| *file).collect::<Vec<_>>());
}

#[test]
fn json_fixtures_parse_and_others_do_not() {
    for (file, status) in READINESS_FILES {
        let file = Path::new(file);
        let name = file.file_stem().unwrap().to_str().unwrap();
        let is_json = file.extension().unwrap() == "json";
        assert_eq!(json(name).is_ok(), is_json, "{name}");
        assert_eq!(response(name).status, *status);
    }
}

#[test]
fn http_200_fixtures_are_never_false_and_503_fixtures_are() {
    for (file, status) in READINESS_FILES.iter().filter(|(file, _)| file.ends_with(".json")) {
        let ok = json(file.trim_end_matches(".json")).unwrap()["ok"].as_bool();
        match status {
            200 => assert_ne!(ok, Some(false), "{file}"),
            _ => assert_eq!(ok, Some(false), "{file}"),
        }
    }
}

#[test]
fn fixtures_have_their_required_headers() {
    let has = |name: &str, header: &str| {
        response(name).headers.iter().any(|(name, _)| name.as_str() == header)
    };
    assert!(has("deployment_protection_401", "x-vercel-id"));
    assert!(has("rate_limited_429", "retry-after"));
    let content_type = |name: &str| response(name).headers[0].1.clone();
    assert_eq!(content_type("error_405_plain"), "text/plain; charset=utf-8");
    assert_eq!(content_type("truncated"), "application/json");
    assert_eq!(content_type("html_200"), "text/html; charset=utf-8");
}
