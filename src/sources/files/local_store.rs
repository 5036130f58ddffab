//! The state directory of this machine: plans, operation records and journals. Files are private
//! and replaced atomically.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{BufReader, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::operation_lock::{self, OperationLock};
use super::private_file;
use crate::error::Error;
use crate::facts::access::last_audit::LastAudit;
use crate::facts::canary::ResumeOptions;
use crate::facts::identity::{DatabaseIdentity, JobsTable};
use crate::facts::job_id::JobId;
use crate::facts::operation::{Author, OperationId, OperationType};
use crate::facts::requeue::{PlanOptions, Target};
use crate::sources::postgres::requeue::journal::Entry;
use crate::suggest::{CommandText, ShellCommand};

/// A stored plan.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct StoredPlan {
    /// Id of the plan.
    pub(crate) plan: String,
    /// The table of the jobs.
    #[serde(flatten)]
    pub(crate) jobs_table: JobsTable,
    /// Selected jobs.
    pub(crate) target: Target,
    /// Settings of the plan.
    pub(crate) options: PlanOptions,
    /// Time of the plan, by the clock of the database server.
    pub(crate) cutoff: Timestamp,
    /// Ids of the planned jobs.
    pub(crate) ids: Vec<JobId>,
    /// Change mark of each of them; empty in plans of earlier versions.
    #[serde(default)]
    pub(crate) marks: Vec<i64>,
}

impl StoredPlan {
    /// Returns the change marks by job.
    pub(crate) fn marks_by_job(&self) -> HashMap<JobId, i64> {
        self.ids.iter().copied().zip(self.marks.iter().copied()).collect()
    }
}

/// Version of the format of operation records: 1 has the options as flags only, 2 as [`ResumeOptions`]. Increase it
/// when a resume must know a new option.
pub(crate) const RECORD_FORMAT: u32 = 2;

fn first_format() -> u32 {
    1
}

/// A stored operation, written before its first batch and after its last one.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct StoredOperation {
    /// [`RECORD_FORMAT`] of the version that wrote it.
    #[serde(default = "first_format")]
    pub(crate) format: u32,
    /// Id of the operation.
    pub(crate) operation: OperationId,
    /// Type of the operation.
    #[serde(rename = "deed")]
    pub(crate) operation_type: OperationType,
    /// Id of the plan that it applies.
    pub(crate) plan: String,
    /// The table of the jobs.
    #[serde(flatten)]
    pub(crate) jobs_table: JobsTable,
    /// Operator and reason of the last write.
    pub(crate) author: Author,
    /// Operator who started it, if it was resumed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) began: Option<Author>,
    /// Number of jobs in the plan.
    pub(crate) jobs: u64,
    /// Number of jobs written, as recorded on this machine.
    #[serde(rename = "done")]
    pub(crate) written: u64,
    /// Whether it is complete.
    pub(crate) finished: bool,
    /// Whether it ended by itself although it is not complete: a canary, the database or an undo stopped it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) stopped: bool,
    /// Process that wrote it last; `None` in records of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) pid: Option<u32>,
    /// Kind of its jobs, if all have the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) kind: Option<String>,
    /// Group of its jobs, if all have the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) group: Option<String>,
    /// Id of the operation that it undoes.
    #[serde(rename = "undoes")]
    pub(crate) undoes_operation: Option<OperationId>,
    /// The canary and the rate limit; `None` in records of format 1, and of an undo or a rescue.
    #[serde(default)]
    pub(crate) options: Option<ResumeOptions>,
    /// Flags of the suggested command that resumes it.
    #[serde(default, with = "command_line")]
    pub(crate) flags: Vec<String>,
}

/// Words of a command line, stored as one text.
mod command_line {
    use serde::{Deserialize as _, Deserializer, Serializer};

    use crate::suggest::quote;

