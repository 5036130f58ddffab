//! Builds the reqwest client of one attempt: no automatic redirects, verified certificates, timed
//! phases.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use hyper::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;

use super::timings::{RequestTimer, TimedConnecting, TimedResolver};
use crate::facts::{SourceError, SourceErrorKind};
use crate::sources::tls::expired_ca::ExpiredCaVerifier;

const USER_AGENT: &str = concat!("cliplyctl/", env!("CARGO_PKG_VERSION"));
/// Maximum number of headers of a response; curl limits only their total size.
const MAX_HEADERS: usize = 1_000;

/// Returns a client for one attempt; its hooks report to `timer`.
pub(crate) fn build(
    url: &Url,
    tls: ClientConfig,
    timer: &RequestTimer,
    connect_timeout: Duration,
) -> Result<Client, SourceError> {
    let mut builder = Client::builder()
        .tls_backend_preconfigured(tls)
        .user_agent(USER_AGENT)
        .redirect(Policy::none())
        .http1_max_headers(MAX_HEADERS)
        .http1_allow_obsolete_multiline_headers_in_responses(true)
        .http1_ignore_invalid_headers_in_responses(true)
        .http1_allow_spaces_after_header_name_in_responses(true)
        .connect_timeout(connect_timeout)
        .dns_resolver(TimedResolver(timer.clone()))
        .connector_layer(TimedConnecting(timer.clone()));
    if is_loopback(url) {
        builder = builder.no_proxy();
    }
    builder.build().map_err(|e| {
        SourceError::new(SourceErrorKind::Other, format!("cannot set up the HTTP client: {e}"))
    })
}

/// Returns the proxy that requests to this URL use, without its credentials.
pub(crate) fn proxy_of(url: &Url) -> Option<Uri> {
    // The same rules as in reqwest, which does not tell which proxy it uses.
    static SYSTEM: OnceLock<Matcher> = OnceLock::new();
    if is_loopback(url) {
        return None;
    }
    let uri = url.as_str().parse().ok()?;
    Some(SYSTEM.get_or_init(Matcher::from_system).intercept(&uri)?.uri().clone())
}

/// Returns whether the URL names this machine; such URLs do not use a proxy.
fn is_loopback(url: &Url) -> bool {
    url.host_str().is_some_and(|host| {
        let address = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost" || address.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
    })
}

/// Returns a TLS configuration with the system's root certificates. Loading them takes 5–10 ms, so
/// they are loaded only for https, and once for all contexts.
pub(crate) fn with_platform_roots() -> Result<ClientConfig, rustls::Error> {
    static LOADED: OnceLock<ClientConfig> = OnceLock::new();
    if let Some(loaded) = LOADED.get() {
        return Ok(loaded.clone());
    }
    let loaded = load_platform_roots()?;
    Ok(LOADED.get_or_init(|| loaded).clone())
}

/// Loads the system's root certificates, or Mozilla's if the system has none.
fn load_platform_roots() -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()?;
    Ok(match Verifier::new(provider) {
        Ok(verifier) => {
            let verifier = ExpiredCaVerifier { verifier: Arc::new(verifier), roots: vec![] };
            let builder = builder.dangerous();
            builder.with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth()
        }
        // A minimal container may have no root certificates.
        Err(_) => {
            let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
            builder.with_root_certificates(roots).with_no_client_auth()
        }
    })
}

/// Returns a TLS configuration without root certificates, for plain http; cheap to build.
pub(crate) fn without_roots() -> Result<ClientConfig, rustls::Error> {
    Ok(ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth())
}
