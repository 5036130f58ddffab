use std::path::Path;

use super::{Code, find};
use crate::zod::model::CodeForm;
use crate::zod::schema;

/// What is found in these files, with a schema in `env.ts` that declares A, B and C.
fn code(files: &[(&str, &str)]) -> Code {
    let folder = tempfile::tempdir().unwrap();
    let schema = "import { z } from 'zod';\nexport const EnvSchema = z.object({\n  A: z.string(), B: z.string(), C: z.string(),\n});\n";
    for (name, text) in files.iter().chain(&[("env.ts", schema)]) {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let schema = schema::read(&folder.path().join("env.ts"), None).unwrap();
    let mut code = find(folder.path()).unwrap().read(&schema, |_| {});
    let root = folder.path();
    let strip = |path: &Path| path.strip_prefix(root).unwrap().to_owned();
    code.uses.iter_mut().for_each(|found| found.place.file = strip(&found.place.file));
    code.computed.iter_mut().for_each(|place| place.file = strip(&place.file));
    code.unread.iter_mut().for_each(|missed| missed.place.file = strip(&missed.place.file));
    code
}

/// `KEY:line` of what is read in one file of this text.
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
        // Not the environment, or not read.
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
    // That file does not declare the schema in force: it reads.
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

#[test]
fn built_installed_and_ignored_files_are_excluded() {
    let text = "process.env.X";
    let code = code(&[
        (".gitignore", "generated/\n*.min.js\n"),
        ("package.json", "{}"),
        ("node_modules/m/index.js", text),
        ("dist/a.js", text),
        (".next/a.js", text),
        ("generated/a.ts", text),
        ("a.min.js", text),
        ("src/build/a.ts", text), // a source directory of that name
        (".storybook/main.ts", text),
    ]);
    let files: Vec<_> =
        code.uses.iter().map(|found| found.place.file.display().to_string()).collect();
    assert_eq!(files, [".storybook/main.ts", "src/build/a.ts"]);
    assert_eq!(code.files, 3, "the schema, too");
}
