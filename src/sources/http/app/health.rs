//! Parser of the health report.

use serde_json::Value;

use super::json::text;
use super::signs::{CONTAINERS, STATUS_WORDS, is_empty, scan, status_of, unhealthy_members};
use crate::facts::service::{Exchange, Health, ReportedFlag};
use crate::facts::{SourceError, SourceErrorKind};
use crate::sources::http::json_type;

/// Parses a health report. It needs a status: `ok`, or `status` in the formats of common frameworks.
/// Other fields count only if they contradict it.
pub(crate) fn parse(json: &Value, exchange: Exchange) -> Result<Health, SourceError> {
    let malformed = |what: String| {
        let message = format!("HTTP {} without a health report: {what}", exchange.http_status);
        let kind = match exchange.http_status {
            500.. => SourceErrorKind::Unavailable,
            _ => SourceErrorKind::Unrecognized,
        };
        SourceError::new(kind, message)
            .hint("check the base URL, and healthz_path of the context if it is another path")
    };
    let (name, value) =
        status_field(json).ok_or_else(|| malformed("the field ok is missing".to_owned()))?;
    let ok = match status_of(name, name, value) {
        ReportedFlag::Is(ok) => ok,
        // A service that works in part is up.
        ReportedFlag::Degraded => true,
        ReportedFlag::Malformed(problem) => return Err(malformed(problem)),
        ReportedFlag::Absent => {
            return Err(malformed(format!("the field {name} is {}", json_type(value))));
        }
    };
    let field = |name| json.get(name).filter(|value| !is_empty(value)).and_then(text);
    let unhealthy = if ok { contradictions(json) } else { vec![] };
    Ok(Health {
        exchange,
        ok,
        service: field("service"),
        ts: field("ts").or_else(|| field("timestamp")),
        error: field("error"),
        unhealthy,
    })
}

/// The status of the report: its first field that is one, by the order of the known names.
fn status_field(json: &Value) -> Option<(&str, &Value)> {
    let fields = json.as_object()?;
    STATUS_WORDS.iter().find_map(|word| {
        let (name, value) = fields.iter().find(|(name, _)| name.eq_ignore_ascii_case(word))?;
        (*word == "ok" || !value.is_null()).then_some((name.as_str(), value))
    })
}

/// Returns the unhealthy values of a report whose status is ok.
fn contradictions(json: &Value) -> Vec<String> {
    let components =
        CONTAINERS.iter().filter_map(|name| Some(unhealthy_members(name, json.get(name)?)));
    let mut unhealthy = scan("", json).unhealthy;
    for text in components.flatten() {
        if !unhealthy.contains(&text) {
            unhealthy.push(text);
        }
    }
    unhealthy
}

#[cfg(test)]
mod tests {
    use super::*;

    fn health(text: &str) -> Result<Health, String> {
        let exchange = Exchange { http_status: 200, ..Exchange::default() };
        parse(&serde_json::from_str(text).unwrap(), exchange).map_err(|e| e.message)
    }

