//! GET over HTTP, made for servers that are ill: every call ends within its budget, keeps at most
//! [`MAX_BODY`] bytes, and says in plain words why there is no answer.

mod answer;
pub mod app;
mod client;
mod errors;
pub mod exporter;
pub(crate) mod redirect;
mod surrogates;
mod timings;

use std::sync::OnceLock;
use std::time::Duration;

pub use answer::{HttpAnswer, json_type};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Response, Url};
use rustls::ClientConfig;
use timings::RequestTimer;
use tokio::time::Instant;

use crate::facts::service::Exchange;
use crate::facts::{SourceError, SourceErrorKind};

/// The largest body that is read; a report of this backend has a few kilobytes.
pub const MAX_BODY: usize = 1 << 20;
/// Attempts after the first, for what can change.
const MAX_RETRIES: u32 = 2;
/// Pause before the first retry; the next one is twice as long.
const BACKOFF: Duration = Duration::from_millis(150);
/// Shorter values are no credentials, and too common in texts to be blotted out.
const SECRET_LENGTH: usize = 8;

/// The app, and what to show at its door. No Debug: it holds credentials.
#[derive(Clone)]
pub struct Http {
    base: Url,
    headers: HeaderMap,
    admin_token: Option<HeaderValue>,
    /// What must not come back in any text.
    secrets: Vec<String>,
    /// Costly to build, so built when the first https URL is asked.
    tls: OnceLock<ClientConfig>,
}

