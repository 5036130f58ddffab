//! Databases with the schema of each backend variant and one of four data sets.
//!
//! `tests/fixtures/backend/` and `src/demo/backend/`, which the demo shares, hold the schemas. `data/`
//! holds the data sets in neutral words, and `load/` turns them into the rows of one variant.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use cliplyctl::demo::backend;

use super::postgres::Database;
use super::restart::Restartable;

/// Every variant of the schema.
pub const VARIANTS: [&str; 9] = [
    "main",
    "atomic",
    "early",
    "hosted",
    "status_live",
    "october",
    "bigint",
    "event_data",
    "typed",
];

/// The data sets. Times are relative to the load, so that active workers are active.
pub const DATA_SETS: [&str; 4] = ["empty", "healthy", "typical", "awkward"];

/// A login role that may connect, but has no privileges: reading `jobs` fails with 42501.
pub const NO_GRANT: &str = "nogrant";

/// A login role that may read `jobs`, but sees no rows.
pub const BLIND: &str = "blind";

impl Database {
    /// Creates a database from a name such as `main_typical`: variant, then data set.
    pub fn from_fixture(name: &str) -> Database {
        let (variant, data_set) = split(name);
        let database = Database::with_variant(variant);
        database.execute(&jobs(variant, data_set));
        database
    }

    /// Creates a database of variant main with jobs, and the access that its migrations give, which is more than the
    /// runbook allows.
    pub fn as_migrated(data_set: &str) -> Database {
        let database = Database::blank();
        let schema = backend(&["roles", "workspaces", "main", "access"]);
        database.execute(&(schema + &jobs("main", data_set)));
        database
    }

    /// Creates a database with the schema of a variant and no jobs.
    pub fn with_variant(variant: &str) -> Database {
        Database::with_schema(variant, &schema(variant))
    }

    /// Like [`Database::with_variant`], on a server that can be restarted.
    pub fn with_variant_on(server: &Arc<Restartable>, variant: &str) -> Database {
        Database::on_server(server, &schema(variant))
    }
}

/// Returns the SQL of a fixture such as `main_typical`, for a database outside the shared cluster.
pub fn fixture(name: &str) -> String {
    let (variant, data_set) = split(name);
    schema(variant) + &jobs(variant, data_set)
}

fn split(name: &str) -> (&str, &str) {
    name.rsplit_once('_').expect("a name like main_typical")
}

fn schema(variant: &str) -> String {
    backend(&["roles", "workspaces", variant, "access", "closed"])
}

fn jobs(variant: &str, data_set: &str) -> String {
    match data_set {
        "empty" => String::new(),
        _ => backend(&["stage", &format!("data/{data_set}"), &format!("load/{variant}")]),
    }
}

/// Returns a path below `tests/fixtures/`.
pub fn path(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(relative)
}

/// Reads a text file below `tests/fixtures/`.
pub fn read(relative: &str) -> String {
    let path = path(relative);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Returns files of the backend's schema, concatenated.
pub fn backend(files: &[&str]) -> String {
    let text = |file: &&str| match shared(file) {
        Some(text) => text.to_owned(),
        None => read(&format!("backend/{file}.sql")),
    };
    files.iter().map(text).collect()
}

/// Returns a file that the demo contains as well.
fn shared(file: &str) -> Option<&'static str> {
    match file {
        "roles" => Some(backend::ROLES),
        "workspaces" => Some(backend::WORKSPACES),
        "main" => Some(backend::MAIN),
        "access" => Some(backend::ACCESS),
        "posture" => Some(backend::ACCESS_RULES),
        "stage" => Some(backend::STAGE),
        "load/main" => Some(backend::LOAD),
        _ => None,
    }
}
