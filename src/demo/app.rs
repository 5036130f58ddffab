//! The simulated app: serves the health and readiness endpoints on a loopback port.
//!
//! It answers as the version of the backend that the runbook describes: `ok` counts the database, the
//! environment, Stripe and Sentry, and the report does not contain the last three; `checks.worker.ok` is
//! always false, and neither it nor the queue nor ffmpeg counts. The context of the demo therefore ignores
//! the component `worker`. The numbers of the queue are computed in the same way as those of the backend.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_postgres::Client;

use super::server::connect;

/// The maximum number of bytes of a request that are read.
const MAX_REQUEST: usize = 8 * 1024;
/// The queue length above which the backend reports a warning.
const MAX_LENGTH: i64 = 50;
/// The age of the oldest job in seconds above which the backend reports a warning.
const MAX_AGE: f64 = 3_600.0;
const READINESS: &str = include_str!("readiness.sql");

/// Serves requests until the task is dropped, one request per connection and one connection at a
/// time.
pub(crate) async fn serve(listener: TcpListener, database_url: String) {
    loop {
        if let Ok((stream, _)) = listener.accept().await {
            // A disconnected client is not an error of the server.
            _ = respond(stream, &database_url).await;
        }
    }
}

async fn respond(mut stream: TcpStream, database_url: &str) -> std::io::Result<()> {
    let request = read_head(&mut stream).await?;
    let mut words = request.split_whitespace();
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
    let date = crate::context::now().strftime("%a, %d %b %Y %H:%M:%S GMT");
    let head = format!(
        "HTTP/1.1 {status} {}\r\ndate: {date}\r\ncontent-type: application/json\r\n\
         cache-control: no-store\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n",
        reason(status)
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    stream.shutdown().await
}

/// Reads the head of a request, up to the empty line.
async fn read_head(stream: &mut TcpStream) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 1024];
    while bytes.len() < MAX_REQUEST && !bytes.windows(4).any(|window| window == b"\r\n\r\n") {
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
    let (length, oldest): (i64, Option<f64>) = (row.get("length"), row.get("oldest"));
    let warning = length > MAX_LENGTH || oldest.is_some_and(|seconds| seconds > MAX_AGE);
    let mut report = json!({
        "ok": true,
        "checks": {"db": {"ok": true}, "worker": {"ok": false}},
        "queue": {"length": length, "oldestJobAge": oldest.map(|seconds| seconds as i64)},
        "ffmpeg": {"ok": true},
    });
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
