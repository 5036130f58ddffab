//! Property tests of the fingerprint of any error.

use cliplyctl::fingerprint::{Fingerprint, version_of_hash};
use proptest::prelude::*;

/// Sentences with placeholders: `{id}`, `{n}` and `{t}` stand for values that differ between jobs.
const SKELETONS: [&str; 30] = [
    "Job {id} not found",
    "Job {id} failed after {n} attempts",
    "job={id} workspace_id={id} stalled",
    "clip {id}: render took {n}ms, limit {n}ms",
    "clip {id}/{id} is gone",
    "request {id} was rejected at {t}",
    "no heartbeat since {t} (worker {id}, pid {n})",
    "[{t}] worker {id}: lease lost",
    "object clips/{id}/{id}.mp4 is missing",
    "GET https://cdn.example.com/v1/clips/{id}/parts/{n}?sig={id}&exp={n} failed",
    "ENOENT: no such file or directory, open '/tmp/cliply-{id}/{id}.mp4'",
    "connect ECONNREFUSED 10.0.{n}.7:5432",
    "Request failed with status code 429 (request id: {id})",
    "HTTP 503 from https://api.example.com/jobs/{id}",
    "ffmpeg exited with code 1: /tmp/{id}/in.mp4: Invalid data found when processing input",
    "frame {n} of {n} could not be decoded",
    "value \"{id}\" is taken",
    "value '{n}' is taken",
    "Datei „{id}“ nicht gefunden, Versuch {n}",
    "ジョブ{id}が失敗しました",
    "ERROR: [youtube] {id}: Video unavailable",
    "{\"error\":{\"code\":\"limit_reached\",\"message\":\"clip {id} over limit {n}\",\"log_id\":\"{id}\"}}",
    "upload of {n} bytes to bucket at offset {n} failed",
    "mail to user-{id}@example.com bounced",
    "segments [{n}, {n}, {n}] overlap",
    "14 UNAVAILABLE: node {id} went away at {t}",
    "duplicate key value violates unique constraint \"clips_pkey\"\nDETAIL: Key (id)=({id}) already exists.",
    "TypeError: Cannot read properties of undefined (reading 'url')\n    at run (/app/worker.js:{n}:{n})",
    "process {n} was killed with signal SIGKILL",
    "deadlock with transaction {n} (SQLSTATE 40P01)",
];

fn id() -> impl Strategy<Value = String> {
    let uuid = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}";
    // An id of only letters looks like a word, so every id here has a digit, as nearly all real ones do.
    prop_oneof![
        uuid,
        "[0-9a-f]{6}[0-9][0-9a-f]{8}",
        "[1-9][0-9]{0,17}",
        "[0-9][A-Za-z0-9]{9}",
        "[a-z]{2}[0-9][a-z][0-9][a-z]{3}"
    ]
    .prop_filter("all letters", |id| id.bytes().any(|b| b.is_ascii_digit()))
}

fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        (0_u32..250).prop_map(|n| n.to_string()),
        (600_u64..1_000_000_000).prop_map(|n| n.to_string()),
        (600_u32..9999).prop_map(|n| format!("{n}.{}", n % 97)),
    ]
}

fn time() -> impl Strategy<Value = String> {
    const MONTHS: [&str; 4] = ["Jan", "May", "Sep", "Dec"];
    const DAYS: [&str; 3] = ["Mon", "Wed", "Sun"];
    (2020..2030, 1..13, 1..29, 0..24, 0..60, 0..5).prop_map(
        |(year, month, day, hour, minute, form)| {
            let (name, weekday) = (MONTHS[month as usize % 4], DAYS[day as usize % 3]);
            match form {
                0 => format!("{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:07.123Z"),
                1 => format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}:07+00"),
                2 => format!("{weekday}, {day} {name} {year} {hour:02}:{minute:02}:07 GMT"),
                3 => format!("{month}/{day}/{year}, {}:{minute:02}:07 PM", hour % 12 + 1),
                _ => format!("{}", 1_600_000_000_000_i64 + i64::from(year) * 86_400_123),
            }
        },
    )
}

/// Replaces the placeholders of a skeleton.
fn fill(skeleton: &str, ids: &[String], numbers: &[String], times: &[String]) -> String {
    let mut text = skeleton.to_owned();
    for (slot, values) in [("{id}", ids), ("{n}", numbers), ("{t}", times)] {
        for value in values.iter().cycle() {
            if !text.contains(slot) {
                break;
            }
            text = text.replacen(slot, value, 1);
        }
    }
    text
}

fn filled(skeleton: &'static str) -> impl Strategy<Value = String> {
    let many = |s| proptest::collection::vec(s, 3);
    (many(id().boxed()), many(number().boxed()), many(time().boxed()))
        .prop_map(move |(ids, numbers, times)| fill(skeleton, &ids, &numbers, &times))
}

fn two_of_one_cause() -> impl Strategy<Value = (String, String)> {
    (0..SKELETONS.len()).prop_flat_map(|at| (filled(SKELETONS[at]), filled(SKELETONS[at])))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn texts_that_differ_only_in_variables_share_a_fingerprint((one, other) in two_of_one_cause()) {
        let (first, second) = (Fingerprint::new("K", Some(&one), None), Fingerprint::new("K", Some(&other), None));
        prop_assert_eq!(first, second, "{:?} / {:?}", one, other);
    }

    #[test]
    fn any_text_has_a_well_formed_hash_without_panic(text in any::<String>(), json in any::<String>()) {
        for (last_error, error) in [(Some(text.as_str()), None), (None, Some(json.as_str())), (Some(&text), Some(&json))] {
            let print = Fingerprint::new("K", last_error, error);
            prop_assert!(version_of_hash(&print.hash).is_some(), "{}", print.hash);
            prop_assert!(!print.template.is_empty());
        }
    }

    #[test]
    fn awkward_text_stays_within_the_length_limit(
        pieces in proptest::collection::vec(prop_oneof![
            Just("\u{1b}["), Just("<*>"), Just("{\""), Just("[{"), Just("://"), Just("'"), Just("\""), Just("\\"), Just("::"),
            Just("„"), Just("é"), Just("1"), Just("/tmp/"), Just("@"), Just("="), Just("\n"), Just("http"), Just("<html"),
            Just("Error: "), Just("[cause]: "), Just("^\n"), Just("Caused by:"), Just("…"), Just("a"), Just("日本"), Just(" "),
            Just("C:\\Temp\\"), Just("ffmpeg version "), Just("Traceback (most recent call last)"), Just("%"), Just(".mp4"),
        ], 0..60)
    ) {
        let text = pieces.concat();
        let print = Fingerprint::new("K", Some(&text), Some(&text));
        prop_assert!(print.template.len() <= 700, "{} bytes from {text:?}", print.template.len());
    }

    #[test]
    fn template_of_a_template_is_unchanged(text in (0..SKELETONS.len()).prop_flat_map(|at| filled(SKELETONS[at]))) {
        let template = Fingerprint::new("K", Some(&text), None).template;
        prop_assert_eq!(Fingerprint::new("K", Some(&template), None).template, template);
    }
}
