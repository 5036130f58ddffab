//! The source files of an application: finds them below a directory and reads them on several threads.

use std::collections::BTreeSet;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

use ignore::{DirEntry, WalkBuilder};

use super::schema::{import_target, read_text};
use crate::zod::STACK_BYTES;
use crate::zod::code::{COMPONENT_EXTENSIONS, CodeReader, FileUses, SOURCE_EXTENSIONS};
use crate::zod::model::{Code, Environment, Unresolved};
use crate::zod::schema::SchemaError;

/// The largest number of threads: reading and parsing is limited by processors.
const MAX_THREADS: usize = 8;
/// Directories that never contain source code of the application.
const EXCLUDED_DIRECTORIES: [&str; 11] = [
    "node_modules",
    ".git",
    ".next",
    ".nuxt",
    ".output",
    ".svelte-kit",
    ".turbo",
    ".vercel",
    ".cache",
    ".yarn",
    "bower_components",
];
/// Directories that contain build output, if they are next to a package.json.
const BUILD_DIRECTORIES: [&str; 4] = ["dist", "build", "out", "coverage"];

/// Files at the root of a project, besides its sources, that use variables.
const CONFIGURATION: [&str; 3] = ["prisma", ".github/workflows", ".circleci"];

/// The source files of a tree, not read yet.
pub(crate) struct SourceTree {
    root: PathBuf,
    files: Vec<PathBuf>,
    /// Files in other languages that name variables: Prisma schemas, compose files, CI.
    mentioning: Vec<PathBuf>,
    unread: Vec<Unresolved>,
}

/// Finds the source files below a directory, sorted by name. `.gitignore` and `.ignore` apply, also outside
/// of a repository; links are not followed.
pub(crate) fn find(root: &Path) -> std::io::Result<SourceTree> {
    std::fs::read_dir(root)?;
    let mut builder = WalkBuilder::new(root);
    builder.hidden(false).require_git(false).git_global(false).filter_entry(may_contain_sources);
    let (mut files, mut unread) = (Vec::new(), Vec::new());
    let mut mentioning = beside(root);
    for entry in builder.build() {
        match entry {
            Ok(entry) if is_source(&entry) => files.push(without_dot(entry.path())),
            Ok(entry) if names_variables(entry.path()) => mentioning.push(entry.into_path()),
            Ok(_) => {}
            Err(error) => {
                let reason = format!("a directory in it cannot be listed: {error}");
                unread.push(Unresolved::in_file(root, 1, reason));
            }
        }
    }
    files.sort();
    mentioning.sort();
    mentioning.dedup();
    Ok(SourceTree { root: root.to_owned(), files, mentioning, unread })
}

fn may_contain_sources(entry: &DirEntry) -> bool {
    let is_directory = entry.file_type().is_some_and(|kind| kind.is_dir());
    if !is_directory || entry.depth() == 0 {
        return true;
    }
    let name = entry.file_name().to_string_lossy();
    let next_to_package = |path: &Path| path.with_file_name("package.json").exists();
    let is_build_output =
        BUILD_DIRECTORIES.contains(&name.as_ref()) && next_to_package(entry.path());
    !is_build_output && !EXCLUDED_DIRECTORIES.contains(&name.as_ref())
}

fn is_source(entry: &DirEntry) -> bool {
    let extension = entry.path().extension().and_then(|extension| extension.to_str());
    entry.file_type().is_some_and(|kind| kind.is_file())
        && extension.is_some_and(|known| {
            SOURCE_EXTENSIONS.contains(&known) || COMPONENT_EXTENSIONS.contains(&known)
        })
}

/// Whether a file is in another language and names variables.
fn names_variables(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let yaml = name.ends_with(".yml") || name.ends_with(".yaml");
    let in_ci = path.components().any(|part| {
        [".github", ".circleci", ".gitlab"].iter().any(|folder| part.as_os_str() == *folder)
    });
    let compose = name.starts_with("docker-compose") || name.starts_with("compose");
    let ci = name == ".gitlab-ci.yml" || name.starts_with("bitbucket-pipelines");
    name.ends_with(".prisma")
        || name.starts_with("Dockerfile")
        || matches!(name, "Procfile" | "Makefile" | "justfile" | "fly.toml" | "package.json")
        || name.ends_with(".sh")
        || (yaml && (compose || ci || in_ci))
}

