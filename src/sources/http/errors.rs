//! Errors of requests that got no response: the cause and a hint.

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use hyper::Uri;
use reqwest::{StatusCode, Url};

use super::redirect::origin;
use super::timings::{Phase, RequestTimer};
use super::{MAX_BODY, client};
use crate::facts::{SourceError, SourceErrorKind};
pub(crate) use crate::sources::tls::http_errors::tls;

/// Returns the error for a failed request, with the phase in which it failed.
pub(crate) fn transport(error: &reqwest::Error, url: &Url, timer: &RequestTimer) -> SourceError {
    let (phase, received) = timer.progress();
    let tls_error = find::<rustls::Error>(error);
    if let Some(proxy) = client::proxy_of(url)
        && is_failure_of_proxy(&proxy, url, phase, tls_error.is_some())
    {
        return proxy_failed(&proxy, url, &innermost_message(error));
    }
    if let Some(cause) = tls_error {
        return tls(cause, url);
    }
    if error.is_timeout() {
        return timed_out_in_phase(url, phase, received);
    }
    if phase == Phase::Resolving {
        return dns_error(url, error);
    }
    if let Some(cause) = find::<hyper::Error>(error) {
        if cause.is_parse() {
            return not_http(url);
        }
        if cause.is_incomplete_message() {
            return incomplete_response(url, phase, received);
        }
    }
    match find::<io::Error>(error) {
        Some(cause) if error.is_decode() && is_invalid_data(cause) => not_decodable(url, error),
        Some(cause) => io_error(cause, url, phase, received),
        None if error.is_decode() => not_decodable(url, error),
        None => SourceError::new(
            SourceErrorKind::Other,
            format!("cannot send a request to {}: {}", origin(url), innermost_message(error)),
        ),
    }
}

/// Returns the error for a request that used up its time budget.
pub(crate) fn timed_out(url: &Url, timer: &RequestTimer, budget: Duration) -> SourceError {
    let (phase, received) = timer.progress();
    let mut error = match client::proxy_of(url) {
        Some(proxy) if is_failure_of_proxy(&proxy, url, phase, false) => {
            proxy_failed(&proxy, url, &format!("timed out while {}", phase.message()))
        }
        _ => timed_out_in_phase(url, phase, received),
    };
    error.message.push_str(&format!(", {:.1} s allowed", budget.as_secs_f64()));
    error
}

/// Returns whether a request failed at its proxy, before or instead of reaching the app.
///
/// A tunnel (https, or any SOCKS proxy) ends the proxy's part once the connection exists; without
/// a tunnel, the whole exchange is with the proxy.
fn is_failure_of_proxy(proxy: &Uri, url: &Url, phase: Phase, is_tls_error: bool) -> bool {
    let scheme = proxy.scheme_str().unwrap_or("http");
    let is_tunnel = url.scheme() == "https" || scheme.starts_with("socks");
    let is_connecting = matches!(phase, Phase::Resolving | Phase::Connecting);
    match is_tls_error {
        // Inside the tunnel TLS is with the app, unless the proxy speaks TLS as well.
        true => scheme == "https",
        false => is_connecting || !is_tunnel,
    }
}

/// Returns the error for a response with which a proxy refused the request, or `None`.
pub(crate) fn refused_by_proxy(status: StatusCode, url: &Url) -> Option<SourceError> {
    let is_refused = status == StatusCode::PROXY_AUTHENTICATION_REQUIRED;
    let proxy = is_refused.then(|| client::proxy_of(url)).flatten()?;
    Some(proxy_failed(&proxy, url, "it requires a user name and a password (407)"))
}

/// Returns the error for a request that failed at its proxy.
fn proxy_failed(proxy: &Uri, url: &Url, why: &str) -> SourceError {
    let address = proxy.authority().map_or("", |authority| authority.as_str());
    let scheme = proxy.scheme_str().unwrap_or("http");
    let message =
        format!("the proxy {scheme}://{address} did not connect to {}: {why}", origin(url));
    SourceError::new(SourceErrorKind::Proxy, message).hint(
        "the request did not reach the app: check http_proxy, https_proxy and all_proxy, or add the host to no_proxy",
    )
}

/// Returns the error for a body that is larger than [`MAX_BODY`].
pub(crate) fn too_large(status: StatusCode) -> SourceError {
    let message = format!("{status}: the body is larger than {} MiB", MAX_BODY >> 20);
    SourceError::new(SourceErrorKind::Unrecognized, message)
        .hint("a report has a few kilobytes: check that the base URL is that of the app")
}

