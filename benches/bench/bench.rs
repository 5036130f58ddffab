//! The programs, the scratch directory and the server that the rows use. The server starts on first use.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use cliplyctl::demo::binaries;
use cliplyctl::demo::server::{DemoServer, ServerOptions};
use tempfile::TempDir;

use crate::measure::Program;
use crate::options::{Options, Size};
use crate::{Result, fill};

/// The settings of a production server, without autovacuum, which would disturb measurements.
const CONFIGURATION: [(&str, &str); 8] = [
    ("fsync", "on"),
    ("full_page_writes", "on"),
    ("synchronous_commit", "on"),
    ("jit", "on"),
    ("shared_buffers", "512MB"),
    ("max_wal_size", "4GB"),
    ("maintenance_work_mem", "512MB"),
    ("log_line_prefix", LOG_PREFIX),
];

/// Begins each entry of the server's log.
const LOG_PREFIX: &str = "== ";

/// The shared state of all rows.
pub struct Bench {
    /// The command line options.
    pub options: Options,
    psql: PathBuf,
    scratch: TempDir,
    server: Option<DemoServer>,
    filled: BTreeSet<String>,
}

impl Bench {
    /// Finds the programs. The server is not started yet.
    pub fn new(mut options: Options) -> Result<Bench> {
        options.tool = options.tool.canonicalize().map_err(|error| {
            format!("there is no binary at {}: {error}", options.tool.display())
        })?;
        let bin = binaries::find(pg_bin().as_deref(), path().as_deref())
            .ok_or("no PostgreSQL server programs found (initdb, postgres)")?;
        // psql next to the server is the real binary. The one on PATH may be a Perl wrapper.
        let directories = [Some(bin), binaries::find(None, None)].into_iter().flatten();
        let psql = directories.map(|dir| dir.join("psql")).find(|path| path.is_file());
        let psql = psql.unwrap_or_else(|| "psql".into());
        let scratch = TempDir::new()?;
        Ok(Bench { options, psql, scratch, server: None, filled: BTreeSet::new() })
    }

    /// Returns a directory that is removed at the end.
    pub fn scratch(&self) -> &Path {
        self.scratch.path()
    }

    /// Returns a program with a fixed environment.
    pub fn program(&self, name: &str, path: impl Into<PathBuf>) -> Program {
        Program::new(name, path, self.scratch())
            .env("PATH", path_or_default())
            .env("HOME", self.scratch())
            .env("XDG_STATE_HOME", self.scratch().join("state"))
            .env("LC_ALL", "C")
            .env("TZ", "UTC")
    }

    /// Returns cliplyctl with these arguments.
    pub fn tool(&self, words: &str) -> Program {
        self.program(words, &self.options.tool).args(words.split(' '))
    }

    /// Returns cliplyctl with these arguments on a database of the server.
    pub fn tool_on(&mut self, database: &str, words: &str) -> Result<Program> {
        let url = self.url(database)?;
        Ok(self.tool(words).env("DATABASE_URL", url))
    }

    /// Returns psql with a query on a database of the server.
    pub fn psql_on(&mut self, database: &str, name: &str, sql: &str) -> Result<Program> {
        let url = self.url(database)?;
        Ok(self.psql(name).args(["-XAtq", "-v", "ON_ERROR_STOP=1"]).args([url.as_str(), "-c", sql]))
    }

    /// Returns the baseline: psql with a trivial query.
    pub fn baseline_on(&mut self, database: &str) -> Result<Program> {
        self.psql_on(database, "psql: select 1", "select 1")
    }

    /// Returns psql without arguments for a query.
    pub fn psql(&self, name: &str) -> Program {
        self.program(name, &self.psql)
    }

    /// Executes statements outside of the measurements and returns the output.
    pub fn sql(&mut self, database: &str, sql: &str) -> Result<String> {
        let answer = self.psql_on(database, "psql", sql)?.answer()?;
        Ok(answer.trim_end().to_owned())
    }

