//! Explanations of failed TLS handshakes of HTTPS requests, with hints.

use jiff::Timestamp;
use reqwest::Url;
use rustls::pki_types::UnixTime;
use rustls::{CertificateError, Error};

use crate::facts::{SourceError, SourceErrorKind};
use crate::sources::http::redirect::origin;
use crate::sources::tls::expired_ca::ExpiredCa;

/// Returns the error for a failed handshake with the server of `url`.
pub(crate) fn tls(error: &Error, url: &Url) -> SourceError {
    let place = origin(url);
    let (message, hint) = match error {
        Error::InvalidCertificate(reason) => certificate(reason, url),
        Error::InvalidMessage(_) => (
            format!("{place} does not speak TLS"),
            "if this port speaks plain HTTP, the base URL must start with http://",
        ),
        Error::AlertReceived(alert) => (
            format!("{place} refused the TLS handshake: {alert:?}"),
            "check that the server is configured for this name and for TLS 1.2 or 1.3",
        ),
        other => (
            format!("cannot set up TLS with {place}: {other}"),
            "check the TLS configuration of the server",
        ),
    };
    SourceError::new(SourceErrorKind::Tls, message).hint(hint)
}

/// Returns the message and the hint for a rejected certificate.
fn certificate(reason: &CertificateError, url: &Url) -> (String, &'static str) {
    let host = url.host_str().unwrap_or_default();
    match reason {
        CertificateError::Expired => {
            (format!("the certificate of {host} has expired"), "renew the server's certificate")
        }
        CertificateError::ExpiredContext { not_after, .. } => (
            format!("the certificate of {host} expired on {}", date(*not_after)),
            "renew the server's certificate (or set this machine's clock)",
        ),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            (format!("the certificate of {host} is not valid yet"), "check this machine's clock")
        }
        CertificateError::NotValidForName => {
            (format!("the certificate is not for {host}"), "check the host of the base URL")
        }
        CertificateError::NotValidForNameContext { presented, .. } => (
            format!("the certificate is for {}, not for {host}", names(presented)),
            "check the host of the base URL: another server answers for this name",
        ),
        CertificateError::UnknownIssuer => (
            format!("the certificate of {host} was issued by an unknown CA"),
            "for a private CA, add it to the trust store of this machine (on Linux: SSL_CERT_FILE=ca.pem); otherwise the server may not send its intermediate certificates",
        ),
        CertificateError::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => (
            format!("the certificate of {host} is self-signed"),
            "install a certificate from a CA that this machine trusts",
        ),
        other => match ExpiredCa::from_certificate_error(other) {
            Some(ExpiredCa { name, day }) => (
                format!(
                    "the certificate of {host} is valid, but that of its CA {name} expired on {day}"
                ),
                "install the renewed CA certificate on the server, or a certificate from another CA",
            ),
            None => (
                format!("the certificate of {host} is not acceptable: {other}"),
                "check the server's certificate",
            ),
        },
    }
}

fn date(time: UnixTime) -> String {
    let time = i64::try_from(time.as_secs()).ok().and_then(|s| Timestamp::from_second(s).ok());
    time.map_or_else(|| "an unknown day".to_owned(), |t| t.strftime("%Y-%m-%d").to_string())
}

/// Returns up to three names, taken out of rustls' format `DnsName("a.test")`.
fn names(presented: &[String]) -> String {
    let names: Vec<_> =
        presented.iter().map(|name| name.split('"').nth(1).unwrap_or(name)).take(3).collect();
    if names.is_empty() { "no name".to_owned() } else { names.join(", ") }
}
