//! The application's sources: which keys of the environment they read, and where. Nothing is executed.
//!
//! `walk` finds the files, `file` reads one, `visit` knows what a use looks like. A file in which neither
//! the letters `env` nor a declared key occur cannot use one, so it is not parsed.

mod aliases;
mod file;
mod visit;
mod walk;

use std::collections::BTreeSet;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

use file::DeclaredKeys;
use oxc_allocator::Allocator;

use crate::zod::model::{Code, CodeUse, EnvSchema, SourceLine, Unresolved};
use crate::zod::schema::STACK_BYTES;

/// Threads at most: reading and parsing is bound by processors.
const MAX_THREADS: usize = 8;

/// What one file holds.
#[derive(Debug, Default)]
struct Findings {
    uses: Vec<CodeUse>,
    computed: Vec<SourceLine>,
    unread: Vec<Unresolved>,
}

/// A tree whose files are known and not yet read.
pub struct Tree {
    root: PathBuf,
    files: Vec<PathBuf>,
    unread: Vec<Unresolved>,
}

/// Finds the sources below a directory.
///
/// # Errors
/// When it is no directory that can be read.
pub fn find(root: &Path) -> std::io::Result<Tree> {
    std::fs::read_dir(root)?;
    let (files, unread) = walk::sources(root);
    Ok(Tree { root: root.to_owned(), files, unread })
}

impl Tree {
    /// How many files there are to read.
    #[must_use]
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Reads all of them, on every processor; `each` is told how many are done.
    pub fn read(self, schema: &EnvSchema, mut each: impl FnMut(usize)) -> Code {
        let vocabulary = DeclaredKeys::new(schema);
        let next = AtomicUsize::new(0);
        let (send, receive) = channel();
        let mut code = Code {
            root: self.root,
            files: self.files.len(),
            unread: self.unread,
            ..Code::default()
        };
        std::thread::scope(|scope| {
            for _ in 0..threads(self.files.len()) {
                let (send, next, files, vocabulary) =
                    (send.clone(), &next, &self.files, &vocabulary);
                let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
                // Without a thread nobody takes the files: those left over are told below.
                _ = thread.spawn_scoped(scope, move || work(files, next, vocabulary, &send));
            }
            drop(send);
            collect(&mut code, &receive, &mut each);
        });
        let taken = next.into_inner();
        code.unread.extend(
            self.files.iter().skip(taken).map(|path| file::unread(path, 1, "it was not read")),
        );
        code.uses.sort();
        code.uses.dedup();
        code.computed.sort();
        code.unread.sort_by(|a, b| a.place.cmp(&b.place));
        code
    }
}

fn threads(files: usize) -> usize {
    let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
    processors.min(MAX_THREADS).min(files)
}

/// Takes files until none is left. A parser that panics takes one file with it, not the others.
fn work(files: &[PathBuf], next: &AtomicUsize, vocabulary: &DeclaredKeys, send: &Sender<Findings>) {
    let mut arena = Allocator::default();
    while let Some(path) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
        let read = std::panic::AssertUnwindSafe(|| file::read(&arena, path, vocabulary));
        let found = std::panic::catch_unwind(read).unwrap_or_else(|_| Findings {
            unread: vec![file::unread(path, 1, "the TypeScript parser failed on it")],
            ..Findings::default()
        });
        arena.reset();
        if send.send(found).is_err() {
            return;
        }
    }
}

fn collect(code: &mut Code, receive: &Receiver<Findings>, each: &mut impl FnMut(usize)) {
    for (index, found) in receive.iter().enumerate() {
        code.uses.extend(found.uses);
        code.computed.extend(found.computed);
        code.unread.extend(found.unread);
        each(index + 1);
    }
}

/// The files that declare the schema: what stands in them is no use of it.
fn declaring(schema: &EnvSchema) -> BTreeSet<PathBuf> {
    let places = schema.keys.iter().map(|key| &key.place).chain([&schema.place]);
    let files: BTreeSet<&PathBuf> = places.map(|place| &place.file).collect();
    files.into_iter().filter_map(|file| file.canonicalize().ok()).collect()
}

#[cfg(test)]
mod tests;
