//! A proxy between the tool and a server that cuts the connection at the k-th statement.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

/// When the connection is cut, relative to the statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CutPoint {
    /// Before the statement reaches the server.
    Before,
    /// After the server executed the statement, but before its response reaches the tool.
    After,
    /// No response arrives any more, but the connection stays open, as with a stalled disk or a firewall.
    Hang,
}

/// Where and how to cut.
#[derive(Debug, Clone, Copy)]
pub struct Cut {
    /// The number of the statement, counted from 1 over all connections.
    pub at: u32,
    pub point: CutPoint,
    /// Whether all connections are cut and new ones are refused.
    pub all_connections: bool,
}

/// A running proxy. It forwards everything until it is told to cut.
pub struct Proxy {
    port: u16,
    plan: Arc<Mutex<Plan>>,
}

#[derive(Default)]
struct Plan {
    cut: Option<Cut>,
    statements: u32,
    /// The statement at which it cut.
    cut_statement: Option<String>,
    down: bool,
    /// The client side of every connection, to be closed together.
    open: Vec<Arc<TcpStream>>,
}

impl Proxy {
    /// Starts a proxy for the server at this Unix socket.
    pub fn new(socket: PathBuf) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let plan = Arc::new(Mutex::new(Plan::default()));
        let shared = Arc::clone(&plan);
        thread::spawn(move || {
            for client in listener.incoming() {
                connect(client.unwrap(), &socket, &shared);
            }
        });
        Proxy { port, plan }
    }

    pub fn url(&self, database: &str) -> String {
        format!("postgresql://postgres@127.0.0.1:{}/{database}?sslmode=disable", self.port)
    }

    /// Resets the statement count and sets the cut. Without one, everything is forwarded.
    pub fn arm(&self, cut: Option<Cut>) {
        *lock(&self.plan) = Plan { cut, ..Plan::default() };
    }

    /// Returns the statement at which it cut.
    pub fn cut_statement(&self) -> Option<String> {
        lock(&self.plan).cut_statement.clone()
    }
}

fn lock(plan: &Mutex<Plan>) -> MutexGuard<'_, Plan> {
    plan.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts the two threads of a connection, one per direction. If the network is down, drops it.
fn connect(client: TcpStream, socket: &PathBuf, plan: &Arc<Mutex<Plan>>) {
    let Ok(server) = UnixStream::connect(socket) else { return };
    // The tool must not wait for a delayed acknowledgement.
    client.set_nodelay(true).unwrap();
    let client = Arc::new(client);
    {
        let mut plan = lock(plan);
        if plan.down {
            return;
        }
        plan.open.push(Arc::clone(&client));
    }
    let connection =
        Arc::new(ProxiedConnection { client, server, last_response: AtomicU64::new(0) });
    let (plan, responses_side) = (Arc::clone(plan), Arc::clone(&connection));
    thread::spawn(move || connection.forward_requests(&plan));
    thread::spawn(move || responses_side.forward_responses());
}

/// One proxied connection.
struct ProxiedConnection {
    client: Arc<TcpStream>,
    server: UnixStream,
    /// The number of the response at which the connection ends, which is not forwarded; 0 for none.
    last_response: AtomicU64,
}

impl ProxiedConnection {
    /// Forwards the messages of the tool.
    fn forward_requests(&self, plan: &Mutex<Plan>) {
        // The startup message has no type byte. Its response is counted like that of a statement.
        let (mut first, mut answers) = (true, 1);
        while let Some(message) = read_message(&*self.client, !first) {
            let kind = if first { 0 } else { message[0] };
            first = false;
            let cut_now =
                matches!(kind, b'Q' | b'P').then(|| self.count_statement(plan, &message)).flatten();
            match cut_now.map(|cut| cut.point) {
                Some(CutPoint::Before) => return self.end(),
                Some(CutPoint::After) => self.last_response.store(answers + 1, Ordering::SeqCst),
                Some(CutPoint::Hang) => self.last_response.store(u64::MAX, Ordering::SeqCst),
                None => {}
            }
            if (&self.server).write_all(&message).is_err() {
                return self.end();
            }
            if matches!(kind, b'Q' | b'S') {
                answers += 1;
                if answers == self.last_response.load(Ordering::SeqCst) {
                    return; // The rest is lost; the thread for the responses ends the connection.
                }
            }
        }
        self.end();
    }

    /// Forwards the messages of the server.
    fn forward_responses(&self) {
        let mut answers = 0;
        while let Some(message) = read_message(&self.server, true) {
            answers += u64::from(message[0] == b'Z');
            let last_response = self.last_response.load(Ordering::SeqCst);
            if last_response > 0 && answers >= last_response {
                break;
            }
            if last_response == 0 && (&*self.client).write_all(&message).is_err() {
                break;
            }
        }
        self.end();
    }

    /// Counts a statement, and returns the cut if this is the one.
    fn count_statement(&self, plan: &Mutex<Plan>, message: &[u8]) -> Option<Cut> {
        let mut plan = lock(plan);
        plan.statements += 1;
        let cut = plan.cut.filter(|cut| cut.at == plan.statements)?;
        let text: String = String::from_utf8_lossy(&message[5..]).replace('\0', " ");
        plan.cut_statement = Some(text.split_whitespace().collect::<Vec<_>>().join(" "));
        if cut.all_connections {
            plan.down = true;
            // This connection ends at its cut point.
            let others = plan.open.iter().filter(|client| !Arc::ptr_eq(client, &self.client));
            others.for_each(|client| _ = client.shutdown(Shutdown::Both));
        }
        Some(cut)
    }

    fn end(&self) {
        _ = self.client.shutdown(Shutdown::Both);
        _ = self.server.shutdown(Shutdown::Both);
    }
}

/// Reads one message of the protocol: type byte (except in the startup message), length, body.
fn read_message(mut from: impl Read, has_kind: bool) -> Option<Vec<u8>> {
    let head = 4 + usize::from(has_kind);
    let mut message = vec![0; head];
    from.read_exact(&mut message).ok()?;
    let length = u32::from_be_bytes(message[head - 4..].try_into().unwrap()) as usize;
    message.resize(head - 4 + length, 0);
    from.read_exact(&mut message[head..]).ok()?;
    Some(message)
}
