//! TLS connector with libpq's semantics of each sslmode, built on rustls.

use std::path::Path;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::dsn::{RootCert, SslMode, Tls};
use crate::facts::{SourceError, SourceErrorKind};
use crate::sources::tls::expired_ca::ExpiredCaVerifier;
use crate::sources::tls::key_type::UNVERIFIABLE_SCHEMES;
use crate::sources::tls::pem;

/// Returns a connector that verifies the server as the sslmode of the DSN requires.
pub(crate) fn connector(tls: &Tls) -> Result<MakeRustlsConnect, SourceError> {
    let provider = Arc::new(ring::default_provider());
    let verifier = verifier(tls, &provider)?;
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| failed("cannot set up TLS", error))?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let config = match &tls.client {
        None => builder.with_no_client_auth(),
        Some((chain, key)) => builder
            .with_client_auth_cert(certificates(chain)?, private_key(key)?)
            .map_err(|error| failed("the client certificate and its key do not match", error))?,
    };
    Ok(MakeRustlsConnect::new(config))
}

/// Returns the verifier of the server's certificate. As in libpq, a root certificate that exists is
/// used in every mode, and only `verify-ca` and `verify-full` require one.
fn verifier(
    tls: &Tls,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, SourceError> {
    let required = tls.mode >= SslMode::VerifyCa;
    let file = match &tls.root {
        RootCert::System => return system_verifier(provider),
        RootCert::File(path) if required || path.exists() => Some(path),
        RootCert::Default(path) => path.as_ref(),
        RootCert::File(_) => None,
    };
    let Some(path) = file else {
        if required {
            return Err(no_root(tls.mode));
        }
        return Ok(Arc::new(NoVerification(Arc::clone(provider))));
    };
    let mut store = RootCertStore::empty();
    let roots = certificates(path)?;
    for root in &roots {
        let shown = path.display();
        store
            .add(root.clone())
            .map_err(|e| failed(format!("{shown} is not a root certificate"), e))?;
    }
    let full = webpki_verifier(store, provider)?;
    let verifier: Arc<dyn ServerCertVerifier> = match tls.mode {
        SslMode::VerifyFull => full,
        _ => Arc::new(NoHostnameVerifier(full)),
    };
    Ok(Arc::new(ExpiredCaVerifier { verifier, roots }))
}

/// Returns a verifier with the system's root certificates, or with Mozilla's if there are none, as
/// in a minimal container.
fn system_verifier(
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, SourceError> {
    if let Ok(verifier) = rustls_platform_verifier::Verifier::new(Arc::clone(provider)) {
        return Ok(Arc::new(ExpiredCaVerifier { verifier: Arc::new(verifier), roots: vec![] }));
    }
    let roots = RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    Ok(Arc::new(ExpiredCaVerifier { verifier: webpki_verifier(roots, provider)?, roots: vec![] }))
}

fn webpki_verifier(
    roots: RootCertStore,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<WebPkiServerVerifier>, SourceError> {
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
        .build()
        .map_err(|error| failed("cannot verify certificates", error))
}

/// Reads all certificates of a PEM file.
fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, SourceError> {
    let shown = path.display();
    let text = std::fs::read(path)
        .map_err(|error| failed(format!("cannot read certificates from {shown}"), error))?;
    let read = pem::certificates(&text)
        .map_err(|error| failed(format!("cannot read certificates from {shown}"), error))?;
    if read.is_empty() {
        return Err(failed(format!("{shown} contains no certificate"), "expected PEM"));
    }
    Ok(read)
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, SourceError> {
    PrivateKeyDer::from_pem_file(path).map_err(|error| {
        failed(format!("cannot read the key {}", path.display()), error)
            .hint("expected PEM without a passphrase")
    })
}

fn failed(what: impl std::fmt::Display, why: impl std::fmt::Display) -> SourceError {
    SourceError::new(SourceErrorKind::Tls, format!("{what}: {why}"))
}

fn no_root(mode: SslMode) -> SourceError {
    let message = format!("sslmode={} needs a root certificate, and none is set", mode.as_str());
    SourceError::new(SourceErrorKind::Tls, message).hint(
        "set sslrootcert=FILE to the certificate of the CA, or use the system CAs with sslrootcert=system",
    )
}

/// Verifier of `verify-ca`: checks the certificate chain and ignores the host name.
#[derive(Debug)]
struct NoHostnameVerifier(Arc<WebPkiServerVerifier>);

impl ServerCertVerifier for NoHostnameVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        // The name is checked last: a certificate that fails this check has passed all others.
        match self.0.verify_server_cert(end_entity, intermediates, name, ocsp, now) {
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            result => result,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

/// Verifier that accepts every certificate: `prefer` and `require` without a root certificate
/// protect against eavesdropping but not against a false server. Signatures are not checked either:
/// rustls cannot read the X.509 v1 certificates that such servers often have, and a signature by an
/// unknown key proves nothing.
#[derive(Debug)]
struct NoVerification(Arc<CryptoProvider>);

impl ServerCertVerifier for NoVerification {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let schemes = self.0.signature_verification_algorithms.supported_schemes();
        [schemes, UNVERIFIABLE_SCHEMES.to_vec()].concat()
    }
}
