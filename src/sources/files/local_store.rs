//! The state directory: plans, operations and the local journal. Files are private and appear whole.

use std::collections::HashSet;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{BufReader, BufWriter, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::facts::job_id::JobId;
use crate::facts::operation::{Author, OperationId, OperationType};
use crate::facts::requeue::{PlanOptions, Target};
use crate::sources::postgres::requeue::journal::Entry;

/// A plan on disk.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct StoredPlan {
    /// Its id.
    pub(crate) plan: String,
    /// `host:port/database`.
    pub(crate) database: String,
    /// What was asked for.
    pub(crate) target: Target,
    /// How it was read.
    pub(crate) options: PlanOptions,
    /// When, by the server's clock.
    pub(crate) cutoff: Timestamp,
    /// The frozen jobs.
    pub(crate) ids: Vec<JobId>,
}

/// An operation on disk, written before its first batch and after its last.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct StoredOperation {
    /// Its id.
    pub(crate) operation: OperationId,
    /// What it does.
    #[serde(rename = "deed")]
    pub(crate) operation_type: OperationType,
    /// The plan that it applies.
    pub(crate) plan: String,
    /// `host:port/database`.
    pub(crate) database: String,
    /// Who and why; of one that was resumed, who wrote last.
    pub(crate) author: Author,
    /// Who began one that was resumed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) began: Option<Author>,
    /// Jobs of the plan.
    pub(crate) jobs: u64,
    /// Jobs written, as far as this machine knows.
    #[serde(rename = "done")]
    pub(crate) written: u64,
    /// Whether it came to its end.
    pub(crate) finished: bool,
    /// The operation that it undoes.
    #[serde(rename = "undoes")]
    pub(crate) undoes_operation: Option<OperationId>,
    /// The flags with which it goes on as it began, should it be interrupted.
    #[serde(default)]
    pub(crate) flags: String,
}

impl StoredOperation {
    /// The same, as somebody goes on with it.
    #[must_use]
    pub(crate) fn resumed_by(self, author: Author) -> Self {
        let began = self.began.or_else(|| Some(self.author.clone()));
        Self { author: author.resumes(self.author), began, ..self }
    }
}

/// The directories that it holds.
pub(crate) const DIRECTORIES: [&str; 3] = ["plans", "operations", "journal"];

/// The directory.
#[derive(Debug, Clone)]
pub(crate) struct LocalStore {
    dir: PathBuf,
}

impl LocalStore {
    /// Makes the directory where it does not exist, for this user alone.
    ///
    /// # Errors
    /// When there is no place for it, or it cannot be written.
    pub(crate) fn open(dir: Option<&Path>) -> Result<Self, Error> {
        let dir = dir.ok_or_else(|| {
            Error::config("there is no place to keep plans: neither HOME nor XDG_STATE_HOME is set")
        })?;
        for part in DIRECTORIES {
            let path = dir.join(part);
            DirBuilder::new().recursive(true).mode(0o700).create(&path).map_err(failed(&path))?;
        }
        Ok(Self { dir: dir.to_owned() })
    }

    /// Keeps a plan.
    pub(crate) fn save_plan(&self, plan: &StoredPlan) -> Result<(), Error> {
        write(&self.path("plans", &plan.plan, "json"), plan)
    }

    /// Finds a plan.
    ///
    /// # Errors
    /// When there is none of this id, or it cannot be read.
    pub(crate) fn plan(&self, id: &str) -> Result<StoredPlan, Error> {
        let known = id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let path = self.path("plans", id, "json");
        if !known || !path.exists() {
            return Err(Error::usage(format!("there is no plan \"{id}\" on this machine"))
                .hint("make one: cliplyctl dlq requeue … --dry-run"));
        }
        read(&path)
    }

    /// Keeps an operation.
    pub(crate) fn save_operation(&self, operation: &StoredOperation) -> Result<(), Error> {
        write(&self.path("operations", &operation.operation.to_string(), "json"), operation)
    }

    /// Finds an operation of this machine.
    pub(crate) fn operation(&self, id: &OperationId) -> Result<Option<StoredOperation>, Error> {
        let path = self.path("operations", &id.to_string(), "json");
        if path.exists() { read(&path).map(Some) } else { Ok(None) }
    }

    /// Every operation of this machine, the newest first. Files that cannot be read are left out.
    pub(crate) fn operations(&self) -> Vec<StoredOperation> {
        let files = fs::read_dir(self.dir.join("operations")).into_iter().flatten().flatten();
        let mut all: Vec<StoredOperation> =
            files.filter_map(|file| read(&file.path()).ok()).collect();
        all.sort_by_key(|record| std::cmp::Reverse(record.operation.at));
        all
    }