    pub(super) fn serialize<S: Serializer>(words: &[String], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&words.iter().map(|word| format!(" {}", quote(word))).collect::<String>())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
        let text = String::deserialize(from)?;
        // A text that cannot be split is kept as one word, which is no valid flag: resuming is refused.
        Ok(shell_words::split(&text).unwrap_or_else(|_| vec![text]))
    }
}

impl StoredOperation {
    /// Returns the operation with the author who resumes it; `began` keeps the first author.
    #[must_use]
    pub(crate) fn resumed_by(self, author: Author) -> Self {
        let began = self.began.or_else(|| Some(self.author.clone()));
        let pid = Some(std::process::id());
        Self { author: author.resumes(self.author), began, pid, stopped: false, ..self }
    }
}

/// The database of a protected or read-only context, stored when it was first reached.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct KnownDatabase {
    /// Name of the context.
    pub(crate) context: String,
    /// `host:port/database`, as the context spelled it.
    pub(crate) address: String,
    /// The database that the server said it is.
    pub(crate) identity: DatabaseIdentity,
}

/// Subdirectories of the state directory.
pub(crate) const DIRECTORIES: [&str; 4] = ["plans", "operations", "journal", "locks"];
/// File with the databases of protected and read-only contexts.
const AUDITS: &str = "audits.json";
/// Stored access audits, one per database and login; the oldest are dropped.
const MAX_AUDITS: usize = 100;

/// The last access audit of a database, as a login.
#[derive(Debug, Serialize, Deserialize)]
struct StoredAudit {
    key: String,
    audit: LastAudit,
}

const KNOWN_DATABASES: &str = "databases.json";

/// The plans, operation records and journals in the state directory.
#[derive(Debug, Clone)]
pub(crate) struct LocalStore {
    dir: PathBuf,
}

impl LocalStore {
    /// Opens the state directory and creates it if it does not exist, accessible only to its owner.
    ///
    /// # Errors
    /// If `dir` is `None`, or the directory cannot be created or may be written by others.
    pub(crate) fn open(dir: Option<&Path>) -> Result<Self, Error> {
        let dir = dir.ok_or_else(|| {
            Error::config("no directory for plans: neither HOME nor XDG_STATE_HOME is set")
        })?;
        private_file::create_directory(dir).map_err(store_error(dir))?;
        for directory in DIRECTORIES {
            let path = dir.join(directory);
            private_file::create_directory(&path).map_err(store_error(&path))?;
        }
        Ok(Self { dir: dir.to_owned() })
    }

    /// Returns the state directory if it exists, without creating anything.
    pub(crate) fn existing(dir: Option<&Path>) -> Option<Self> {
        dir.filter(|dir| dir.is_dir()).map(|dir| Self { dir: dir.to_owned() })
    }

    /// Reads the databases that a context had when they were reached. A damaged file has none; they are stored
    /// again when they are reached.
    pub(crate) fn known_databases(&self, context: &str) -> Vec<KnownDatabase> {
        let mut known: Vec<KnownDatabase> =
            read(&self.dir.join(KNOWN_DATABASES)).unwrap_or_default();
        known.retain(|database| database.context == context);
        known
    }

    /// Stores the database of a context under this address.
    pub(crate) fn remember_database(
        &self,
        context: &str,
        address: &str,
        identity: &DatabaseIdentity,
    ) -> Result<(), Error> {
        let path = self.dir.join(KNOWN_DATABASES);
        let mut known: Vec<KnownDatabase> = read(&path).unwrap_or_default();
        known.retain(|database| {
            (database.context.as_str(), database.address.as_str()) != (context, address)
        });
        let (context, address) = (context.to_owned(), address.to_owned());
        known.push(KnownDatabase { context, address, identity: identity.clone() });
        write(&path, &known)
    }

    /// Returns the last access audit of this database and login.
    pub(crate) fn last_audit(&self, key: &str) -> Option<LastAudit> {
        let stored: Vec<StoredAudit> = read(&self.dir.join(AUDITS)).ok()?;
        stored.into_iter().find(|stored| stored.key == key).map(|stored| stored.audit)
    }

