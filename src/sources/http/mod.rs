//! HTTP GET client for the app: every call ends within its time budget, reads at most [`MAX_BODY`]
//! bytes and explains why there is no usable response.
//!
//! [`Http`] sends the requests, [`HttpAnswer`] is a response, [`app`] parses the reports of the app,
//! and [`exporter`] serves metrics.

mod answer;
pub mod app;
mod client;
mod errors;
pub(crate) mod exporter;
mod freshness;
mod platform;
pub(crate) mod redirect;
mod timings;

use std::sync::OnceLock;
use std::time::Duration;

pub(crate) use answer::{HttpAnswer, json_type};
pub use freshness::Freshness;
use reqwest::header::{AUTHORIZATION, CACHE_CONTROL, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Response, Url};
use rustls::ClientConfig;
use timings::RequestTimer;
use tokio::time::Instant;

use crate::facts::service::Exchange;
use crate::facts::{SourceError, SourceErrorKind};
use crate::redact::own;

/// Maximum size of a response body, in bytes; a report of the app has a few kilobytes.
pub(crate) const MAX_BODY: usize = 1 << 20;
/// Maximum number of retries for transient failures.
const MAX_RETRIES: u32 = 2;
/// Pause before the first retry; doubled for each further one.
const BACKOFF: Duration = Duration::from_millis(150);
/// Minimum length of a header value that is a credential; shorter ones would match ordinary text.
const SECRET_LENGTH: usize = 8;

/// HTTP client for one app: its base URL and the headers of every request. Not `Debug`, because it
/// holds credentials.
#[derive(Clone)]
pub struct Http {
    base: Url,
    headers: HeaderMap,
    admin_token: Option<HeaderValue>,
    /// TLS configuration; built on the first https request, because building it is slow.
    tls: OnceLock<ClientConfig>,
}

