//! Tests of which schema is judged, and what reaches it.

use crate::support::cli::Cli;

const ZOD: &str = "import { z } from 'zod/v4';\n";

/// Returns `env check` in a project with this schema in env.ts and this template.
fn check(schema: &str, template: &str, args: &str) -> Cli {
    let args = format!("env check --schema env.ts --template t.env {args}");
    Cli::new(args.split_whitespace())
        .file("env.ts", format!("{ZOD}{schema}"))
        .file("t.env", template)
}

#[test]
fn several_schemas_share_a_template() {
    let files = |template: &str| {
        let args = "env check --schema web/env.ts --schema worker/env.ts --template t.env";
        Cli::new(args.split_whitespace())
            .file(
                "web/env.ts",
                format!(
                    "{ZOD}export const EnvSchema = z.object({{ A: z.string(), W: z.string() }});"
                ),
            )
            .file(
                "worker/env.ts",
                format!(
                    "{ZOD}export const EnvSchema = z.object({{ A: z.string(), J: z.string() }});"
                ),
            )
            .file("t.env", template)
    };
    files("A=x\nW=x\nJ=x\n").run().expect_code(0);
    let output = files("A=x\nW=x\n").run().expect_code(2);
    assert!(output.stdout.contains("worker/env.ts:2) is missing in"), "{}", output.stdout);
    let output = files("A=x\nW=x\nJ=x\nO=x\n").run().expect_code(2);
    assert!(
        output.stdout.contains("t.env:4 sets O, which is not in the schema"),
        "{}",
        output.stdout
    );
}

#[test]
fn template_names_the_variables_that_feed_the_schema() {
    let schema = "const schema = z.object({ port: z.coerce.number(), url: z.string() });\n\
        export const config = schema.parse({ port: process.env.PORT, url: process.env.URL ?? 'x' });";
    check(schema, "PORT=1\nURL=\n", "").run().expect_code(0);
    let mut cli = check(schema, "URL=x\n", "--fix --yes");
    let output = cli.run().expect_code(0);
    assert!(output.stdout.contains("inserted 1 key: PORT"), "{}", output.stdout);
    let fixed = std::fs::read_to_string(cli.home().join("t.env")).unwrap();
    assert_eq!(fixed, "URL=x\nPORT=\n");
}

#[test]
fn fix_refuses_a_schema_that_may_be_another_one() {
    let schema = "const shape = z.object({ A: z.string() });";
    let mut cli = check(schema, "B=\n", "--fix --yes");
    let output = cli.run().expect_code(77);
    assert!(output.stderr.contains("--schema-name shape"), "{}", output.stderr);
    assert_eq!(std::fs::read_to_string(cli.home().join("t.env")).unwrap(), "B=\n");
    check(schema, "B=\n", "--schema-name shape --fix --yes").run().expect_code(2);
}

#[test]
fn open_schema_is_never_ok() {
    let schema = "import { more } from '@acme/more';\n\
        export const EnvSchema = z.object({ A: z.string(), ...more });";
    let output = check(schema, "A=x\n", "").run().expect_code(3);
    assert!(output.stdout.contains("may declare more keys"), "{}", output.stdout);
    check(schema, "A=x\n", "--values t.env").run().expect_code(3);
    check("export const EnvSchema = z.object({ A: z.string() });", "A=x\n", "")
        .run()
        .expect_code(0);
}

#[test]
fn utf16_values_are_named_as_such() {
    let schema = "export const EnvSchema = z.object({ A: z.string() });";
    let mut cli = check(schema, "A=x\n", "--values now.env")
        .file("now.env", b"\xff\xfeA\0=\x001\0\n\0".as_slice());
    let output = cli.run().expect_code(2);
    assert!(output.stdout.contains("now.env is UTF-16"), "{}", output.stdout);
}
