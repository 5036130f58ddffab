//! Certificate verifier that tells an expired server certificate from an expired CA certificate, and names keys that
//! cannot be verified.
//!
//! rustls reports only that some certificate of the chain has expired, and it ignores the validity
//! dates of root certificates that were loaded from a file. libpq (OpenSSL) checks those dates.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, OtherError, SignatureScheme};
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::key_type::{UNVERIFIABLE_SCHEMES, UnverifiableKey};

/// Expired certificate of a CA in the chain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the certificate of its CA {name} expired on {day}")]
pub(crate) struct ExpiredCa {
    /// Common name of the CA, or its full subject if it has none.
    pub(crate) name: String,
    /// Last day of validity, such as `2020-02-03`.
    pub(crate) day: String,
}

impl ExpiredCa {
    /// Returns the error that [`ExpiredCaVerifier`] stored in a handshake error, if it is one.
    pub(crate) fn from_certificate_error(error: &CertificateError) -> Option<&Self> {
        match error {
            CertificateError::Other(OtherError(inner)) => inner.downcast_ref(),
            _ => None,
        }
    }

    fn from_certificate(certificate: &X509Certificate<'_>) -> Self {
        let time = jiff::Timestamp::from_second(certificate.validity().not_after.timestamp());
        let day =
            time.map_or_else(|_| "a far day".to_owned(), |t| t.strftime("%Y-%m-%d").to_string());
        let common_name = certificate.subject().iter_common_name().next();
        let name = common_name.and_then(|name| name.as_str().ok()).map(str::to_owned);
        Self { name: name.unwrap_or_else(|| certificate.subject().to_string()), day }
    }
}

impl From<ExpiredCa> for Error {
    fn from(expired: ExpiredCa) -> Self {
        Self::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(expired))))
    }
}

/// Verifier that replaces "expired" by [`ExpiredCa`] if the certificate of a CA has expired.
#[derive(Debug)]
pub(crate) struct ExpiredCaVerifier {
    /// Verifier that checks everything else.
    pub(crate) verifier: Arc<dyn ServerCertVerifier>,
    /// Root certificates that were loaded from a file; empty for the system's trust store.
    pub(crate) roots: Vec<CertificateDer<'static>>,
}

impl ExpiredCaVerifier {
    /// Returns the first expired intermediate certificate, or `None` if the server certificate
    /// itself has expired.
    fn expired_intermediate(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Option<ExpiredCa> {
        let (_, server) = X509Certificate::from_der(end_entity).ok()?;
        if has_expired(&server, now) {
            return None;
        }
        let certificates =
            intermediates.iter().filter_map(|der| X509Certificate::from_der(der).ok());
        let expired =
            certificates.map(|(_, certificate)| certificate).find(|c| has_expired(c, now));
        expired.map(|certificate| ExpiredCa::from_certificate(&certificate))
    }

    /// Returns a root of the file that issued a certificate of the chain, if all such roots have
    /// expired.
    fn expired_root(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Option<ExpiredCa> {
        let chain = [end_entity].into_iter().chain(intermediates);
        let chain = chain.filter_map(|der| X509Certificate::from_der(der).ok());
        let issuers: Vec<_> = chain.map(|(_, c)| c.issuer().as_raw().to_vec()).collect();
        let roots = self.roots.iter().filter_map(|der| X509Certificate::from_der(der).ok());
        let issuing = roots
            .map(|(_, root)| root)
            .filter(|root| issuers.iter().any(|issuer| issuer == root.subject().as_raw()));
        let (expired, valid): (Vec<_>, Vec<_>) = issuing.partition(|root| has_expired(root, now));
        expired.first().filter(|_| valid.is_empty()).map(ExpiredCa::from_certificate)
    }
}

fn has_expired(certificate: &X509Certificate<'_>, now: UnixTime) -> bool {
    let not_after = certificate.validity().not_after.timestamp();
    i64::try_from(now.as_secs()).is_ok_and(|now| not_after < now)
}

impl ServerCertVerifier for ExpiredCaVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        use CertificateError::{Expired, ExpiredContext};
        if let Some(key) = UnverifiableKey::of(end_entity) {
            return Err(key.into());
        }
        match self.verifier.verify_server_cert(end_entity, intermediates, name, ocsp, now) {
            Ok(verified) => match self.expired_root(end_entity, intermediates, now) {
                Some(expired) => Err(expired.into()),
                None => Ok(verified),
            },
            Err(error @ Error::InvalidCertificate(Expired | ExpiredContext { .. })) => Err(self
                .expired_intermediate(end_entity, intermediates, now)
                .map_or(error, Into::into)),
            Err(error) => {
                let authorities = intermediates.iter().chain(&self.roots);
                let is_algorithm = format!("{error:?}").contains("UnsupportedSignatureAlgorithm");
                let key = is_algorithm.then(|| authorities.filter_map(UnverifiableKey::of).next());
                Err(key.flatten().map_or(error, Into::into))
            }
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        [self.verifier.supported_verify_schemes(), UNVERIFIABLE_SCHEMES.to_vec()].concat()
    }
}
