//! Stubs: an app, a slow connection to the database, and a server that never answers.
//!
//! Their threads end with the process.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

const HEALTHZ: &str = r#"{"ok":true,"service":"api"}"#;
const READYZ: &str = r#"{"ok":true,"checks":{"db":{"ok":true},"worker":{"ok":true}},"queue":{"length":0,"oldestJobAge":null},"ffmpeg":{"ok":true}}"#;

/// Serves every connection on a new loopback port.
fn serve(
    handle: impl Fn(TcpStream) -> io::Result<()> + Send + Sync + Clone + 'static,
) -> io::Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let handle = handle.clone();
            // Errors are ignored: clients may close the connection early.
            thread::spawn(move || handle(stream).ok());
        }
    });
    Ok(port)
}

/// Starts a healthy app with this response time.
pub fn app(response_time: Duration) -> io::Result<u16> {
    serve(move |mut stream| {
        stream.set_nodelay(true)?;
        let mut lines = BufReader::new(stream.try_clone()?).lines();
        let request = lines.next().transpose()?.unwrap_or_default();
        while lines.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
        thread::sleep(response_time);
        let body = if request.contains("/readyz") { READYZ } else { HEALTHZ };
        write!(
            stream,
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        )
    })
}

/// Starts a server that accepts connections and never answers.
pub fn unresponsive() -> io::Result<u16> {
    serve(|mut stream| io::copy(&mut stream, &mut io::sink()).map(drop))
}

/// Starts a proxy to a Unix socket with this round-trip time.
pub fn slow_proxy(socket: &Path, round_trip: Duration) -> io::Result<u16> {
    let socket = PathBuf::from(socket);
    serve(move |client| {
        client.set_nodelay(true)?;
        thread::sleep(round_trip); // the TCP handshake
        let server = UnixStream::connect(&socket)?;
        let (client_writer, server_reader) = (client.try_clone()?, server.try_clone()?);
        let closing = client.try_clone()?;
        thread::spawn(move || {
            forward(server_reader, client_writer, round_trip / 2);
            closing.shutdown(Shutdown::Both)
        });
        let closing = server.try_clone()?;
        forward(client, server, round_trip / 2);
        closing.shutdown(Shutdown::Both)
    })
}

/// Forwards each chunk with a delay, in order and without waiting for the previous one.
fn forward(mut from: impl Read, mut to: impl Write + Send + 'static, delay: Duration) {
    let (chunks, pending) = mpsc::channel::<(Instant, Vec<u8>)>();
    let writer = thread::spawn(move || {
        for (due, chunk) in pending {
            thread::sleep(due.saturating_duration_since(Instant::now()));
            if to.write_all(&chunk).is_err() {
                return;
            }
        }
    });
    let mut buffer = vec![0; 65_536];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        if chunks.send((Instant::now() + delay, buffer[..read].to_vec())).is_err() {
            break;
        }
    }
    drop(chunks);
    let _ = writer.join();
}
