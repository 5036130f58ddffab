//! The connections of `--all-contexts` to one server.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::run;
use crate::connect::unresponsive_server::plain_server;

const CONTEXTS: usize = 60;
/// The bound is 16; the proxy may notice the end of a connection later than the client.
const MOST: usize = 40;

/// A proxy of a server that counts connections.
struct Proxy {
    port: u16,
    most: Arc<AtomicUsize>,
}

impl Proxy {
    fn start(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (open, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let greatest = Arc::clone(&most);
        thread::spawn(move || {
            for client in listener.incoming() {
                let (client, open) = (client.unwrap(), Arc::clone(&open));
                greatest.fetch_max(open.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                let server = TcpStream::connect(("127.0.0.1", server)).unwrap();
                let (from, to) = (server.try_clone().unwrap(), client.try_clone().unwrap());
                thread::spawn(move || pass(from, to));
                thread::spawn(move || {
                    pass(client, server);
                    open.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        Self { port, most }
    }
}

/// Passes bytes until the sender closes the connection.
fn pass(mut from: TcpStream, mut to: TcpStream) {
    let mut buffer = [0; 8192];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    _ = to.shutdown(Shutdown::Both);
}

#[test]
fn contexts_of_one_server_share_its_connections() {
    let proxy = Proxy::start(plain_server());
    let url = format!("postgres://postgres@127.0.0.1:{}/postgres?sslmode=disable", proxy.port);
    let config: String =
        (0..CONTEXTS).map(|n| format!("[context.c{n}]\ndatabase_url = \"{url}\"\n")).collect();
    let report = run("queue --all-contexts --timeout 1m -o json", &config).expect_code(3).json();
    let contexts = report["contexts"].as_array().unwrap();
    assert_eq!(contexts.len(), CONTEXTS);
    // Each was answered: this database has no jobs table.
    for context in contexts {
        assert_eq!(context["errors"][0]["kind"], "not_found", "{context:#}");
    }
    let most = proxy.most.load(Ordering::SeqCst);
    assert!((2..=MOST).contains(&most), "{most} connections");
}
