//! Answers Prometheus over plain HTTP: one path, one text, one connection a request.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch::Receiver;

/// Bytes of a request's head that are read: who sends more is no collector.
const HEAD: usize = 8 * 1024;
/// Time for a whole exchange.
const PATIENCE: Duration = Duration::from_secs(5);
/// What OpenMetrics calls itself.
const TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// After a connection that could not be accepted: too many files are open.
const BREATH: Duration = Duration::from_millis(200);

/// Serves until the process ends.
pub async fn serve(listener: TcpListener, text: Receiver<String>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let text = text.clone();
                tokio::spawn(async move {
                    // A collector that goes away in the middle is its own affair.
                    _ = tokio::time::timeout(PATIENCE, answer(stream, &text)).await;
                });
            }
            Err(_) => tokio::time::sleep(BREATH).await,
        }
    }
}

async fn answer(mut stream: TcpStream, text: &Receiver<String>) -> std::io::Result<()> {
    let mut head = Vec::new();
    let mut buffer = [0; 1024];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let read = stream.read(&mut buffer).await?;
        if read == 0 || head.len() > HEAD {
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
        ("GET" | "HEAD", "/metrics") if metrics.is_empty() => {
            ("503 Service Unavailable", "text/plain", "no look has ended yet\n".to_owned())
        }
        ("GET" | "HEAD", "/metrics") => ("200 OK", TYPE, metrics),
        ("GET" | "HEAD", _) => ("404 Not Found", "text/plain", "try /metrics\n".to_owned()),
        _ => ("405 Method Not Allowed", "text/plain", "GET alone\n".to_owned()),
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
