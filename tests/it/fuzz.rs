//! Fuzz tests of files and responses from outside: they are read or rejected, never cause a panic, never
//! expose a secret, and never make a broken system look healthy.
//!
//! `scripts/drill fuzz` tries more inputs.

use std::fmt::Debug;
use std::path::Path;

use cliplyctl::dsn::{ConnectionDefaults, Dsn};
use cliplyctl::facts::Status;
use cliplyctl::facts::job_id::JobId;
use cliplyctl::facts::listing::{Cursor, Order};
use cliplyctl::queue::IdType;
use cliplyctl::settings::{Overrides, ProcessEnvironment, Settings, duration};
use cliplyctl::sources::files::saved_triage::SavedTriage;
use cliplyctl::sources::files::{access_report, contract, ids};
use proptest::prelude::*;
use proptest::test_runner::{TestCaseError, TestRunner};

use crate::service::{evaluate_readiness, request_readiness, worst};
use crate::support::cli::Cli;
use crate::support::drill::{cases, report_run};
use crate::support::fixtures::path;
use crate::support::http::{Response, Stub};

/// Runs the test with many inputs. A failing input is reduced and printed.
fn try_all<S: Strategy>(strategy: S, test: impl Fn(S::Value) -> Result<(), TestCaseError>)
where
    S::Value: Debug,
{
    let config =
        ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() };
    TestRunner::new(config).run(&strategy, test).unwrap_or_else(|failure| panic!("{failure}"));
}

/// One change of a text: what to do, the relative position, and the inserted bytes.
type Change = (u8, f64, Vec<u8>);

/// Generates one of these texts with a few changes, or random bytes.
fn mutated(texts: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..4),
        prop::sample::select(vec![
            "true", "false", "null", "\"\"", "{}", "[]", "0", "-1", "1e999", "\\ud800", "\"ok\":",
            "\"", "{", "}", ",", "\n", "=", "[", "]", "'", "#", "$", "\u{feff}", "\u{202e}", "é",
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
    ];
    let change = (0_u8..5, 0.0..1.0, piece);
    let changed = (prop::sample::select(texts), prop::collection::vec(change, 0..6));
    prop_oneof![
        9 => changed.prop_map(|(text, changes)| changes.into_iter().fold(text, apply)),
        1 => prop::collection::vec(any::<u8>(), 0..300),
    ]
}

fn apply(mut text: Vec<u8>, (kind, position, piece): Change) -> Vec<u8> {
    let at = ((text.len() as f64) * position) as usize;
    match kind {
        0 => drop(text.splice(at..at, piece)),
        1 => drop(text.splice(at..(at + piece.len()).min(text.len()), piece)),
        2 => drop(text.drain(at..(at + 5).min(text.len()))),
        3 => text.truncate(at),
        _ => {
            let copied = text[at..(at + 40).min(text.len())].to_vec();
            text.splice(at..at, copied);
        }
    }
    text
}

fn bodies() -> Vec<Vec<u8>> {
    let files = std::fs::read_dir(path("readiness")).unwrap();
    files.map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect()
}

/// Whether a report contains `ok: true` and none of its components contradicts it.
fn is_consistent_ok(body: &[u8]) -> bool {
    // Bytes that are not UTF-8 count as replacement characters.
    let text = String::from_utf8_lossy(body);
    // So do escapes of lone surrogates.
    let surrogate_escape = regex::Regex::new(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}").unwrap();
    let text = surrogate_escape.replace_all(text.trim_start_matches('\u{feff}'), r"\ufffd");
    let Ok(report) = serde_json::from_str::<serde_json::Value>(&text) else { return false };
    let components =
        report["checks"].as_object().into_iter().flatten().map(|(_, component)| component);
    report["ok"] == true
        && components.into_iter().all(|component| *component != false && component["ok"] != false)
}

#[test]
fn readyz_is_ok_only_with_status_200_and_ok_true() {
    let stub = Stub::start([]);
    try_all(
        (mutated(bodies()), prop::sample::select(vec![200, 200, 200, 500])),
        |(body, status)| {
            stub.set("/api/readyz", Response::json(status, body.clone()));
            let observed = request_readiness(&stub.url());
            let evaluated = worst(&evaluate_readiness(&observed));
            prop_assert!(
                evaluated != Status::Ok || (status == 200 && is_consistent_ok(&body)),
                "{}",
                String::from_utf8_lossy(&body)
            );
            Ok(())
        },
    );
    report_run(&format!("{} answers of readyz", cases()));
}

/// Reads a file with these bytes as each kind of file that a command accepts.
#[test]
fn any_file_is_read_or_rejected() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    let mut cli = Cli::new([
        "triage",
        "--save",
        "seen.json",
        "--base-url",
        "http://127.0.0.1:1",
        "--timeout",
        "2s",
    ]);
    cli.run();
    let saved = std::fs::read(cli.home().join("seen.json")).unwrap();
    let report = br#"{"schema":"cliplyctl.report/v1","command":"rls matrix","context":{"name":null,"database":"d"},
        "started_at":"2026-01-01T00:00:00Z","exit_code":0,"findings":[],"coverage":{"examined":[]},"errors":[],
        "data":[{"table":"public.jobs","role":"anon","command":"select","declared":"none","predicted":"none"}]}"#;
    let contract_text =
        std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/facts/access/contract.toml"))
            .unwrap();
    let ids_text = b"00000000-0000-4000-8000-000000000001\n\n42\r\n-7\n".to_vec();
    try_all(mutated(vec![saved, report.to_vec(), contract_text, ids_text]), |bytes| {
        std::fs::write(&file, &bytes).unwrap();
        drop(SavedTriage::read(&file));
        drop(access_report::read(&file, &file));
        drop(contract::read(Some(&file)));
        for r#type in [IdType::Uuid, IdType::BigInt] {
            if let Ok(read) = ids::read(&[], file.to_str(), r#type) {
                let mut deduplicated = read.clone();
                deduplicated.sort_by_key(ToString::to_string);
                deduplicated.dedup();
                prop_assert_eq!(deduplicated.len(), read.len());
            }
        }
        Ok(())
    });
    report_run(&format!("{} files of reports, contracts and ids", cases()));
}

