//! Property tests: for any input, the readers and the checks end without a panic.

use std::path::Path;

use cliplyctl::sources::files;
use cliplyctl::zod::env_file;
use cliplyctl::zod::evaluate::{evaluate_missing, evaluate_value};
use cliplyctl::zod::model::{EntryState, ZodMajor};
use cliplyctl::zod::schema::{self, Files};
use proptest::prelude::*;

/// Generates texts from the elements of `.env` files, in any order.
fn env_pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "KEY", "export ", "=", "=", ": ", "\n", "\r\n", "\r", "#", "# A=", "'", "\"", "`", "\\\"",
        "\\'", "\\n", " ", "\u{feff}", "\u{a0}", "\u{2028}", "value", "é",
    ]);
    prop::collection::vec(piece, 0..80).prop_map(|pieces| pieces.concat())
}

/// Generates texts from the elements of schemas, in any order.
fn schema_pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "import { z } from \"zod\";",
        "export const EnvSchema = ",
        "const a = ",
        "z.object(",
        "z.string()",
        "z.union([",
        "])",
        "{",
        "}",
        "(",
        ")",
        "A:",
        "...a",
        ".shape",
        ".extend(",
        ".min(",
        "1",
        ",",
        ";",
        ".optional()",
        ".or(",
        ".default(\"x\")",
        ".pipe(",
        "z.preprocess(",
        "(v) => v",
        "a",
        "`${",
        "}`",
        "as const",
        "createEnv({ server:",
        "enum E { A }",
        "\n",
        "/x/",
        "\"s\"",
        "?",
        ":",
        "=>",
    ]);
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_parsed_as_an_env_file(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        let file = env_file::parse(Path::new(".env"), &bytes);
        for entry in &file.entries {
            prop_assert!(entry.span.start <= entry.span.end && entry.span.end <= bytes.len());
        }
    }

    #[test]
    fn entry_spans_contain_their_key(text in env_pieces()) {
        let file = env_file::parse(Path::new(".env"), text.as_bytes());
        for entry in &file.entries {
            let raw = &text.as_bytes()[entry.span.clone()];
            let raw = String::from_utf8_lossy(raw);
            prop_assert!(raw.contains(&entry.key), "{} not in {raw:?}", entry.key);
            if entry.state == EntryState::Active {
                prop_assert!(raw.starts_with(&entry.key));
            }
        }
    }

    #[test]
    fn any_text_is_parsed_as_a_schema_without_panic(text in "\\PC{0,400}") {
        let _ = schema::parse(Path::new("env.ts"), &text, None, Files::NONE);
    }

    #[test]
    fn any_schema_fragments_are_evaluated_without_panic(text in schema_pieces(), value in "\\PC{0,40}") {
        let text = format!("import {{ z }} from 'zod'; {text}");
        if let Ok(mut schema) = schema::parse(Path::new("env.ts"), &text, None, Files::NONE) {
            for zod in [ZodMajor::Three, ZodMajor::Four, ZodMajor::Unknown] {
                schema.zod = zod;
                for key in &schema.keys {
                    let _ = (evaluate_missing(&schema, key), evaluate_value(&schema, key, &value));
                }
            }
        }
    }

    #[test]
    fn any_value_is_evaluated_without_being_shown(value in any::<String>()) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/env/schemas");
        for name in ["08_top_level_formats.ts", "09_formats_as_methods.ts", "22_unions.ts", "64_any_and_never.ts"] {
            let schema = files::schema::read(&folder.join(name), None).expect("a schema");
            for key in &schema.keys {
                let shown = format!("{:?}", evaluate_value(&schema, key, &value));
                // Shorter values can occur in the output by chance.
                prop_assert!(value.chars().count() < 5 || !shown.contains(&value), "{shown} shows {value:?}");
            }
        }
    }
}

#[test]
fn unbounded_nesting_is_rejected() {
    let import = "import { z } from 'zod'; export const EnvSchema = ";
    for unit in [
        "(",
        "[",
        "{a:",
        "!",
        "-",
        "~",
        "a?b:",
        "a=>",
        "(a)=>",
        "a=",
        "`${",
        "typeof ",
        "await ",
        "new ",
        "void ",
        "<T>",
        "a**",
        "a?(b):",
        "if(a)else ",
        "z.object({a:",
        "z.union([",
        "x as ",
        "...",
        "function(){",
        "class{a=",
        "a\n?b\n:",
        "import(",
        "@a ",
        "a:",
        "for(;;)",
        "typeof/**/",
    ] {
        for count in [1_000, 200_000] {
            let text = format!("{import}{}", unit.repeat(count));
            assert!(
                schema::parse(Path::new("env.ts"), &text, None, Files::NONE).is_err(),
                "{unit} × {count}"
            );
            let bare = unit.repeat(count);
            assert!(
                schema::parse(Path::new("env.ts"), &bare, None, Files::NONE).is_err(),
                "{unit} × {count}"
            );
        }
    }
}

#[test]
fn deeply_nested_rules_are_unresolved() {
    let mut text = "import { z } from 'zod';\nconst a0 = z.string();\n".to_owned();
    for n in 1..400 {
        text.push_str(&format!("const a{n} = a{0}.optional().or(z.literal('{n}'));\n", n - 1));
    }
    text.push_str("export const EnvSchema = z.object({ A: a399, B: a10 });\n");
    let schema = schema::parse(Path::new("env.ts"), &text, None, Files::NONE).expect("a schema");
    assert!(!schema.keys[0].rule.unresolved().is_empty());
    assert!(schema.keys[1].rule.unresolved().is_empty());
    for key in &schema.keys {
        let _ = evaluate_value(&schema, key, "x");
    }
}
