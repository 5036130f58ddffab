//! The values that an application would start with, and what operators say of them beside the schema.

use std::path::Path;

use super::{Code, EnvFile, EnvSchema, EnvValue};

/// One variable that is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetValue {
    /// Its name.
    pub key: String,
    /// Its value.
    pub value: EnvValue,
    /// Where it was set: `.env.local:3`, `the process`.
    pub origin: String,
    /// Where it was set, too, and not taken from.
    pub shadows: Vec<String>,
    /// It comes from the process, where much is set that no schema declares.
    pub ambient: bool,
}

/// Variables by name, in the order in which they were first set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EnvValues {
    /// Each once.
    pub set: Vec<SetValue>,
}

impl EnvValues {
    /// The variable of that name.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&SetValue> {
        self.set.iter().find(|set| set.key == key)
    }

    /// Lays one more variable on top: it wins over those laid before.
    pub fn lay(&mut self, key: &str, value: EnvValue, origin: &str, ambient: bool) {
        let origin = origin.to_owned();
        if let Some(below) = self.set.iter_mut().find(|set| set.key == key) {
            let shadowed = std::mem::replace(&mut below.origin, origin);
            below.shadows.insert(0, shadowed);
            below.value = value;
            below.ambient = ambient;
        } else {
            let key = key.to_owned();
            self.set.push(SetValue { key, value, origin, shadows: Vec::new(), ambient });
        }
    }
}

/// A key whose value is taken from another when it is missing or blank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fallback {
    /// The key that the schema declares.
    pub key: String,
    /// Where the code looks next.
    pub from: String,
}

/// What holds for an environment beside its schema.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EnvPolicy {
    /// What the code does outside of the schema.
    pub fallbacks: Vec<Fallback>,
    /// The profile's name: `production`, `worker`.
    pub profile: Option<String>,
    /// What the profile needs, whatever the schema says.
    pub required: Vec<String>,
    /// Documented keys count as missing, and warnings about the template are critical.
    pub strict: bool,
}

/// Everything that is known of an environment.
#[derive(Debug, Clone, PartialEq)]
pub struct Environment {
    /// The schema.
    pub schema: EnvSchema,
    /// The template, when one was asked for.
    pub template: Option<EnvFile>,
    /// The values, when any were asked for.
    pub values: Option<EnvValues>,
    /// What the application's sources read, when they were asked for.
    pub code: Option<Code>,
    /// What operators declare.
    pub policy: EnvPolicy,
}

impl Environment {
    /// Names the files of schema and template as they are seen from `root`.
    pub fn seen_from(&mut self, root: &Path) {
        let schema = &mut self.schema;
        let keys = schema.keys.iter_mut().map(|key| &mut key.place);
        let unresolved = schema.unresolved.iter_mut().map(|unresolved| &mut unresolved.place);
        let places = keys.chain(unresolved).chain([&mut schema.place]).map(|place| &mut place.file);
        for file in places.chain(self.template.as_mut().map(|template| &mut template.path)) {
            if let Ok(short) = file.strip_prefix(root) {
                *file = short.to_owned();
            }
        }
    }
}
