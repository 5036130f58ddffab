//! Snapshots of every schema fixture with its parsed keys and rules.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use cliplyctl::sources::files::schema;
use cliplyctl::zod::model::EnvSchema;

fn fixtures() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/env/schemas");
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("fixtures")
        .map(|entry| entry.expect("entry").path())
        .map(|path| if path.is_dir() { path.join("env.ts") } else { path })
        .filter(|path| {
            path.is_file() && path.extension().is_some_and(|extension| extension == "ts")
        })
        .collect();
    found.sort();
    found
}

/// Formats one line per key, as `env explain` does, with file names instead of paths.
fn describe(schema: &EnvSchema) -> String {
    let mut text = format!(
        "{} ({}), {:?}, zod {:?}, blank is missing: {}\n",
        schema.name,
        schema.chosen.reason(),
        schema.mode,
        schema.zod,
        schema.blank_is_missing
    );
    for key in &schema.keys {
        let file = key.place.file.file_name().unwrap_or_default().to_string_lossy();
        let description =
            key.description.as_ref().map(|text| format!(" {text:?}")).unwrap_or_default();
        writeln!(
            text,
            "{} {:?} {file}:{}: {}{description}",
            key.name, key.side, key.place.line, key.rule
        )
        .expect("a string");
        for unresolved in key.rule.unresolved() {
            writeln!(text, "    line {}: {}", unresolved.place.line, unresolved.reason)
                .expect("a string");
        }
    }
    for unresolved in &schema.unresolved {
        writeln!(text, "unresolved, line {}: {}", unresolved.place.line, unresolved.reason)
            .expect("a string");
    }
    text
}

#[test]
fn every_schema_fixture_matches_its_snapshot() {
    let fixtures = fixtures();
    assert!(fixtures.len() >= 60, "{} fixtures", fixtures.len());
    for path in fixtures {
        let relative = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).expect("below the crate");
        let text = match schema::read(&path, None) {
            Ok(schema) => describe(&schema),
            Err(error) => panic!("{}: {error}", relative.display()),
        };
        let text = text.replace(env!("CARGO_MANIFEST_DIR"), "");
        let name = relative.with_extension("").to_string_lossy().replace("/env.ts", "");
        let name = name.rsplit("schemas/").next().unwrap_or_default().replace('/', "_");
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("fixtures/env/schemas/expected");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(name, text));
    }
}
