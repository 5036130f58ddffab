//! Tests of untrusted certificates, each with its cause and hint.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use cliplyctl::facts::{SourceErrorKind, Status};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::{evaluate_health, request_health, worst};
use crate::support::http::{Response, Stub};

/// A certificate authority.
struct Authority {
    certificate: CertificateDer<'static>,
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Authority {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap();
        let (pem, certificate) = (certificate.pem(), certificate.der().clone());
        Authority { certificate, pem, issuer: Issuer::new(params, key) }
    }

    /// Serves `{"ok":true}` over TLS with a certificate for this name, modified by `change`. Returns the port.
    fn serve(&self, name: &str, change: impl Fn(&mut CertificateParams)) -> u16 {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        change(&mut params);
        let certificate = params.signed_by(&key, &self.issuer).unwrap().der().clone();
        serve(vec![certificate, self.certificate.clone()], &key)
    }
}

fn serve(chain: Vec<CertificateDer<'static>>, key: &KeyPair) -> u16 {
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let config = Arc::clone(&config);
            // A client that rejects the certificate closes the connection.
            thread::spawn(move || drop(answer(stream, config)));
        }
    });
    port
}

fn answer(stream: TcpStream, config: Arc<ServerConfig>) -> std::io::Result<()> {
    let connection = ServerConnection::new(config).map_err(std::io::Error::other)?;
    let mut stream = StreamOwned::new(connection, stream);
    let mut request = [0; 4096];
    let _ = stream.read(&mut request)?;
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n{\"ok\":true}")?;
    stream.flush()
}

/// Returns the port of a server whose certificate is from an unknown authority.
pub fn unknown_authority() -> u16 {
    Authority::new().serve("localhost", |_| ())
}

/// Asserts that healthz of this port is CRITICAL because of TLS, with this message and hint.
fn assert_refused(port: u16, message: &str, hint: &str) {
    let observed = request_health(&format!("https://localhost:{port}"));
    let error = observed.error().unwrap_or_else(|| panic!("{observed:?}"));
    assert_eq!(error.kind, SourceErrorKind::Tls, "{error:?}");
    assert!(error.message.contains(message), "{error:?}");
    assert!(error.hint.as_ref().unwrap().to_string().contains(hint), "{error:?}");
    assert_eq!(worst(&evaluate_health(&observed)), Status::Critical);
}

#[test]
fn certificate_of_an_unknown_ca_is_reported() {
    let port = unknown_authority();
    let message = "the certificate of localhost was issued by an unknown CA";
    assert_refused(port, message, "SSL_CERT_FILE");
}

#[test]
fn self_signed_certificate_is_reported() {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    params.is_ca = IsCa::NoCa;
    let certificate = params.self_signed(&key).unwrap().der().clone();
    assert_refused(serve(vec![certificate], &key), "unknown CA", "trust store");
}

#[test]
fn tls_request_to_a_plain_port_is_reported() {
    let stub = Stub::start([("/api/healthz", Response::json(200, "{}"))]);
    let port = stub.url().rsplit(':').next().unwrap().parse().unwrap();
    assert_refused(port, "closed the connection during the TLS handshake", "http://");

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    assert_refused(port, "does not speak TLS", "http://");
}

#[test]
fn plain_request_to_a_tls_port_suggests_https() {
    let port = Authority::new().serve("localhost", |_| ());
    let observed = request_health(&format!("http://localhost:{port}"));
    let error = observed.error().unwrap();
    assert!(error.hint.as_ref().unwrap().to_string().contains("https"), "{error:?}");
    assert_eq!(worst(&evaluate_health(&observed)), Status::Critical);
}

/// Tests with a trusted authority. Only on Linux can the trust store be set in the environment; other
/// platforms use their own store.
#[cfg(target_os = "linux")]
mod trusted {
    use rcgen::date_time_ymd;

    use super::*;
    use crate::support::cli::Cli;

    /// Runs `health` on this port with the authority trusted. Returns exit code and standard output.
    fn health(authority: &Authority, port: u16) -> (i32, String) {
        let cli = Cli::new(["health", "--base-url", &format!("https://localhost:{port}")])
            .file("ca.pem", &authority.pem);
        let ca = cli.home().join("ca.pem");
        let output = cli.env("SSL_CERT_FILE", ca).run();
        (output.code, output.stdout)
    }

    #[test]
    fn certificate_of_a_trusted_ca_is_ok() {
        let authority = Authority::new();
        let (code, text) = health(&authority, authority.serve("localhost", |_| ()));
        assert_eq!(code, 0, "{text}");
    }

    #[test]
    fn expired_certificate_is_reported_with_its_date() {
        let authority = Authority::new();
        let port = authority.serve("localhost", |params| {
            params.not_before = date_time_ymd(2019, 1, 1);
            params.not_after = date_time_ymd(2020, 2, 3);
        });
        let (code, text) = health(&authority, port);
        assert_eq!(code, 2, "{text}");
        assert!(text.contains("the certificate of localhost expired on 2020-02-03"), "{text}");
        assert!(text.contains("renew the server's certificate"), "{text}");
    }

    #[test]
    fn expired_intermediate_ca_is_distinguished_from_certificate() {
        let authority = Authority::new();
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, "Old Authority");
        params.not_before = date_time_ymd(2019, 1, 1);
        params.not_after = date_time_ymd(2020, 2, 3);
        let key = KeyPair::generate().unwrap();
        let at_frame_end = params.signed_by(&key, &authority.issuer).unwrap().der().clone();
        let issuer = Issuer::new(params, key);
        let key = KeyPair::generate().unwrap();
        let own = CertificateParams::new(["localhost".to_owned()]).unwrap();
        let own = own.signed_by(&key, &issuer).unwrap().der().clone();
        let (code, text) = health(&authority, serve(vec![own, at_frame_end], &key));
        assert_eq!(code, 2, "{text}");
        let message = "the certificate of localhost is valid, but that of its CA Old Authority expired on \
                    2020-02-03";
        assert!(text.contains(message) && text.contains("the renewed CA certificate"), "{text}");
    }

    #[test]
    fn certificate_not_yet_valid_points_to_the_clock() {
        let authority = Authority::new();
        let port = authority.serve("localhost", |params| {
            params.not_before = date_time_ymd(2090, 1, 1);
            params.not_after = date_time_ymd(2091, 1, 1);
        });
        let (code, text) = health(&authority, port);
        assert_eq!(code, 2, "{text}");
        assert!(text.contains("not valid yet") && text.contains("clock"), "{text}");
    }

    #[test]
    fn certificate_for_another_host_names_that_host() {
        let authority = Authority::new();
        let (code, text) = health(&authority, authority.serve("other.test", |_| ()));
        assert_eq!(code, 2, "{text}");
        assert!(text.contains("is for other.test, not for localhost"), "{text}");
    }
}
