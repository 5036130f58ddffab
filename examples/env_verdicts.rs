//! Evaluates environments and prints the results: the Rust side of `scripts/compare-zod`, which compares
//! them with the results of zod.
//!
//! `env_verdicts schema 3|4|auto PATH` prints the name and the keys of the schema, then reads one JSON object of
//! strings per line and prints a result by key for each. `env_verdicts dotenv` reads one JSON string per line,
//! the text of a `.env` file, and prints its pairs.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};
use std::path::Path;

use cliplyctl::sources::files::schema;
use cliplyctl::zod::env_file;
use cliplyctl::zod::evaluate::{Evaluation, KeyResult, Variables};
use cliplyctl::zod::model::{EntryState, ZodMajor};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["schema", zod, path] => {
            let zod = match zod {
                "3" => Some(ZodMajor::Three),
                "4" => Some(ZodMajor::Four),
                _ => None,
            };
            schema(zod, Path::new(path))
        }
        ["dotenv"] => dotenv(),
        _ => Err("usage: env_verdicts schema 3|4|auto PATH, or env_verdicts dotenv".into()),
    }
}

fn schema(zod: Option<ZodMajor>, path: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let mut schema = schema::read(path, None)?;
    schema.zod = zod.unwrap_or(schema.zod);
    let keys: Vec<&str> = schema.keys.iter().map(|key| key.name.as_str()).collect();
    let mut out = io::stdout().lock();
    let head = serde_json::json!({
        "name": schema.name,
        "file": schema.place.file,
        "zod": if schema.zod == ZodMajor::Three { "3" } else { "4" },
        "keys": keys,
        "variables": schema.keys.iter().map(|key| schema.variables(key)).collect::<Vec<_>>(),
        "resolved": schema.keys.iter().filter(|key| key.rule.unresolved().is_empty()).count(),
        "reason": schema.unresolved.first().map(ToString::to_string),
        "open": !schema.unresolved.is_empty(),
    });
    writeln!(out, "{head}")?;
    for line in io::stdin().lock().lines() {
        let values: BTreeMap<String, String> = serde_json::from_str(&line?)?;
        let evaluation = Evaluation::new(&schema, Variables::only(values));
        let shown = |result| match result {
            KeyResult::Accepted => ("accepted", String::new()),
            KeyResult::Refused(why) => ("refused", why.join("; ")),
            KeyResult::Unknown(why) => ("unknown", why.join("; ")),
        };
        let keys = schema.keys.iter();
        let mut results: BTreeMap<&str, (&str, String)> =
            keys.map(|key| (key.name.as_str(), shown(evaluation.key(key)))).collect();
        results.insert("(object)", shown(evaluation.object()));
        writeln!(out, "{}", serde_json::to_string(&results)?)?;
    }
    Ok(())
}

fn dotenv() -> Result<(), Box<dyn std::error::Error>> {
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let text: String = serde_json::from_str(&line?)?;
        let file = env_file::parse(Path::new("-"), text.as_bytes());
        let pairs: BTreeMap<&str, &str> = file
            .entries
            .iter()
            .filter(|entry| entry.state == EntryState::Active)
            .map(|entry| (entry.key.as_str(), entry.value.reveal()))
            .collect();
        writeln!(out, "{}", serde_json::to_string(&pairs)?)?;
    }
    Ok(())
}
