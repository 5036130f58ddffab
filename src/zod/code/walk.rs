//! Which files of a tree are sources.

use std::path::{Path, PathBuf};

use ignore::{DirEntry, WalkBuilder};

use super::file::unread;
use crate::zod::model::Unresolved;

/// What the parser reads.
const SOURCES: [&str; 8] = ["ts", "tsx", "mts", "cts", "js", "jsx", "mjs", "cjs"];
/// What holds sources within another language: it is looked at, and said where it cannot be read.
pub(crate) const COMPONENTS: [&str; 3] = ["vue", "svelte", "astro"];
/// Directories that hold no source of the application, wherever they are.
const NEVER: [&str; 11] = [
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
/// Directories that hold what a build made, beside a package.json.
const BUILT: [&str; 4] = ["dist", "build", "out", "coverage"];

/// The sources below a directory in the order of their names, and what of it could not be listed.
/// `.gitignore` and `.ignore` are honoured, also outside of a repository; links are not followed.
pub(crate) fn sources(root: &Path) -> (Vec<PathBuf>, Vec<Unresolved>) {
    let mut builder = WalkBuilder::new(root);
    builder.hidden(false).require_git(false).git_global(false).filter_entry(may_hold_sources);
    let (mut files, mut missed) = (Vec::new(), Vec::new());
    for entry in builder.build() {
        match entry {
            Ok(entry) if is_source(&entry) => files.push(plain(entry.path())),
            Ok(_) => {}
            Err(error) => {
                missed.push(unread(root, 1, &format!("part of it cannot be listed: {error}")))
            }
        }
    }
    files.sort();
    (files, missed)
}

fn may_hold_sources(entry: &DirEntry) -> bool {
    let directory = entry.file_type().is_some_and(|kind| kind.is_dir());
    if !directory || entry.depth() == 0 {
        return true;
    }
    let name = entry.file_name().to_string_lossy();
    let beside = |path: &Path| path.with_file_name("package.json").exists();
    let built = BUILT.contains(&name.as_ref()) && beside(entry.path());
    !built && !NEVER.contains(&name.as_ref())
}

fn is_source(entry: &DirEntry) -> bool {
    let extension = entry.path().extension().and_then(|extension| extension.to_str());
    entry.file_type().is_some_and(|kind| kind.is_file())
        && extension.is_some_and(|known| SOURCES.contains(&known) || COMPONENTS.contains(&known))
}

/// `src/a.ts` rather than `./src/a.ts`, as everybody cites it.
fn plain(path: &Path) -> PathBuf {
    path.strip_prefix(".").unwrap_or(path).to_owned()
}
