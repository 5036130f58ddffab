//! Tests with server keys that rustls cannot verify.

use cliplyctl::facts::SourceErrorKind;

use super::secured_server::{Secured, try_connect};

/// Certificates for db.test until 2126, signed by `keys/root.crt`; created with openssl.
const ROOT: &str = include_str!("keys/root.crt");
const KEYS: [(&str, &str, &str); 2] = [
    ("P-521", include_str!("keys/p521.crt"), include_str!("keys/p521.key")),
    ("RSA-PSS", include_str!("keys/pss.crt"), include_str!("keys/pss.key")),
];

#[test]
fn key_that_cannot_be_verified_works_unless_it_must_be() {
    for (kind, certificate, key) in KEYS {
        let secured = Secured::start(ROOT, certificate, key);
        let root = secured.path("root.crt");
        for mode in ["allow", "prefer", "require"] {
            let outcome = try_connect(&secured.dsn("tls_only", &format!("sslmode={mode}")));
            assert_eq!(outcome.as_deref(), Ok("tls_only tls"), "{kind}, {mode}");
        }
        for mode in ["verify-ca", "verify-full"] {
            let dsn = secured.dsn("tls_only", &format!("sslmode={mode} sslrootcert={root}"));
            let error = try_connect(&dsn).unwrap_err();
            assert_eq!(error.kind, SourceErrorKind::Tls, "{error:?}");
            assert!(error.message.contains(kind), "{kind}, {mode}: {error:?}");
            assert!(error.hint.unwrap().to_string().contains("P-256 or RSA"), "{kind}, {mode}");
        }
    }
    // The healthy counterpart: an ordinary key of the same authority.
    let (certificate, key) = (include_str!("keys/p256.crt"), include_str!("keys/p256.key"));
    let secured = Secured::start(ROOT, certificate, key);
    let root = secured.path("root.crt");
    for mode in ["require", "verify-ca", "verify-full"] {
        let dsn = secured.dsn("tls_only", &format!("sslmode={mode} sslrootcert={root}"));
        assert_eq!(try_connect(&dsn).as_deref(), Ok("tls_only tls"), "{mode}");
    }
}
