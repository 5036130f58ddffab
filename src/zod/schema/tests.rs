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
}

/// The keys of each schema that is evaluated.
fn all_keys(text: &str) -> Vec<Vec<String>> {
    let text = format!(
        "import {{ z }} from 'zod/v4';\nimport {{ createEnv }} from '@t3-oss/env-core';\n{text}"
    );
    let all = parse_all(Path::new("nowhere/env.ts"), &text, None, Files::NONE).expect("schemas");
    all.iter().map(|schema| schema.keys.iter().map(|key| key.name.clone()).collect()).collect()
}

#[test]
fn schema_that_is_applied_precedes_one_with_a_default_name() {
    let base = "export const envSchema = z.object({ A: z.string(), B: z.string() });\n";
    for (text, expected) in [
        ("export const env = envSchema.parse(process.env);", vec![vec!["A", "B"]]),
        ("", vec![vec!["A", "B"]]),
        ("export const load = (env = process.env) => envSchema.parse(env);", vec![vec!["A", "B"]]),
        (
            "export const env = envSchema.extend({ C: z.string() }).parse(process.env);",
            vec![vec!["A", "B", "C"]],
        ),
        (
            "const more = z.object({ C: z.string() });\nexport const env = envSchema.merge(more).parse(process.env);",
            vec![vec!["A", "B", "C"]],
        ),
        ("export const env = envSchema.pick({ A: true }).parse(process.env);", vec![vec!["A"]]),
        (
            "const checked = envSchema.superRefine((e, ctx) => {});\nconst env = checked.safeParse(process.env);",
            vec![vec!["A", "B"]],
        ),
        (
            "const other = envSchema.extend({ C: z.string() });\n\
             export const env = (process.env.X ? other : envSchema).parse(process.env);",
            vec![vec!["A", "B", "C"]],
        ),
        (
            "export const env = createEnv({ server: { ...envSchema.shape, C: z.string() }, runtimeEnv: process.env });",
            vec![vec!["A", "B", "C"]],
        ),
        (
            "export const flags = z.object({ F: z.string() }).parse(process.env);",
            vec![vec!["A", "B"], vec!["F"]],
        ),
    ] {
        assert_eq!(all_keys(&format!("{base}{text}")), expected, "{text}");
    }
    let refined = "import { z } from 'zod/v4';\nconst EnvSchema = z.object({ A: z.string() });\n\
        export const env = EnvSchema.refine((e) => e.A.length > 5).parse(process.env);";
    assert_eq!(schema(refined).checks.len(), 1);
}

#[test]
fn every_schema_that_is_applied_is_evaluated() {
    let two = "export const a = z.object({ A: z.string() }).parse(process.env);\n";
    for (text, expected) in [
        ("", vec![vec!["A"]]),
        (
            "export const b = z.object({ B: z.string() }).parse(process.env);",
            vec![vec!["A"], vec!["B"]],
        ),
        (
            "export const env = z.object({ B: z.string() }).parse(process.env);",
            vec![vec!["B"], vec!["A"]],
        ),
        (
            "const b = z.object({ B: z.string() });\nif (!b.safeParse(process.env).success) throw new Error();",
            vec![vec!["A"], vec!["B"]],
        ),
        (
            "export const port = z.coerce.number().parse(process.env.PORT2);",
            vec![vec!["A"], vec!["PORT2"]],
        ),
        ("export const v = semver.parse(process.env.VERSION);", vec![vec!["A"]]),
        (
            "export const later = (x: unknown) => z.object({ X: z.string() }).parse(x);",
            vec![vec!["A"]],
        ),
    ] {
        assert_eq!(all_keys(&format!("{two}{text}")), expected, "{text}");
    }
    let part = "export const a = createEnv({ server: { A: z.string() }, runtimeEnv: process.env });\n\
        export const env = createEnv({ extends: [a], server: { B: z.string() }, runtimeEnv: process.env });";
    assert_eq!(all_keys(part), [["B", "A"]]);
    let twice = "export const a = createEnv({ server: { A: z.string() }, runtimeEnv: process.env });\n\
        export const b = createEnv({ server: { B: z.string() }, runtimeEnv: process.env });";
    assert_eq!(all_keys(twice), [["A"], ["B"]]);
}

#[test]
fn further_schema_that_cannot_be_read_leaves_the_first_open() {
    let text = "import { z } from 'zod/v4';\nimport { made } from 'somewhere';\n\
        export const env = z.object({ A: z.string() }).parse(process.env);\n\
        export const more = made.parse(process.env);";
    let read = schema(text);
    assert_eq!((keys(&read), read.unresolved.len()), (vec!["A"], 1));
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
