//! Tests of invalid responses: none is OK, each names its cause, and all end within the timeout.

use std::time::Duration;

use cliplyctl::facts::SourceErrorKind::{self, *};
use cliplyctl::facts::Status::{self, Critical, Unknown};

use super::{evaluate_health, evaluate_readiness, request_health, request_readiness, worst};
use crate::support::http::{Response, SendMode, Stub, refused_url};

/// A response and its expected evaluation.
pub struct Case {
    pub name: &'static str,
    pub response: Response,
    kind: SourceErrorKind,
    pub health: Status,
    ready: Status,
    /// A part of the expected message.
    pub message_part: &'static str,
    /// A part of the expected hint.
    hint: &'static str,
}

fn case(
    name: &'static str,
    response: Response,
    (kind, health, ready): (SourceErrorKind, Status, Status),
    (message_part, hint): (&'static str, &'static str),
) -> Case {
    Case { name, response, kind, health, ready, message_part, hint }
}

const UNRECOGNIZED: (SourceErrorKind, Status, Status) = (Unrecognized, Unknown, Unknown);
const DOWN: (SourceErrorKind, Status, Status) = (Unavailable, Critical, Critical);
const ELSEWHERE: (SourceErrorKind, Status, Status) = (Intercepted, Unknown, Unknown);

