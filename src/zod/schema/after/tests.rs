//! Tests of code behind the parse.

use std::path::Path;

use super::super::{Files, parse_all};
use crate::zod::evaluate::{Evaluation, KeyResult, Variables};

/// How the code of a file judges variables whose keys are all accepted.
fn judged(text: &str, set: &[(&str, &str)]) -> Vec<KeyResult> {
    let text = format!("import {{ z }} from 'zod/v4';\nimport assert from 'node:assert';\n{text}");
    let schemas = parse_all(Path::new("env.ts"), &text, None, Files::NONE).expect("schemas");
    let pairs = set.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let variables = Variables::only(pairs);
    let mut results = Vec::new();
    for schema in &schemas {
        let evaluation = Evaluation::new(schema, variables.clone());
        for key in &schema.keys {
            assert_eq!(evaluation.key(key), KeyResult::Accepted, "{text}");
        }
        results.push(evaluation.object());
    }
    results
}

const SCHEMA: &str = "const schema = z.object({ A: z.string().optional(), B: z.string().optional(), \
    MODE: z.string().default('dev'), P: z.string().default('1') });\n";

#[test]
fn code_after_the_parse_is_run_with_what_was_parsed() {
    for code in [
        "const env = schema.parse(process.env); if (!env.A && !env.B) throw new Error('A or B');",
        "const p = schema.safeParse(process.env); if (!p.success) { process.exit(1); } const data = p.data; if (!data.A) { console.error('A'); process.exit(1); } export const env = data;",
        "const { A } = schema.parse(process.env); if (A === undefined) throw new Error();",
        "const { success, data } = schema.safeParse(process.env); if (!success || !data.A) throw new Error();",
        "export const env = schema.parse(process.env); assert(env.A, 'A');",
        "export const env = schema.parse(process.env); assert.ok(env.A);",
        "export const env = schema.parse(process.env); export const a = env.A ?? fail(); function fail(): never { throw new Error('A'); }",
        "export const env = schema.parse(process.env); export const url = new URL(env.A!);",
        "export const env = schema.parse(process.env); export const all = { json: JSON.parse(env.A as string) };",
        "export const env = schema.parse(process.env); for (const key of ['A', 'B'] as const) { if (!env[key]) throw new Error(key); }",
        "export const env = schema.parse(process.env); (['A', 'B'] as const).forEach((key) => { if (!env[key]) throw new Error(key); });",
        "const env = schema.parse(process.env); const missing: string[] = []; if (!env.A) missing.push('A'); if (missing.length > 0) { throw new Error(missing.join()); }",
        "const env = schema.parse(process.env); let ok = true; if (!env.A) ok = false; if (!ok) process.exit(1);",
        "const required = (key: string) => { const v = process.env[key]; if (!v) throw new Error(key); return v; }; export const a = required('A'); export const env = schema.parse(process.env);",
        "export function load() { if (!process.env.A) { process.exit(1); } return schema.parse(process.env); }",
        "if (!process.env.A) throw new Error('A'); export const env = schema.parse(process.env);",
        "const env = schema.parse(process.env); if (env.MODE === 'dev') { const missing = []; if (!env.A) missing.push('A'); if (missing.length) throw new MyError(missing); }",
        "const env = schema.parse(process.env); const n = Number(env.A); if (isNaN(n)) throw new Error();",
        "let env; try { env = schema.parse(process.env); } catch (error) { process.exit(1); } if (!env.A) throw new Error();",
        "function load() { const p = schema.safeParse(process.env); if (!p.success) throw new Error(); const env = p.data; if (!env.A) { throw new Error('A'); } return env; } export const env = load();",
        "const load = () => schema.parse(process.env); const env = load(); function check() { if (!env.A) throw new Error(); } check();",
        "export const env = (() => { const r = schema.safeParse(process.env); if (!r.success) throw r.error; if (!r.data.A) throw new Error(); return r.data; })();",
        "export function load(config = process.env) { const env = schema.parse(config); if (env.MODE === 'test') return env; if (!env.A) throw new Error(); return env; }",
        "try { const env = schema.parse(process.env); if (!env.A) throw new Error('A'); } catch (error) { console.error(error); process.exit(1); }",
    ] {
        let code = format!("{SCHEMA}{code}");
        let result = judged(&code, &[]);
        assert!(matches!(&result[..], [KeyResult::Refused(_)]), "{code}\n{result:?}");
        let result = judged(&code, &[("A", "\"http://a\""), ("B", "b")]);
        let healthy = judged(&code, &[("A", "http://a"), ("B", "b")]);
        let number = judged(&code, &[("A", "1"), ("B", "b")]);
        let accepted = [result, healthy, number];
        assert!(accepted.iter().any(|r| *r == [KeyResult::Accepted]), "{code}\n{accepted:?}");
    }
}

