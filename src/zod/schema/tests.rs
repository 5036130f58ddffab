use super::*;
use crate::zod::model::SchemaChoice;

fn schema(text: &str) -> EnvSchema {
    parse(Path::new("nowhere/env.ts"), text, None, Files::NONE).expect("a schema")
}

fn failure(text: &str) -> SchemaError {
    parse(Path::new("nowhere/env.ts"), text, None, Files::NONE).expect_err("no schema")
}

#[test]
fn keys_rules_and_lines_are_read() {
    let read = schema(
        "import { z } from \"zod/v4\";\nexport const EnvSchema = z.object({\n  A: z.string().min(20, \"short\"),\n  B: z.url().optional(),\n});\n",
    );
    let shown: Vec<String> =
        read.keys.iter().map(|key| format!("{} {} {}", key.name, key.rule, key.place)).collect();
    assert_eq!(
        shown,
        ["A string · min 20 nowhere/env.ts:3", "B string · url · optional nowhere/env.ts:4"]
    );
}

#[test]
fn syntax_error_has_its_line() {
    let error = failure("import { z } from 'zod';\nexport const EnvSchema = z.object({ A: });\n");
    assert!(matches!(error, SchemaError::Syntax { place, .. } if place.line == 2));
}

#[test]
fn ambiguous_schema_is_an_error_that_lists_the_candidates() {
    let text = "import { z } from 'zod';\nexport const one = z.object({});\nexport const two = z.object({});";
    let SchemaError::Ambiguous { names, .. } = failure(text) else { panic!("not ambiguous") };
    assert_eq!(names, ["one", "two"]);
    let chosen = parse(Path::new("x/env.ts"), text, Some("two"), Files::NONE).expect("by name");
    assert_eq!((chosen.name.as_str(), chosen.chosen), ("two", SchemaChoice::ByName));
}

#[test]
fn source_without_a_schema_is_not_found() {
    assert!(matches!(failure("export const x = 1;"), SchemaError::NotFound { .. }));
    assert!(matches!(failure(""), SchemaError::NotFound { .. }));
}

#[test]
fn hostile_source_is_an_error_or_an_unresolved_rule() {
    for unit in ["(", "[", "{a:", "!", "a?b:", "`${", "typeof ", "z.object({a:"] {
        let text =
            format!("import {{z}} from 'zod'; export const EnvSchema = {}", unit.repeat(50_000));
        assert!(parse(Path::new("x/env.ts"), &text, None, Files::NONE).is_err(), "{unit}");
    }
    // A chain of a thousand links, schemas that double, and a circle.
    let long = format!(
        "import {{z}} from 'zod'; export const EnvSchema = z.object({{A: z.string(){}}})",
        ".optional()".repeat(1_000)
    );
    assert!(!schema(&long).keys[0].rule.unresolved().is_empty());
    let mut doubling = "import {z} from 'zod'; const a0 = z.string();".to_owned();
    for n in 1..38 {
        doubling.push_str(&format!("const a{n} = z.union([a{0}, a{0}]);", n - 1));
    }
    doubling.push_str("export const EnvSchema = z.object({A: a37});");
    assert!(!schema(&doubling).keys[0].rule.unresolved().is_empty());
    let circle = "import {z} from 'zod'; const a = b; const b = a; export const EnvSchema = z.object({A: a, ...b.shape});";
    assert!(!schema(circle).keys[0].rule.unresolved().is_empty());
}