fn bodies() -> Vec<Case> {
    let page = "<!doctype html><title>\n Sign in &amp; up </title>";
    let json = |body: &str| Response::json(200, body);
    vec![
        case(
            "html",
            Response::html(200, page),
            ELSEWHERE,
            ("an HTML page titled “Sign in &amp; up”", "a login page"),
        ),
        case(
            "untitled html",
            Response::html(200, "<p>"),
            ELSEWHERE,
            ("an HTML page without a title", "a login page"),
        ),
        case("empty", json(""), UNRECOGNIZED, ("200 OK: an empty body", "base URL")),
        case(
            "truncated json",
            json(r#"{"ok":true,"#),
            UNRECOGNIZED,
            ("truncated JSON, 11 bytes", "base URL"),
        ),
        case("array", json("[]"), UNRECOGNIZED, ("an array, not a JSON object", "base URL")),
        case("null", json("null"), UNRECOGNIZED, ("null, not a JSON object", "base URL")),
        case(
            "text",
            Response::text(200, "text/plain", "ok\n"),
            UNRECOGNIZED,
            ("text instead of JSON: “ok”", "base URL"),
        ),
        case(
            "binary",
            Response::json(200, [0xff, 0x00, 0xfe]),
            UNRECOGNIZED,
            ("text instead of JSON", "base URL"),
        ),
        case("bad json", json("{ok:true}"), UNRECOGNIZED, ("invalid JSON: {ok:true}", "base URL")),
        case("unknown object", json(r#"{"message":"hi"}"#), UNRECOGNIZED, ("report:", "base URL")),
        case("deep", json(&"[".repeat(100_000)), UNRECOGNIZED, ("invalid JSON", "base URL")),
    ]
}

fn statuses() -> Vec<Case> {
    let text = |status, body: &str| Response::text(status, "text/plain", body);
    vec![
        case(
            "500",
            text(500, "Internal Server Error"),
            DOWN,
            ("500 Internal Server Error: text instead of JSON: “Internal Server Error”", "logs"),
        ),
        case(
            "502",
            Response::html(502, "<title>Bad gateway</title>"),
            DOWN,
            ("502 Bad Gateway: an HTML page titled “Bad gateway” (after 2 retries)", "logs"),
        ),
        case(
            "503",
            text(503, ""),
            DOWN,
            ("503 Service Unavailable: an empty body (after 2 retries)", "logs"),
        ),
        case(
            "504",
            text(504, "upstream").header("x-vercel-error", "FUNCTION_INVOCATION_TIMEOUT"),
            DOWN,
            ("504 Gateway Timeout [FUNCTION_INVOCATION_TIMEOUT]", "logs"),
        ),
        case(
            "401",
            text(401, "no"),
            (Authentication, Unknown, Unknown),
            ("401 Unauthorized", "CLIPLY_ADMIN_TOKEN"),
        ),
        case(
            "deployment protection",
            Response::html(401, "<title>Authentication Required</title>")
                .header("set-cookie", "_vercel_sso_nonce=hunter2"),
            (Authentication, Unknown, Unknown),
            ("titled “Authentication Required”", "x-vercel-protection-bypass"),
        ),
        case("403", text(403, "no"), (Permission, Unknown, Unknown), ("403 Forbidden", "headers")),
        case(
            "404",
            text(404, "no"),
            (NotFound, Unknown, Unknown),
            ("404 Not Found", "without /api"),
        ),
        case(
            "405",
            text(405, "Method Not Allowed"),
            (Other, Unknown, Unknown),
            ("405 Method Not Allowed", ""),
        ),
        case(
            "429",
            Response::json(429, r#"{"ok":true}"#).header("retry-after", "3600"),
            (RateLimited, Unknown, Unknown),
            ("429 Too Many Requests", "requests a delay of 3600 s"),
        ),
        case("304", text(304, ""), ELSEWHERE, ("304 Not Modified", "")),
    ]
}

fn redirects() -> Vec<Case> {
    let to = Response::redirect;
    vec![
        case(
            "elsewhere",
            to(302, "http://elsewhere.test/x?token=hunter2"),
            ELSEWHERE,
            (
                "302 Found: redirects to another host, http://elsewhere.test",
                "elsewhere.test is the app",
            ),
        ),
        case(
            "other port",
            to(307, "http://127.0.0.1:1/"),
            ELSEWHERE,
            ("http://127.0.0.1:1", "base URL"),
        ),
        case(
            "sso",
            to(302, "https://vercel.com/sso-api?url=x"),
            ELSEWHERE,
            ("https://vercel.com", "x-vercel-protection-bypass"),
        ),
        case("circle", to(301, "/api/circle"), ELSEWHERE, ("more than 3 redirects", "loop")),
    ]
}

fn transport_cases() -> Vec<Case> {
    let with_mode = Response::with_mode;
    let gone = (Disconnected, Critical, Unknown);
    let late = (Timeout, Critical, Unknown);
    let slow = Duration::from_millis(400);
    vec![
        case(
            "close",
            with_mode(SendMode::CloseAtOnce),
            gone,
            ("closed the connection without an answer (after 2 retries)", "logs"),
        ),
        case("reset", with_mode(SendMode::Reset), gone, ("(after 2 retries)", "logs")),
        case(
            "cut off",
            with_mode(SendMode::Truncate { missing: 7 }),
            gone,
            ("closed the connection after 11 bytes of the body", "logs"),
        ),
        case(
            "mute",
            with_mode(SendMode::NoResponse),
            late,
            ("timed out while waiting for the first byte, 1.5 s allowed", "--timeout"),
        ),
        case(
            "drip",
            with_mode(SendMode::Drip { pause: slow }),
            late,
            ("timed out while reading the body, ", "--timeout"),
        ),
        case(
            "huge",
            with_mode(SendMode::Huge { bytes: 40_000_000 }),
            UNRECOGNIZED,
            ("the body is larger than 1 MiB", "kilobytes"),
        ),
        case(
            "not http",
            with_mode(SendMode::NotHttp),
            (Malformed, Critical, Unknown),
            ("does not speak HTTP", "https"),
        ),
    ]
}

/// Returns every case.
pub fn cases() -> Vec<Case> {
    [bodies(), statuses(), redirects(), transport_cases()].into_iter().flatten().collect()
}

#[test]
fn hostile_answers_are_never_ok_and_name_their_cause() {
    std::thread::scope(|scope| {
        for case in cases() {
            scope.spawn(move || check(&case));
        }
    });
}

impl Case {
    /// Starts an app that sends this response on both paths.
    pub fn stub(&self) -> Stub {
        Stub::start([
            ("/api/healthz", self.response.clone()),
            ("/api/readyz", self.response.clone()),
            ("/api/circle", Response::redirect(302, "/api/circle")),
        ])
    }
}

fn check(case: &Case) {
    let stub = case.stub();
    let health = request_health(&stub.url());
    let error = health.error().unwrap_or_else(|| panic!("{}: {health:?}", case.name));
    let hint = error.hint.as_ref().map(ToString::to_string).unwrap_or_default();
    assert_eq!(error.kind, case.kind, "{}: {error:?}", case.name);
    assert!(error.message.contains(case.message_part), "{}: {error:?}", case.name);
    assert!(hint.contains(case.hint), "{}: {error:?}", case.name);
    assert!(!format!("{error:?}").contains("hunter2"), "{}: {error:?}", case.name);
    assert_eq!(worst(&evaluate_health(&health)), case.health, "{}", case.name);
    let ready = request_readiness(&stub.url());
    assert_eq!(evaluate_readiness(&ready)[0].status, case.ready, "{}: {ready:?}", case.name);
}

#[test]
fn wrong_types_are_never_ok() {
    for body in [r#"{"ok":"true"}"#, r#"{"ok":1}"#, r#"{"ok":{}}"#, r#"{"ok":[true]}"#] {
        let response = Response::json(200, body);
        let stub =
            Stub::start([("/api/healthz", response.clone()), ("/api/readyz", response.clone())]);
        let health = request_health(&stub.url());
        assert!(health.error().unwrap().message.contains("the field ok is a"), "{health:?}");
        assert_eq!(worst(&evaluate_health(&health)), Unknown, "{body}");
        let findings = evaluate_readiness(&request_readiness(&stub.url()));
        assert_eq!(findings[0].status, Unknown, "{body}");
        assert!(findings[0].message.contains("the field ok is a"), "{findings:?}");
    }
}

#[test]
fn refused_and_unresolvable_hosts_are_critical_with_cause() {
    for (url, kind, message_part) in [
        (refused_url(), Refused, "connection refused (after 2 retries)"),
        ("http://no-such-host.invalid".to_owned(), Dns, "cannot resolve no-such-host.invalid"),
    ] {
        let health = request_health(&url);
        let error = health.error().unwrap();
        assert_eq!(error.kind, kind, "{error:?}");
        assert!(error.message.contains(message_part), "{error:?}");
        assert_eq!(worst(&evaluate_health(&health)), Critical);
    }
}

#[test]
fn full_accept_backlog_times_out_while_connecting() {
    // A full backlog: the kernel drops further connections without an answer.
    let listener =
        socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    let address: std::net::SocketAddr = "127.0.0.1:0".parse().unwrap();
    listener.bind(&address.into()).unwrap();
    listener.listen(0).unwrap();
    let address = listener.local_addr().unwrap().as_socket().unwrap();
    let timeout = Duration::from_millis(200);
    let full = |_| std::net::TcpStream::connect_timeout(&address, timeout);
    let held: Vec<_> = (0..8).map(full).collect();
    assert!(held.iter().any(Result::is_err), "the backlog never fills on this system");
    let health = request_health(&format!("http://{address}"));
    let error = health.error().unwrap();
    assert_eq!(error.kind, Timeout, "{error:?}");
    assert!(error.message.contains("timed out while connecting"), "{error:?}");
}