    #[test]
    fn health_report_allows_additional_fields() {
        let full = r#"{"ok":true,"service":"api","ts":"2026-01-01T00:00:00Z","x":[1]}"#;
        let full = health(full).unwrap();
        assert!(full.ok && full.service.as_deref() == Some("api") && full.ts.is_some());
        let failed = health(r#"{"ok":false,"error":{"message":"internal_error"}}"#).unwrap();
        assert!(!failed.ok && failed.error.as_deref() == Some("internal_error"));
    }

    #[test]
    fn status_words_of_frameworks_are_a_health_report() {
        for (text, ok, unhealthy) in [
            (r#"{"status":"UP","groups":["liveness"]}"#, true, 0),
            (r#"{"status":"pass"}"#, true, 0),
            (r#"{"status":"up","timestamp":"2026-01-01T00:00:00Z"}"#, true, 0),
            (r#"{"status":"DOWN"}"#, false, 0),
            (r#"{"status":"degraded"}"#, true, 1),
            (r#"{"ok":true,"fatal":true}"#, true, 1),
            (r#"{"ok":true,"error":"no disk"}"#, true, 1),
            (r#"{"ok":true,"db":{"ok":false}}"#, true, 1),
            (r#"{"ok":true,"checks":{"redis":"down","db":{"ok":false}}}"#, true, 2),
            (r#"{"status":"UP","components":{"db":"up","disk":{"status":"UP"}}}"#, true, 0),
            (r#"{"ok":true,"error":null,"errors":{},"build":{"status":"released"}}"#, true, 0),
            (r#"{"healthy":true}"#, true, 0),
            (r#"{"healthy":false}"#, false, 0),
            (r#"{"ready":false}"#, false, 0),
            (r#"{"Status":"Healthy"}"#, true, 0),
        ] {
            let health = health(text).unwrap();
            assert_eq!((health.ok, health.unhealthy.len()), (ok, unhealthy), "{text}: {health:?}");
        }
    }

    #[test]
    fn component_that_is_down_is_found_wherever_it_is() {
        for (text, unhealthy) in [
            (r#"{"status":"UP","services":{"db":"DOWN","redis":"DOWN"}}"#, 2),
            (r#"{"status":"pass","database":"fail"}"#, 1),
            (r#"{"status":"ok","database":false}"#, 1),
            (r#"{"status":"UP","checks":{"infra":{"status":"ok","redis":"down"}}}"#, 1),
            (r#"{"status":"UP","checks":{"infra":{"status":"ok","redis":false}}}"#, 1),
            (r#"{"status":"ok","dependencies":{"db":"down"}}"#, 1),
            (r#"{"ok":true,"db":true,"redis":false}"#, 1),
            (r#"{"ok":true,"db":true,"thumbnails":false}"#, 1),
            (r#"{"status":"ok","checks":{"database":false,"redis":true}}"#, 1),
            (r#"{"status":"ok","checks":{"database":{"connected":false,"latency":0}}}"#, 1),
            (r#"{"status":"ok","checks":{"database":{"status":"ok","up":false}}}"#, 1),
            (r#"{"status":"ok","checks":[{"name":"db","passed":false}]}"#, 1),
            (r#"{"status":"ok","checks":{"db":{"status":"ECONNREFUSED"}}}"#, 1),
            (r#"{"status":"ok","checks":{"db":{"status":"ko"},"redis":{"status":"500"}}}"#, 2),
            (r#"{"status":"ok","checks":{"db":{"ok":false}},"errors":{}}"#, 1),
            (r#"{"ok":true,"primary":{"db":{"ok":false}}}"#, 1),
            (r#"{"status":"UP","services":{"db":"UP","redis":"UP"},"database":"connected"}"#, 0),
            (r#"{"ok":true,"db":true,"redis":true,"maintenance":false,"debug":false}"#, 0),
            (
                r#"{"ok":true,"cached":false,"degraded":false,"read_only":false,"readOnly":false}"#,
                0,
            ),
            (r#"{"ok":true,"redis":true,"maintenanceMode":false,"tls_enabled":false}"#, 0),
            (r#"{"ok":true,"beta":false,"https":false,"draft":false}"#, 0),
            (r#"{"ok":true,"log_level":"error","trend":"down","mode":"offline"}"#, 0),
            (r#"{"ok":true,"maintenance":{"state":"inactive","active":false}}"#, 0),
            (r#"{"status":"ok","checks":{"db":{"connected":true,"cached":false}}}"#, 0),
            (r#"{"status":"ok","checks":{"db":{"ok":true},"version":"1.2","note":"hi"}}"#, 0),
            (r#"{"status":"ok","details":{"pg":{"status":"ok","fatal":true}}}"#, 1),
            (r#"{"ok":true,"cluster":{"status":"ok","connected":true,"tracing":false}}"#, 0),
            (r#"{"status":"ok","details":{"uptime":3,"region":"eu"}}"#, 0),
        ] {
            let health = health(text).unwrap();
            assert_eq!(
                (health.ok, health.unhealthy.len()),
                (true, unhealthy),
                "{text}: {health:?}"
            );
        }
    }

    #[test]
    fn health_ok_must_be_a_boolean() {
        for (text, what) in [
            (r#"{"ok":"true"}"#, "the field ok is a string, not true or false"),
            (r#"{"ok":null}"#, "the field ok is null"),
            (r#"{"ok":1,"status":"up"}"#, "the field ok is a number, not true or false"),
            (
                r#"{"status":"released"}"#,
                "the field status is “released”, which is not a known status",
            ),
            (r#"{"message":"hi"}"#, "the field ok is missing"),
        ] {
            assert_eq!(
                health(text).unwrap_err(),
                format!("HTTP 200 without a health report: {what}")
            );
        }
    }
}
