//! Tests that responses are read as other clients read them: headers, encodings, byte order marks.

use cliplyctl::facts::SourceErrorKind::{Malformed, Unavailable};
use cliplyctl::facts::Status;

use super::{evaluate_health, request_health, request_readiness, worst};
use crate::support::http::{Response, Stub};

const UP: &str = r#"{"ok":true,"service":"api"}"#;
/// [`UP`], compressed.
const GZIP: &str = "1f8b0800000000000003ab56cacf56b22a292a4dd5512a4e2d2acb4c4e55b2524a2cc854aa0500900499f71b000000";
const BROTLI: &str = "0b0d807b226f6b223a747275652c2273657276696365223a22617069227d03";
const DEFLATE: &str = "789cab56cacf56b22a292a4dd5512a4e2d2acb4c4e55b2524a2cc854aa05008148092a";

fn decode_hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
}

fn up() -> Response {
    Response::json(200, UP)
}

fn encoded(encoding: &str, body: Vec<u8>) -> Response {
    Response::json(200, body).header("content-encoding", encoding)
}

#[test]
fn unusual_but_valid_responses_are_ok() {
    let many = (0..150).fold(up(), |response, i| response.header(&format!("x-trace-{i}"), "y"));
    let with_mark = [b"\xef\xbb\xbf".as_slice(), UP.as_bytes()].concat();
    for (name, response) in [
        ("byte order mark", Response::json(200, with_mark)),
        ("150 headers", many),
        ("folded header", up().header("x-policy", "a;\r\n\tb;\r\n  c")),
        ("space before the colon", up().header("x-odd ", "y")),
        ("gzip", encoded("gzip", decode_hex(GZIP))),
        ("brotli", encoded("br", decode_hex(BROTLI))),
        ("deflate", encoded("deflate", decode_hex(DEFLATE))),
        ("identity", encoded("identity", UP.into())),
    ] {
        let stub = Stub::start([("/api/healthz", response)]);
        let observed = request_health(&stub.url());
        assert_eq!(worst(&evaluate_health(&observed)), Status::Ok, "{name}: {observed:?}");
        assert_eq!(observed.value().unwrap().service.as_deref(), Some("api"), "{name}");
    }
}

#[test]
fn body_that_contradicts_its_encoding_is_malformed() {
    let stub = Stub::start([("/api/healthz", encoded("gzip", UP.into()))]);
    let observed = request_health(&stub.url());
    let error = observed.error().unwrap();
    assert_eq!(error.kind, Malformed, "{error:?}");
    assert!(error.message.contains("Content-Encoding"), "{error:?}");
    assert_eq!(worst(&evaluate_health(&observed)), Status::Critical);
}

#[test]
fn retry_after_of_any_size_is_no_reason_to_fail() {
    for value in
        ["18446744073709551615", "9223372036854775807", "99999999999999999999", "-1", "soon"]
    {
        let response = Response::html(503, "<title>down</title>").header("retry-after", value);
        let stub = Stub::start([("/api/healthz", response.clone()), ("/api/readyz", response)]);
        let health = request_health(&stub.url());
        assert_eq!(health.error().unwrap().kind, Unavailable, "{value}: {health:?}");
        assert_eq!(request_readiness(&stub.url()).error().unwrap().kind, Unavailable, "{value}");
    }
    let stub = Stub::start([]);
    let busy = Response::text(503, "text/plain", "").header("retry-after", "1");
    stub.set_all("/api/healthz", [busy, up()]);
    let health = request_health(&stub.url());
    assert_eq!(worst(&evaluate_health(&health)), Status::Ok, "{health:?}");
}

#[test]
fn requests_ask_caches_for_a_current_answer() {
    let stub = Stub::start([("/api/healthz", up()), ("/api/readyz", up())]);
    request_health(&stub.url());
    request_readiness(&stub.url());
    for path in ["/api/healthz", "/api/readyz"] {
        assert_eq!(stub.requests(path)[0].headers["cache-control"], "no-cache", "{path}");
    }
}
