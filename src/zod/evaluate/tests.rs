use std::path::Path;
use std::time::{Duration, Instant};

use super::{Evaluation, KeyResult, Variables};
use crate::zod::model::EnvSchema;
use crate::zod::schema::{self, Files};

fn read(text: &str) -> EnvSchema {
    let text = format!("import {{ z }} from 'zod/v4';\n{text}");
    schema::parse(Path::new("env.ts"), &text, None, Files::NONE).expect("a schema")
}

/// The result for the first key of a file, with these variables.
fn first_result(text: &str, variables: &[(&str, &str)]) -> KeyResult {
    let schema = read(text);
    let pairs = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Evaluation::new(&schema, Variables::only(pairs)).key(&schema.keys[0])
}

fn is_unknown(result: &KeyResult) -> bool {
    matches!(result, KeyResult::Unknown(_))
}

#[test]
fn functions_are_run_as_javascript() {
    for (rule, accepted, refused) in [
        ("z.string().refine((v) => v.startsWith('a'))", "ab", "b"),
        ("z.string().transform((s) => parseInt(s, 10)).pipe(z.number().max(99))", "12px", "abc"),
        (
            "z.preprocess((v) => (v as string).split(','), z.array(z.enum(['a', 'b'])))",
            "a,b",
            "a,c",
        ),
        (
            "z.string().superRefine((v, ctx) => { if (v === 'x') ctx.addIssue({ code: z.ZodIssueCode.custom }); })",
            "a",
            "x",
        ),
        (
            "z.string().transform((v, ctx) => { if (v !== 'x') return v; ctx.addIssue('no'); return z.NEVER; })",
            "a",
            "x",
        ),
        (
            "z.string().refine((v: string): boolean => { try { new URL(v); return true; } catch { return false; } })",
            "http://a",
            "a",
        ),
        ("z.string().transform((v) => JSON.parse(v) as unknown)", "[1]", "[1"),
        ("z.string().refine((v) => v!.length satisfies number > 1)", "ab", "a"),
        (
            "z.string().check((ctx) => { if (ctx.value === 'x') ctx.issues.push({ code: 'custom', message: 'no', input: ctx.value }); })",
            "a",
            "x",
        ),
    ] {
        let text = format!("export const EnvSchema = z.object({{ A: {rule} }});");
        assert_eq!(first_result(&text, &[("A", accepted)]), KeyResult::Accepted, "{rule}");
        let result = first_result(&text, &[("A", refused)]);
        assert!(matches!(result, KeyResult::Refused(_)), "{rule}: {result:?}");
        assert!(!format!("{result:?}").contains(&format!("{refused:?}")) || refused.len() < 3);
    }
}

#[test]
fn a_function_can_make_an_object_of_a_text() {
    let object = "z.object({ a: z.number() })";
    for rule in [
        format!("z.preprocess((v) => JSON.parse(String(v)), {object})"),
        format!("z.preprocess((v) => JSON.parse(String(v)), {object}.strict()).optional()"),
        format!("z.preprocess((v) => JSON.parse(String(v)), z.union([{object}, z.number()]))"),
        format!("z.union([z.preprocess((v) => JSON.parse(String(v)), {object}), z.literal('x')])"),
        format!("z.string().transform((v) => JSON.parse(v)).pipe({object})"),
        "z.preprocess((v) => JSON.parse(String(v)), z.record(z.string(), z.number()))".to_owned(),
        "z.preprocess((v) => new Map(Object.entries(JSON.parse(String(v)))), z.map(z.string(), z.number()))".to_owned(),
        "z.string().transform((v) => new Set([v])).pipe(z.set(z.string()))".to_owned(),
        "z.string().transform((v) => BigInt(v.length)).pipe(z.bigint())".to_owned(),
        "z.string().transform((v) => [v, 1]).pipe(z.tuple([z.string(), z.number()]))".to_owned(),
    ] {
        let text = format!("export const EnvSchema = z.object({{ A: {rule} }});");
        let result = first_result(&text, &[("A", "{\"a\":1}")]);
        assert!(is_unknown(&result), "{rule}: {result:?}");
    }
    // The function does not make an object of it, or none is called.
    for rule in [
        object.to_owned(),
        format!("z.preprocess((v) => v, {object})"),
        format!("z.preprocess((v) => JSON.parse(String(v)).a, {object})"),
        format!("z.preprocess((v) => JSON.parse('[' + v), {object})"),
    ] {
        let text = format!("export const EnvSchema = z.object({{ A: {rule} }});");
        let result = first_result(&text, &[("A", "{\"a\":1}")]);
        assert!(matches!(result, KeyResult::Refused(_)), "{rule}: {result:?}");
    }
}