impl Http {
    /// The app at this base URL; the headers go with every request, the token with admin ones.
    pub fn new<'a>(
        base_url: &str,
        headers: impl IntoIterator<Item = (&'a str, &'a str)>,
        admin_token: Option<&str>,
    ) -> Result<Self, SourceError> {
        let base = parse_base(base_url)?;
        let mut map = HeaderMap::new();
        let mut secrets: Vec<String> = base.password().map(str::to_owned).into_iter().collect();
        for (name, value) in headers {
            let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad_header(name))?;
            map.insert(key, sensitive(value).ok_or_else(|| bad_header(name))?);
            secrets.push(value.to_owned());
        }
        let token = admin_token.map(|token| {
            secrets.push(token.to_owned());
            sensitive(&format!("Bearer {token}")).ok_or_else(|| bad_header("authorization"))
        });
        secrets.retain(|secret| secret.len() >= SECRET_LENGTH);
        let admin_token = token.transpose()?;
        Ok(Self { base, headers: map, admin_token, secrets, tls: OnceLock::new() })
    }

    /// The base URL without credentials.
    #[must_use]
    pub fn shown(&self) -> String {
        redirect::shown(&self.base)
    }

    /// Asks for a path below the base URL, within the budget, retries included.
    pub async fn get(&self, path: &str, budget: Duration) -> Result<HttpAnswer, SourceError> {
        self.send_with_retries(path, self.headers.clone(), budget).await
    }

    /// As [`Self::get`], with the admin token where there is one.
    pub async fn get_as_admin(
        &self,
        path: &str,
        budget: Duration,
    ) -> Result<HttpAnswer, SourceError> {
        let mut headers = self.headers.clone();
        if let Some(token) = &self.admin_token {
            headers.insert(AUTHORIZATION, token.clone());
        }
        self.send_with_retries(path, headers, budget).await
    }

    /// Tries, and tries again what a moment may change.
    async fn send_with_retries(
        &self,
        path: &str,
        headers: HeaderMap,
        budget: Duration,
    ) -> Result<HttpAnswer, SourceError> {
        let deadline = Instant::now() + budget;
        let mut retries = 0;
        loop {
            let outcome = self.attempt(path, &headers, deadline).await;
            let pause = (retries < MAX_RETRIES)
                .then(|| pause_before_retry(&outcome, BACKOFF * 2u32.pow(retries)))
                .flatten()
                .filter(|pause| Instant::now() + *pause < deadline);
            match (pause, outcome) {
                (Some(pause), _) => tokio::time::sleep(pause).await,
                (None, Ok(mut answer)) => {
                    answer.exchange.retries = retries;
                    return Ok(answer);
                }
                (None, Err(mut error)) => {
                    error.message.push_str(&after_retries(retries));
                    return Err(error);
                }
            }
            retries += 1;
        }
    }

    async fn attempt(
        &self,
        path: &str,
        headers: &HeaderMap,
        deadline: Instant,
    ) -> Result<HttpAnswer, SourceError> {
        let watch = RequestTimer::start();
        let budget = deadline.saturating_duration_since(Instant::now());
        // Half of what is left, so that a lost packet leaves time for a second try.
        let exchange = self.exchange(path, headers, &watch, budget / 2);
        match tokio::time::timeout_at(deadline, exchange).await {
            Ok(outcome) => outcome,
            Err(_) => Err(errors::timed_out(&self.base, &watch, budget)),
        }
    }

    async fn exchange(
        &self,
        path: &str,
        headers: &HeaderMap,
        watch: &RequestTimer,
        connect_timeout: Duration,
    ) -> Result<HttpAnswer, SourceError> {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{path}", self.base.path().trim_end_matches('/')));
        for _ in 0..=redirect::MAX {
            let client = client::build(&url, self.tls(&url)?, watch, connect_timeout)?;
            let request = client.get(url.clone()).headers(headers.clone());
            let response = request.send().await.map_err(|e| errors::transport(&e, &url, watch))?;
            watch.first_byte();
            match redirect::target(&url, response.status(), response.headers())? {
                Some(next) => url = next,
                None => return self.read(response, watch).await,
            }
        }
        Err(redirect::too_many(&url))
    }

    /// Reads the body up to its limit.
    async fn read(
        &self,
        mut response: Response,
        watch: &RequestTimer,
    ) -> Result<HttpAnswer, SourceError> {
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body = Vec::new();
        if response.content_length().is_some_and(|length| length > MAX_BODY as u64) {
            return Err(errors::too_large(status));
        }
        while let Some(chunk) =
            response.chunk().await.map_err(|e| errors::transport(&e, &self.base, watch))?
        {
            if body.len() + chunk.len() > MAX_BODY {
                return Err(errors::too_large(status));
            }
            body.extend_from_slice(&chunk);
            watch.received(body.len());
        }
        let latency = watch.finish();
        let exchange = Exchange { http_status: status.as_u16(), latency, retries: 0 };
        Ok(HttpAnswer { status, headers, body: self.redact_credentials(&body), exchange })
    }

    /// The body as text, without the credentials that a debugging page may send back.
    fn redact_credentials(&self, body: &[u8]) -> String {
        let text = String::from_utf8_lossy(body).into_owned();
        self.secrets.iter().fold(text, |text, secret| {
            if text.contains(secret.as_str()) { text.replace(secret.as_str(), "***") } else { text }
        })
    }

    fn tls(&self, url: &Url) -> Result<ClientConfig, SourceError> {
        if let Some(tls) = self.tls.get().filter(|_| url.scheme() == "https") {
            return Ok(tls.clone());
        }
        let tls = match url.scheme() {
            "https" => client::trusting_the_platform().inspect(|tls| {
                // A race sets the same value twice.
                let _ = self.tls.set(tls.clone());
            }),
            _ => client::without_trusted_roots(),
        };
        tls.map_err(|e| errors::tls(&e, url))
    }
}

/// How long to wait before the next attempt; `None` where another one would end the same way.
fn pause_before_retry(
    outcome: &Result<HttpAnswer, SourceError>,
    backoff: Duration,
) -> Option<Duration> {
    match outcome {
        Ok(answer) if answer.may_change() => {
            Some(answer.retry_after().unwrap_or_default().max(backoff))
        }
        Ok(_) => None,
        Err(error) => matches!(
            error.kind,
            SourceErrorKind::Refused | SourceErrorKind::Disconnected | SourceErrorKind::Timeout
        )
        .then_some(backoff),
    }
}

/// ` (after 2 retries)`, nothing for none.
fn after_retries(retries: u32) -> String {
    match retries {
        0 => String::new(),
        1 => " (after 1 retry)".to_owned(),
        n => format!(" (after {n} retries)"),
    }
}

fn parse_base(text: &str) -> Result<Url, SourceError> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let mut url = url.filter(Url::has_host).ok_or_else(|| {
        SourceError::new(SourceErrorKind::NotConfigured, "the base URL is not an http(s) URL")
            .hint("write it with its scheme: https://api.example.com")
    })?;
    url.set_query(None);
    url.set_fragment(None);
    Ok(url)
}

fn sensitive(value: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(value).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn bad_header(name: &str) -> SourceError {
    let message = format!("the header {name} has a name or value that HTTP does not allow");
    SourceError::new(SourceErrorKind::NotConfigured, message)
}
