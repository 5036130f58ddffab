//! Everything that makes up a demo, and its end.

use std::io;
use std::path::{Path, PathBuf};

use tokio::net::{TcpListener, TcpSocket};
use tokio::task::JoinSet;

use super::scenario::Scenario;
use super::server::{DemoServer, ServerOptions, connect};
use super::{app, backend, project, workers};
use crate::error::{Error, ErrorKind};
use crate::facts::SourceErrorKind;
use crate::settings::demo::RECORDS;
use crate::sources::files::local_store::DIRECTORIES;

/// The database's name: it stands in every header of every report.
const DATABASE: &str = "cliply";

/// A running demo. Dropping it ends everything.
pub struct RunningDemo {
    /// The app's address.
    pub base_url: String,
    /// A file that holds the database's URL, and nothing else.
    pub database_url_file: PathBuf,
    /// The app's source tree, as far as it matters.
    pub project: PathBuf,
    /// A directory for those who want to keep records until the end of the demo.
    pub state: PathBuf,
    tasks: JoinSet<()>,
    /// Holds the port of an app that is down, so that nobody else answers there.
    _refusing: Option<TcpSocket>,
    server: DemoServer,
}

impl RunningDemo {
    /// Starts the server, fills it, and lets app and workers go about their business.
    ///
    /// # Errors
    /// When there is no server to be had, or it cannot be filled.
    pub async fn start(scenario: &'static Scenario, options: ServerOptions) -> Result<Self, Error> {
        let server = tokio::task::spawn_blocking(move || DemoServer::start(&options)).await;
        let server = server.map_err(failed)?.map_err(super::server::explain)?;
        let directory = server.directory().to_owned();
        let database_url = server.url(DATABASE);
        load_schema(&server, scenario).await.map_err(failed)?;
        let project = project::write(&directory, scenario.drifted).map_err(failed)?;
        let database_url_file = project::place(&directory, "url", &database_url).map_err(failed)?;
        let (base_url, listener, refusing) = address(scenario.app_up).await.map_err(failed)?;
        let mut tasks = JoinSet::new();
        if let Some(listener) = listener {
            tasks.spawn(app::serve(listener, database_url.clone()));
        }
        spawn_worker(&mut tasks, scenario, &database_url, &directory);
        // Made by us, they are the supervisor's to remove, whoever leaves records in them.
        for part in DIRECTORIES {
            let kept = format!("{RECORDS}/{part}/.keep");
            project::place(&directory, &kept, "").map_err(failed)?;
        }
        let state = directory.join("state");
        Ok(Self { base_url, database_url_file, project, state, tasks, _refusing: refusing, server })
    }

    /// The directory that holds everything.
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.server.directory()
    }
}

impl Drop for RunningDemo {
    fn drop(&mut self) {
        self.tasks.abort_all();
        // Run by root, commands have left files here that the server's user could not remove.
        _ = std::fs::remove_dir_all(&self.state);
    }
}

async fn load_schema(
    server: &DemoServer,
    scenario: &Scenario,
) -> Result<(), tokio_postgres::Error> {
    let admin = connect(&server.url("postgres")).await?;
    admin.batch_execute(&format!("CREATE DATABASE {DATABASE} TEMPLATE template0")).await?;
    let client = connect(&server.url(DATABASE)).await?;
    client.batch_execute(&backend::database(scenario.data)).await
}

/// A free port: listened on, or held so that connections are refused.
async fn address(up: bool) -> io::Result<(String, Option<TcpListener>, Option<TcpSocket>)> {
    let any = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    if up {
        let listener = TcpListener::bind(any).await?;
        return Ok((format!("http://{}", listener.local_addr()?), Some(listener), None));
    }
    let socket = TcpSocket::new_v4()?;
    socket.bind(any)?;
    Ok((format!("http://{}", socket.local_addr()?), None, Some(socket)))
}

fn spawn_worker(
    tasks: &mut JoinSet<()>,
    scenario: &'static Scenario,
    database_url: &str,
    directory: &Path,
) {
    for name in scenario.workers {
        let (url, directory) = (database_url.to_owned(), directory.to_owned());
        // A worker's end is the end of the database: nothing is left to tell.
        tasks.spawn(async move { _ = workers::work(url, name, scenario, &directory).await });
    }
    if let Some(every) = scenario.new_job_every {
        let url = database_url.to_owned();
        tasks.spawn(async move { _ = workers::produce(url, every).await });
    }
}

fn failed(error: impl std::error::Error) -> Error {
    let kind = ErrorKind::Source(SourceErrorKind::Other);
    let mut explained = Error::new(kind, "the demo did not start").cause(&error);
    if let Some(source) = error.source() {
        explained = explained.cause(source);
    }
    explained
}