#[test]
fn functions_see_what_they_name_in_the_checkout() {
    let text = "const words = ['a', 'b'] as const;\nenum Level { Low = 1, High }\n\
        function isWord(v: string): boolean { return (words as readonly string[]).includes(v) || v === String(Level.High); }\n\
        const rule = (min: number) => z.string().refine((v) => v.length >= min && isWord(v));\n\
        export const EnvSchema = z.object({ A: rule(1) });";
    assert_eq!(first_result(text, &[("A", "b")]), KeyResult::Accepted);
    assert_eq!(first_result(text, &[("A", "2")]), KeyResult::Accepted);
    assert!(matches!(first_result(text, &[("A", "c")]), KeyResult::Refused(_)));
    assert!(matches!(first_result(text, &[("A", "")]), KeyResult::Refused(_)));
}

#[test]
fn hostile_functions_are_unknown_in_bounded_time() {
    let started = Instant::now();
    for function in [
        "() => { for (;;); }",
        "() => { while (true) { try { throw 1; } catch {} } }",
        "function f(v) { return f(v) + 1; }",
        "() => 'x'.repeat(1e9).length > 0",
        "() => { let s = 'x'; for (;;) s += s; }",
        "() => { const a = []; for (;;) a.push([a]); }",
        "() => new Array(1e9).fill('x').length > 0",
        "(v) => /^(a+)+$/.test('a'.repeat(40) + v)",
        "(v) => { try { return /^(a+)+$/.test('a'.repeat(40) + v); } catch { return true; } }",
        "() => ({ get x() { for (;;); } }).x",
        "() => `${{ toString() { for (;;); } }}` === ''",
        "() => { Object.prototype.trim = 1; return true; }",
        "(v) => v.constructor.constructor('return true')()",
        "(v) => v['const' + 'ructor']['const' + 'ructor']('return true')()",
        "(v) => (() => 1)['constructor']('return true')()",
        "() => Function('return true')()",
        "() => eval('true')",
        "() => { import('node:fs'); return true; }",
        "() => require('node:fs').existsSync('/')",
        "() => process.exit(0)",
        "() => globalThis.process === undefined",
        "() => Date.now() > 0",
        "() => new Date().getFullYear() > 0",
        "() => Math.random() >= 0",
        "() => performance.now() > 0",
        "() => fetch('http://127.0.0.1') !== null",
        "() => { setTimeout(() => {}, 0); return true; }",
        "async () => true",
        "function* () { yield true; }",
        "() => { try { return nowhere; } catch { return true; } }",
        "() => typeof nowhere === 'undefined'",
        "(v) => { knownZod = v; return true; }",
        "(v) => { unknown = undefined; return fail; }",
        "() => uses.call !== undefined",
    ] {
        let text =
            format!("export const EnvSchema = z.object({{ A: z.string().refine({function}) }});");
        let result = first_result(&text, &[("A", "b")]);
        assert!(is_unknown(&result), "{function}: {result:?}");
    }
    assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
}

#[test]
fn conditions_are_decided_by_the_environment() {
    let text = "export const EnvSchema = z.object({\n  A: process.env.MODE === 'x' ? z.string() : z.string().min(3),\n});";
    assert_eq!(first_result(text, &[("MODE", "x"), ("A", "a")]), KeyResult::Accepted);
    assert!(matches!(first_result(text, &[("A", "a")]), KeyResult::Refused(_)));
    assert_eq!(first_result(text, &[("A", "abc")]), KeyResult::Accepted);
    // Who sets NODE_ENV is not known, so both sides must agree.
    let text = text.replace("MODE", "NODE_ENV");
    let schema = read(&text);
    let with = |value: &str| {
        let variables = Variables::only([("A".to_owned(), value.to_owned())]);
        Evaluation::new(&schema, variables.doubting("NODE_ENV")).key(&schema.keys[0])
    };
    assert!(is_unknown(&with("a")));
    assert_eq!(with("abc"), KeyResult::Accepted);
}

