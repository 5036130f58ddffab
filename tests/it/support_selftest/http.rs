use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::support::http::{Response, SendMode, Stub, refused_url};

/// Reads a response without an HTTP client. Returns the text and the error that ended the connection.
fn get(stub: &Stub, path: &str) -> (String, Option<io::ErrorKind>) {
    let mut stream = TcpStream::connect(stub.url().trim_start_matches("http://")).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: stub\r\nX-Probe: Yes\r\n\r\n").unwrap();
    let mut bytes = Vec::new();
    let end = stream.read_to_end(&mut bytes);
    (String::from_utf8_lossy(&bytes).into_owned(), end.err().map(|error| error.kind()))
}

fn body(response: &str) -> &str {
    response.split_once("\r\n\r\n").unwrap().1
}

#[test]
fn stub_answers_from_its_table_and_counts_requests() {
    let stub = Stub::start([
        ("/api/healthz", Response::json(503, r#"{"ok":false}"#).header("retry-after", "7")),
        ("/old", Response::redirect(308, "http://elsewhere.test/")),
    ]);
    let (answer, _) = get(&stub, "/api/healthz?x=1");
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    assert!(
        answer.contains("\r\nretry-after: 7\r\n") && answer.contains("\r\ncontent-length: 12\r\n"),
        "{answer}"
    );
    assert_eq!(body(&answer), r#"{"ok":false}"#);
    assert!(get(&stub, "/old").0.contains("\r\nlocation: http://elsewhere.test/\r\n"));
    assert!(get(&stub, "/nowhere").0.starts_with("HTTP/1.1 404 "));

    stub.set("/api/healthz", Response::html(200, "<p>"));
    assert!(get(&stub, "/api/healthz").0.contains("text/html"));
    assert_eq!(stub.count("/api/healthz"), 2);
    let request = &stub.requests("/api/healthz")[0];
    assert_eq!((request.method.as_str(), request.target.as_str()), ("GET", "/api/healthz?x=1"));
    assert_eq!(request.headers["x-probe"], "Yes");
}

#[test]
fn stub_simulates_broken_servers() {
    let stub = Stub::start([
        ("/close", Response::with_mode(SendMode::CloseAtOnce)),
        ("/reset", Response::with_mode(SendMode::Reset)),
        ("/truncate", Response::with_mode(SendMode::Truncate { missing: 100 })),
        ("/drip", Response::with_mode(SendMode::Drip { pause: Duration::from_millis(1) })),
        ("/raw", Response::with_mode(SendMode::NotHttp)),
    ]);
    assert_eq!(get(&stub, "/close"), (String::new(), None));
    assert_eq!(get(&stub, "/reset"), (String::new(), Some(io::ErrorKind::ConnectionReset)));
    let (truncated, end) = get(&stub, "/truncate");
    assert!(
        truncated.contains("content-length: 111") && body(&truncated).len() == 11,
        "{truncated}"
    );
    assert_eq!(end, None);
    assert_eq!(body(&get(&stub, "/drip").0), r#"{"ok":true}"#);
    assert_eq!(get(&stub, "/raw").0, r#"{"ok":true}"#);
}

#[test]
fn stub_sends_a_huge_body_completely() {
    let stub = Stub::start([("/huge", Response::with_mode(SendMode::Huge { bytes: 40_000_000 }))]);
    let (answer, _) = get(&stub, "/huge");
    assert!(answer.contains("content-length: 40000000"));
    assert_eq!(body(&answer).len(), 40_000_000);
}

#[test]
fn hanging_path_does_not_block_others() {
    let stub = Stub::start([
        ("/mute", Response::with_mode(SendMode::NoResponse)),
        ("/late", Response::json(200, "{}").delay(Duration::from_millis(1))),
    ]);
    let mut stream = TcpStream::connect(stub.url().trim_start_matches("http://")).unwrap();
    write!(stream, "GET /mute HTTP/1.1\r\n\r\n").unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    let error = stream.read(&mut [0]).unwrap_err();
    assert!(
        matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut),
        "{error:?}"
    );
    assert_eq!(body(&get(&stub, "/late").0), "{}");
}

#[test]
fn stopped_stub_refuses_connections() {
    let stub = Stub::start([]);
    let url = stub.url();
    drop(stub);
    for url in [url, refused_url()] {
        let address = url.trim_start_matches("http://").to_owned();
        crate::support::wait_until("the port refuses", || TcpStream::connect(&address).is_err());
    }
}
