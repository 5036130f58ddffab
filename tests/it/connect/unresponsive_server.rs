//! Tests with ports without a server, with a different server, or with a server that never answers.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use cliplyctl::demo::server::DemoServer;
use cliplyctl::dsn::{ConnectionDefaults, Dsn};
use cliplyctl::facts::{SourceError, SourceErrorKind};

use super::secured_server::{TIMEOUT, UNUSED_PORTS, start, try_connect, try_connect_within};
use crate::every_command;
use crate::support::cli::Cli;
use crate::support::postgres::server_options;
use crate::support::wait_until;

/// Returns the port of a server on 127.0.0.1 without TLS.
pub fn plain_server() -> u16 {
    static PLAIN: OnceLock<(DemoServer, u16)> = OnceLock::new();
    PLAIN.get_or_init(|| start(&server_options())).1
}

/// Returns a port that passes each connection to `talk` on its own thread.
fn listener(talk: fn(TcpStream)) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            thread::spawn(move || talk(stream.unwrap()));
        }
    });
    port
}

/// Reads until the client closes the connection, and never answers.
fn read_forever(mut stream: TcpStream) {
    let mut buffer = [0; 1024];
    while stream.read(&mut buffer).is_ok_and(|length| length > 0) {}
}

fn failure(port: u16, more: &str) -> SourceError {
    try_connect(&format!("host=127.0.0.1 port={port} user=u dbname=d {more}")).unwrap_err()
}

#[test]
fn server_that_never_answers_times_out() {
    let port = listener(read_forever);
    for mode in ["disable", "prefer", "require"] {
        let dsn = format!("postgres://u@127.0.0.1:{port}/d?sslmode={mode}");
        let dsn = Dsn::parse(&dsn, &ConnectionDefaults::default()).unwrap();
        let error = try_connect_within(&dsn, Duration::from_millis(200)).unwrap_err();
        assert_eq!(error.kind, SourceErrorKind::Timeout, "{mode}: {error:?}");
        assert!(error.message.contains("did not answer within 0.2s"), "{error:?}");
    }
}

#[test]
fn connect_timeout_of_the_dsn_takes_precedence() {
    let port = listener(read_forever);
    let dsn = format!("host=127.0.0.1 port={port} user=u connect_timeout=1");
    let dsn = Dsn::parse(&dsn, &ConnectionDefaults::default()).unwrap();
    let error = try_connect_within(&dsn, TIMEOUT).unwrap_err();
    assert!(error.message.contains("did not answer within 1s"), "{error:?}");
}

#[test]
fn unresponsive_first_host_leaves_time_for_the_next() {
    let (mute, plain) = (listener(read_forever), plain_server());
    for more in ["", "connect_timeout=60"] {
        let hosts = format!("host=127.0.0.1,127.0.0.1 port={mute},{plain}");
        let dsn = format!("{hosts} user=postgres dbname=postgres {more}");
        let dsn = Dsn::parse(&dsn, &ConnectionDefaults::default()).unwrap();
        let connected = try_connect_within(&dsn, Duration::from_secs(4));
        assert_eq!(connected.as_deref(), Ok("postgres plain"), "{more}");
    }
}

#[test]
fn signal_during_a_poll_ends_the_command() {
    let commands =
        [("record --every 1s", 0), ("watch --plain", 0), ("record", 130), ("handoff", 130)];
    for (command, code) in commands {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let url = format!("postgres://postgres@127.0.0.1:{port}/d?sslmode=disable");
        let words = command.split(' ').chain(["--timeout", "10m"]);
        let mut cli = Cli::new(words).env("DATABASE_URL", &url);
        let running = cli.start();
        // The poll has begun, and the server does not answer.
        let mut connections = Vec::new();
        wait_until("it connects", || {
            connections.extend(listener.accept().ok());
            !connections.is_empty()
        });
        running.signal("INT");
        running.finish().expect_code(code);
    }
}