#[test]
fn argument_of_parse_decides_what_a_key_gets() {
    let schema = "const EnvSchema = z.object({ A: z.string().min(3) });\n";
    for (argument, variables, accepted) in [
        ("process.env", [("A", "abc")], true),
        ("{ A: process.env.A }", [("A", "ab")], false),
        ("{ A: process.env.B }", [("B", "abc")], true),
        ("{ A: process.env.B }", [("A", "abc")], false),
        ("{ ...process.env, A: process.env.B ?? 'abc' }", [("X", "")], true),
        ("{ ...process.env, A: process.env.B || process.env.A }", [("A", "abc")], true),
        ("{ B: process.env.B }", [("A", "abc")], false),
        (
            "Object.fromEntries(Object.entries(process.env).map(([k, v]) => [k.slice(2), v]))",
            [("X_A", "abc")],
            true,
        ),
        (
            "Object.fromEntries(Object.entries(process.env).map(([k, v]) => [k.slice(2), v]))",
            [("A", "abc")],
            false,
        ),
    ] {
        let text = format!("{schema}export const env = EnvSchema.parse({argument});");
        let result = first_result(&text, &variables);
        let right = match accepted {
            true => result == KeyResult::Accepted,
            false => matches!(result, KeyResult::Refused(_)),
        };
        assert!(right, "{argument}: {result:?}");
    }
    let text = format!(
        "import {{ clean }} from 'somewhere';\n{schema}export const env = EnvSchema.parse(clean(process.env));"
    );
    assert!(is_unknown(&first_result(&text, &[("A", "abc")])));
}

/// The results of the keys of a schema that a module parses the environment with.
fn results(text: &str, set: &[(&str, &str)]) -> Vec<KeyResult> {
    let text = format!("import {{ z }} from 'zod/v4';\n{text}");
    let files = crate::zod::schema::Files::NONE;
    let schema = crate::zod::schema::parse(std::path::Path::new("env.ts"), &text, None, files);
    let schema = schema.expect("a schema");
    let pairs = set.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let variables = Variables::only(pairs).doubting("NODE_ENV");
    let evaluation = Evaluation::new(&schema, variables);
    schema.keys.iter().map(|key| evaluation.key(key)).collect()
}

#[test]
fn defaults_that_code_sets_before_the_parse_count() {
    let schema = "const schema = z.object({ PORT: z.string().min(2) });";
    for (code, blank_is_refused) in [
        ("const { PORT = '3000' } = process.env; schema.parse({ PORT });", true),
        ("schema.parse({ PORT: '3000', ...process.env });", true),
        ("process.env.PORT ??= '3000'; schema.parse(process.env);", true),
        ("process.env.PORT ||= String(3000); schema.parse(process.env);", false),
        ("if (!process.env.PORT) { process.env.PORT = '3000'; } schema.parse(process.env);", false),
        (
            "if (process.env.PORT === undefined) process.env.PORT = '3000'; schema.parse(process.env);",
            true,
        ),
        (
            "export function load() { process.env['PORT'] ??= '3000'; return schema.parse({ ...process.env }); }",
            true,
        ),
    ] {
        let text = format!("{schema}\n{code}");
        assert_eq!(results(&text, &[]), [KeyResult::Accepted], "{text}");
        assert_eq!(results(&text, &[("PORT", "80")]), [KeyResult::Accepted], "{text}");
        assert!(matches!(results(&text, &[("PORT", "8")])[..], [KeyResult::Refused(_)]), "{text}");
        let blank = results(&text, &[("PORT", "")]);
        let is_refused = matches!(blank[..], [KeyResult::Refused(_)]);
        assert_eq!(is_refused, blank_is_refused, "{text}: {blank:?}");
    }
    for code in [
        "schema.parse({ ...process.env, PORT: undefined });",
        "const { PORT } = process.env; schema.parse({ PORT });",
        "schema.parse(process.env); process.env.PORT ??= '3000';",
        "process.env.HOST ??= 'h'; schema.parse(process.env);",
        "process.env.PORT ??= '3'; schema.parse(process.env);",
    ] {
        let text = format!("{schema}\n{code}");
        assert!(matches!(results(&text, &[])[..], [KeyResult::Refused(_)]), "{text}");
    }
}