    /// Stores an access audit in place of the last one.
    pub(crate) fn remember_audit(&self, key: &str, audit: &LastAudit) -> Result<(), Error> {
        let path = self.dir.join(AUDITS);
        let mut stored: Vec<StoredAudit> = read(&path).unwrap_or_default();
        stored.retain(|stored| stored.key != key);
        stored.insert(0, StoredAudit { key: key.to_owned(), audit: audit.clone() });
        stored.truncate(MAX_AUDITS);
        write(&path, &stored)
    }

    /// Stores a plan.
    pub(crate) fn save_plan(&self, plan: &StoredPlan) -> Result<(), Error> {
        write(&self.path("plans", &plan.plan, "json"), plan)
    }

    /// Reads a plan.
    ///
    /// # Errors
    /// If no plan has this id, or it cannot be read.
    pub(crate) fn plan(&self, id: &str) -> Result<StoredPlan, Error> {
        let path = self.path("plans", id, "json");
        if !is_plan_id(id) || !path.exists() {
            return Err(Error::usage(format!("plan \"{id}\" is not known on this machine")).hint(
                CommandText::to("create one", ShellCommand::new("dlq requeue … --dry-run")),
            ));
        }
        read(&path)
    }

    /// Returns the ids of all plans, each with the time at which it was stored.
    pub(crate) fn plan_ids(&self) -> Vec<(String, Option<Timestamp>)> {
        let files = fs::read_dir(self.dir.join("plans")).into_iter().flatten().flatten();
        let plan = |file: fs::DirEntry| {
            let name = file.file_name().into_string().ok()?;
            let id = name.strip_suffix(".json").filter(|id| is_plan_id(id))?.to_owned();
            let stored = file.metadata().and_then(|metadata| metadata.modified()).ok();
            Some((id, stored.and_then(|time| Timestamp::try_from(time).ok())))
        };
        files.filter_map(plan).collect()
    }

    /// Stores an operation.
    pub(crate) fn save_operation(&self, operation: &StoredOperation) -> Result<(), Error> {
        write(&self.path("operations", &operation.operation.to_string(), "json"), operation)
    }

    /// Reads an operation; `None` if it is not stored on this machine.
    pub(crate) fn operation(&self, id: &OperationId) -> Result<Option<StoredOperation>, Error> {
        let path = self.path("operations", &id.to_string(), "json");
        if path.exists() { read(&path).map(Some) } else { Ok(None) }
    }

    /// Reads all operations of this machine, newest first. Skips files that cannot be read.
    pub(crate) fn operations(&self) -> Vec<StoredOperation> {
        let files = fs::read_dir(self.dir.join("operations")).into_iter().flatten().flatten();
        let mut operations: Vec<StoredOperation> =
            files.filter_map(|file| read(&file.path()).ok()).collect();
        operations.sort_by_key(|stored| std::cmp::Reverse(stored.operation.at));
        operations
    }

    /// Opens the journal of an operation for appending and creates it if it does not exist.
    pub(crate) fn journal(&self, id: &OperationId) -> Result<File, Error> {
        let path = self.path("journal", &id.to_string(), "jsonl");
        let open = || -> std::io::Result<File> {
            let mut file = private_file::append(&path)?;
            if file.metadata()?.len() > 0 {
                // A crash may have truncated the last line: start a new one.
                file.write_all(b"\n")?;
            }
            Ok(file)
        };
        open().map_err(store_error(&path))
    }

