//! Minimal HTTP server for Prometheus: serves `/metrics`, one request per connection.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::sync::watch::Receiver;

/// Maximum size of a request head, in bytes.
const MAX_HEAD: usize = 8 * 1024;
/// Timeout of one request and its response.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
/// Maximum number of connections at the same time.
const MAX_CONNECTIONS: usize = 32;
/// Content type of OpenMetrics.
const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// Pause after a failed accept, which usually means that too many files are open.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// Serves the latest value of `text` until the process ends.
pub(crate) async fn serve(listener: TcpListener, text: Receiver<String>) {
    let slots = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        // Further clients wait in the queue of the listener.
        let Ok(slot) = Arc::clone(&slots).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                let text = text.clone();
                tokio::spawn(async move {
                    let _slot = slot;
                    // A client that disconnects early needs no error message.
                    _ = tokio::time::timeout(REQUEST_TIMEOUT, respond(stream, &text)).await;
                });
            }
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
    }
}

/// The name of this machine.
fn own_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// Whether a request is for an address, `localhost` or the name of this machine. A page in a browser can make other
/// names lead here, and then read the response.
fn is_own_host(head: &str, own_name: &str) -> bool {
    let host = head.lines().skip(1).filter_map(|line| line.split_once(':'));
    let mut hosts =
        host.filter(|(name, _)| name.eq_ignore_ascii_case("host")).map(|(_, host)| host.trim());
    let Some(host) = hosts.next() else { return true };
    let has_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    let name = match host.rsplit_once(':') {
        Some((name, port)) if has_port(port) && (!name.contains(':') || name.ends_with(']')) => {
            name
        }
        _ => host,
    };
    let name = name.trim_matches(['[', ']']).trim_end_matches('.').to_ascii_lowercase();
    let own_name = own_name.to_ascii_lowercase();
    hosts.next().is_none()
        && (name.parse::<std::net::IpAddr>().is_ok()
            || name == "localhost"
            || name == own_name
            || own_name.split('.').next() == Some(name.as_str())
            || name.strip_prefix(&own_name).is_some_and(|domain| domain.starts_with('.')))
}

/// Reads one request and writes the response.
async fn respond(mut stream: TcpStream, text: &Receiver<String>) -> std::io::Result<()> {
    let mut head = Vec::new();
    let mut buffer = [0; 1024];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let read = stream.read(&mut buffer).await?;
        if read == 0 || head.len() > MAX_HEAD {
            break;
        }
        head.extend_from_slice(&buffer[..read]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let mut words = head.split_ascii_whitespace();
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let path = target.split('?').next().unwrap_or_default();
    let metrics = text.borrow().clone();
    let (status, kind, body) = match (method, path) {
        _ if !is_own_host(&head, &own_name()) => {
            let text = "the host is not this machine: use its address or its own name\n";
            ("421 Misdirected Request", "text/plain", text.to_owned())
        }
        ("GET" | "HEAD", "/metrics") if metrics.is_empty() => {
            ("503 Service Unavailable", "text/plain", "no snapshot yet\n".to_owned())
        }
        ("GET" | "HEAD", "/metrics") => ("200 OK", CONTENT_TYPE, metrics),
        ("GET" | "HEAD", _) => ("404 Not Found", "text/plain", "try /metrics\n".to_owned()),
        _ => ("405 Method Not Allowed", "text/plain", "only GET\n".to_owned()),
    };
    let length = body.len();
    let body = if method == "HEAD" { "" } else { &body };
    let response = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n{body}"
    );
    stream.write_all(response.as_bytes()).await?;
    stream.shutdown().await
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Starts the exporter with clients that hold connections, and sends a request.
    async fn request_beside(idle: usize) -> (Vec<TcpStream>, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (_, receiver) = tokio::sync::watch::channel("up 1\n".to_owned());
        tokio::spawn(serve(listener, receiver));
        let mut clients = Vec::new();
        for _ in 0..idle {
            clients.push(TcpStream::connect(address).await.unwrap());
        }
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET /metrics HTTP/1.0\r\n\r\n").await.unwrap();
        (clients, stream)
    }

    #[tokio::test]
    async fn request_beyond_the_connection_limit_waits_for_a_free_one() {
        let mut response = String::new();
        let (mut clients, mut stream) = request_beside(MAX_CONNECTIONS).await;
        let early = stream.read_to_string(&mut response);
        assert!(tokio::time::timeout(REQUEST_TIMEOUT / 10, early).await.is_err());
        clients.pop();
        stream.read_to_string(&mut response).await.unwrap();
        assert!(response.starts_with("HTTP/1.1 200 OK"), "{response}");
        // The healthy counterpart: one connection is left, so no client has to lose its own.
        let (clients, mut stream) = request_beside(MAX_CONNECTIONS - 1).await;
        response.clear();
        stream.read_to_string(&mut response).await.unwrap();
        assert!(response.starts_with("HTTP/1.1 200 OK"), "{response}");
        let is_open = |client: &TcpStream| client.try_read(&mut [0]).is_err();
        assert!(clients.iter().all(is_open), "an idle client was disconnected");
    }

    #[test]
    fn only_requests_for_this_machine_are_answered() {
        let is_own = |host: &str| {
            is_own_host(&format!("GET /metrics HTTP/1.1\r\nHost: {host}\r\n\r\n"), "ops-1")
        };
        for own in [
            "127.0.0.1:9187",
            "[::1]:9187",
            "10.0.0.3",
            "localhost",
            "Ops-1:9187",
            "ops-1.example.com",
            "::1",
        ] {
            assert!(is_own(own), "{own}");
        }
        for other in
            ["evil.example", "localhost.evil.example", "ops-10", "xops-1", "a, localhost", ""]
        {
            assert!(!is_own(other), "{other}");
        }
        assert!(is_own_host("GET /metrics HTTP/1.0\r\n\r\n", "ops-1"));
        assert!(!is_own_host("GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\n", "ops-1"));
    }
}