impl Http {
    /// Returns a client for this base URL. `headers` are sent with every request, `admin_token`
    /// with admin requests.
    pub fn new<'a>(
        base_url: &str,
        headers: impl IntoIterator<Item = (&'a str, &'a str)>,
        admin_token: Option<&str>,
    ) -> Result<Self, SourceError> {
        let base = parse_base(base_url)?;
        let mut map = HeaderMap::new();
        base.password().into_iter().for_each(own::register);
        for (name, value) in headers {
            let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad_header(name))?;
            map.insert(key, sensitive(value).ok_or_else(|| bad_header(name))?);
            if value.len() >= SECRET_LENGTH {
                own::register(value);
            }
        }
        let token = admin_token.map(|token| {
            own::register(token);
            sensitive(&format!("Bearer {token}")).ok_or_else(|| bad_header("authorization"))
        });
        let admin_token = token.transpose()?;
        Ok(Self { base, headers: map, admin_token, tls: OnceLock::new() })
    }

    /// Returns the base URL without credentials.
    pub fn shown(&self) -> String {
        redirect::shown(&self.base)
    }

    /// Requests a path below the base URL. `budget` includes retries.
    pub(crate) async fn get(
        &self,
        path: &str,
        budget: Duration,
    ) -> Result<HttpAnswer, SourceError> {
        self.send_with_retries(path, self.headers.clone(), budget).await
    }

    /// Requests a path as [`Self::get`] does, with the admin token if one is configured.
    pub(crate) async fn get_as_admin(
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

    /// Sends a request and retries transient failures until `budget` is used up.
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
                .filter(|pause| *pause < deadline.saturating_duration_since(Instant::now()));
            match (pause, outcome) {
                (Some(pause), _) => tokio::time::sleep(pause).await,
                (None, Ok(mut response)) => {
                    response.exchange.retries = retries;
                    return Ok(response);
                }
                (None, Err(mut error)) => {
                    error.message.push_str(&after_retries(retries));
                    return Err(error);
                }
            }
            retries += 1;
        }
    }

    /// Sends a request once, redirects included, and gives up at `deadline`.
    async fn attempt(
        &self,
        path: &str,
        headers: &HeaderMap,
        deadline: Instant,
    ) -> Result<HttpAnswer, SourceError> {
        let timer = RequestTimer::start();
        let budget = deadline.saturating_duration_since(Instant::now());
        // Half of the remaining time, so that there is time for a retry after a lost packet.
        let exchange = self.exchange(path, headers, &timer, budget / 2);
        match tokio::time::timeout_at(deadline, exchange).await {
            Ok(outcome) => outcome,
            Err(_) => Err(errors::timed_out(&self.base, &timer, budget)),
        }
    }

    /// Sends a request, follows redirects within the origin and reads the response.
    async fn exchange(
        &self,
        path: &str,
        headers: &HeaderMap,
        timer: &RequestTimer,
        connect_timeout: Duration,
    ) -> Result<HttpAnswer, SourceError> {
        let mut url = self.base.clone();
        let (path, query) = path.split_once('?').map_or((path, None), |(p, q)| (p, Some(q)));
        url.set_path(&format!("{}{path}", self.base.path().trim_end_matches('/')));
        url.set_query(query);
        for _ in 0..=redirect::MAX {
            let client = client::build(&url, self.tls_config(&url)?, timer, connect_timeout)?;
            let request = client.get(url.clone()).header(CACHE_CONTROL, "no-cache");
            let request = request.headers(headers.clone());
            let response = request.send().await.map_err(|e| errors::transport(&e, &url, timer))?;
            timer.first_byte();
            match redirect::target(&url, response.status(), response.headers())? {
                Some(next) => url = next,
                None => {
                    let answer = self.read_body(&url, response, timer).await?;
                    return match errors::refused_by_proxy(answer.status, &url) {
                        Some(error) => Err(error),
                        None => Ok(answer),
                    };
                }
            }
        }
        Err(redirect::too_many(&url))
    }

    /// Reads the body, at most [`MAX_BODY`] bytes.
    async fn read_body(
        &self,
        url: &Url,
        mut response: Response,
        timer: &RequestTimer,
    ) -> Result<HttpAnswer, SourceError> {
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body = Vec::new();
        if response.content_length().is_some_and(|length| length > MAX_BODY as u64) {
            return Err(errors::too_large(status));
        }
        while let Some(chunk) =
            response.chunk().await.map_err(|e| errors::transport(&e, url, timer))?
        {
            if body.len() + chunk.len() > MAX_BODY {
                return Err(errors::too_large(status));
            }
            body.extend_from_slice(&chunk);
            timer.received(body.len());
        }
        let latency = timer.finish();
        let exchange = Exchange { http_status: status.as_u16(), latency, retries: 0 };
        // Like `fetch`, which ignores a byte order mark.
        let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&body);
        // A debug page may echo the request.
        let body = own::remove(&String::from_utf8_lossy(body)).into_owned();
        Ok(HttpAnswer { status, headers, body, exchange })
    }

    /// Returns the TLS configuration for `url`; plain http gets one without root certificates.
    fn tls_config(&self, url: &Url) -> Result<ClientConfig, SourceError> {
        if let Some(tls) = self.tls.get().filter(|_| url.scheme() == "https") {
            return Ok(tls.clone());
        }
        let tls = match url.scheme() {
            "https" => client::with_platform_roots().inspect(|tls| {
                // Two tasks may set it at the same time, to the same value.
                let _ = self.tls.set(tls.clone());
            }),
            _ => client::without_roots(),
        };
        tls.map_err(|e| errors::tls(&e, url))
    }
}

/// Returns the pause before the next attempt, or `None` if a retry would end the same way.
fn pause_before_retry(
    outcome: &Result<HttpAnswer, SourceError>,
    backoff: Duration,
) -> Option<Duration> {
    match outcome {
        Ok(response) if response.is_transient() => {
            Some(response.retry_after().unwrap_or_default().max(backoff))
        }
        Ok(_) => None,
        Err(error) => matches!(
            error.kind,
            SourceErrorKind::Refused | SourceErrorKind::Disconnected | SourceErrorKind::Timeout
        )
        .then_some(backoff),
    }
}

/// Returns ` (after 2 retries)`, or an empty string for 0.
fn after_retries(retries: u32) -> String {
    match retries {
        0 => String::new(),
        1 => " (after 1 retry)".to_owned(),
        n => format!(" (after {n} retries)"),
    }
}

/// Parses the base URL and drops its query and fragment.
fn parse_base(text: &str) -> Result<Url, SourceError> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let mut url = url.filter(Url::has_host).ok_or_else(|| {
        SourceError::new(
            SourceErrorKind::InvalidSetting,
            "the base URL is not an http or https URL",
        )
        .hint("write it with its scheme: https://api.example.com")
    })?;
    url.set_query(None);
    url.set_fragment(None);
    Ok(url)
}

/// Returns a header value that `Debug` does not print.
fn sensitive(value: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(value).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn bad_header(name: &str) -> SourceError {
    let message = format!("the header {name} has a name or value that HTTP does not allow");
    SourceError::new(SourceErrorKind::InvalidSetting, message)
}
