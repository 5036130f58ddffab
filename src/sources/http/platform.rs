//! Responses of the hosting platform that come in place of the app's: a challenge for browsers, or that
//! the platform has no such app.

use reqwest::header::{HeaderMap, SERVER};

/// The headers by which a firewall of the edge says that it asked for a browser, with the values that
/// mean so.
const CHALLENGE_HEADERS: [(&str, &[&str]); 3] = [
    ("cf-mitigated", &["challenge"]),
    ("x-vercel-mitigated", &["challenge", "deny"]),
    ("x-amzn-waf-action", &["challenge", "captcha"]),
];

/// Returns the header of a challenge, as `cf-mitigated: challenge`. With it the response says nothing
/// about the app, whatever its status is.
pub(crate) fn challenge(headers: &HeaderMap) -> Option<String> {
    CHALLENGE_HEADERS.iter().find_map(|(name, values)| {
        let value = header(headers, name).trim().to_ascii_lowercase();
        values.contains(&value.as_str()).then(|| format!("{name}: {value}"))
    })
}

/// Returns the platform that says with this response that it has no such app or deployment, or that it
/// disabled it. A 404 of the app itself is not one.
pub(crate) fn undeployed(status: u16, headers: &HeaderMap, body: &str) -> Option<&'static str> {
    let vercel_error = header(headers, "x-vercel-error");
    let text = body.trim();
    let is_vercel = header(headers, "server").starts_with("Vercel") || !vercel_error.is_empty();
    let has_text = |part: &str| text.to_ascii_lowercase().contains(part);
    match status {
        // NOT_FOUND, without DEPLOYMENT_, is a path that the deployment does not have.
        400..=599 if vercel_error.starts_with("DEPLOYMENT_") => Some("Vercel"),
        402 if is_vercel => Some("Vercel"),
        404 if is_railway_fallback(headers) => Some("Railway"),
        404 if header(headers, "server") == "railway-edge" && has_text("application not found") => {
            Some("Railway")
        }
        // The proxy of Fly adds its headers to the app's responses as well; its own have no body.
        404 if header(headers, "server").starts_with("Fly/")
            && (text.is_empty() || has_text("no such app") || has_text("app not found")) =>
        {
            Some("Fly")
        }
        404 if has_text("herokucdn.com/error-pages/no-such-app") => Some("Heroku"),
        404 if header(headers, "x-render-routing") == "no-server" => Some("Render"),
        404 if header(headers, SERVER.as_str()).starts_with("Netlify")
            && text.starts_with("Not Found - Request ID:") =>
        {
            Some("Netlify")
        }
        _ => None,
    }
}

/// Whether Railway's edge answered because it could not reach the app.
pub(crate) fn is_railway_fallback(headers: &HeaderMap) -> bool {
    header(headers, "x-railway-fallback").eq_ignore_ascii_case("true")
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
