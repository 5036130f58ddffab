//! `[env]`: how the app uses its environment, in addition to its schema.

use std::collections::BTreeMap;

use super::document::{TomlDocument, TomlKey, TomlValue};
use crate::error::Error;
use crate::zod::model::Fallback;

/// The fallback keys in the backend's own code, which its schema does not contain.
const FALLBACKS: [(&str, &str); 2] = [
    ("SUPABASE_URL", "NEXT_PUBLIC_SUPABASE_URL"),
    ("SUPABASE_ANON_KEY", "NEXT_PUBLIC_SUPABASE_ANON_KEY"),
];

/// The table.
#[derive(Debug, Clone, Default)]
pub(crate) struct EnvTable {
    /// The key that the code reads if another key is missing or blank; `None` means those of the
    /// backend.
    pub(crate) fallbacks: Option<Vec<Fallback>>,
    /// The keys that each profile requires in addition to the schema.
    pub(crate) profiles: BTreeMap<String, Vec<String>>,
}

impl EnvTable {
    /// Adds the table of a file with lower precedence; existing values are kept.
    pub(super) fn add(
        &mut self,
        document: &TomlDocument,
        key: &TomlKey,
        value: &TomlValue,
    ) -> Result<(), Error> {
        for (key, value) in document.subtable(key, value)? {
            match key.get_ref().as_ref() {
                "fallbacks" => {
                    let fallbacks = fallbacks(document, key, value)?;
                    self.fallbacks.get_or_insert(fallbacks);
                }
                "profiles" => {
                    for (name, value) in document.subtable(key, value)? {
                        let keys = keys(document, name, value)?;
                        self.profiles.entry(name.get_ref().to_string()).or_insert(keys);
                    }
                }
                _ => return Err(document.unknown_key(key, &["fallbacks", "profiles"])),
            }
        }
        Ok(())
    }

    /// The effective fallbacks.
    pub(crate) fn fallbacks(&self) -> Vec<Fallback> {
        let backend = || FALLBACKS.map(|(key, from)| fallback(key, from)).to_vec();
        self.fallbacks.clone().unwrap_or_else(backend)
    }
}

fn fallback(key: &str, from: &str) -> Fallback {
    Fallback { key: key.to_owned(), from: from.to_owned() }
}

/// `{ KEY = "OTHER" }`
fn fallbacks(
    document: &TomlDocument,
    key: &TomlKey,
    value: &TomlValue,
) -> Result<Vec<Fallback>, Error> {
    let mut fallbacks = Vec::new();
    for (key, value) in document.subtable(key, value)? {
        fallbacks.push(fallback(key.get_ref(), &document.string(key, value)?.value));
    }
    Ok(fallbacks)
}

/// `["KEY", "OTHER"]`
fn keys(document: &TomlDocument, key: &TomlKey, value: &TomlValue) -> Result<Vec<String>, Error> {
    let items = value.get_ref().as_array();
    let items = items.ok_or_else(|| document.expected(key, value, "a list of keys"))?;
    let mut keys = Vec::new();
    for item in items.iter() {
        keys.push(document.string(key, item)?.value);
    }
    Ok(keys)
}
