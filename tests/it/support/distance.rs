//! A relay that makes a server distant: each message arrives after a delay. It counts round trips.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// A running relay.
pub struct Relay {
    port: u16,
    trips: Arc<Trips>,
}

/// Round trips on the longest chain of requests that each waited for an earlier response, over all connections.
#[derive(Default)]
struct Trips {
    /// The length of the chain that ends with the newest response delivered.
    delivered: AtomicU64,
    /// The same, when the first connection was ready for queries.
    ready: Mutex<Option<u64>>,
    /// The requests, each with its number in the chain.
    requests: Mutex<Vec<String>>,
}

impl Relay {
    /// Starts a relay for the server at this Unix socket, with this delay in each direction.
    pub fn new(socket: PathBuf, delay: Duration) -> Relay {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let trips = Arc::new(Trips::default());
        let shared = Arc::clone(&trips);
        thread::spawn(move || {
            for client in listener.incoming() {
                let client = client.unwrap();
                client.set_nodelay(true).unwrap();
                let server = UnixStream::connect(&socket).unwrap();
                connect(&client, &server, delay, &shared);
            }
        });
        Relay { port, trips }
    }

    pub fn url(&self, database: &str) -> String {
        format!("postgresql://postgres@127.0.0.1:{}/{database}?sslmode=disable", self.port)
    }

    /// Returns the round trips since the first connection was ready for queries.
    pub fn trips_after_connect(&self) -> u64 {
        let ready = self.trips.ready.lock().unwrap().expect("a connection");
        self.trips.delivered.load(Ordering::SeqCst) - ready
    }

    /// Returns the beginnings of all requests, each with its number in the chain, for the message of a failure.
    pub fn requests(&self) -> String {
        self.trips.requests.lock().unwrap().join("\n")
    }
}

/// Starts the four threads of a connection: a reader and a writer for each direction.
fn connect(client: &TcpStream, server: &UnixStream, delay: Duration, trips: &Arc<Trips>) {
    let asked = Arc::new(AtomicU64::new(0));
    let (to_server, requests) = channel();
    let (mut from, counts, chain) =
        (client.try_clone().unwrap(), Arc::clone(trips), Arc::clone(&asked));
    thread::spawn(move || {
        while let Some(bytes) = read(&mut from) {
            let number = counts.delivered.load(Ordering::SeqCst) + 1;
            chain.store(number, Ordering::SeqCst);
            counts.requests.lock().unwrap().push(format!("{number}: {}", statements(&bytes)));
            if to_server.send((Instant::now(), 0, bytes)).is_err() {
                break;
            }
        }
    });
    let mut to = server.try_clone().unwrap();
    thread::spawn(move || {
        deliver(&requests, delay, |_, bytes| to.write_all(bytes).is_ok());
        _ = to.shutdown(std::net::Shutdown::Write);
    });
    let (to_client, responses) = channel();
    let mut from = server.try_clone().unwrap();
    thread::spawn(move || {
        while let Some(bytes) = read(&mut from) {
            if to_client.send((Instant::now(), asked.load(Ordering::SeqCst), bytes)).is_err() {
                break;
            }
        }
    });
    let (mut to, counts) = (client.try_clone().unwrap(), Arc::clone(trips));
    thread::spawn(move || {
        deliver(&responses, delay, |chain, bytes| {
            counts.delivered.fetch_max(chain, Ordering::SeqCst);
            // ReadyForQuery is the last message of a response: its type, its length and one byte.
            if bytes.len() >= 6 && bytes[bytes.len() - 6..].starts_with(b"Z\0\0\0\x05") {
                let mut ready = counts.ready.lock().unwrap();
                ready.get_or_insert(counts.delivered.load(Ordering::SeqCst));
            }
            to.write_all(bytes).is_ok()
        });
        _ = to.shutdown(std::net::Shutdown::Write);
    });
}

/// Reads what has arrived; `None` at the end.
fn read(from: &mut impl Read) -> Option<Vec<u8>> {
    let mut bytes = vec![0; 65536];
    let length = from.read(&mut bytes).ok().filter(|length| *length > 0)?;
    bytes.truncate(length);
    Some(bytes)
}

/// Passes on everything, in order, each part after its delay.
fn deliver(
    parts: &Receiver<(Instant, u64, Vec<u8>)>,
    delay: Duration,
    mut write: impl FnMut(u64, &[u8]) -> bool,
) {
    for (arrived, chain, bytes) in parts {
        thread::sleep((arrived + delay).saturating_duration_since(Instant::now()));
        if !write(chain, &bytes) {
            break;
        }
    }
}

/// Returns the beginning of the statements in a request, without the settings of its transaction.
fn statements(bytes: &[u8]) -> String {
    let text: String = String::from_utf8_lossy(bytes)
        .chars()
        .map(|c| if c.is_control() || c == '\u{fffd}' { ' ' } else { c })
        .collect();
    let words: Vec<_> = text.split_whitespace().collect();
    let text = words.join(" ");
    let parts: Vec<_> = text.split("; ").filter(|part| !part.starts_with("SET LOCAL")).collect();
    parts.join("; ").chars().take(150).collect()
}
