//! The answers of poolers and hosting platforms, from a stub that speaks the protocol up to its error.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use crate::support::cli::Cli;

/// Starts a server that refuses every session with this error. Returns its port.
pub fn refusing_server(code: &'static str, message: &'static str) -> u16 {
    serve(move |stream| {
        let fields = format!("SFATAL\0VFATAL\0C{code}\0M{message}\0\0");
        send(stream, b'E', fields.as_bytes());
    })
}

/// Starts a server that calls `answer` after the start-up message. TLS is not offered. Returns its port.
fn serve(answer: impl Fn(&mut TcpStream) + Clone + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let answer = answer.clone();
            thread::spawn(move || {
                let mut stream = stream.unwrap();
                while let Some(code) = start_up_code(&mut stream) {
                    const SSL_REQUEST: u32 = 80_877_103;
                    if code != SSL_REQUEST {
                        return answer(&mut stream);
                    }
                    stream.write_all(b"N").unwrap();
                }
            });
        }
    });
    port
}

/// Reads a start-up message and returns its code.
fn start_up_code(stream: &mut TcpStream) -> Option<u32> {
    let mut head = [0; 8];
    stream.read_exact(&mut head).ok()?;
    let length = u32::from_be_bytes(head[..4].try_into().unwrap());
    let mut rest = vec![0; length as usize - 8];
    stream.read_exact(&mut rest).ok()?;
    Some(u32::from_be_bytes(head[4..].try_into().unwrap()))
}

fn send(stream: &mut TcpStream, kind: u8, body: &[u8]) {
    let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
    let message = [&[kind][..], &length, body].concat();
    _ = stream.write_all(&message);
    // The client reads the error before the connection ends.
    _ = stream.read(&mut [0; 64]);
}

/// Answers of platforms with the words of the hint.
const ANSWERS: [(&str, &str, &str); 14] = [
    ("XX000", "Tenant or user not found", "ROLE.PROJECT"),
    ("XX000", "(ENOTFOUND) tenant/user postgres.abcdefgh not found", "ROLE.PROJECT"),
    (
        "XX000",
        "(EMAXCONNSESSION) max clients reached in session mode - max clients are limited to pool_size: 15",
        "6543",
    ),
    ("XX000", "Max client connections reached", "end idle clients"),
    (
        "XX000",
        "(ECIRCUITBREAKER) too many authentication failures, new connections are temporarily blocked",
        "wrong password",
    ),
    (
        "XX000",
        "Endpoint ID is not specified. Either please upgrade the postgres client library (libpq) for SNI support",
        "ep-",
    ),
    ("XX000", "connection is insecure (try using `sslmode=require`)", "sslmode=require"),
    ("08P01", "no more connections allowed (max_client_conn)", "end idle clients"),
    (
        "08P01",
        "server login has been failing, try again later (server_login_retry)",
        "the pooler cannot log in",
    ),
    ("28000", "This RDS Proxy requires TLS connections", "sslmode=require"),
    ("28000", "PAM authentication failed for user \"app\"", "15 minutes"),
    (
        "28000",
        "SSL connection is required. Please specify SSL options and retry.",
        "sslmode=require",
    ),
    ("53300", "too many connections for role \"u1\"", "CONNECTION LIMIT"),
    (
        "53300",
        "remaining connection slots are reserved for roles with the SUPERUSER attribute",
        "pooler",
    ),
];

#[test]
fn answers_of_platforms_have_a_hint() {
    for (code, message, hint) in ANSWERS {
        let port = refusing_server(code, message);
        let url = format!("postgres://app:hunter2@127.0.0.1:{port}/d");
        let output = Cli::new(["queue"]).env("DATABASE_URL", url).run().expect_code(3);
        assert!(output.stderr.contains(hint), "{message}: {}", output.stderr);
        assert!(!output.stderr.contains("hunter2"), "{}", output.stderr);
    }
}

#[test]
fn login_method_that_is_not_supported_is_named() {
    // GSSAPI and SSPI.
    for method in [7_u32, 9] {
        let port = serve(move |stream| send(stream, b'R', &method.to_be_bytes()));
        let url = format!("postgres://app@127.0.0.1:{port}/d");
        let output = Cli::new(["queue"]).env("DATABASE_URL", url).run().expect_code(3);
        assert!(output.stderr.contains("Kerberos"), "{}", output.stderr);
    }
}
