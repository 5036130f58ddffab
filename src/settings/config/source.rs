//! Values that a context names without holding them: a variable or a file to read.

use std::path::Path;

use crate::error::Error;
use crate::settings::{Origin, ProcessEnvironment, Setting};

/// A file that holds one value is small.
const LARGEST_VALUE: u64 = 64 * 1024;

/// Where a value is to be found.
#[derive(Clone)]
pub enum Source {
    /// Here.
    Literal(Setting<String>),
    /// In a variable of the process environment (never of `.env`).
    Env(Setting<String>),
    /// Alone in a file; relative to the configuration file, or below `~/`.
    File(Setting<String>),
}

/// Shows where, never what.
impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Literal(setting) => write!(f, "Literal({})", setting.origin),
            Self::Env(setting) => write!(f, "Env({})", setting.value),
            Self::File(setting) => write!(f, "File({})", setting.value),
        }
    }
}

impl Source {
    /// Fetches the value.
    pub fn read(&self, environment: &ProcessEnvironment) -> Result<Setting<String>, Error> {
        match self {
            Self::Literal(setting) => Ok(setting.clone()),
            Self::Env(setting) => match environment.get(&setting.value) {
                Some(value) => {
                    Ok(Setting::new(value.to_owned(), Origin::Env(setting.value.clone())))
                }
                None => Err(unset(setting)),
            },
            Self::File(setting) => {
                let path = environment.path(&setting.value);
                let path = match &setting.origin {
                    Origin::File { path: config, .. } => adjacent_file(config, &path),
                    _ => path,
                };
                let value = read_small(&path).map_err(|cause| {
                    Error::config(format!("cannot read {}", path.display()))
                        .cause(cause)
                        .cause(format!("named at {}", setting.origin))
                })?;
                Ok(Setting::new(value, Origin::ValueFile(path)))
            }
        }
    }
}

fn adjacent_file(config: &Path, path: &Path) -> std::path::PathBuf {
    config.parent().unwrap_or(Path::new("")).join(path)
}

fn unset(name: &Setting<String>) -> Error {
    Error::config(format!("the environment variable {} is not set", name.value))
        .cause(format!("named at {}", name.origin))
        .hint("export it; a context does not read .env")
}

/// The text of a small file without the line break at its end.
fn read_small(path: &Path) -> Result<String, String> {
    let size = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > LARGEST_VALUE {
        return Err(format!("it has {size} bytes; a value is expected in it, alone"));
    }
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() { Err("it is empty".to_owned()) } else { Ok(text.to_owned()) }
}