#[test]
fn any_configuration_is_read_or_rejected_with_its_file() {
    let config = br#"default_context = "prod"
[context.prod]
base_url = "https://api.example.com"
database_url = "postgres://oncall@db.example/cliply"
admin_token_env = "TOKEN"
headers = { x-one = "a", x-two = { env = "TWO" }, x-three = { file = "three" } }
protected = true
timeout = "5s"
oldest_job_age_unit = "ms"
[context.prod.thresholds]
dead = { warning = 10, critical = 20 }
oldest_due = false
[[advice]]
pattern = "x"
class = "internal_error"
text = "y"
safe_to_retry = "yes"
[env.profile.worker]
required = ["A"]
"#;
    let dotenv = b"DATABASE_URL='postgres://a:b@c/d'\nexport PGPASSWORD=\"x\\$y\"\nCLIPLY_HEADERS=\"A: b\nC: d\"\nOTHER=$x\n";
    let home = tempfile::tempdir().unwrap();
    let environment = ProcessEnvironment::from_pairs([("HOME", home.path().to_str().unwrap())]);
    let (config_file, dotenv_file) = (home.path().join("cliplyctl.toml"), home.path().join(".env"));
    try_all(
        (mutated(vec![config.to_vec()]), mutated(vec![dotenv.to_vec()])),
        |(config, dotenv)| {
            std::fs::write(&config_file, &config).unwrap();
            std::fs::write(&dotenv_file, &dotenv).unwrap();
            if let Err(error) = Settings::resolve(&Overrides::default(), &environment, home.path())
            {
                let names_file =
                    error.message.contains("cliplyctl.toml") || error.message.contains(".env");
                prop_assert!(names_file, "{error:?}");
            }
            Ok(())
        },
    );
    report_run(&format!("{} configurations", cases()));
}

#[test]
fn any_database_url_is_read_or_rejected_without_its_password() {
    let password = "Zq7[A-Za-z0-9]{4,9}";
    let urls = prop::sample::select(vec![
        "postgres://user:PASSWORD@host:5432/database?sslmode=require",
        "postgresql://user:PASSWORD@[::1]:5432,host2/database",
        "host=h user=u password='PASSWORD' dbname=d",
        "host=h password=PASSWORD options='-c a=b'",
        "postgres://host/database?user=u&password=PASSWORD&connect_timeout=3",
    ]);
    let changes =
        prop::collection::vec((0_u8..4, 0.0..1.0, prop::collection::vec(any::<u8>(), 0..4)), 0..5);
    try_all((urls, password, changes), |(url, password, changes): (&str, String, Vec<Change>)| {
        let bytes = changes.into_iter().fold(url.as_bytes().to_vec(), apply);
        // The password is inserted last. If its placeholder was changed, there is none.
        let url = String::from_utf8_lossy(&bytes).replace("PASSWORD", &password);
        let printed = match Dsn::parse(&url, &ConnectionDefaults::default()) {
            Ok(dsn) if dsn.hosts.iter().any(|host| host.password.is_some()) => {
                format!("{dsn} {dsn:?}")
            }
            Ok(_) => String::new(),
            Err(error) => format!("{error:?}"),
        };
        prop_assert!(!printed.contains(&password), "{url}: {printed}");
        Ok(())
    });
    report_run(&format!("{} database URLs", cases()));
}

#[test]
fn cursors_ids_and_times_round_trip() {
    let text = prop_oneof![
        "\\PC{0,60}",
        "(oldest/|died/|)(-infinity|infinity|2026-0[1-9]-[0-3][0-9]T0[0-9]:00:0[0-9](\\.[0-9]{1,9})?Z)~[-0-9a-f]{1,40}",
        "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
        "-?[0-9]{1,20}",
        "[0-9]{1,20}(ns|us|ms|s|m|h|d|w|mo|y| hours| )?",
    ];
    try_all(text, |text| {
        for order in [Order::Updated, Order::Oldest, Order::DeadSince] {
            for r#type in [IdType::Uuid, IdType::BigInt] {
                if let Ok(cursor) = Cursor::parse(&text, order, r#type) {
                    let again = Cursor::parse(&cursor.to_string(), order, r#type);
                    prop_assert_eq!(again.map(|c| c.to_string()), Ok(cursor.to_string()));
                }
            }
        }
        if let Some(id) = JobId::parse_any(&text) {
            prop_assert_eq!(JobId::parse_any(&id.to_string()), Some(id));
        }
        for time in [duration::parse(&text), duration::parse_long(&text)].into_iter().flatten() {
            prop_assert!(!time.is_zero());
        }
        Ok(())
    });
}
