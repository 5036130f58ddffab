//! Values of a context that are in the configuration file itself, in a variable or in another file.

use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::settings::{Origin, ProcessEnvironment, Setting};

/// The maximum size of a file that contains one value.
const MAX_VALUE_BYTES: u64 = 64 * 1024;

/// The place of a value.
#[derive(Clone)]
pub(crate) enum Source {
    /// In the configuration file.
    Literal(Setting<String>),
    /// In this variable of the process environment; `.env` is not read.
    Env(Setting<String>),
    /// In this file, which contains only the value. The path is relative to the configuration file,
    /// or starts with `~/`.
    File(Setting<String>),
}

/// Shows the place, never the value.
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
    /// Reads the value.
    pub(crate) fn read(&self, environment: &ProcessEnvironment) -> Result<Setting<String>, Error> {
        match self {
            Self::Literal(setting) => Ok(setting.clone()),
            Self::Env(setting) => match environment.get(&setting.value) {
                Some(value) => {
                    Ok(Setting::new(value.to_owned(), Origin::Env(setting.value.clone())))
                }
                None => Err(unset_variable(setting)),
            },
            Self::File(setting) => {
                let path = beside_config(setting, environment);
                let value = read_value_file(&path).map_err(|cause| {
                    Error::config(format!("cannot read {}", path.display()))
                        .cause(cause)
                        .cause(format!("named at {}", setting.origin))
                })?;
                Ok(Setting::new(value, Origin::ValueFile(path)))
            }
        }
    }
}

/// A path that is relative to the directory of the configuration file that names it.
pub(super) fn beside_config(
    setting: &Setting<String>,
    environment: &ProcessEnvironment,
) -> PathBuf {
    let path = environment.path(&setting.value);
    match &setting.origin {
        Origin::File { path: config, .. } => config.parent().unwrap_or(Path::new("")).join(path),
        _ => path,
    }
}

/// The error for a variable that is not set.
fn unset_variable(name: &Setting<String>) -> Error {
    Error::config(format!("the environment variable {} is not set", name.value))
        .cause(format!("named at {}", name.origin))
        .hint("export it; a context does not read .env")
}

/// The text of a file without its final line breaks and byte order mark.
fn read_value_file(path: &Path) -> Result<String, String> {
    let size = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > MAX_VALUE_BYTES {
        return Err(format!("it has {size} bytes; expected only the value"));
    }
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    // Editors write a byte order mark and line breaks; neither belongs to the value.
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text).trim_end_matches(['\r', '\n']);
    if text.is_empty() { Err("it is empty".to_owned()) } else { Ok(text.to_owned()) }
}
