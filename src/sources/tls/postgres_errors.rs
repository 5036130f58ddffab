//! Explanations of failed TLS handshakes with PostgreSQL servers, with hints.

use rustls::pki_types::UnixTime;
use rustls::{AlertDescription, CertificateError, Error};

use crate::facts::{SourceError, SourceErrorKind};
use crate::sources::tls::expired_ca::ExpiredCa;
use crate::sources::tls::key_type::UnverifiableKey;

/// Returns the error for a failed handshake with `server`.
pub(crate) fn explain(error: &Error, server: &str) -> SourceError {
    let (what, hint) = match error {
        Error::InvalidCertificate(error) => certificate(error, server),
        Error::AlertReceived(alert) => alert_received(*alert),
        Error::PeerIncompatible(_) => (
            "it supports no secure TLS version or cipher".to_owned(),
            Some("enable TLS 1.2 or 1.3 on the server"),
        ),
        other => (other.to_string(), None),
    };
    let message = format!("cannot set up TLS with {server}: {what}");
    let error = SourceError::new(SourceErrorKind::Tls, message);
    match hint {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

/// Returns the message and the hint for a rejected certificate.
fn certificate(error: &CertificateError, server: &str) -> (String, Option<&'static str>) {
    use CertificateError as E;
    match error {
        E::NotValidForNameContext { presented, .. } if presented.is_empty() => (
            "its certificate names the host only in its CN, or not at all".to_owned(),
            Some("reissue it with a subjectAltName; sslmode=verify-ca does not check the name"),
        ),
        E::NotValidForNameContext { presented, .. } => (
            format!("its certificate is for {}, not for {server}", names(presented)),
            Some(
                "connect with a name of the certificate (hostaddr= may contain the address); sslmode=verify-ca does not check the name",
            ),
        ),
        E::NotValidForName => ("its certificate is for another host".to_owned(), None),
        E::UnknownIssuer => (
            "its certificate was issued by a CA that is not trusted here".to_owned(),
            Some(
                "set sslrootcert=FILE to the certificate of the CA; for a public CA, sslrootcert=system",
            ),
        ),
        E::Expired => ("its certificate has expired".to_owned(), Some(RENEW)),
        E::ExpiredContext { not_after, .. } => {
            (format!("its certificate expired on {}", date(*not_after)), Some(RENEW))
        }
        E::NotValidYetContext { not_before, .. } => (
            format!("its certificate is valid only from {}", date(*not_before)),
            Some("check the clock of this machine"),
        ),
        E::InvalidPurposeContext { .. } | E::InvalidPurpose => (
            "its certificate is not meant for servers".to_owned(),
            Some("reissue it with the extended key usage serverAuth"),
        ),
        other
            if let Some(UnverifiableKey(kind)) = UnverifiableKey::from_certificate_error(other) =>
        {
            (
                format!("this tool cannot verify a certificate with a key of type {kind}"),
                Some(KEY_TYPE),
            )
        }
        other => match ExpiredCa::from_certificate_error(other) {
            Some(expired) => (
                format!(
                    "its certificate is valid, but that of its CA {} expired on {}",
                    expired.name, expired.day
                ),
                Some(RENEW_CA),
            ),
            None => other_certificate_error(other),
        },
    }
}

const KEY_TYPE: &str = "reissue the certificate for a P-256 or RSA key; sslmode=require without sslrootcert encrypts without verification";
const RENEW_CA: &str = "renew the CA certificate in sslrootcert here, or in the chain that the server sends; the server certificate stays valid if the CA keeps its key";

/// Returns the message and the hint for errors that rustls reports as `Other`, without a variant of
/// their own.
fn other_certificate_error(error: &CertificateError) -> (String, Option<&'static str>) {
    let debug = format!("{error:?}");
    let mentions = |name: &str| debug.contains(name);
    if mentions("CaUsedAsEndEntity") {
        (
            "its certificate is its own CA (self-signed with CA:TRUE)".to_owned(),
            Some(
                "install a certificate issued by a CA; sslmode=require without sslrootcert encrypts without verification",
            ),
        )
    } else if mentions("UnsupportedCertVersion") {
        (
            "its certificate has the outdated version X.509 v1".to_owned(),
            Some(
                "reissue it as v3; sslmode=require without sslrootcert encrypts without verification",
            ),
        )
    } else {
        (error.to_string(), None)
    }
}

const RENEW: &str = "renew the server certificate; sslmode=require without sslrootcert encrypts without verification";

/// Returns the message and the hint for an alert that ended the handshake.
fn alert_received(alert: AlertDescription) -> (String, Option<&'static str>) {
    let hint = match alert {
        AlertDescription::CertificateRequired | AlertDescription::HandshakeFailure => {
            Some("the server may require a client certificate: set sslcert and sslkey")
        }
        AlertDescription::UnknownCA
        | AlertDescription::BadCertificate
        | AlertDescription::CertificateUnknown
        | AlertDescription::CertificateExpired => {
            Some("the server rejected the client certificate (sslcert)")
        }
        _ => None,
    };
    (format!("the server ended the handshake ({alert:?})"), hint)
}

/// Returns up to five names, taken out of rustls' format `DnsName("db.example")`.
fn names(presented: &[String]) -> String {
    let names = presented.iter().map(|name| match name.split_once("(\"") {
        Some((_, quoted)) => quoted.trim_end_matches("\")"),
        None => name.as_str(),
    });
    let mut shown: Vec<_> = names.take(5).collect();
    if presented.len() > shown.len() {
        shown.push("…");
    }
    shown.join(", ")
}

fn date(time: UnixTime) -> String {
    let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    let shown =
        jiff::Timestamp::from_second(seconds).map(|time| time.strftime("%Y-%m-%d").to_string());
    shown.unwrap_or_else(|_| "a far day".to_owned())
}