/// Such files, and configuration of tools, at the root of the project that contains a directory.
fn beside(root: &Path) -> Vec<PathBuf> {
    let Ok(absolute) = root.canonicalize() else { return Vec::new() };
    let Some(project) = absolute.ancestors().find(|path| path.join("package.json").is_file())
    else {
        return Vec::new();
    };
    let list = |folder: &Path| {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).filter(|path| path.is_file()).collect::<Vec<_>>()
    };
    let is_config = |path: &Path| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.contains(".config.") || names_variables(path)
    };
    let at_root = list(project).into_iter().filter(|path| is_config(path));
    let below = CONFIGURATION.iter().flat_map(|name| list(&project.join(name)));
    at_root.chain(below.filter(|path| names_variables(path))).collect()
}

/// `src/a.ts` instead of `./src/a.ts`.
fn without_dot(path: &Path) -> PathBuf {
    path.strip_prefix(".").unwrap_or(path).to_owned()
}

impl SourceTree {
    /// The number of files.
    pub(crate) fn file_count(&self) -> usize {
        self.files.len()
    }

    /// Reads all files, on every processor; calls `progress` with the number of files read so far.
    pub(crate) fn read(self, facts: &Environment, mut progress: impl FnMut(usize)) -> Code {
        let files = FileQueue {
            files: &self.files,
            next: AtomicUsize::new(0),
            facts,
            schema_files: schema_files(facts),
        };
        let (send, receive) = channel();
        let mut code = Code {
            root: self.root,
            files: self.files.len(),
            unread: self.unread,
            ..Code::default()
        };
        std::thread::scope(|scope| {
            for _ in 0..thread_count(self.files.len()) {
                let (send, files) = (send.clone(), &files);
                let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
                // If no thread can be started, the files are reported as unread below.
                _ = thread.spawn_scoped(scope, move || files.read_all(&send));
            }
            drop(send);
            collect(&mut code, &receive, &mut progress);
        });
        for path in &self.mentioning {
            if let Ok(text) = read_text(path) {
                let reader = CodeReader::new(facts, &|_, _| false);
                code.uses.extend(reader.mentions(path, &text).uses);
            }
        }
        let taken = files.next.into_inner();
        let not_taken = self.files.iter().skip(taken);
        code.unread.extend(not_taken.map(|path| Unresolved::in_file(path, 1, "it was not read")));
        code.uses.sort();
        code.uses.dedup();
        code.computed.sort();
        code.unread.sort_by(|a, b| a.place.cmp(&b.place));
        code
    }
}

/// The files to read, shared by the threads.
struct FileQueue<'t> {
    files: &'t [PathBuf],
    /// Index of the next file that no thread has taken.
    next: AtomicUsize,
    facts: &'t Environment,
    /// Canonical paths of the files that declare the schema.
    schema_files: BTreeSet<PathBuf>,
}

impl FileQueue<'_> {
    /// Takes and reads files until none is left.
    fn read_all(&self, send: &Sender<FileUses>) {
        let is_foreign = |importer: &Path, from: &str| self.is_foreign(importer, from);
        let mut reader = CodeReader::new(self.facts, &is_foreign);
        while let Some(path) = self.files.get(self.next.fetch_add(1, Ordering::Relaxed)) {
            let declares_schema =
                || path.canonicalize().is_ok_and(|path| self.schema_files.contains(&path));
            let found = match read_text(path) {
                Ok(text) => reader.read(path, &text, declares_schema),
                Err(error) => FileUses::unread(path, 1, message(&error)),
            };
            if send.send(found).is_err() {
                return;
            }
        }
    }
}

