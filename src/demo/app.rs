//! The app: answers like the real one on a port of the loopback interface.
//!
//! Its figures are computed from the database as the backend computes them.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_postgres::Client;

use super::server::connect;

/// Bytes of a request that are read; the rest is nobody's business here.
const LARGEST_REQUEST: usize = 8 * 1024;
/// Dead letters from which the backend calls its engine sick.
const TOO_MANY_DEAD: i64 = 100;
/// Seconds without a heartbeat after which the backend calls its workers gone.
const IDLE_TIMEOUT: f64 = 300.0;
/// The queue warns above this length, and above an age of [`OLD`] seconds.
const LONG: i64 = 50;
/// See [`LONG`].
const OLD: f64 = 3_600.0;
const READINESS: &str = include_str!("readiness.sql");

/// Answers until the task is dropped. One request a connection, one connection at a time.
pub async fn serve(listener: TcpListener, database_url: String) {
    loop {
        if let Ok((stream, _)) = listener.accept().await {
            // A client that went away is its own trouble.
            _ = answer(stream, &database_url).await;
        }
    }
}

async fn answer(mut stream: TcpStream, database_url: &str) -> std::io::Result<()> {
    let head = head(&mut stream).await?;
    let mut words = head.split_whitespace();
    let (method, target) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
    let path = target.split('?').next().unwrap_or("");
    let (status, body) = match (method, path) {
        ("GET", "/api/healthz") => (200, json!({"ok": true, "service": "api", "ts": timestamp()})),
        ("GET", "/api/readyz") => readiness(database_url, false).await,
        ("GET", "/api/admin/readyz") => readiness(database_url, true).await,
        (_, "/api/healthz" | "/api/readyz" | "/api/admin/readyz") => {
            (405, json!({"ok": false, "error": {"message": "method_not_allowed"}}))
        }
        _ => (404, json!({"ok": false, "error": {"message": "not_found"}})),
    };
    let body = body.to_string();
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} {}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\
         connection: close\r\n\r\n",
        reason(status)
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    stream.shutdown().await
}

/// The first lines of a request, up to the empty one.
async fn head(stream: &mut TcpStream) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 1024];
    while bytes.len() < LARGEST_REQUEST && !bytes.windows(4).any(|four| four == b"\r\n\r\n") {
        match stream.read(&mut buffer).await? {
            0 => break,
            n => bytes.extend_from_slice(&buffer[..n]),
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

async fn readiness(database_url: &str, admin: bool) -> (u16, Value) {
    let mut report = match connect(database_url).await {
        Ok(client) => report(&client).await,
        Err(error) => Err(error),
    }
    .unwrap_or_else(|error| {
        json!({
            "ok": false,
            "checks": {"db": {"ok": false, "message": error.to_string()}, "worker": {"ok": false}},
            "queue": {"length": 0, "oldestJobAge": null},
            "ffmpeg": {"ok": true},
        })
    });
    if admin {
        report["timestamp"] = json!(timestamp());
    }
    (if report["ok"] == json!(true) { 200 } else { 503 }, report)
}

async fn report(client: &Client) -> Result<Value, tokio_postgres::Error> {
    let row = client.query_typed_one(READINESS, &[]).await?;
    let (length, dead): (i64, i64) = (row.get("length"), row.get("dead"));
    let (oldest, silence): (Option<f64>, Option<f64>) = (row.get("oldest"), row.get("silence"));
    let worker = length == 0 || silence.is_some_and(|seconds| seconds < IDLE_TIMEOUT);
    let warning = length > LONG || oldest.is_some_and(|seconds| seconds > OLD);
    let mut report = json!({
        "ok": worker && !warning && dead < TOO_MANY_DEAD,
        "checks": {"db": {"ok": true}, "worker": {"ok": worker}},
        "queue": {"length": length, "oldestJobAge": oldest.map(|seconds| seconds as i64)},
        "ffmpeg": {"ok": true},
    });
    if !worker {
        report["checks"]["worker"]["message"] = json!("no worker heartbeat in the last 5 minutes");
    }
    if warning {
        report["queue"]["warning"] = json!(true);
    }
    Ok(report)
}

fn timestamp() -> String {
    crate::context::now().to_string()
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        404 => "Not Found",
        405 => "Method Not Allowed",
        _ => "Service Unavailable",
    }
}