#[test]
fn code_after_the_parse_that_cannot_be_run_is_unknown() {
    for code in [
        "import { check } from 'somewhere'; const env = schema.parse(process.env); check(env);",
        "import { check } from 'somewhere'; const env = schema.parse(process.env); if (!check(env.A)) throw new Error();",
        "const env = schema.parse(process.env); export const port = z.coerce.number().int().parse(env.P);",
        "const other = z.object({ A: z.string() }); const env = schema.parse(process.env); other.parse(env);",
        "const env = schema.parse(process.env); export function load() { return z.coerce.number().parse(env.P); } export const port = load();",
        "export function load() { const env = schema.parse(process.env); return { port: z.coerce.number().parse(env.P) }; }",
        "const env = schema.parse(process.env); const r = z.coerce.number().safeParse(env.P); if (!r.success) throw new Error();",
        "const env = schema.parse(process.env); export const client = new Client(env.A);",
        "const env = schema.parse(process.env); await connect(env.A);",
    ] {
        let code = format!("{SCHEMA}{code}");
        let result = judged(&code, &[("A", "a")]);
        assert!(matches!(&result[..], [KeyResult::Unknown(_), ..]), "{code}\n{result:?}");
    }
}

#[test]
fn functions_that_call_each_other_often_are_followed_once() {
    let mut code = format!("{SCHEMA}export const env = schema.parse(process.env);");
    for level in 0..8 {
        let calls = format!("f{}();", level + 1).repeat(60);
        code.push_str(&format!("function f{level}() {{ {calls} return env.A; }}"));
    }
    code.push_str("function f8() { return env.B; } const xs = [1];");
    code.push_str(&"f0(); xs.push(f0());".repeat(200));
    assert!(matches!(&judged(&code, &[])[..], [KeyResult::Unknown(_)]));
}

#[test]
fn code_that_cannot_end_the_start_changes_nothing() {
    for code in [
        "export const env = schema.parse(process.env); export type Env = typeof env; export default env;",
        "export const env = schema.parse(process.env); console.log('loaded', format(env)); logger.info({ a: env.A });",
        "import { nanoid } from 'nanoid'; export const env = schema.parse(process.env); export const config = { a: env.A, id: nanoid(), b: env.B ?? 'x', isDev: env.MODE === 'dev' } as const;",
        "import { make } from 'db'; export const env = schema.parse(process.env); export const db = () => make(env.A); export function connect() { return make(env.A); }",
        "export const env = Object.freeze(schema.parse(process.env)); export const flag = Boolean(env.A);",
        "const p = schema.safeParse(process.env); if (!p.success) { console.error(z.treeifyError(p.error)); throw new Error(pretty(p.error)); } export const env = p.data;",
        "const env = schema.parse(process.env); export const Query = z.object({ mode: z.string().default(env.MODE) });",
        "let cached; export function env() { if (cached) return cached; cached = schema.parse(process.env); return cached; }",
        "let cached: Env | null = null; export function env() { if (!cached) { const r = schema.safeParse(process.env); if (!r.success) throw new Error(); cached = r.data; } return cached; }",
        "try { schema.parse(process.env); } catch (error) { if (error instanceof z.ZodError) { process.exit(1); } throw error; }",
        "export const env = schema.parse(process.env); export const origins = (env.A ?? '').split(',').map((origin) => origin.trim());",
        "import { existsSync } from 'node:fs'; if (process.env.A) { config({ path: process.env.A }); } const dev = make(process.env.B); export const env = schema.parse(process.env);",
        "declare global { namespace NodeJS { interface ProcessEnv extends z.infer<typeof schema> {} } } export const env = schema.parse(process.env);",
    ] {
        let code = format!("{SCHEMA}{code}");
        let result = judged(&code, &[]);
        assert_eq!(result, [KeyResult::Accepted], "{code}");
    }
}
