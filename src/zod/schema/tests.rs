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

fn keys(schema: &EnvSchema) -> Vec<&str> {
    schema.keys.iter().map(|key| key.name.as_str()).collect()
}

#[test]
fn schema_that_is_parsed_is_selected_among_others() {
    for text in [
        "export const other = z.object({ X: z.string() });\nconst variables = z.object({ A: z.string() });\nexport const env = variables.parse(process.env);",
        "const Smtp = z.object({ X: z.string() });\nexport function load() {\n  return z.object({ A: z.string().transform((s) => Smtp.parse(JSON.parse(s))) }).parse(process.env);\n}",
        "const Other = z.object({ X: z.string() });\nexport const env = () => z.object({ A: z.string() }).parse(process.env);",
        "const Other = z.object({ X: z.string() });\nconst raw = { ...process.env };\nconst parsed = z.object({ A: z.string() }).safeParse(raw);\nif (!parsed.success) throw new Error('no');\nexport const env = parsed.data;",
        "const Other = z.object({ X: z.string() });\nclass Config {\n  static env = z.object({ A: z.string() }).parse(process.env);\n}",
        "const Other = z.object({ X: z.string() });\nexport function validate(config: Record<string, unknown>) {\n  return z.object({ A: z.string() }).parse(config);\n}",
    ] {
        let read = schema(&format!("import {{ z }} from 'zod/v4';\n{text}"));
        assert_eq!(keys(&read), ["A"], "{text}");
        assert!(!read.chosen.is_guess(), "{text}");
    }
}

#[test]
fn intended_schema_that_is_unreadable_is_an_error() {
    for text in [
        "import { make } from 'somewhere';\nexport const other = z.object({ X: z.string() });\nexport const EnvSchema = make();",
        "import { made } from 'somewhere';\nexport const other = z.object({ X: z.string() });\nexport const env = made.parse(process.env);",
        "import { make } from 'somewhere';\nconst other = z.object({ X: z.string() });\nexport const env = make({ A: z.string() });",
    ] {
        let error = failure(&format!("import {{ z }} from 'zod/v4';\n{text}"));
        assert!(matches!(error, SchemaError::Unreadable { .. }), "{text}: {error}");
    }
    let two = "import { z } from 'zod/v4';\nexport const a = z.object({ A: z.string() }).parse(process.env);\nexport const b = z.object({ B: z.string() }).parse(process.env);";
    let SchemaError::Ambiguous { names, .. } = failure(two) else { panic!("not ambiguous") };
    assert_eq!(names, ["a", "b"]);
}

#[test]
fn extended_and_spread_keys_leave_the_schema_open_if_unreadable() {
    for text in [
        "import { createEnv } from '@t3-oss/env-core';\nimport { other } from 'somewhere';\nexport const env = createEnv({ extends: [other()], server: { A: z.string() }, runtimeEnv: process.env });",
        "import { other } from 'somewhere';\nexport const EnvSchema = z.object({ A: z.string(), ...other });",
        "import { other } from 'somewhere';\nexport const EnvSchema = z.object({ A: z.string() }).and(other);",
    ] {
        let read = schema(&format!("import {{ z }} from 'zod/v4';\n{text}"));
        assert_eq!(keys(&read), ["A"], "{text}");
        assert_eq!(read.unresolved.len(), 1, "{text}");
    }
    // A check of the whole object adds no keys.
    let read = schema(
        "import { z } from 'zod/v4';\nexport const EnvSchema = z.object({ A: z.string() }).refine((e) => e.A);",
    );
    assert_eq!((read.unresolved.len(), read.checks.len()), (0, 1));
}

#[test]
fn functions_and_conditions_keep_the_keys_of_both_sides() {
    let read = schema(
        "import { z } from 'zod/v4';\nconst base = z.object({ A: z.string() });\n\
         const make = (production: boolean) => {\n  if (production) return base.extend({ B: z.string() });\n  return base.extend({ C: z.string() });\n};\n\
         export const EnvSchema = make(process.env.NODE_ENV === 'production');",
    );
    assert_eq!(keys(&read), ["A", "B", "C"]);
    assert!(read.keys[1].rule.to_string().contains("else (not declared)"), "{}", read.keys[1].rule);
}

#[test]
fn second_schema_over_the_result_is_a_check_of_the_whole() {
    let text = "import { z } from 'zod/v4';\nconst parsed = z.object({ A: z.string(), B: z.string() }).parse(process.env);\n\
        const Rule = z.object({ A: z.string() });\nexport const env = Rule.refine((e) => e.A).parse(parsed);";
    let read = schema(text);
    assert_eq!((keys(&read), read.checks.len()), (vec!["A", "B"], 1));
}
