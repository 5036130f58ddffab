//! `[context.NAME.queue]`: which jobs table is meant, or the declaration of one.

use std::collections::BTreeMap;

use toml::de::DeValue;

use super::document::{TomlDocument, TomlKey, TomlValue};
use crate::error::Error;
use crate::queue::{
    Counting, Declaration, DeclaredRequeue, DeclaredValue, Field, InstanceChoice, Lifecycle,
    Package, QueueChoice, StateNames,
};
use crate::settings::Setting;
use crate::suggest::{CommandText, ShellCommand};

/// Every key of the table.
const KEYS: [&str; 8] =
    ["adapter", "schema", "table", "time_zone", "attempts_counted", "columns", "states", "requeue"];

/// Roles that states can have, as the keys of `states`.
const ROLES: [(&str, Lifecycle); 7] = [
    ("queued", Lifecycle::Queued),
    ("claimed", Lifecycle::Claimed),
    ("finished", Lifecycle::Finished),
    ("failed", Lifecycle::Failed),
    ("dead", Lifecycle::Dead),
    ("canceled", Lifecycle::Canceled),
    ("blocked", Lifecycle::Blocked),
];

/// The adapter of a declared table.
const DECLARED: &str = "declared";

/// Reads the choice: a package, and its schema if several have it, or a declaration.
///
/// # Errors
/// Also if a required key is missing.
pub(super) fn read(
    document: &TomlDocument,
    key: &TomlKey,
    value: &TomlValue,
) -> Result<Setting<QueueChoice>, Error> {
    let (mut declaration, mut adapter) = (Declaration::default(), None);
    for (key, value) in document.subtable(key, value)? {
        let text = || document.string(key, value);
        match key.get_ref().as_ref() {
            "adapter" => {
                let names = std::iter::once(DECLARED).chain(Package::ALL.map(Package::key));
                adapter = Some(one_of(document, key, value, &names.collect::<Vec<_>>())?);
            }
            "schema" => declaration.schema = Some(text()?.value),
            "table" => declaration.table = text()?.value,
            "time_zone" => declaration.time_zone = Some(text()?.value),
            "attempts_counted" => declaration.counting = counting(document, key, value)?,
            "columns" => declaration.columns = columns(document, key, value)?,
            "states" => declaration.states = states(document, key, value)?,
            "requeue" => declaration.requeue = Some(requeue(document, key, value)?),
            _ => return Err(document.unknown_key(key, &KEYS)),
        }
    }
    let missing = |what: &str| {
        let message = format!("a declared queue needs {what}");
        let declare = ShellCommand::new("config check --declare TABLE");
        let hint = CommandText::to("print a declaration to start from", declare);
        Err(document.error(key.span(), message).hint(hint))
    };
    let Some(adapter) = adapter else {
        return missing("`adapter = \"declared\"`");
    };
    if let Some(package) = Package::from_key(&adapter) {
        return package_choice(document, key, value, package);
    }
    if declaration.table.is_empty() {
        return missing("`table`");
    }
    for field in [Field::Id, Field::State] {
        if !declaration.columns.contains_key(&field) {
            return missing(&format!("`columns.{}`", field.name()));
        }
    }
    Ok(Setting::new(QueueChoice::Declared(Box::new(declaration)), document.origin(key.span())))
}

/// When an attempt is counted.
///
/// # Errors
/// If it is another word.
pub(super) fn counting(
    document: &TomlDocument,
    key: &TomlKey,
    value: &TomlValue,
) -> Result<Counting, Error> {
    let words = [Counting::AtClaim, Counting::AtFailure].map(Counting::as_str);
    let word = one_of(document, key, value, &words)?;
    Ok(if word == words[0] { Counting::AtClaim } else { Counting::AtFailure })
}

/// The choice of a package's table, which no other key can describe.
fn package_choice(
    document: &TomlDocument,
    key: &TomlKey,
    value: &TomlValue,
    package: Package,
) -> Result<Setting<QueueChoice>, Error> {
    let mut choice = InstanceChoice { package: Some(package), schema: None };
    for (key, value) in document.subtable(key, value)? {
        match key.get_ref().as_ref() {
            "adapter" => {}
            "schema" => choice.schema = Some(document.string(key, value)?.value),
            other => {
                let message =
                    format!("`{other}` is not used with the adapter \"{}\"", package.key());
                return Err(document.error(key.span(), message));
            }
        }
    }
    Ok(Setting::new(QueueChoice::Instance(choice), document.origin(key.span())))
}