/// Runs every command that reads the database against a server that accepts connections and never answers.
/// `connect_timeout` and the number of queries extend no command.
#[test]
fn every_command_ends_within_its_time_limit() {
    let port = listener(read_forever);
    let url = format!("postgres://postgres@127.0.0.1:{port}/d?connect_timeout=600&sslmode=disable");
    let base = format!("http://127.0.0.1:{port}");
    let lines = every_command::lines().into_iter().filter(|(name, args)| {
        let other = [
            "env ",
            "config show",
            "config init",
            "demo",
            "runbook",
            "schema",
            "completions",
            "man",
        ];
        !other.iter().any(|start| name.starts_with(start)) && !args.contains("NOTE")
    });
    let lines: Vec<_> = lines
        .map(|line| every_command::command_words(&line, "1", "rq-1", ""))
        .filter(|words| !every_command::is_endless(words))
        .collect();
    assert!(lines.len() > 20, "{}", lines.len());
    thread::scope(|scope| {
        for words in &lines {
            scope.spawn(|| {
                let words = words.iter().map(String::as_str).chain(["--timeout", "1s"]);
                let started = Instant::now();
                let output = Cli::new(words.clone())
                    .env("DATABASE_URL", &url)
                    .env("CLIPLY_BASE_URL", &base)
                    .run();
                // A loaded machine is slow, but the connect_timeout is ten minutes.
                let took = started.elapsed();
                let words: Vec<_> = words.collect();
                assert!(took < Duration::from_secs(20), "{words:?} took {took:?}: {output:#?}");
                let is_view =
                    ["history", "record", "--from"].iter().any(|word| words.contains(word));
                assert!(output.code != 0 || is_view, "{words:?}: {output:#?}");
            });
        }
    });
}

#[test]
fn closed_port_is_reported_as_refused() {
    let port = UNUSED_PORTS.0;
    let error = failure(port, "");
    assert_eq!(error.kind, SourceErrorKind::Refused, "{error:?}");
    assert_eq!(error.message, format!("cannot connect to 127.0.0.1:{port}: connection refused"));
    assert!(error.hint.unwrap().to_string().contains("check that the server is running"));
}

#[test]
fn unresolvable_name_is_a_dns_error() {
    // A label has at most 63 characters, so the resolver rejects this name without the network.
    let name = "x".repeat(64);
    let error = try_connect(&format!("postgres://u@{name}/d")).unwrap_err();
    assert_eq!(error.kind, SourceErrorKind::Dns, "{error:?}");
    assert!(
        error.message.contains(&format!("cannot resolve {name}:5432: no such host")),
        "{error:?}"
    );
}

#[test]
fn other_protocols_on_the_port_are_reported() {
    let http = listener(|mut stream| {
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    for mode in ["disable", "prefer"] {
        let error = failure(http, &format!("sslmode={mode}"));
        assert_eq!(error.kind, SourceErrorKind::Disconnected, "{error:?}");
        assert!(error.hint.unwrap().to_string().contains("check that PostgreSQL listens there"));
    }
    let malformed = listener(|mut stream| {
        let _ = stream.write_all(b"C\0\0\0\x06X\0");
        read_forever(stream);
    });
    let error = failure(malformed, "sslmode=disable");
    assert_eq!(error.kind, SourceErrorKind::Malformed, "{error:?}");
    assert!(error.message.contains("does not speak the PostgreSQL protocol"), "{error:?}");
    let ssh = listener(|mut stream| {
        let _ = stream.write_all(b"SSH-2.0-OpenSSH_9.2\r\n");
        read_forever(stream);
    });
    assert_eq!(failure(ssh, "sslmode=require").kind, SourceErrorKind::Tls);
}

#[test]
fn immediate_disconnect_is_reported() {
    let port = listener(|mut stream| {
        let _ = stream.read(&mut [0; 64]);
    });
    for mode in ["disable", "require"] {
        let error = failure(port, &format!("sslmode={mode}"));
        assert_eq!(error.kind, SourceErrorKind::Disconnected, "{mode}: {error:?}");
        assert!(error.message.contains("closed the connection immediately"), "{error:?}");
    }
}
