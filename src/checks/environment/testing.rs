//! Environments for the tests of these checks.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::facts::{Finding, Status};
use crate::zod::env_file;
use crate::zod::model::{Code, CodeForm, CodeUse, EnvValue, EnvValues, Environment, SourceLine};
use crate::zod::schema::{self, Files};

/// An environment with a schema of these properties (on line 2), a template, and values.
pub(crate) fn environment(
    properties: &str,
    template: Option<&str>,
    values: &[(&str, &str)],
) -> Environment {
    let text = format!(
        "import {{ z }} from 'zod/v3';\nexport const EnvSchema = z.object({{ {properties} }});\n"
    );
    let mut set = EnvValues::default();
    for (key, value) in values {
        set.insert(key, EnvValue::new(*value), ".env:1", false);
    }
    let schema = schema::parse(Path::new("env.ts"), &text, None, Files::NONE).expect("a schema");
    Environment {
        template: template.map(|text| env_file::parse(Path::new(".env.example"), text.as_bytes())),
        values: Some(set),
        ..Environment::of(schema)
    }
}

/// The environment with a source file that has these uses, one per line.
pub(crate) fn with_code(facts: Environment, uses: &[(&str, CodeForm)]) -> Environment {
    let one = |(index, (key, form)): (usize, &(&str, CodeForm))| CodeUse {
        place: SourceLine { file: "src/a.ts".into(), line: index as u32 + 1 },
        key: (*key).to_owned(),
        form: *form,
    };
    let uses = uses.iter().enumerate().map(one).collect();
    let code = Code { root: "src".into(), files: 1, uses, ..Code::default() };
    Environment { code: Some(code), ..facts }
}

/// The worst status of the findings.
pub(crate) fn worst(findings: &[Finding]) -> Status {
    assert!(!findings.is_empty(), "a check that says nothing");
    Status::worst(findings.iter().map(|finding| finding.status))
}

/// A token with these claims and an invalid signature.
pub(crate) fn token(claims: &str) -> String {
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.c2lnbmF0dXJl", part(r#"{"alg":"HS256","typ":"JWT"}"#), part(claims))
}