fn one_of(
    document: &TomlDocument,
    key: &TomlKey,
    value: &TomlValue,
    names: &[&str],
) -> Result<String, Error> {
    let text = document.string(key, value)?.value;
    if names.contains(&text.as_str()) {
        return Ok(text);
    }
    let names: Vec<_> = names.iter().map(|name| format!("\"{name}\"")).collect();
    Err(document.expected(key, value, &names.join(" or ")))
}

/// `field = "column or expression"`
fn columns(
    document: &TomlDocument,
    key: &TomlKey,
    value: &TomlValue,
) -> Result<BTreeMap<Field, String>, Error> {
    let mut columns = BTreeMap::new();
    for (key, value) in document.subtable(key, value)? {
        let field = Field::ALL.into_iter().find(|field| field.name() == key.get_ref());
        let field = field.ok_or_else(|| document.unknown_key(key, &Field::ALL.map(Field::name)))?;
        columns.insert(field, document.string(key, value)?.value);
    }
    Ok(columns)
}

/// `role = ["value", 1, true]`. A value belongs to one role.
fn states(document: &TomlDocument, key: &TomlKey, value: &TomlValue) -> Result<StateNames, Error> {
    let mut names = StateNames::default();
    for (key, value) in document.subtable(key, value)? {
        let items = value.get_ref().as_array();
        let items = items.ok_or_else(|| document.expected(key, value, "a list of values"))?;
        let mut values = Vec::new();
        for item in items.iter() {
            let text = match scalar(item) {
                Some(DeclaredValue::Boolean(flag)) => flag.to_string(),
                Some(DeclaredValue::Number(number)) => number.to_string(),
                Some(DeclaredValue::Text(text)) => text,
                None => return Err(document.expected(key, value, "a list of values")),
            };
            if names.known().contains(&text) || values.contains(&text) {
                let message = format!("`{}`: state \"{text}\" is listed twice", key.get_ref());
                return Err(document.error(item.span(), message));
            }
            values.push(text);
        }
        let role = ROLES.into_iter().find(|(name, _)| name == key.get_ref());
        let (_, role) =
            role.ok_or_else(|| document.unknown_key(key, &ROLES.map(|(name, _)| name)))?;
        values.iter().for_each(|value| names.add(role, value));
    }
    Ok(names)
}

/// `set = { column = value }`, `now = ["column"]`, `null = ["column"]`. A column is set once.
fn requeue(
    document: &TomlDocument,
    key: &TomlKey,
    value: &TomlValue,
) -> Result<DeclaredRequeue, Error> {
    let mut requeue = DeclaredRequeue::default();
    for (key, value) in document.subtable(key, value)? {
        match key.get_ref().as_ref() {
            "set" => {
                for (column, value) in document.subtable(key, value)? {
                    let scalar = scalar(value).ok_or_else(|| {
                        document.expected(column, value, "a string, a whole number or a boolean")
                    })?;
                    requeue.set.insert(column.get_ref().to_string(), scalar);
                }
            }
            "now" => requeue.now = document.strings(key, value)?.value,
            "null" => requeue.null = document.strings(key, value)?.value,
            _ => return Err(document.unknown_key(key, &["set", "now", "null"])),
        }
    }
    let mut columns = requeue.columns();
    columns.sort();
    if let Some(twice) = columns.windows(2).find(|pair| pair[0] == pair[1]) {
        let message = format!("a requeue sets the column \"{}\" twice", twice[0]);
        return Err(document.error(key.span(), message));
    }
    if columns.is_empty() {
        return Err(document.error(key.span(), "a requeue must set at least one column"));
    }
    Ok(requeue)
}

fn scalar(value: &TomlValue) -> Option<DeclaredValue> {
    match value.get_ref() {
        DeValue::Boolean(flag) => Some(DeclaredValue::Boolean(*flag)),
        DeValue::Integer(number) if number.radix() == 10 => {
            number.as_str().parse().ok().map(DeclaredValue::Number)
        }
        DeValue::String(text) => Some(DeclaredValue::Text(text.to_string())),
        _ => None,
    }
}
