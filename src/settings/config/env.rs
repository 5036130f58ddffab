//! `[env]`: what the application does with its environment beside what its schema says.

use std::collections::BTreeMap;

use super::document::{TomlDocument, TomlKey, TomlValue};
use crate::error::Error;
use crate::zod::model::Fallback;

/// What the backend's own code falls back to, outside of its schema.
const FALLBACKS: [(&str, &str); 2] = [
    ("SUPABASE_URL", "NEXT_PUBLIC_SUPABASE_URL"),
    ("SUPABASE_ANON_KEY", "NEXT_PUBLIC_SUPABASE_ANON_KEY"),
];

/// The table.
#[derive(Debug, Clone, Default)]
pub struct EnvTable {
    /// Where the code looks when a key is missing or blank; the backend's own where nobody says.
    pub fallbacks: Option<Vec<Fallback>>,
    /// What each profile needs, whatever the schema says.
    pub profiles: BTreeMap<String, Vec<String>>,
}

impl EnvTable {
    /// Adds a weaker file's table: what a stronger one said stands.
    pub(crate) fn add(
        &mut self,
        document: &TomlDocument,
        key: &TomlKey,
        value: &TomlValue,
    ) -> Result<(), Error> {
        for (key, value) in document.inner(key, value)? {
            match key.get_ref().as_ref() {
                "fallbacks" => {
                    let fallbacks = fallbacks(document, key, value)?;
                    self.fallbacks.get_or_insert(fallbacks);
                }
                "profiles" => {
                    for (name, value) in document.inner(key, value)? {
                        let keys = keys(document, name, value)?;
                        self.profiles.entry(name.get_ref().to_string()).or_insert(keys);
                    }
                }
                _ => return Err(document.unknown(key, &["fallbacks", "profiles"])),
            }
        }
        Ok(())
    }

    /// The fallbacks in force.
    #[must_use]
    pub fn fallbacks(&self) -> Vec<Fallback> {
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
    for (key, value) in document.inner(key, value)? {
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
