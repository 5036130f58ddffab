//! The context file that lets `-c demo` find the running demo from another terminal.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::sources::files::private_file;

/// A context file, removed when dropped unless another demo has replaced it.
#[derive(Debug)]
pub(crate) struct Announcement {
    file: PathBuf,
    text: String,
}

impl Announcement {
    /// Returns the directory of the demo that wrote this file.
    pub(crate) fn directory(file: &Path) -> Option<PathBuf> {
        let table: toml::Table = fs::read_to_string(file).ok()?.parse().ok()?;
        let url = table.get("context")?.get("demo")?.get("database_url_file")?.as_str()?;
        Path::new(url).parent().filter(|directory| directory.exists()).map(Path::to_owned)
    }

    /// Writes the file atomically.
    pub(crate) fn write(file: &Path, base_url: &str, database_url_file: &Path) -> io::Result<Self> {
        let mut context = toml::Table::new();
        context.insert("base_url".into(), base_url.into());
        let url_file = database_url_file.to_string_lossy();
        context.insert("database_url_file".into(), url_file.as_ref().into());
        // The app always reports its worker as not ok.
        context.insert("ignored_components".into(), vec!["worker"].into());
        let demo = toml::Table::from_iter([("demo".to_owned(), context.into())]);
        let table = toml::Table::from_iter([("context".to_owned(), demo.into())]);
        let text = format!("# Written by the demo, which removes it when it ends.\n{table}");
        if let Some(directory) = file.parent() {
            fs::create_dir_all(directory)?;
        }
        private_file::replace(file, |writer| writer.write_all(text.as_bytes()))?;
        Ok(Self { file: file.to_owned(), text })
    }
}

impl Drop for Announcement {
    fn drop(&mut self) {
        if fs::read_to_string(&self.file).is_ok_and(|text| text == self.text) {
            _ = fs::remove_file(&self.file);
            // Fails if the directory is not empty, which is intended.
            _ = self.file.parent().map(fs::remove_dir);
        }
    }
}
