//! Tests of responses that the hosting platform sends in place of the app.

use cliplyctl::facts::SourceErrorKind::{self, Intercepted, NotFound, Undeployed};
use cliplyctl::facts::Status::{self, Critical, Unknown};

use super::{evaluate_health, evaluate_readiness, request_health, request_readiness, worst};
use crate::support::http::{Response, Stub};

/// Asserts the error of both reports and its status.
fn assert_errors(name: &str, response: Response, kind: SourceErrorKind, status: Status) {
    let stub = Stub::start([("/api/healthz", response.clone()), ("/api/readyz", response)]);
    let (health, readiness) = (request_health(&stub.url()), request_readiness(&stub.url()));
    assert_eq!(health.error().unwrap().kind, kind, "{name}: {health:?}");
    assert_eq!(readiness.error().unwrap().kind, kind, "{name}: {readiness:?}");
    assert_eq!(worst(&evaluate_health(&health)), status, "{name}");
    assert_eq!(worst(&evaluate_readiness(&readiness)), status, "{name}");
}

fn text(status: u16, body: &str) -> Response {
    Response::text(status, "text/plain", body)
}

#[test]
fn missing_app_or_deployment_is_critical() {
    let railway = r#"{"status":"error","code":404,"message":"Application not found"}"#;
    let heroku = "<iframe src=\"//www.herokucdn.com/error-pages/no-such-app.html\"></iframe>";
    for (name, response) in [
        ("Vercel", text(404, "").header("x-vercel-error", "DEPLOYMENT_NOT_FOUND")),
        ("Vercel, disabled", text(402, "").header("x-vercel-error", "DEPLOYMENT_DISABLED")),
        ("Vercel, payment", Response::html(402, "<p>").header("server", "Vercel")),
        ("Vercel, paused", text(503, "").header("x-vercel-error", "DEPLOYMENT_PAUSED")),
        ("Railway", Response::json(404, railway).header("x-railway-fallback", "true")),
        ("Railway's edge", Response::json(404, railway).header("server", "railway-edge")),
        ("Fly", text(404, "").header("server", "Fly/8b7bdc2 (2026-11-20)")),
        ("Heroku", Response::html(404, heroku)),
        ("Render", text(404, "Not Found\n").header("x-render-routing", "no-server")),
        ("Netlify", text(404, "Not Found - Request ID: 01J").header("server", "Netlify")),
    ] {
        assert_errors(name, response, Undeployed, Critical);
    }
}

#[test]
fn path_that_the_app_does_not_have_is_unknown() {
    let page = "<!DOCTYPE html><title>404: This page could not be found</title>";
    for (name, response) in [
        ("the app", Response::html(404, page).header("x-powered-by", "Next.js")),
        ("the app on Vercel", Response::html(404, page).header("server", "Vercel")),
        ("Vercel", text(404, "").header("x-vercel-error", "NOT_FOUND")),
        (
            "the app on Railway",
            Response::json(404, r#"{"message":"no"}"#).header("server", "railway-edge"),
        ),
        ("the app on Fly", text(404, "Cannot GET /x").header("server", "Fly/8b7bdc2")),
    ] {
        assert_errors(name, response, NotFound, Unknown);
    }
}

#[test]
fn challenge_is_unknown_with_any_status() {
    let page = "<!DOCTYPE html><title>Just a moment...</title>";
    for status in [200, 403, 429, 500, 503] {
        let response = Response::html(status, page).header("cf-mitigated", "challenge");
        assert_errors("Cloudflare", response, Intercepted, Unknown);
    }
    let vercel = Response::html(429, page).header("x-vercel-mitigated", "challenge");
    assert_errors("Vercel", vercel, Intercepted, Unknown);
    let aws = Response::html(405, page).header("x-amzn-waf-action", "captcha");
    assert_errors("AWS", aws, Intercepted, Unknown);
    let stub = Stub::start([(
        "/api/healthz",
        Response::json(200, r#"{"ok":true}"#).header("cf-ray", "8f1-FRA"),
    )]);
    assert_eq!(worst(&evaluate_health(&request_health(&stub.url()))), Status::Ok);
}

#[test]
fn gateway_error_in_json_of_the_platform_is_critical() {
    let body = r#"{"status":"error","code":502,"message":"Application failed to respond"}"#;
    for response in [
        Response::json(502, body).header("x-railway-fallback", "true"),
        Response::json(502, body),
        Response::json(502, r#"{"message":"Bad Gateway"}"#),
    ] {
        let stub = Stub::start([("/api/healthz", response.clone()), ("/api/readyz", response)]);
        assert_eq!(worst(&evaluate_health(&request_health(&stub.url()))), Critical);
        assert_eq!(worst(&evaluate_readiness(&request_readiness(&stub.url()))), Critical);
    }
}