/// Returns the error for a request that timed out in `phase`.
fn timed_out_in_phase(url: &Url, phase: Phase, received: usize) -> SourceError {
    let so_far = match phase {
        Phase::ReadingBody => format!(", {received} bytes so far"),
        _ => String::new(),
    };
    let message = format!("{} timed out while {}{so_far}", origin(url), phase.message());
    SourceError::new(SourceErrorKind::Timeout, message).hint(match phase {
        Phase::Resolving => "check the DNS servers and VPN of this machine",
        Phase::Connecting => {
            "a firewall or VPN drops the packets, or the host is down; check the base URL"
        }
        Phase::WaitingForFirstByte | Phase::ReadingBody => {
            "the app accepts connections but does not answer in time: check its load and logs, or allow more time with --timeout"
        }
    })
}

fn dns_error(url: &Url, error: &reqwest::Error) -> SourceError {
    let host = url.host_str().unwrap_or_default();
    let message = format!("cannot resolve {host}: {}", innermost_message(error));
    SourceError::new(SourceErrorKind::Dns, message)
        .hint("check the spelling of the base URL, the DNS record and your VPN")
}

fn not_http(url: &Url) -> SourceError {
    let message = format!("{} does not speak HTTP", origin(url));
    SourceError::new(SourceErrorKind::Malformed, message)
        .hint("check the port of the base URL, and whether it should be https")
}

/// Whether a decoder rejected the data, rather than the connection ending early.
fn is_invalid_data(cause: &io::Error) -> bool {
    use io::ErrorKind::{InvalidData, InvalidInput, Other};
    matches!(cause.kind(), InvalidData | InvalidInput | Other)
}

fn not_decodable(url: &Url, error: &reqwest::Error) -> SourceError {
    let message = format!(
        "the body from {} does not match its Content-Encoding: {}",
        origin(url),
        innermost_message(error)
    );
    SourceError::new(SourceErrorKind::Malformed, message)
        .hint("the app or its proxy compresses wrongly: check its configuration")
}

/// Returns the error for a connection that was closed before the response was complete.
fn incomplete_response(url: &Url, phase: Phase, received: usize) -> SourceError {
    let message = match phase {
        Phase::ReadingBody => {
            format!("{} closed the connection after {received} bytes of the body", origin(url))
        }
        _ => format!("{} closed the connection without an answer", origin(url)),
    };
    SourceError::new(SourceErrorKind::Disconnected, message)
        .hint("the app or its proxy crashes or restarts: check the logs")
}

/// Returns the error for a failed connection.
fn io_error(cause: &io::Error, url: &Url, phase: Phase, received: usize) -> SourceError {
    let place = origin(url);
    match cause.kind() {
        io::ErrorKind::ConnectionRefused => {
            SourceError::new(SourceErrorKind::Refused, format!("cannot connect to {place}: connection refused"))
                .hint("no process listens there: check that the app is deployed and running")
        }
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => SourceError::new(
            SourceErrorKind::Refused,
            format!("cannot reach {place}: {}", innermost_message(cause)),
        )
        .hint("check this machine's network and VPN"),
        io::ErrorKind::UnexpectedEof if phase == Phase::Connecting => SourceError::new(
            SourceErrorKind::Tls,
            format!("{place} closed the connection during the TLS handshake"),
        )
        .hint(
            "check that this port speaks TLS for this name; if it speaks plain HTTP, the base URL must start with http://",
        ),
        io::ErrorKind::UnexpectedEof => incomplete_response(url, phase, received),
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe => SourceError::new(
            SourceErrorKind::Disconnected,
            format!("{place} reset the connection while {}", phase.message()),
        )
        .hint("the app or its proxy crashes or restarts: check the logs"),
        _ => SourceError::new(
            SourceErrorKind::Other,
            format!("{place}: {}", innermost_message(cause)),
        ),
    }
}

/// Returns the innermost error of this type in the chain. `io::Error::source` skips the wrapped
/// error itself, so it is visited separately.
fn find<'a, T: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a T> {
    let mut found = None;
    let mut next = Some(error);
    while let Some(current) = next {
        found = current.downcast_ref::<T>().or(found);
        let wrapped = current.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = match wrapped {
            Some(inner) => Some(inner),
            None => current.source(),
        };
    }
    found
}

/// Returns the message of the innermost error; the outer messages repeat the URL.
fn innermost_message(error: &(dyn StdError + 'static)) -> String {
    let mut current = error;
    while let Some(source) = current.source() {
        current = source;
    }
    current.to_string()
}
