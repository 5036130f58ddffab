//! Tests of TLS: which certificate satisfies which sslmode, and the hint for each that does not.

use cliplyctl::facts::{SourceError, SourceErrorKind};
use rcgen::{CertificateParams, IsCa, KeyPair, date_time_ymd};

use super::secured_server::{Authority, HOST, Secured, address, try_connect};

/// A self-signed X.509 v1 certificate for db.test until 2126, created with `openssl x509 -req -signkey`.
/// No test trusts it.
const VERSION_1: (&str, &str) = (include_str!("v1.crt"), include_str!("v1.key"));

fn tls(secured: &Secured, more: &str) -> Result<String, SourceError> {
    try_connect(&secured.dsn("tls_only", more))
}

fn with_root(secured: &Secured, mode: &str) -> Result<String, SourceError> {
    tls(secured, &format!("sslmode={mode} sslrootcert={}", secured.path("root.crt")))
}

#[track_caller]
fn refused(outcome: Result<String, SourceError>, message: &str, hint: &str) {
    let error = outcome.unwrap_err();
    assert_eq!(error.kind, SourceErrorKind::Tls, "{error:?}");
    assert!(error.message.contains(message), "{error:?}");
    assert!(error.hint.as_ref().unwrap().to_string().contains(hint), "{error:?}");
}

#[test]
fn valid_certificate_satisfies_every_ssl_mode() {
    let secured = Secured::shared();
    for mode in ["allow", "prefer", "require", "verify-ca", "verify-full"] {
        assert_eq!(with_root(secured, mode).as_deref(), Ok("tls_only tls"), "{mode}");
    }
    for mode in ["allow", "prefer", "require"] {
        let outcome = tls(secured, &format!("sslmode={mode}"));
        assert_eq!(outcome.as_deref(), Ok("tls_only tls"), "{mode} without a root certificate");
    }
}

#[test]
fn connection_is_encrypted_as_the_ssl_mode_requires() {
    let ask_mode =
        |mode: &str| try_connect(&Secured::shared().dsn("postgres", &format!("sslmode={mode}")));
    assert_eq!(ask_mode("disable").as_deref(), Ok("postgres plain"));
    assert_eq!(ask_mode("allow").as_deref(), Ok("postgres plain"));
    assert_eq!(ask_mode("prefer").as_deref(), Ok("postgres tls"));
}

#[test]
fn wrong_host_name_fails_only_verify_full() {
    let secured = Secured::shared();
    let by_address = |mode: &str| {
        let root = secured.path("root.crt");
        let port = secured.port;
        try_connect(&format!(
            "postgres://tls_only@127.0.0.1:{port}/postgres?sslmode={mode}&sslrootcert={root}"
        ))
    };
    assert_eq!(by_address("verify-ca").as_deref(), Ok("tls_only tls"));
    refused(
        by_address("verify-full"),
        &format!("its certificate is for {HOST}, not for 127.0.0.1"),
        "connect with a name of the certificate",
    );
}

#[test]
fn unknown_ca_fails_if_a_root_certificate_is_available() {
    let secured = Secured::shared();
    let root = secured.path("stranger.crt");
    for mode in ["require", "verify-ca", "verify-full"] {
        refused(
            tls(secured, &format!("sslmode={mode} sslrootcert={root}")),
            "a CA that is not trusted here",
            "sslrootcert=FILE",
        );
    }
    refused(
        tls(secured, "sslrootcert=system"),
        "a CA that is not trusted here",
        "sslrootcert=system",
    );
    // prefer falls back to a plain connection, which this role may not use. The certificate is the cause.
    refused(
        tls(secured, &format!("sslmode=prefer sslrootcert={root}")),
        "a CA that is not trusted here",
        "sslrootcert=FILE",
    );
    let plain =
        try_connect(&secured.dsn("postgres", &format!("sslmode=prefer sslrootcert={root}")));
    assert_eq!(plain.as_deref(), Ok("postgres plain"), "as libpq does");
}

#[test]
fn verify_modes_require_a_root_certificate() {
    let secured = Secured::shared();
    refused(tls(secured, "sslmode=verify-full"), "needs a root certificate", "sslrootcert=system");
    let error = tls(secured, "sslmode=verify-ca sslrootcert=/nonexistent").unwrap_err();
    assert!(error.message.contains("cannot read certificates from /nonexistent"), "{error:?}");
    let empty = secured.file("empty.crt", "").display().to_string();
    let error = tls(secured, &format!("sslmode=require sslrootcert={empty}")).unwrap_err();
    assert!(error.message.contains("contains no certificate"), "{error:?}");
}

#[test]
fn expired_certificate_is_reported_with_its_date() {
    let authority = Authority::new("Test Authority");
    let (certificate, key) = authority.issue(|params| {
        params.not_before = date_time_ymd(2001, 1, 1);
        params.not_after = date_time_ymd(2002, 3, 4);
    });
    let secured = Secured::start(&authority.certificate.pem(), &certificate, &key);
    for mode in ["verify-ca", "verify-full"] {
        refused(with_root(&secured, mode), "its certificate expired on 2002-03-04", "renew");
    }
    assert_eq!(tls(&secured, "sslmode=require").as_deref(), Ok("tls_only tls"));
}

