//! Keys of certificates that rustls cannot verify: their type, and the signature schemes that servers with such a key
//! use.
//!
//! A server that has only such a key ends the handshake without a reason if the client does not offer its scheme.
//! So all schemes are offered: where nothing is verified the connection succeeds, and otherwise the error names the
//! type of the key.

use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::{CertificateError, Error, OtherError, SignatureScheme};
use x509_parser::oid_registry::{
    OID_EC_P256, OID_KEY_TYPE_EC_PUBLIC_KEY, OID_NIST_EC_P384, OID_PKCS1_RSAENCRYPTION,
    OID_PKCS1_RSASSAPSS, OID_SIG_ED448, OID_SIG_ED25519, Oid, asn1_rs::oid,
};
use x509_parser::prelude::{FromDer as _, X509Certificate};

/// Schemes of keys that rustls cannot verify: P-521, Ed448, and RSA keys that are restricted to PSS.
pub(crate) const UNVERIFIABLE_SCHEMES: [SignatureScheme; 5] = [
    SignatureScheme::ECDSA_NISTP521_SHA512,
    SignatureScheme::ED448,
    SignatureScheme::Unknown(0x0809),
    SignatureScheme::Unknown(0x080a),
    SignatureScheme::Unknown(0x080b),
];

const OID_EC_P521: Oid<'static> = oid!(1.3.132.0.35);

/// Type of a key that cannot be verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct UnverifiableKey(pub(crate) &'static str);

impl UnverifiableKey {
    /// Returns the type of the certificate's key if rustls cannot verify it.
    pub(crate) fn of(certificate: &CertificateDer<'_>) -> Option<Self> {
        let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
        let algorithm = &certificate.public_key().algorithm;
        let is = |oid: Oid<'_>| algorithm.algorithm == oid;
        if is(OID_KEY_TYPE_EC_PUBLIC_KEY) {
            let curve = algorithm.parameters.as_ref().and_then(|curve| curve.as_oid().ok());
            return match curve {
                Some(curve) if curve == OID_EC_P256 || curve == OID_NIST_EC_P384 => None,
                Some(curve) if curve == OID_EC_P521 => Some(Self("P-521")),
                _ => Some(Self("an unusual elliptic curve")),
            };
        }
        match () {
            () if is(OID_PKCS1_RSAENCRYPTION) || is(OID_SIG_ED25519) => None,
            () if is(OID_PKCS1_RSASSAPSS) => Some(Self("RSA-PSS")),
            () if is(OID_SIG_ED448) => Some(Self("Ed448")),
            () => Some(Self("an unusual algorithm")),
        }
    }

    /// Returns the type that [`Self::into`] stored in a handshake error, if it is one.
    pub(crate) fn from_certificate_error(error: &CertificateError) -> Option<Self> {
        match error {
            CertificateError::Other(OtherError(inner)) => inner.downcast_ref().copied(),
            _ => None,
        }
    }
}

impl From<UnverifiableKey> for Error {
    fn from(key: UnverifiableKey) -> Self {
        Self::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(key))))
    }
}
