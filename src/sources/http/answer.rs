//! An HTTP response: its JSON report, or an error that describes what was received instead.

use std::borrow::Cow;
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER, SERVER, SET_COOKIE};
use serde_json::Value;

use super::freshness::Freshness;
use super::{after_retries, platform};
use crate::facts::service::Exchange;
use crate::facts::{SourceError, SourceErrorKind};
use crate::redact;

/// Hint for responses of Vercel's deployment protection.
pub(crate) const VERCEL_HINT: &str = "probably deployment protection of the hosting platform: add the header x-vercel-protection-bypass to the headers of the context (or CLIPLY_HEADERS)";

/// Maximum length of a quoted body in a message, in characters.
const SNIPPET: usize = 80;

/// Response of any status.
#[derive(Debug)]
pub(crate) struct HttpAnswer {
    /// Status code.
    pub(crate) status: StatusCode,
    /// Response headers; never shown, because they may contain cookies.
    pub(crate) headers: HeaderMap,
    /// Body as text, without our own credentials.
    pub(crate) body: String,
    /// Status, latency and number of retries.
    pub(crate) exchange: Exchange,
}

impl HttpAnswer {
    /// Returns the body as a JSON object without secrets. Only 2xx and 5xx responses contain a report, and only if the
    /// app itself sent it, now.
    pub(crate) fn report(&self, freshness: Freshness) -> Result<Value, SourceError> {
        self.check_sender()?;
        let status = self.status;
        match status.as_u16() {
            401 | 403 => return Err(self.access_denied()),
            404 | 410 => return Err(self.not_found()),
            429 => return Err(self.rate_limited()),
            300..=399 => return Err(self.error(SourceErrorKind::Intercepted)),
            _ if !(status.is_success() || status.is_server_error()) => {
                return Err(self.error(SourceErrorKind::Other));
            }
            _ => freshness.check_headers(&self.headers)?,
        }
        let report = self.json_object()?;
        freshness.check_report(&report, &self.headers)?;
        Ok(report)
    }

    /// Returns the body if it is not JSON but the app, and not a cache, sent it with 2xx or 5xx.
    pub(crate) fn text_report(&self, freshness: Freshness) -> Option<&str> {
        let has_report = self.status.is_success() || self.status.is_server_error();
        let is_current =
            self.check_sender().is_ok() && freshness.check_headers(&self.headers).is_ok();
        (has_report && is_current).then_some(self.body.as_str())
    }

    /// Refuses a response that the edge or the hosting platform sent in place of the app.
    fn check_sender(&self) -> Result<(), SourceError> {
        if let Some(header) = platform::challenge(&self.headers) {
            let error = self.error(SourceErrorKind::Intercepted);
            let message = format!("a challenge for browsers ({header}): {}", error.message);
            return Err(SourceError { message, ..error }.hint(
                "the request did not reach the app: allow this machine in the firewall of the edge, or add the header that admits it to the headers of the context",
            ));
        }
        if let Some(platform) = self.undeployed() {
            let error = self.error(SourceErrorKind::Undeployed);
            let message = format!("{platform} has no such app or deployment: {}", error.message);
            return Err(
                SourceError { message, ..error }.hint("deploy the app, or correct the base URL")
            );
        }
        if self.status.is_server_error() && platform::is_railway_fallback(&self.headers) {
            return Err(self.unavailable());
        }
        Ok(())
    }