fn old(params: &mut CertificateParams) {
    params.not_before = date_time_ymd(2001, 1, 1);
    params.not_after = date_time_ymd(2002, 3, 4);
}

#[test]
fn expired_ca_is_distinguished_from_an_expired_certificate() {
    const SAYS: &str =
        "its certificate is valid, but that of its CA Old Authority expired on 2002-03-04";
    const HINT: &str = "renew the CA certificate";
    // An expired root that the client trusts. libpq rejects it as well.
    let root = Authority::changed("Old Authority", old);
    let (certificate, key) = root.issue(|_| {});
    let secured = Secured::start(&root.certificate.pem(), &certificate, &key);
    for mode in ["require", "verify-ca", "verify-full"] {
        refused(with_root(&secured, mode), SAYS, HINT);
    }
    assert_eq!(tls(&secured, "sslmode=require").as_deref(), Ok("tls_only tls"));
    // With its successor of the same name and key in the same file, verification succeeds.
    let both = secured.file("both.crt", &(root.certificate.pem() + &root.renewed().pem()));
    let outcome = tls(&secured, &format!("sslmode=verify-full sslrootcert={}", both.display()));
    assert_eq!(outcome.as_deref(), Ok("tls_only tls"));

    // An intermediate CA that the server sends.
    let root = Authority::new("Test Authority");
    let at_frame_end = root.below("Old Authority", old);
    let (certificate, key) = at_frame_end.issue(|_| {});
    let chain = certificate + &at_frame_end.certificate.pem();
    let secured = Secured::start(&root.certificate.pem(), &chain, &key);
    refused(with_root(&secured, "verify-full"), SAYS, HINT);
}

#[test]
fn host_name_only_in_the_cn_fails_verify_full() {
    let authority = Authority::new("Test Authority");
    let (certificate, key) = authority.issue(|params| params.subject_alt_names.clear());
    let secured = Secured::start(&authority.certificate.pem(), &certificate, &key);
    refused(with_root(&secured, "verify-full"), "only in its CN", "subjectAltName");
    assert_eq!(with_root(&secured, "verify-ca").as_deref(), Ok("tls_only tls"));
}

#[test]
fn ca_certificate_is_rejected_as_a_host_certificate() {
    let mut params = CertificateParams::new(vec![HOST.to_owned()]).unwrap();
    params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let own = params.self_signed(&key).unwrap().pem();
    let secured = Secured::start(&own, &own, &key.serialize_pem());
    refused(with_root(&secured, "verify-full"), "self-signed with CA:TRUE", "sslmode=require");
}

#[test]
fn x509_v1_certificate_encrypts_but_fails_verify_full() {
    let secured = Secured::start(VERSION_1.0, VERSION_1.0, VERSION_1.1);
    assert_eq!(tls(&secured, "sslmode=require").as_deref(), Ok("tls_only tls"));
    refused(with_root(&secured, "verify-full"), "X.509 v1", "reissue it as v3");
}

#[test]
fn ip_address_in_the_certificate_is_accepted() {
    let authority = Authority::new("Test Authority");
    let (certificate, key) =
        authority.issue(|params| params.subject_alt_names = vec![address("127.0.0.1")]);
    let secured = Secured::start(&authority.certificate.pem(), &certificate, &key);
    let (port, root) = (secured.port, secured.path("root.crt"));
    let url = format!(
        "postgres://tls_only@127.0.0.1:{port}/postgres?sslmode=verify-full&sslrootcert={root}"
    );
    assert_eq!(try_connect(&url).as_deref(), Ok("tls_only tls"));
}

#[test]
fn client_certificate_is_sent_if_configured() {
    let secured = Secured::shared();
    let (certificate, key) = (secured.path("client.crt"), secured.path("client.key"));
    let dsn =
        secured.dsn("certified", &format!("sslmode=require sslcert={certificate} sslkey={key}"));
    assert_eq!(try_connect(&dsn).as_deref(), Ok("certified tls"));
    let error = try_connect(&secured.dsn("certified", "sslmode=require")).unwrap_err();
    assert_eq!(error.kind, SourceErrorKind::Authentication, "{error:?}");
    let dsn = secured.dsn("certified", &format!("sslcert={certificate} sslkey=/nonexistent"));
    assert!(try_connect(&dsn).unwrap_err().message.contains("cannot read the key /nonexistent"));
}

#[test]
fn role_that_requires_tls_gets_an_sslmode_hint() {
    let error = try_connect(&Secured::shared().dsn("tls_only", "sslmode=disable")).unwrap_err();
    assert_eq!(error.kind, SourceErrorKind::Authentication, "{error:?}");
    assert!(error.hint.as_ref().unwrap().to_string().contains("try sslmode=require"), "{error:?}");
}

#[test]
fn server_without_tls_is_distinguished_from_a_bad_certificate() {
    let port = super::unresponsive_server::plain_server();
    let dsn = |mode: &str| format!("host=127.0.0.1 port={port} user=postgres sslmode={mode}");
    refused(try_connect(&dsn("require")), "does not support TLS", "poolers often have no TLS");
    assert_eq!(try_connect(&dsn("prefer")).as_deref(), Ok("postgres plain"));
}
