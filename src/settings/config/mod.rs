//! The configuration files: `cliplyctl.toml` of the project, then `config.toml` of the user.
//!
//! The project's file is looked for from the working directory up to the root of the repository
//! (the directory that holds `.git`); outside any repository in the working directory alone, so
//! that nobody can plant one in a shared parent such as /tmp. `--config FILE` or
//! `CLIPLYCTL_CONFIG` replaces both.

mod advice;
pub mod context;
mod document;
mod env;
pub mod source;
#[cfg(test)]
mod tests;
mod thresholds;

use std::path::{Path, PathBuf};

pub use context::{AgeUnit, ContextSettings};
use document::TomlDocument;
pub use env::EnvTable;

use super::suggest::did_you_mean;
use super::{ProcessEnvironment, Setting, demo};
use crate::error::Error;
use crate::facts::advice::Advice;

/// The name of the project's file.
pub const FILE_NAME: &str = "cliplyctl.toml";

/// What all files say together.
#[derive(Debug, Default)]
pub struct ConfigFile {
    /// The files that were read, the strongest first.
    pub files: Vec<PathBuf>,
    /// The context in force where `-c` names none.
    pub default_context: Option<Setting<String>>,
    /// Every context of every file, the strongest first; a name may occur twice.
    pub contexts: Vec<ContextSettings>,
    /// What the application does beside its schema.
    pub env: EnvTable,
    /// What is known of causes beside the shipped table, the strongest first.
    pub advice: Vec<Advice>,
}

impl ConfigFile {
    /// Reads the files that exist.
    pub fn load(
        named: Option<&Path>,
        environment: &ProcessEnvironment,
        cwd: &Path,
    ) -> Result<Self, Error> {
        let mut config = Self::default();
        let mut files = files(named, environment, cwd);
        let demo = demo::announced(environment);
        files.extend(demo.clone());
        for path in files {
            let named = named.filter(|_| Some(&path) != demo.as_ref());
            match std::fs::read_to_string(&path) {
                Ok(text) => config.add(&path, &text)?,
                Err(error) if named.is_none() && is_absent(&error) => {}
                Err(error) => {
                    return Err(
                        Error::config(format!("cannot read {}", path.display())).cause(error)
                    );
                }
            }
        }
        Ok(config)
    }

    /// The strongest context of this name, or an error that knows the others.
    pub fn context(&self, name: &str) -> Option<&ContextSettings> {
        self.contexts.iter().find(|context| context.name == name)
    }

    /// What to say when a context is not there.
    pub fn hint(&self, name: &str) -> String {
        let names: Vec<_> = self.contexts.iter().map(|context| context.name.as_str()).collect();
        if names.is_empty() {
            return format!(
                "no context is defined; describe one as [context.{name}] in {FILE_NAME}"
            );
        }
        did_you_mean(name, &names)
    }

    fn add(&mut self, path: &Path, text: &str) -> Result<(), Error> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut document = TomlDocument::new(path, text);
        for (key, value) in &document.table()? {
            match key.get_ref().as_ref() {
                "default_context" => {
                    let name = document.string(key, value)?;
                    self.default_context.get_or_insert(name);
                }
                "context" => {
                    for (name, value) in document.inner(key, value)? {
                        document.context = Some(name.get_ref().clone().into_owned());
                        let table = document.inner(name, value)?;
                        self.contexts.push(ContextSettings::read(&document, name, table));
                        document.context = None;
                    }
                }
                "env" => self.env.add(&document, key, value)?,
                "advice" => self.advice.extend(advice::read(&document, key, value)?),
                "thresholds" | "stuck_after" => {
                    let message = "thresholds belong to a context";
                    return Err(document
                        .error(key.span(), message)
                        .hint("write [context.NAME.thresholds], and use it with -c NAME"));
                }
                _ => {
                    let known = ["default_context", "context", "env", "advice"];
                    return Err(document.unknown(key, &known));
                }
            }
        }
        self.files.push(path.to_owned());
        Ok(())
    }
}

/// The files to read, the strongest first.
fn files(named: Option<&Path>, environment: &ProcessEnvironment, cwd: &Path) -> Vec<PathBuf> {
    if let Some(path) = named {
        return vec![cwd.join(path)];
    }
    let user = environment.xdg("XDG_CONFIG_HOME", ".config");
    let user = user.map(|directory| directory.join("cliplyctl").join("config.toml"));
    [Some(project_file(cwd)), user].into_iter().flatten().collect()
}

/// The nearest `cliplyctl.toml` of the repository around `cwd`, else the one `cwd` would hold.
fn project_file(cwd: &Path) -> PathBuf {
    let here = cwd.join(FILE_NAME);
    let Some(root) = cwd.ancestors().find(|directory| directory.join(".git").exists()) else {
        return here;
    };
    let inside = cwd.ancestors().take_while(|directory| directory.starts_with(root));
    inside.map(|directory| directory.join(FILE_NAME)).find(|path| path.exists()).unwrap_or(here)
}

fn is_absent(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory)
}