    fn undeployed(&self) -> Option<&'static str> {
        platform::undeployed(self.status.as_u16(), &self.headers, &self.body)
    }

    fn json_object(&self) -> Result<Value, SourceError> {
        let status = self.status;
        match serde_json::from_str(&replace_lone_surrogates(&self.body)) {
            Ok(report @ Value::Object(_)) => Ok(redact::json(report)),
            _ if status.is_server_error() => Err(self.unavailable()),
            _ if self.is_html() => Err(self.error(SourceErrorKind::Intercepted).hint(
                "a login page, proxy or frontend answered instead of the app: check the base URL and the headers",
            )),
            _ => Err(self.error(SourceErrorKind::Unrecognized).hint(
                "check the base URL, and the paths of the context (healthz_path, readyz_path)",
            )),
        }
    }

    /// Returns the error for a response of a server that fails.
    pub(crate) fn unavailable(&self) -> SourceError {
        self.error(SourceErrorKind::Unavailable).hint("check the deployment and its logs")
    }

    /// Returns whether a retry may succeed: overload, or a gateway that cannot reach the app. A 503
    /// with a JSON body is a report and is not retried, nor is a challenge.
    pub(crate) fn is_transient(&self) -> bool {
        match self.status.as_u16() {
            _ if platform::challenge(&self.headers).is_some() => false,
            429 | 502 | 504 => true,
            // Railway also answers so while an app that sleeps is starting.
            404 => platform::is_railway_fallback(&self.headers),
            503 => !self.body.trim_start().starts_with('{'),
            _ => false,
        }
    }

    /// Returns the `Retry-After` header if it is a number of seconds; dates are ignored.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        let text = self.headers.get(RETRY_AFTER)?.to_str().ok()?;
        text.trim().parse().ok().map(Duration::from_secs)
    }

    /// Returns an error with the status and a description of the body.
    fn error(&self, kind: SourceErrorKind) -> SourceError {
        let platform = self.headers.get("x-vercel-error").and_then(|code| code.to_str().ok());
        let platform =
            platform.map(|code| format!(" [{}]", snippet(&redact::text(code)))).unwrap_or_default();
        let retries = after_retries(self.exchange.retries);
        SourceError::new(
            kind,
            format!("{}{platform}: {}{retries}", self.status, self.describe_body()),
        )
    }

    /// Whether the app itself, and not its hosting platform, refused the request.
    pub(crate) fn is_refused_by_app(&self) -> bool {
        matches!(self.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
            && !self.is_served_by_vercel()
    }

    fn access_denied(&self) -> SourceError {
        let kind = match self.status {
            StatusCode::UNAUTHORIZED => SourceErrorKind::Authentication,
            _ => SourceErrorKind::Permission,
        };
        self.error(kind).hint(if self.is_served_by_vercel() {
            VERCEL_HINT
        } else {
            "add the required header to the headers of the context (CLIPLY_HEADERS), or set CLIPLY_ADMIN_TOKEN for the admin report"
        })
    }

    fn not_found(&self) -> SourceError {
        self.error(SourceErrorKind::NotFound)
            .hint("the base URL is without /api: https://api.example.com")
    }

    fn rate_limited(&self) -> SourceError {
        let error = self.error(SourceErrorKind::RateLimited);
        match self.retry_after() {
            Some(pause) => error
                .hint(format!("the app requests a delay of {} s (Retry-After)", pause.as_secs())),
            None => error.hint("send fewer requests"),
        }
    }

    /// Returns the content type, or an empty text.
    pub(crate) fn content_type(&self) -> &str {
        self.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    fn is_html(&self) -> bool {
        self.body.trim_start().starts_with('<')
    }

    fn is_served_by_vercel(&self) -> bool {
        let any_starts_with = |name, prefix: &[u8]| {
            let mut values = self.headers.get_all(name).iter();
            values.any(|value| value.as_bytes().starts_with(prefix))
        };
        any_starts_with(SERVER, b"Vercel")
            || any_starts_with(SET_COOKIE, b"_vercel")
            || self.headers.keys().any(|name| name.as_str().starts_with("x-vercel-"))
    }

    /// Describes the body in a few words.
    fn describe_body(&self) -> String {
        let body = &redact::text(self.body.trim());
        if body.is_empty() {
            return "an empty body".to_owned();
        }
        if self.is_html() {
            return match title(body) {
                Some(title) => format!("an HTML page titled “{}”", snippet(title)),
                None => "an HTML page without a title".to_owned(),
            };
        }
        match serde_json::from_str::<Value>(body) {
            Ok(Value::Object(_)) => format!("JSON {}", snippet(body)),
            Ok(other) => format!("{}, not a JSON object", json_type(&other)),
            Err(error) if error.is_eof() => {
                format!("truncated JSON, {} bytes", body.len())
            }
            Err(_) if body.starts_with(['{', '[']) => format!("invalid JSON: {}", snippet(body)),
            Err(_) => format!("text instead of JSON: “{}”", snippet(body)),
        }
    }
}

/// Returns the type of a JSON value with its article: `a string`.
pub(crate) fn json_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// Returns the title of an HTML page.
fn title(html: &str) -> Option<&str> {
    // ASCII lower case keeps all byte offsets.
    let lower = html.to_ascii_lowercase();
    let start = lower.find("<title")?;
    let start = start + lower[start..].find('>')? + 1;
    let end = start + lower[start..].find("</title")?;
    Some(html[start..end].trim()).filter(|title| !title.is_empty())
}

/// Returns the beginning of a text on one line, at most [`SNIPPET`] characters.
fn snippet(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(SNIPPET) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// Replaces every escape of a lone surrogate by `\ufffd`, the replacement character.
pub(crate) fn replace_lone_surrogates(json: &str) -> Cow<'_, str> {
    if !json.contains("\\u") {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let (replacement, length) = match (code_unit(rest), rest.get(6..).and_then(code_unit)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => (&rest[..12], 12),
            (Some(0xd800..=0xdfff), _) => ("\\ufffd", 6),
            _ => {
                // Skips the backslash and the escaped character: the second backslash of `\\u` does
                // not start an escape.
                let length = rest.chars().take(2).map(char::len_utf8).sum();
                (&rest[..length], length)
            }
        };
        out.push_str(replacement);
        rest = &rest[length..];
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Returns the code unit of an escape such as `\u00e9` at the start of `text`.
fn code_unit(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    let hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    hex.then(|| u32::from_str_radix(digits, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lone_surrogates_are_replaced() {
        for (json, expected) in [
            (r#""cut \ud83d""#, r#""cut \ufffd""#),
            (r#""\ude00\ud83d\ude00\uD83D\ud83d""#, r#""\ufffd\ud83d\ude00\ufffd\ufffd""#),
            (r#""\\ud83d \u00e9 \" \é""#, r#""\\ud83d \u00e9 \" \é""#),
            (r"\", r"\"),
            (r"\u12", r"\u12"),
        ] {
            assert_eq!(replace_lone_surrogates(json), expected);
        }
    }
}
