//! Tests that healthy responses are OK, transient errors are retried, and credentials are not sent to
//! other hosts.

use std::net::TcpListener;
use std::time::Duration;

use cliplyctl::facts::Status;
use cliplyctl::sources::http::{Http, app};

use super::{evaluate_health, report, request_health, request_readiness, run, worst};
use crate::support::http::{Response, SendMode, Stub};

const UP: &str = r#"{"ok":true,"service":"api","ts":"2026-01-02T03:04:05.678Z"}"#;

fn up() -> Response {
    Response::json(200, UP)
}

#[test]
fn healthy_app_is_ok_with_its_latency() {
    let stub = Stub::start([("/api/healthz", up().delay(Duration::from_millis(30)))]);
    let url = stub.url().replace("127.0.0.1", "localhost");
    let observed = request_health(&url);
    assert_eq!(worst(&evaluate_health(&observed)), Status::Ok, "{observed:?}");
    let health = observed.value().unwrap();
    assert_eq!(health.service.as_deref(), Some("api"));
    let latency = health.exchange.latency;
    assert!(latency.dns.is_some() && latency.connect.is_some(), "{latency:?}");
    assert!(latency.first_byte >= Duration::from_millis(30), "{latency:?}");
    assert!(latency.total >= latency.first_byte, "{latency:?}");
    assert_eq!((health.exchange.http_status, health.exchange.retries), (200, 0));
    let by_address = request_health(&stub.url());
    assert_eq!(by_address.value().unwrap().exchange.latency.dns, None);
}

#[test]
fn transient_errors_are_retried_and_counted() {
    for response in [
        Response::with_mode(SendMode::Reset),
        Response::text(502, "text/plain", "bad gateway"),
        Response::text(503, "text/plain", ""),
        Response::json(429, "{}").header("retry-after", "0"),
    ] {
        let stub = Stub::start([]);
        stub.set_all("/api/healthz", [response.clone(), up()]);
        let observed = request_health(&stub.url());
        let health = observed.value().unwrap_or_else(|| panic!("{response:?}: {observed:?}"));
        assert_eq!(health.exchange.retries, 1, "{response:?}: {observed:?}");
    }
}

#[test]
fn permanent_errors_are_not_retried() {
    for response in [
        Response::text(500, "text/plain", "boom"),
        Response::json(503, r#"{"ok":false}"#),
        Response::html(200, "<p>"),
        Response::text(404, "text/plain", ""),
        Response::json(429, "{}").header("retry-after", "3600"),
    ] {
        let stub = Stub::start([("/api/healthz", response.clone())]);
        request_health(&stub.url());
        assert_eq!(stub.count("/api/healthz"), 1, "{response:?}");
    }
}

#[test]
fn same_host_redirect_is_followed_below_the_base_path() {
    let stub = Stub::start([
        ("/app/api/healthz", Response::redirect(308, "/app/api/healthz/")),
        ("/app/api/healthz/", up()),
    ]);
    let observed = request_health(&format!("{}/app/?x=1", stub.url()));
    assert!(observed.value().is_some(), "{observed:?}");
}

#[test]
fn headers_go_to_every_request_and_token_only_to_admin() {
    let stub = Stub::start([("/api/healthz", up()), ("/api/admin/readyz", up())]);
    let headers = [("X-Bypass", "hunter2-header")];
    let http = Http::new(&stub.url(), headers, Some("hunter2-token")).unwrap();
    assert!(run(app::health(&http, report("/api/healthz"))).is_ok());
    assert!(run(app::admin_readiness(&http, report("/api/admin/readyz"), None)).is_ok());
    let health = &stub.requests("/api/healthz")[0].headers;
    assert_eq!(health["x-bypass"], "hunter2-header");
    assert!(!health.contains_key("authorization"));
    assert!(health["user-agent"].starts_with("cliplyctl/"));
    let admin = &stub.requests("/api/admin/readyz")[0].headers;
    assert_eq!(admin["authorization"], "Bearer hunter2-token");
}

#[test]
fn credentials_are_not_sent_to_another_port_or_shown() {
    let other = Stub::start([("/api/healthz", up())]);
    let stub = Stub::start([(
        "/api/healthz",
        Response::redirect(302, &format!("{}/api/healthz", other.url())),
    )]);
    let url = stub.url().replace("http://", "http://user:hunter2-password@");
    let http = Http::new(&url, [("x-key", "hunter2-header")], None).unwrap();
    assert_eq!(http.shown(), stub.url());
    let observed = run(app::health(&http, report("/api/healthz")));
    assert_eq!(other.count("/api/healthz"), 0);
    assert!(stub.requests("/api/healthz")[0].headers["authorization"].starts_with("Basic "));
    assert!(!format!("{observed:?}").contains("hunter2"), "{observed:?}");
}

#[test]
fn credentials_echoed_by_the_app_are_redacted() {
    let stub =
        Stub::start([("/api/healthz", Response::html(500, "<title>hunter2-header</title>"))]);
    let http = Http::new(&stub.url(), [("x-key", "hunter2-header")], None).unwrap();
    let observed = run(app::health(&http, report("/api/healthz")));
    assert!(observed.as_ref().unwrap_err().message.contains("titled “[redacted]”"), "{observed:?}");
}

#[test]
fn base_url_without_a_scheme_is_a_configuration_error() {
    for url in ["localhost:3000", "api.example.com", "ftp://a.test", "", "http://"] {
        let error = Http::new(url, [], None).err().unwrap();
        assert!(error.hint.unwrap().to_string().contains("https://"), "{url}");
    }
    assert!(Http::new("http://a.test", [("bad name", "x")], None).is_err());
    assert!(Http::new("http://a.test", [("x", "bad\nvalue")], None).is_err());
}

#[test]
fn concurrent_requests_have_separate_timings() {
    let stub = Stub::start([
        ("/api/healthz", up()),
        ("/api/readyz", up().delay(Duration::from_millis(300))),
    ]);
    let http = Http::new(&stub.url(), [], None).unwrap();
    let (health, ready) = run(async {
        tokio::join!(
            app::health(&http, report("/api/healthz")),
            app::readiness(&http, report("/api/readyz"))
        )
    });
    let slow = ready.unwrap().exchange.latency.first_byte;
    assert!(slow >= Duration::from_millis(300));
    assert!(health.unwrap().exchange.latency.first_byte < slow);
}

#[test]
fn server_that_never_reads_times_out() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let observed = request_readiness(&format!("http://{}", listener.local_addr().unwrap()));
    assert!(
        observed.error().unwrap().message.contains("waiting for the first byte"),
        "{observed:?}"
    );
}
