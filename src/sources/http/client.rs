//! Builds a client that takes no redirect on its own and no certificate on trust.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;

use super::timings::{RequestTimer, TimedConnecting, TimedResolver};
use crate::facts::{SourceError, SourceErrorKind};
use crate::sources::tls::expired_ca::ExpiredCaVerifier;

const USER_AGENT: &str = concat!("cliplyctl/", env!("CARGO_PKG_VERSION"));

/// A client for one attempt: the hooks of its stopwatch belong to it alone.
pub fn build(
    url: &Url,
    tls: ClientConfig,
    watch: &RequestTimer,
    connect_timeout: Duration,
) -> Result<Client, SourceError> {
    let mut builder = Client::builder()
        .tls_backend_preconfigured(tls)
        .user_agent(USER_AGENT)
        .redirect(Policy::none())
        .connect_timeout(connect_timeout)
        .dns_resolver(TimedResolver(watch.clone()))
        .connector_layer(TimedConnecting(watch.clone()));
    if is_loopback(url) {
        builder = builder.no_proxy();
    }
    builder.build().map_err(|e| {
        SourceError::new(SourceErrorKind::Other, format!("could not prepare the HTTP client: {e}"))
    })
}

/// Whether the URL names this very machine: then no proxy can reach it for us.
fn is_loopback(url: &Url) -> bool {
    url.host_str().is_some_and(|host| {
        let address = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost" || address.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
    })
}

/// TLS that trusts what this machine trusts. Loading the certificates takes 5–10 ms, so it is
/// done for https alone, and once for all contexts.
pub fn trusting_the_platform() -> Result<ClientConfig, rustls::Error> {
    static LOADED: OnceLock<ClientConfig> = OnceLock::new();
    if let Some(loaded) = LOADED.get() {
        return Ok(loaded.clone());
    }
    let loaded = load_the_platforms()?;
    Ok(LOADED.get_or_init(|| loaded).clone())
}

fn load_the_platforms() -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()?;
    Ok(match Verifier::new(provider) {
        Ok(verifier) => {
            let verifier = ExpiredCaVerifier { verifier: Arc::new(verifier), roots: vec![] };
            let builder = builder.dangerous();
            builder.with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth()
        }
        // A bare container may have no certificates at all: Mozilla's stand in.
        Err(_) => {
            let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
            builder.with_root_certificates(roots).with_no_client_auth()
        }
    })
}

/// TLS that trusts nobody: what a plain http client is given, at no cost.
pub fn without_trusted_roots() -> Result<ClientConfig, rustls::Error> {
    Ok(ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth())
}
