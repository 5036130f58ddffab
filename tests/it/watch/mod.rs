//! Tests of `watch` on a real terminal: keys, sizes, an outage of the server, every exit.

mod acknowledged;
mod canary;
mod exit;
mod outage;
mod plain;
mod rendering;
mod running;
mod screen;
mod views;

use cliplyctl::demo::server::{DemoServer, Listen, ServerOptions};

use crate::support::cli::Cli;
use crate::support::postgres::{Session, server_options};
use crate::support::pty::Terminal;

/// A server of one test, which can be stopped and started again on the same port.
struct OwnServer {
    port: u16,
    server: Option<DemoServer>,
}

impl OwnServer {
    /// Starts a server with the jobs of a fixture.
    fn start(fixture: &str) -> OwnServer {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut own = OwnServer { port, server: None };
        own.up(fixture);
        own
    }

    fn up(&mut self, fixture: &str) {
        let options = ServerOptions { listen: Listen::Tcp { port: self.port }, ..server_options() };
        let server = DemoServer::start(&options).unwrap();
        let admin = Session::open(&server.url("postgres"));
        admin.execute("CREATE DATABASE app TEMPLATE template0");
        Session::open(&server.url("app")).execute(&crate::support::fixtures::fixture(fixture));
        self.server = Some(server);
    }

    fn down(&mut self) {
        self.server = None;
    }

    fn url(&self) -> String {
        format!("postgresql://postgres@127.0.0.1:{}/app", self.port)
    }
}

/// Returns a `watch` command that polls every second.
fn watch(args: &str, url: &str) -> Cli {
    watch_every("1s", args, url)
}

/// Returns a `watch` command with this poll interval.
fn watch_every(every: &str, args: &str, url: &str) -> Cli {
    let args = format!("watch --every {every} {args}");
    Cli::new(args.split_whitespace()).env("DATABASE_URL", url)
}

/// Starts `watch` on a terminal and waits for its first poll.
fn start(args: &str, url: &str, rows: u16, columns: u16) -> Terminal {
    let terminal = watch(args, url).terminal(rows, columns);
    terminal.wait_for("updated");
    terminal
}
