//! The differences between a template and the schemas that it serves.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::zod::engine::JsValue;
use crate::zod::evaluate::{Evaluation, KeyResult, Variables, evaluate_missing};
use crate::zod::model::{EntryState, EnvEntry, EnvFile, EnvSchema, Environment, Input, SchemaKey};

/// Text before the name of a variable in the values that find out which key it feeds.
const MARK: &str = "variable:";

/// A key of a schema that the template does not contain.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MissingKey<'a> {
    /// Its schema.
    pub(crate) schema: &'a EnvSchema,
    /// The key.
    pub(crate) key: &'a SchemaKey,
    /// The variable that provides its value.
    pub(crate) name: &'a str,
}

/// The differences between template and schema.
#[derive(Debug, Default)]
pub(crate) struct Drift<'a> {
    /// Keys of the schema that the template does not contain.
    pub(crate) missing: Vec<MissingKey<'a>>,
    /// Entries of the template that the schema does not declare.
    pub(crate) extra: Vec<&'a EnvEntry>,
    /// Keys of the schema that the template contains only as a comment.
    pub(crate) documented: Vec<&'a SchemaKey>,
    /// Keys for which no variable is known, with the reason.
    pub(crate) unknown: Vec<(&'a SchemaKey, String)>,
    /// Code whose variables are not known, so that extra entries may be read after all.
    pub(crate) unknown_reads: Option<String>,
}

/// Compares the template with every schema by the names of variables. If strict, a key that is only commented is
/// missing.
pub(crate) fn drift<'a>(facts: &'a Environment, template: &'a EnvFile) -> Drift<'a> {
    let states = states(template);
    let mut drift = Drift::default();
    let mut read: HashSet<String> = HashSet::new();
    for schema in facts.schemas() {
        let fed = fed_keys(schema, template);
        if let Err(reason) = &fed {
            drift.unknown_reads = Some(reason.clone());
        }
        let fed = fed.unwrap_or_default();
        read.extend(fed.values().flatten().cloned());
        read.extend(schema.read_by_code().into_iter().map(str::to_owned));
        for key in &schema.keys {
            read.insert(key.name.clone());
            read.extend(schema.variables(key).into_iter().map(str::to_owned));
            drift.compare(facts, schema, key, &states, &fed);
        }
    }
    let declared = |entry: &EnvEntry| {
        read.contains(&entry.key)
            || facts.schemas().any(|schema| schema.is_set_by_platform(&entry.key))
    };
    // A comment such as `# note=…` is prose: commented keys are written in upper case.
    let is_key = |entry: &EnvEntry| {
        entry.state == EntryState::Active || !entry.key.bytes().any(|b| b.is_ascii_lowercase())
    };
    let mut reported = HashSet::new();
    drift.extra = template
        .entries
        .iter()
        .filter(|entry| is_key(entry) && !declared(entry))
        .filter(|entry| reported.insert(entry.key.as_str()))
        .collect();
    drift
}

/// Whether each name of the template is active or only commented.
fn states(template: &EnvFile) -> HashMap<&str, EntryState> {
    let mut states: HashMap<&str, EntryState> = HashMap::new();
    for entry in &template.entries {
        let state = states.entry(&entry.key).or_insert(entry.state);
        if entry.state == EntryState::Active {
            *state = EntryState::Active;
        }
    }
    states
}

impl<'a> Drift<'a> {
    fn compare(
        &mut self,
        facts: &Environment,
        schema: &'a EnvSchema,
        key: &'a SchemaKey,
        states: &HashMap<&str, EntryState>,
        fed: &HashMap<&str, BTreeSet<String>>,
    ) {
        let names = schema.variables(key);
        let state = |name: &str| match states.get(name) {
            Some(EntryState::Commented) if facts.policy.strict => None,
            other => other.copied(),
        };
        // What the platform sets may be missing where the app does not run on it.
        if schema.is_set_by_platform(&key.name)
            && evaluate_missing(schema, key) == KeyResult::Accepted
        {
            return;
        }
        match &key.input {
            Input::Own | Input::OwnOr { .. } | Input::Expression(_) if names.is_empty() => {}
            Input::Own | Input::OwnOr { .. } | Input::Expression(_) => {
                let found: Vec<_> = names.iter().filter_map(|name| state(name)).collect();
                if found.contains(&EntryState::Active) {
                } else if !found.is_empty() {
                    self.documented.push(key);
                } else if !facts.project.sets(&key.name)
                    && !self.missing.iter().any(|known| known.key.name == key.name)
                {
                    let name = template_name(schema, key);
                    self.missing.push(MissingKey { schema, key, name });
                }
            }
            Input::Whole(_) => {
                let named = state(&key.name).is_some();
                if !named && fed.get(key.name.as_str()).is_none_or(BTreeSet::is_empty) {
                    let reason = "no variable of the template reaches it".to_owned();
                    self.unknown.push((key, reason));
                }
            }
            Input::Unresolved(what) => self.unknown.push((key, what.to_string())),
            Input::Never => {}
        }
    }
}

/// The variable that a template names for a key.
pub(crate) fn template_name<'k>(schema: &EnvSchema, key: &'k SchemaKey) -> &'k str {
    let names = schema.variables(key);
    if names.contains(&key.name.as_str()) {
        return &key.name;
    }
    names.first().copied().unwrap_or(&key.name)
}

/// The variables that reach each key of a schema whose argument of `parse` is computed: every variable of the
/// template gets a value that names it.
fn fed_keys<'a>(
    schema: &'a EnvSchema,
    template: &EnvFile,
) -> Result<HashMap<&'a str, BTreeSet<String>>, String> {
    let mut fed = HashMap::new();
    let computed = |key: &&SchemaKey| matches!(key.input, Input::Whole(_) | Input::Unresolved(_));
    if !schema.keys.iter().any(|key| computed(&key)) {
        return Ok(fed);
    }
    let marked =
        template.entries.iter().map(|entry| (entry.key.clone(), format!("{MARK}{}:", entry.key)));
    let evaluation = Evaluation::new(schema, Variables::only(marked));
    for key in schema.keys.iter().filter(computed) {
        let value = evaluation.value_of(key)?;
        let mut names = BTreeSet::new();
        if let JsValue::Text(text) = value {
            let parts = text.split(MARK).skip(1);
            names.extend(parts.filter_map(|part| Some(part.split_once(':')?.0.to_owned())));
        }
        fed.insert(key.name.as_str(), names);
    }
    Ok(fed)
}
