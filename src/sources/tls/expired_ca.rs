//! Whose certificate has expired: the server's own, or that of an authority above it.
//!
//! rustls says only that one of the chain has. And it takes an authority's certificate from a file for
//! good whatever its dates say; psql and the applications beside us do not.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, OtherError, SignatureScheme};
use x509_parser::prelude::{FromDer as _, X509Certificate};

/// The certificate of an authority is no longer valid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the certificate of its authority {name} expired on {day}")]
pub struct AuthorityExpired {
    /// The authority as its certificate names it.
    pub name: String,
    /// `2020-02-03`.
    pub day: String,
}

impl AuthorityExpired {
    /// This error within one of a handshake.
    #[must_use]
    pub fn from_certificate_error(error: &CertificateError) -> Option<&Self> {
        match error {
            CertificateError::Other(OtherError(inner)) => inner.downcast_ref(),
            _ => None,
        }
    }

    fn new(authority: &X509Certificate<'_>) -> Self {
        let time = jiff::Timestamp::from_second(authority.validity().not_after.timestamp());
        let day =
            time.map_or_else(|_| "a far day".to_owned(), |t| t.strftime("%Y-%m-%d").to_string());
        let common = authority.subject().iter_common_name().next();
        let name = common.and_then(|name| name.as_str().ok()).map(str::to_owned);
        Self { name: name.unwrap_or_else(|| authority.subject().to_string()), day }
    }
}

impl From<AuthorityExpired> for Error {
    fn from(expired: AuthorityExpired) -> Self {
        Self::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(expired))))
    }
}

/// A verifier that says whose certificate has expired.
#[derive(Debug)]
pub struct ExpiredCaVerifier {
    /// Who verifies.
    pub verifier: Arc<dyn ServerCertVerifier>,
    /// The authorities of a file, where they come from one.
    pub roots: Vec<CertificateDer<'static>>,
}

impl ExpiredCaVerifier {
    /// What stands above the server's certificate and has expired by `now`, where its own has not.
    fn above(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Option<AuthorityExpired> {
        let (_, own) = X509Certificate::from_der(end_entity).ok()?;
        if has_expired(&own, now) {
            return None;
        }
        let sent = intermediates.iter().filter_map(|der| X509Certificate::from_der(der).ok());
        let expired = sent.map(|(_, certificate)| certificate).find(|c| has_expired(c, now));
        expired.map(|certificate| AuthorityExpired::new(&certificate))
    }

    /// The authority of the file that vouches for this chain, where all that could have expired.
    fn root(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Option<AuthorityExpired> {
        let chain = [end_entity].into_iter().chain(intermediates);
        let chain = chain.filter_map(|der| X509Certificate::from_der(der).ok());
        let issuers: Vec<_> = chain.map(|(_, c)| c.issuer().as_raw().to_vec()).collect();
        let roots = self.roots.iter().filter_map(|der| X509Certificate::from_der(der).ok());
        let vouching = roots
            .map(|(_, root)| root)
            .filter(|root| issuers.iter().any(|issuer| issuer == root.subject().as_raw()));
        let (expired, valid): (Vec<_>, Vec<_>) = vouching.partition(|root| has_expired(root, now));
        expired.first().filter(|_| valid.is_empty()).map(AuthorityExpired::new)
    }
}

fn has_expired(certificate: &X509Certificate<'_>, now: UnixTime) -> bool {
    let until = certificate.validity().not_after.timestamp();
    i64::try_from(now.as_secs()).is_ok_and(|now| until < now)
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
        match self.verifier.verify_server_cert(end_entity, intermediates, name, ocsp, now) {
            Ok(verified) => match self.root(end_entity, intermediates, now) {
                Some(expired) => Err(expired.into()),
                None => Ok(verified),
            },
            Err(error @ Error::InvalidCertificate(Expired | ExpiredContext { .. })) => {
                Err(self.above(end_entity, intermediates, now).map_or(error, Into::into))
            }
            Err(error) => Err(error),
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
        self.verifier.supported_verify_schemes()
    }
}
