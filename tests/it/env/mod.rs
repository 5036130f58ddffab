//! `env check` and `env explain`, as a project's own CI runs them.

mod code;
mod fix;
mod inclusion;
mod template;
mod values;

use crate::support::cli::Cli;

/// Where the backend keeps its schema.
const SCHEMA: &str = "packages/shared/src/env.ts";

/// A run in a project with these properties (the first on line 3) and this template.
fn project(properties: &str, template: &str, args: &str) -> Cli {
    let schema = format!(
        "import {{ z }} from 'zod/v3';\nexport const EnvSchema = z.object({{\n{properties}\n}});\n"
    );
    Cli::new(args.split_whitespace()).file(SCHEMA, schema).file(".env.example", template)
}