    /// The journal of an operation, to be written on.
    pub(crate) fn journal(&self, id: &OperationId) -> Result<File, Error> {
        let path = self.path("journal", &id.to_string(), "jsonl");
        let open = || -> std::io::Result<File> {
            let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(&path)?;
            if file.metadata()?.len() > 0 {
                // The last line may have been cut off: it must not swallow the next one.
                file.write_all(b"\n")?;
            }
            Ok(file)
        };
        open().map_err(failed(&path))
    }

    /// What the journal of an operation says, one entry a job; nothing where there is none. A line
    /// that was cut off by a crash belongs to a batch that was never committed. A job that stands
    /// there twice was resumed after such a batch, and its last entry is the one that counts.
    pub(crate) fn journal_entries(&self, id: &OperationId) -> Vec<Entry> {
        let path = self.path("journal", &id.to_string(), "jsonl");
        let text = fs::read_to_string(path).unwrap_or_default();
        let mut entries: Vec<Entry> =
            text.lines().rev().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let mut known = HashSet::new();
        entries.retain(|entry| known.insert(entry.id.clone()));
        entries.reverse();
        entries
    }

    fn path(&self, part: &str, name: &str, ending: &str) -> PathBuf {
        self.dir.join(part).join(format!("{name}.{ending}"))
    }
}

fn failed(path: &Path) -> impl Fn(std::io::Error) -> Error {
    let path = path.display().to_string();
    move |error| Error::config(format!("{path} cannot be used")).cause(error)
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T, Error> {
    let file = File::open(path).map_err(failed(path))?;
    serde_json::from_reader(BufReader::new(file))
        .map_err(|error| Error::config(format!("{} is damaged", path.display())).cause(error))
}

/// Writes a private file: beside its place first, then moved there, so that nobody ever reads a half.
pub(crate) fn write<T: Serialize>(path: &Path, value: &T) -> Result<(), Error> {
    aside(path, |writer| Ok(serde_json::to_writer(writer, value)?))
}

/// Writes a private text that appears whole or not at all.
pub(crate) fn put(path: &Path, text: &str) -> Result<(), Error> {
    aside(path, |writer| writer.write_all(text.as_bytes()))
}

fn aside(
    path: &Path,
    fill: impl FnOnce(&mut BufWriter<File>) -> std::io::Result<()>,
) -> Result<(), Error> {
    let aside = path.with_extension(format!("{}.tmp", std::process::id()));
    let put = || -> std::io::Result<()> {
        let mut options = OpenOptions::new();
        let file = options.write(true).create(true).truncate(true).mode(0o600).open(&aside)?;
        let mut writer = BufWriter::new(file);
        fill(&mut writer)?;
        writer.flush()?;
        writer.get_ref().sync_data()?;
        fs::rename(&aside, path)
    };
    put().map_err(failed(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_plan_is_private_and_read_back_unchanged() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let state = LocalStore::open(Some(&dir.path().join("state"))).unwrap();
        let plan = StoredPlan {
            plan: "plan-1".into(),
            database: "h:1/d".into(),
            target: Target::Ids(vec![JobId::Number(1)]),
            options: PlanOptions::default(),
            cutoff: Timestamp::UNIX_EPOCH,
            ids: vec![JobId::Number(1), JobId::Uuid(2)],
        };
        state.save_plan(&plan).unwrap();
        assert_eq!(state.plan("plan-1").unwrap().ids, plan.ids);
        let path = dir.path().join("state/plans/plan-1.json");
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
        for id in ["plan-2", "../plan-1", ""] {
            assert_eq!(state.plan(id).unwrap_err().exit_code().code(), 64, "{id}");
        }
    }

    #[test]
    fn last_complete_journal_line_of_a_job_wins() {
        let dir = tempfile::tempdir().unwrap();
        let state = LocalStore::open(Some(dir.path())).unwrap();
        let id = OperationId::parse("rq-20261125T222653Z-t-19d058").unwrap();
        let line = |id: &str, n: u32| format!(r#"{{"id":"{id}","previous":0,"written":{n}}}"#);
        let first = format!("{}\n{}\n{}", line("a", 1), line("b", 1), r#"{"id":"c","prev"#);
        state.journal(&id).unwrap().write_all(first.as_bytes()).unwrap();
        let second = format!("{}\n{}\n", line("b", 2), line("c", 2));
        state.journal(&id).unwrap().write_all(second.as_bytes()).unwrap();
        let entries = state.journal_entries(&id);
        let told: Vec<_> = entries.iter().map(|e| (e.id.as_str(), e.written.as_u64())).collect();
        assert_eq!(told, [("a", Some(1)), ("b", Some(2)), ("c", Some(2))]);
    }
}