#[test]
fn usual_ways_of_passing_the_environment_are_followed() {
    let schema = "import { createEnv } from '@t3-oss/env-core';\nconst schema = z.object({ A: z.string().min(3) });";
    for code in [
        "let c: Env | undefined; export function getEnv() { if (!c) { c = schema.parse(process.env); } return c; }",
        "let c = null; export const getEnv = () => { if (c === null) { c = schema.parse(process.env); } return c; };",
        "schema.parse(Object.fromEntries(Object.entries(process.env).map(([k, v]) => [k, v === '' ? undefined : v])));",
        "schema.parse(Object.fromEntries(Object.entries(process.env).filter(([, v]) => v !== '')));",
        "createEnv({ server: schema.shape, runtimeEnv: process.env, createFinalSchema: (shape) => z.object(shape) });",
        "createEnv({ server: schema.shape, runtimeEnv: process.env, skipValidation: typeof window !== 'undefined' });",
        "createEnv({ server: schema.shape, runtimeEnv: typeof window === 'undefined' ? process.env : import.meta.env });",
    ] {
        let text = format!("{schema}\n{code}");
        assert_eq!(results(&text, &[("A", "abc")]), [KeyResult::Accepted], "{text}");
        assert!(matches!(results(&text, &[("A", "a")])[..], [KeyResult::Refused(_)]), "{text}");
        assert!(matches!(results(&text, &[])[..], [KeyResult::Refused(_)]), "{text}");
    }
    // A variable that statements of the file change, too, may have any value.
    let changed = "const schema = z.object({ A: z.string().min(3) }); let c = null; c = load();\n\
        export function getEnv() { if (!c) { c = schema.parse(process.env); } return c; }";
    assert!(matches!(results(changed, &[("A", "a")])[..], [KeyResult::Unknown(_)]));
}

#[test]
fn checks_of_the_final_schema_are_run() {
    let text = |check: &str| {
        format!(
            "import {{ z }} from 'zod/v4';\nimport {{ createEnv }} from '@t3-oss/env-core';\n\
             createEnv({{ server: {{ A: z.string().optional(), B: z.string().optional() }}, runtimeEnv: process.env,\n\
             createFinalSchema: {check} }});"
        )
    };
    let object = |text: &str, set: &[(&str, &str)]| {
        let files = crate::zod::schema::Files::NONE;
        let schema = crate::zod::schema::parse(std::path::Path::new("env.ts"), text, None, files);
        let pairs = set.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Evaluation::new(&schema.expect("a schema"), Variables::only(pairs)).object()
    };
    for check in [
        "(shape, isServer) => z.object(shape).refine((env) => !env.A || env.B)",
        "(shape) => { return z.object(shape).superRefine((env, ctx) => { if (env.A && !env.B) ctx.addIssue({ code: 'custom' }); }); }",
    ] {
        let text = text(check);
        assert_eq!(object(&text, &[("A", "a"), ("B", "b")]), KeyResult::Accepted, "{check}");
        assert!(matches!(object(&text, &[("A", "a")]), KeyResult::Refused(_)), "{check}");
    }
    for check in [
        "(shape, isServer) => z.object(shape).refine(() => isServer)",
        "make",
        "(shape) => make(shape)",
    ] {
        assert!(matches!(object(&text(check), &[]), KeyResult::Unknown(_)), "{check}");
    }
}

#[test]
fn bigint_that_is_coerced_is_unknown_and_vercel_env_has_three_values() {
    let schema =
        "const schema = z.object({ A: z.bigint({ coerce: true }) }); schema.parse(process.env);";
    assert!(matches!(results(schema, &[("A", "1")])[..], [KeyResult::Unknown(_)]));
    let schema = "const schema = z.object({ A: z.bigint() }); schema.parse(process.env);";
    assert!(matches!(results(schema, &[("A", "1")])[..], [KeyResult::Refused(_)]));
    let preset = "import { createEnv } from '@t3-oss/env-core';\nimport { vercel } from '@t3-oss/env-core/presets-zod';\n\
        createEnv({ extends: [vercel()], server: { A: z.string() }, runtimeEnv: process.env });";
    let by = |set: &[(&str, &str)]| results(preset, set);
    assert!(matches!(by(&[("A", "a"), ("VERCEL_ENV", "local")])[..], [_, KeyResult::Refused(_)]));
    for set in [&[("A", "a")][..], &[("A", "a"), ("VERCEL_ENV", "preview")]] {
        assert_eq!(by(set), [KeyResult::Accepted, KeyResult::Accepted]);
    }
}
