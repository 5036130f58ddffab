//! Certificates in PEM files, in every spelling that OpenSSL reads.

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{Error, PemObject as _};
use x509_parser::prelude::{FromDer as _, X509Certificate};

/// Labels of certificates besides `CERTIFICATE`: an old one, and OpenSSL's own, whose certificate is followed by
/// trust settings.
const LABELS: [&str; 2] = ["X509 CERTIFICATE-----", "TRUSTED CERTIFICATE-----"];

/// Returns all certificates of a PEM file. A byte order mark is ignored.
pub(super) fn certificates(bytes: &[u8]) -> Result<Vec<CertificateDer<'static>>, Error> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut text = String::from_utf8_lossy(bytes).into_owned();
    for label in LABELS {
        text = text.replace(label, "CERTIFICATE-----");
    }
    CertificateDer::pem_slice_iter(text.as_bytes())
        .map(|certificate| Ok(without_trust_settings(certificate?)))
        .collect()
}

/// Removes what follows the certificate.
fn without_trust_settings(der: CertificateDer<'static>) -> CertificateDer<'static> {
    match X509Certificate::from_der(&der) {
        Ok((rest, _)) if !rest.is_empty() => {
            CertificateDer::from(der[..der.len() - rest.len()].to_vec())
        }
        _ => der,
    }
}
