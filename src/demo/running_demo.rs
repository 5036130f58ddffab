//! A running demo: server, app, workers and files.

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

/// The name of the database, which report titles show.
const DATABASE: &str = "cliply";

/// A running demo. Dropping it stops everything.
pub(crate) struct RunningDemo {
    /// The base URL of the app.
    pub(crate) base_url: String,
    /// A file that contains only the URL of the database.
    pub(crate) database_url_file: PathBuf,
    /// The source tree of the app.
    pub(crate) project: PathBuf,
    /// The state directory of commands that use the demo context, removed with the demo.
    pub(crate) state: PathBuf,
    tasks: JoinSet<()>,
    /// Reserves the port of an app that is down, so that no other program answers there.
    _refusing: Option<TcpSocket>,
    server: DemoServer,
}

impl RunningDemo {
    /// Starts the server, loads the scenario, and starts the app and the workers.
    ///
    /// # Errors
    /// Returns an error if no server is installed, or if it cannot be started or filled.
    pub(crate) async fn start(
        scenario: &'static Scenario,
        options: ServerOptions,
    ) -> Result<Self, Error> {
        let server = tokio::task::spawn_blocking(move || DemoServer::start(&options)).await;
        let server = server.map_err(failed)?.map_err(super::server::explain)?;
        let directory = server.directory().to_owned();
        let database_url = server.url(DATABASE);
        load_schema(&server, scenario).await.map_err(failed)?;
        let project = project::write(&directory, scenario.drifted).map_err(failed)?;
        let database_url_file =
            project::write_file(&directory, "url", &database_url).map_err(failed)?;
        let (base_url, listener, refusing) = reserve_port(scenario.app_up).await.map_err(failed)?;
        let mut tasks = JoinSet::new();
        if let Some(listener) = listener {
            tasks.spawn(app::serve(listener, database_url.clone()));
        }
        spawn_workers(&mut tasks, scenario, &database_url, &directory);
        // Created here so that they belong to the supervisor, which removes them, whoever writes
        // records.
        for name in DIRECTORIES {
            let marker = format!("{RECORDS}/{name}/.keep");
            project::write_file(&directory, &marker, "").map_err(failed)?;
        }
        let state = directory.join("state");
        Ok(Self { base_url, database_url_file, project, state, tasks, _refusing: refusing, server })
    }

    /// Returns the directory that contains everything.
    pub(crate) fn directory(&self) -> &Path {
        self.server.directory()
    }
}

impl Drop for RunningDemo {
    fn drop(&mut self) {
        self.tasks.abort_all();
        // Commands run by root may have left files here that the server's user cannot remove.
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

/// Reserves a free port: a listener if the app is up, otherwise a socket that refuses connections.
async fn reserve_port(up: bool) -> io::Result<(String, Option<TcpListener>, Option<TcpSocket>)> {
    let any_port = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    if up {
        let listener = TcpListener::bind(any_port).await?;
        return Ok((format!("http://{}", listener.local_addr()?), Some(listener), None));
    }
    let socket = TcpSocket::new_v4()?;
    socket.bind(any_port)?;
    Ok((format!("http://{}", socket.local_addr()?), None, Some(socket)))
}

fn spawn_workers(
    tasks: &mut JoinSet<()>,
    scenario: &'static Scenario,
    database_url: &str,
    directory: &Path,
) {
    for name in scenario.workers {
        let (url, directory) = (database_url.to_owned(), directory.to_owned());
        // A worker only fails when the database stops: there is nothing to report.
        tasks.spawn(async move { _ = workers::work(url, name, scenario, &directory).await });
    }
    if let Some(every) = scenario.new_job_every {
        let url = database_url.to_owned();
        tasks.spawn(async move { _ = workers::produce(url, every).await });
    }
}

fn failed(error: impl std::error::Error) -> Error {
    let kind = ErrorKind::Source(SourceErrorKind::Other);
    let mut explained = Error::new(kind, "cannot start the demo").cause(&error);
    if let Some(source) = error.source() {
        explained = explained.cause(source);
    }
    explained
}
