//! Fixture responses of the health and readiness endpoints, valid and invalid.

use std::path::Path;

use super::http::Response;

/// Every file of `tests/fixtures/readiness/` with its HTTP status.
pub const READINESS_FILES: &[(&str, u16)] = &[
    ("admin_fatal.json", 503),
    ("admin_ok.json", 200),
    ("admin_older_ok.json", 200),
    ("admin_older_red.json", 503),
    ("admin_worker_red.json", 503),
    ("bare-red.json", 503),
    ("bare.json", 200),
    ("bare_not_ok.json", 503),
    ("bare_ok.json", 200),
    ("byte_order_mark.txt", 200),
    ("canonical-admin.json", 200),
    ("canonical-contradiction.json", 200),
    ("canonical-red.json", 503),
    ("canonical.json", 200),
    ("canonical_age_in_milliseconds.json", 200),
    ("canonical_db_red.json", 503),
    ("canonical_ffmpeg_red.json", 503),
    ("canonical_ok.json", 200),
    ("canonical_ok_but_worker_false.json", 200),
    ("canonical_ok_idle.json", 200),
    ("canonical_queue_warning.json", 503),
    ("canonical_without_worker.json", 200),
    ("canonical_worker_red.json", 503),
    ("deployment_protection_401.html", 401),
    ("detailed-red.json", 503),
    ("detailed.json", 200),
    ("empty.txt", 200),
    ("error_405.json", 405),
    ("error_405_plain.txt", 405),
    ("error_500.json", 500),
    ("error_502_plain.txt", 502),
    ("fatal.json", 503),
    ("flags-red.json", 503),
    ("flags.json", 200),
    ("healthz_ok.json", 200),
    ("hostile_text.json", 503),
    ("html_200.html", 200),
    ("integrations.json", 200),
    ("integrations_ok.json", 200),
    ("integrations_stripe_red.json", 503),
    ("internal-error.json", 500),
    ("not_utf8.txt", 200),
    ("older_db_red.json", 503),
    ("older_env_red.json", 503),
    ("older_ok.json", 200),
    ("rate_limited_429.json", 429),
    ("truncated.txt", 200),
    ("worker.json", 200),
    ("worker_script_ok.json", 200),
    ("wrong_type_array.json", 200),
    ("wrong_type_null.json", 200),
    ("wrong_type_numbers.json", 200),
    ("wrong_type_ok_string.json", 200),
    ("wrong_type_string.json", 200),
];

/// Returns the response of a fixture: status, headers, body. `canonical_ok` is `canonical_ok.json`.
pub fn response(name: &str) -> Response {
    let stem = |file: &str| Path::new(file).file_stem().is_some_and(|stem| stem == name);
    let (file, status) =
        READINESS_FILES.iter().find(|(file, _)| stem(file)).expect("a shape of this name");
    let path = super::fixtures::path(&format!("readiness/{file}"));
    let body = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let response = match file.rsplit_once('.') {
        Some((_, "html")) => Response::html(*status, body),
        Some((name, "txt")) if name.ends_with("_plain") => {
            Response::text(*status, "text/plain; charset=utf-8", body)
        }
        // Malformed bodies are sent as JSON, as real apps do.
        _ => Response::json(*status, body),
    };
    match *status {
        // A request header, x-vercel-protection-bypass, would give access. The response names only its host.
        401 => response.header("server", "Vercel").header("x-vercel-id", "fra1::iad1::7x2kq"),
        429 => response.header("retry-after", "7"),
        _ => response,
    }
}
