use std::path::Path;

use super::CodeReader;
use crate::zod::model::{Code, CodeForm, Environment};
use crate::zod::schema::{self, Files};

const SCHEMA: &str = "import { z } from 'zod';\nexport const EnvSchema = z.object({\n  A: z.string(), B: z.string(), C: z.string(),\n});\n";

/// The uses in these files and in `env.ts`, which declares A, B and C.
fn code(files: &[(&str, &str)]) -> Code {
    let schema = schema::parse(Path::new("env.ts"), SCHEMA, None, Files::NONE).unwrap();
    let facts = Environment::of(schema);
    let mut reader = CodeReader::new(&facts, &|_, _| false);
    let mut code = Code::default();
    for (name, text) in files.iter().chain(&[("env.ts", SCHEMA)]) {
        let found = reader.read(Path::new(name), text, || *name == "env.ts");
        code.uses.extend(found.uses);
        code.computed.extend(found.computed);
        code.unread.extend(found.unread);
    }
    code
}

/// `KEY:line` of the reads in one file.
fn read(text: &str) -> Vec<String> {
    let code = code(&[("src/a.tsx", text)]);
    assert_eq!(code.unread, [], "{text}");
    let reads = code.uses.iter().filter(|found| found.form == CodeForm::Read);
    reads.map(|found| format!("{}:{}", found.key, found.place.line)).collect()
}

#[test]
fn every_form_of_environment_access_is_recognized() {
    for (text, expected) in [
        ("f(process.env.A);\n\nprocess.env['X'];", vec!["A:1", "X:3"]),
        ("process?.env?.A; process.env!.B; (process.env as Env).C;", vec!["A:1", "B:1", "C:1"]),
        ("globalThis.process.env.A; import.meta.env.VITE_X;", vec!["A:1", "VITE_X:1"]),
        ("const { A, B: b = 1, ...rest } = process.env;", vec!["A:1", "B:1"]),
        ("function f({ A } = process.env) {}", vec!["A:1"]),
        ("let A; ({ A } = process.env);", vec!["A:1"]),
        ("if ('X' in process.env) {}", vec!["X:1"]),
        (
            "import { env } from '@/lib/env';\nenv.A; env.parse(); const { X } = env;",
            vec!["A:2", "X:2"],
        ),
        ("import { serverEnv as e } from '../config';\ne.A; e['B'];", vec!["A:2", "B:2"]),
        ("import env from './env';\nenv.A;", vec!["A:2"]),
        ("const env = EnvSchema.parse(process.env);\nenv.A; <p>{env.X}</p>;", vec!["A:2", "X:2"]),
        ("const e = process.env ?? {};\ne.A;", vec!["A:2"]),
        ("Deno.env.get('A'); Deno.env.has('X'); Deno.env.set('B', '1');", vec!["A:1", "X:1"]),
        ("import * as p from 'node:process';\np.env.X; p.default.env.A;", vec!["X:2", "A:2"]),
        ("import proc from 'process';\nproc.env.X; proc.cwd();", vec!["X:2"]),
        ("import { env as e } from 'node:process';\ne.X;", vec!["X:2"]),
        (
            "require('process').env.X; const p = require('node:process'); p.env.A;",
            vec!["X:1", "A:1"],
        ),
        ("const { env: { X, A: a = 1 } } = process;", vec!["X:1", "A:1"]),
        (
            "const { env: e } = process; e.X; const { env } = require('process'); env.A;",
            vec!["X:1", "A:1"],
        ),
        ("const f = (e = process.env) => e.X;", vec!["X:1"]),
        ("const f = ({ e = process.env }) => e.X;", vec!["X:1"]),
        ("const { A, ...rest } = process.env; rest.X;", vec!["A:1", "X:1"]),
        ("const e = { ...process.env, B: 1 }; e.X;", vec!["X:1"]),
        ("const e = options.env ?? process.env; e.X;", vec!["X:1"]),
        ("let e; e = process.env; e.X;", vec!["X:1"]),
        ("Reflect.get(process.env, 'X'); Object.hasOwn(process.env, 'A');", vec!["X:1", "A:1"]),
        ("process.env.hasOwnProperty('X'); get(process.env, 'path');", vec!["X:1"]),
        ("const k = 'X'; process.env[k]; k in process.env;", vec!["X:1", "X:1"]),
        // Not the environment, or not read.
        (
            "const p = other; p.env.X; Reflect.get(other, 'X'); const { env: { Y } } = other;",
            vec![],
        ),
        ("Map.get('X'); other.env.get('X'); const { title } = process;", vec![]),
        ("foo.env.A; other.X; process.env.A = 'x'; delete process.env.B;", vec![]),
        ("import env from './other';\nenv.X;", vec![]),
        ("// process.env.X\nconst text = 'process.env.X';", vec![]),
    ] {
        assert_eq!(read(text), expected, "{text}");
    }
}

#[test]
fn key_names_outside_env_access_count_as_mentions() {
    let env = "import { z } from 'zod';\nexport const EnvSchema = z.object({ A: z.string(), B: z.string() });\n\
               export const own = { A: process.env.A, B: process.env.C };\n";
    let other = "getEnv('A'); config.B; const { C } = thing; // process.env\n";
    let code = code(&[("x.js", other), ("other/env.ts", env)]);
    let form = |key: &str, form| code.of(key, form).count();
    assert_eq!(["A", "B", "C"].map(|key| form(key, CodeForm::Mention)), [1, 1, 1]);
    // That file does not declare the selected schema, so it reads the key.
    assert_eq!(form("A", CodeForm::Read), 1);
}

#[test]
fn computed_key_is_reported_with_its_line() {
    let code = code(&[("a.ts", "\nconst value = process.env[name];")]);
    assert_eq!(code.computed.iter().map(|place| place.to_string()).collect::<Vec<_>>(), ["a.ts:2"]);
}

#[test]
fn unparsable_files_are_reported_and_others_still_read() {
    let deep = format!("env{}", "(".repeat(10_000));
    let code = code(&[
        ("bad.ts", "process.env.A;\nconst = ;"),
        ("deep.js", &deep),
        ("good.ts", "process.env.X"),
        ("page.vue", "<script>import.meta.env.X</script>"),
        ("style.vue", "<style>.env {}</style>"),
        ("unrelated.ts", "const = ;"),
    ]);
    let missed: Vec<_> = code.unread.iter().map(|missed| missed.place.to_string()).collect();
    assert_eq!(missed, ["bad.ts:2", "deep.js:1", "page.vue:1"]);
    assert_eq!(code.of("X", CodeForm::Read).count(), 1);
}