impl FileQueue<'_> {
    /// Whether an import path is that of another schema's module, or of a package without a schema of ours.
    fn is_foreign(&self, importer: &Path, from: &str) -> bool {
        let Some(target) = import_target(importer, from) else {
            let slashes = if from.starts_with('@') { 2 } else { 1 };
            let name: Vec<&str> = from.split('/').take(slashes).collect();
            return self.facts.project.dependencies.contains(&name.join("/"));
        };
        if target.canonicalize().is_ok_and(|path| self.schema_files.contains(&path)) {
            return false;
        }
        // A module that passes our schema's environment on makes none itself.
        read_text(&target).is_ok_and(|text| {
            text.contains("createEnv(")
                || (text.contains("object(") && text.contains("process.env"))
        })
    }
}

fn thread_count(files: usize) -> usize {
    let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
    processors.min(MAX_THREADS).min(files)
}

/// The message of an error with its cause.
fn message(error: &SchemaError) -> String {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}"));
    format!("{error}{}", cause.unwrap_or_default())
}

fn collect(code: &mut Code, receive: &Receiver<FileUses>, progress: &mut impl FnMut(usize)) {
    for (index, found) in receive.iter().enumerate() {
        code.uses.extend(found.uses);
        code.computed.extend(found.computed);
        code.unread.extend(found.unread);
        progress(index + 1);
    }
}

/// The files that declare the schema or one of its keys.
fn schema_files(facts: &Environment) -> BTreeSet<PathBuf> {
    let places = facts.keys().map(|(_, key)| &key.place);
    let places = places.chain(facts.schemas().map(|schema| &schema.place));
    let files: BTreeSet<&PathBuf> = places.map(|place| &place.file).collect();
    files.into_iter().filter_map(|file| file.canonicalize().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::files::schema;

    /// The uses in a tree of these files and of `env.ts`, which declares A.
    fn code(files: &[(&str, &[u8])]) -> Code {
        let folder = tempfile::tempdir().unwrap();
        let schema = b"import { z } from 'zod';\nexport const EnvSchema = z.object({\n  A: z.string(),\n});\n";
        for (name, text) in files.iter().chain(&[("env.ts", &schema[..])]) {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let schema = schema::read(&folder.path().join("env.ts"), None).unwrap();
        let facts = Environment::of(schema);
        let mut code = find(folder.path()).unwrap().read(&facts, |_| {});
        let root = folder.path();
        let strip = |path: &Path| path.strip_prefix(root).unwrap().to_owned();
        code.uses.iter_mut().for_each(|found| found.place.file = strip(&found.place.file));
        code.unread.iter_mut().for_each(|unread| unread.place.file = strip(&unread.place.file));
        code
    }

    #[test]
    fn built_installed_and_ignored_files_are_excluded() {
        let text = b"process.env.X";
        let code = code(&[
            (".gitignore", b"generated/\n*.min.js\n"),
            ("package.json", b"{}"),
            ("node_modules/m/index.js", text),
            ("dist/a.js", text),
            (".next/a.js", text),
            ("generated/a.ts", text),
            ("a.min.js", text),
            ("src/build/a.ts", text), // a source directory of that name
            (".storybook/main.ts", text),
        ]);
        let files: Vec<_> =
            code.uses.iter().map(|found| found.place.file.display().to_string()).collect();
        assert_eq!(files, [".storybook/main.ts", "src/build/a.ts"]);
        assert_eq!(code.files, 3, "the schema, too");
    }

    #[test]
    fn unreadable_files_are_reported_and_others_still_read() {
        let code = code(&[
            ("bad.ts", b"process.env.A;\nconst = ;"),
            ("good.ts", b"process.env.X"),
            ("latin.ts", b"process.env.A; // caf\xe9"),
        ]);
        let unread: Vec<_> = code.unread.iter().map(|unread| unread.place.to_string()).collect();
        assert_eq!(unread, ["bad.ts:2", "latin.ts:1"]);
        assert!(code.unread[1].reason.ends_with("is not UTF-8"), "{:?}", code.unread);
        assert_eq!(code.uses.len(), 1, "{:?}", code.uses);
    }
}
