//! Tests of `env check` and `env explain`.

mod code;
mod fix;
mod inclusion;
mod schemas;
mod template;
mod values;

use crate::support::cli::Cli;

/// The path of the schema in the backend.
const SCHEMA: &str = "packages/shared/src/env.ts";

/// Returns a command in a project with these schema properties (the first on line 3) and this template.
fn project(properties: &str, template: &str, args: &str) -> Cli {
    let schema = format!(
        "import {{ z }} from 'zod/v3';\nexport const EnvSchema = z.object({{\n{properties}\n}});\n"
    );
    Cli::new(args.split_whitespace()).file(SCHEMA, schema).file(".env.example", template)
}
