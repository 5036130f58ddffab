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
    each: impl Fn(TcpStream) -> io::Result<()> + Send + Sync + Clone + 'static,
) -> io::Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let each = each.clone();
            // Errors are ignored: clients may close the connection early.
            thread::spawn(move || each(stream).ok());
        }
    });
    Ok(port)
}

/// Starts a healthy app with this response time.
pub fn app(thinks: Duration) -> io::Result<u16> {
    serve(move |mut stream| {
        stream.set_nodelay(true)?;
        let mut lines = BufReader::new(stream.try_clone()?).lines();
        let request = lines.next().transpose()?.unwrap_or_default();
        while lines.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
        thread::sleep(thinks);
        let body = if request.contains("/readyz") { READYZ } else { HEALTHZ };
        write!(
            stream,
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        )
    })
}

/// Starts a server that accepts connections and never answers.
pub fn mute() -> io::Result<u16> {
    serve(|mut stream| io::copy(&mut stream, &mut io::sink()).map(drop))
}

/// Starts a proxy to a Unix socket with this round-trip time.
pub fn wire(socket: &Path, away: Duration) -> io::Result<u16> {
    let socket = PathBuf::from(socket);
    serve(move |near| {
        near.set_nodelay(true)?;
        thread::sleep(away); // the TCP handshake
        let far = UnixStream::connect(&socket)?;
        let (near2, far2) = (near.try_clone()?, far.try_clone()?);
        let closing = near.try_clone()?;
        thread::spawn(move || {
            carry(far2, near2, away / 2);
            closing.shutdown(Shutdown::Both)
        });
        let closing = far.try_clone()?;
        carry(near, far, away / 2);
        closing.shutdown(Shutdown::Both)
    })
}

/// Forwards each chunk with a delay, in order and without waiting for the previous one.
fn carry(mut from: impl Read, mut to: impl Write + Send + 'static, later: Duration) {
    let (pieces, waiting) = mpsc::channel::<(Instant, Vec<u8>)>();
    let deliverer = thread::spawn(move || {
        for (due, piece) in waiting {
            thread::sleep(due.saturating_duration_since(Instant::now()));
            if to.write_all(&piece).is_err() {
                return;
            }
        }
    });
    let mut buffer = vec![0; 65_536];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        if pieces.send((Instant::now() + later, buffer[..read].to_vec())).is_err() {
            break;
        }
    }
    drop(pieces);
    let _ = deliverer.join();
}