    /// Reads the journal of an operation. A line truncated by a crash belongs to a transaction that was not
    /// committed; of the others the server knows it. A job can have several lines.
    pub(crate) fn journal_entries(&self, id: &OperationId) -> Vec<Entry> {
        let path = self.path("journal", &id.to_string(), "jsonl");
        let text = fs::read_to_string(path).unwrap_or_default();
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// Makes this process the owner of an operation until the lock is dropped or the process ends.
    ///
    /// # Errors
    /// 77 if another process owns it; the message says which.
    pub(crate) fn lock(&self, id: &OperationId, owner: &str) -> Result<OperationLock, Error> {
        let path = self.path("locks", &id.to_string(), "lock");
        operation_lock::take(&path, owner).map_err(store_error(&path))?.ok_or_else(|| {
            let owner =
                operation_lock::owner(&path).unwrap_or_else(|| "another process".to_owned());
            Error::refused(format!("operation {id} is being written by {owner}"))
                .hint(CommandText::to("watch it", ShellCommand::new("dlq follow").arg(id)))
        })
    }

    /// Returns the process that owns an operation, if one does.
    pub(crate) fn owner(&self, id: &OperationId) -> Option<String> {
        operation_lock::owner(&self.path("locks", &id.to_string(), "lock"))
    }

    fn path(&self, directory: &str, name: &str, extension: &str) -> PathBuf {
        self.dir.join(directory).join(format!("{name}.{extension}"))
    }
}

fn is_plan_id(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

fn store_error(path: &Path) -> impl Fn(std::io::Error) -> Error {
    let path = path.display().to_string();
    move |error| Error::config(format!("cannot use {path}")).cause(error)
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T, Error> {
    let file = File::open(path).map_err(store_error(path))?;
    serde_json::from_reader(BufReader::new(file))
        .map_err(|error| Error::config(format!("{} is damaged", path.display())).cause(error))
}

/// Writes a value as JSON to a private file of the store, which is replaced atomically.
fn write<T: Serialize>(path: &Path, value: &T) -> Result<(), Error> {
    private_file::replace(path, |writer| Ok(serde_json::to_writer(writer, value)?))
        .map_err(store_error(path))
}

/// Writes text to a private file that the user named.
pub(crate) fn put(path: &Path, text: &str) -> Result<(), Error> {
    private_file::write_named(path, |writer| writer.write_all(text.as_bytes()))
        .map_err(store_error(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_plan_is_private_and_read_back_unchanged() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let store = LocalStore::open(Some(&dir.path().join("state"))).unwrap();
        let plan = StoredPlan {
            plan: "plan-1".into(),
            jobs_table: JobsTable { database: "h:1/d".into(), identity: None, table: None },
            target: Target::Ids(vec![JobId::Number(1)]),
            options: PlanOptions::default(),
            cutoff: Timestamp::UNIX_EPOCH,
            ids: vec![JobId::Number(1), JobId::Uuid(2)],
            marks: vec![7, 8],
        };
        store.save_plan(&plan).unwrap();
        assert_eq!(store.plan("plan-1").unwrap().ids, plan.ids);
        let path = dir.path().join("state/plans/plan-1.json");
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
        for id in ["plan-2", "../plan-1", ""] {
            assert_eq!(store.plan(id).unwrap_err().exit_code().code(), 64, "{id}");
        }
    }

    #[test]
    fn incomplete_journal_line_is_not_read() {
        let dir = tempfile::tempdir().unwrap();
        let store = LocalStore::open(Some(dir.path())).unwrap();
        let id = OperationId::parse("rq-20261125T222653Z-t-19d058").unwrap();
        let line = |id: &str, n: u32| format!(r#"{{"id":"{id}","previous":0,"written":{n}}}"#);
        let first = format!("{}\n{}\n{}", line("a", 1), line("b", 1), r#"{"id":"c","prev"#);
        store.journal(&id).unwrap().write_all(first.as_bytes()).unwrap();
        let second = format!("{}\n{}\n", line("b", 2), line("c", 2));
        store.journal(&id).unwrap().write_all(second.as_bytes()).unwrap();
        let entries = store.journal_entries(&id);
        let written: Vec<_> = entries.iter().map(|e| (e.id.as_str(), e.written.as_u64())).collect();
        assert_eq!(written, [("a", Some(1)), ("b", Some(1)), ("b", Some(2)), ("c", Some(2))]);
    }
}