    /// Runs a program once and returns the statements that it sent to read jobs, with its values.
    pub fn reading_statements(&mut self, database: &str, program: &Program) -> Result<Vec<String>> {
        let log = self.server()?.directory().join("log");
        let from = std::fs::metadata(&log)?.len() as usize;
        self.sql("postgres", &format!("alter database {database} set log_statement = 'all'"))?;
        program.answer()?;
        self.sql("postgres", &format!("alter database {database} reset log_statement"))?;
        let log = std::fs::read(&log)?;
        let statements = statements_with_values(&String::from_utf8_lossy(&log[from..]));
        let reads = |statement: &String| {
            ["select id as job", "select count(*) as n", "select exists (select from"]
                .iter()
                .any(|start| statement.starts_with(start))
        };
        Ok(statements.into_iter().filter(reads).collect())
    }

    /// Returns a libpq URL.
    pub fn url(&mut self, database: &str) -> Result<String> {
        Ok(self.server()?.url(database))
    }

    /// Returns the server, and starts it on first use.
    pub fn server(&mut self) -> Result<&DemoServer> {
        if self.server.is_none() {
            let extra = CONFIGURATION.map(|(name, value)| (name.to_owned(), value.to_owned()));
            let options = ServerOptions {
                bin_dir: pg_bin(),
                path: path(),
                temp_dir: std::env::var_os("TMPDIR").map(PathBuf::from),
                extra_conf: extra.to_vec(),
                ..ServerOptions::default()
            };
            self.server = Some(DemoServer::start(&options)?);
        }
        self.server.as_ref().ok_or_else(|| "no server".into())
    }

    /// Returns the name of a database with this table of jobs, which is filled on first use.
    pub fn jobs(&mut self, size: Size) -> Result<String> {
        let name = format!("jobs_{}", size.rows);
        if self.filled.insert(name.clone()) {
            eprintln!("   filling {} jobs", size.label());
            fill::jobs(self, &name, size)?;
        }
        Ok(name)
    }

    /// Returns the kind of build of the tool, from its path.
    pub fn build(&self) -> &'static str {
        let debug = self.options.tool.parent().is_some_and(|dir| dir.ends_with("debug"));
        if debug { "**a debug build: its figures mean nothing**" } else { "a release build" }
    }

    /// Describes the version and the settings of the server.
    pub fn describe_server(&mut self) -> String {
        let names = "'fsync', 'synchronous_commit', 'full_page_writes', 'shared_buffers', 'jit', 'autovacuum'";
        let sql = format!(
            "select current_setting('server_version') || ' (' || string_agg(name || ' ' || current_setting(name), ', ' \
             order by name) || ')' from pg_settings where name in ({names})"
        );
        self.sql("postgres", &sql).unwrap_or_else(|error| error.to_string())
    }
}

/// Returns the prepared statements of a server's log, with the values in place of their parameters.
fn statements_with_values(log: &str) -> Vec<String> {
    let mut statements: Vec<String> = Vec::new();
    for entry in log.split(&format!("\n{LOG_PREFIX}")) {
        if let Some(statement) = entry.strip_prefix("LOG:  execute <unnamed>: ") {
            statements.push(statement.trim().to_owned());
        } else if let (Some(values), Some(statement)) =
            (entry.strip_prefix("DETAIL:  parameters: "), statements.last_mut())
        {
            // The last one first: `$1` is also the beginning of `$12`.
            for value in values.trim().split(", $").collect::<Vec<_>>().iter().rev() {
                if let Some((number, value)) = value.trim_start_matches('$').split_once(" = ") {
                    *statement = statement.replace(&format!("${number}"), value);
                }
            }
        }
    }
    statements
}

fn path() -> Option<OsString> {
    std::env::var_os("PATH")
}

fn path_or_default() -> OsString {
    path().unwrap_or_else(|| "/usr/bin:/bin".into())
}

fn pg_bin() -> Option<PathBuf> {
    std::env::var_os("CLIPLYCTL_PG_BIN").map(PathBuf::from)
}
