//! `env.secrets`: no value of the template, which is public, looks like a secret.

use super::jwt;
use super::vendors::{
    KeyKind, has_password, is_local_constant, is_placeholder, key_kind, secret_in,
};
use crate::checks::Check;
use crate::facts::{Finding, Section, Status, Thresholds};
use crate::zod::model::{EnvEntry, Environment, SourceLine};

/// The check.
pub(crate) const CHECK: Check<Environment> = Check {
    id: "env.secrets",
    title: "the template contains no secrets",
    section: Section::Environment,
    evaluate,
};

/// Parts of the names of secret variables.
const SECRET_NAMES: [&str; 6] =
    ["SECRET", "TOKEN", "PASSWORD", "PRIVATE", "SERVICE_ROLE", "API_KEY"];

fn evaluate(check: &Check<Environment>, facts: &Environment, _: &Thresholds) -> Vec<Finding> {
    let Some(template) = &facts.template else { return Vec::new() };
    let status = if facts.policy.strict { Status::Critical } else { Status::Warning };
    let mut findings: Vec<Finding> = template
        .entries
        .iter()
        .filter_map(|entry| Some((entry, looks_like(entry)?)))
        .map(|(entry, kind)| {
            let place = SourceLine { file: template.path.clone(), line: entry.line };
            let shape = entry.value.shape();
            let message = format!("{} ({shape}, {place}) looks like {kind}", entry.key);
            check.finding(status, &entry.key, message).at(place)
        })
        .collect();
    if findings.is_empty() {
        let path = template.path.display().to_string();
        let message = format!("no value in {path} looks like a secret");
        findings.push(check.finding(Status::Ok, path, message));
    }
    findings
}

/// The kind of secret that a value looks like.
fn looks_like(entry: &EnvEntry) -> Option<&'static str> {
    let value = entry.value.reveal().trim();
    if is_placeholder(value) || is_local_constant(value) {
        return None;
    }
    if let Some((KeyKind::Secret, name)) = key_kind(value) {
        return Some(name);
    }
    if value.starts_with("AIza") && value.len() > 30 {
        return Some("a Google API key");
    }
    if jwt::claims(value).is_some() {
        return Some("a signed token");
    }
    if has_password(value) {
        return Some("a URL with a password");
    }
    if let Some(name) = secret_in(value) {
        return Some(name);
    }
    let named = SECRET_NAMES.iter().any(|name| entry.key.to_uppercase().contains(name));
    (named && has_random_part(value)).then_some("a random secret")
}

/// Whether a value is random. In a URL only the parts that can hold a secret count: the user, the password
/// and each value of path, query and fragment. A long address is not a secret.
fn has_random_part(value: &str) -> bool {
    let Some(url) = url::Url::parse(value).ok().filter(url::Url::has_host) else {
        return is_random(value);
    };
    let fragment = url.fragment().unwrap_or_default();
    let parts = [url.username(), url.password().unwrap_or_default()];
    // Words, versions and UUIDs are names of places.
    let path = url.path().split(['/', '-', '.', ':', '_']);
    let fragment = fragment.split(['&', '=']);
    parts.into_iter().chain(path).chain(fragment).any(is_random)
        || url.query_pairs().any(|(_, value)| is_random(&value))
}

/// Whether a value has at least 24 characters, no white space, a digit, and more than 3.5 bits of entropy
/// per character.
fn is_random(value: &str) -> bool {
    let length = value.chars().count();
    if length < 24 || !value.chars().all(|c| c.is_ascii_graphic()) {
        return false;
    }
    let mut counts = [0_u32; 128];
    for byte in value.bytes() {
        counts[usize::from(byte & 0x7F)] += 1;
    }
    let entropy: f64 = counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| f64::from(*count) / length as f64)
        .map(|share| -share * share.log2())
        .sum();
    entropy > 3.5 && value.bytes().any(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{environment, token, worst};
    use super::*;

    fn status(template: &str) -> Status {
        let found =
            CHECK.run(&environment("A: z.string()", Some(template), &[]), &Thresholds::default());
        worst(&found)
    }

    #[test]
    fn issued_secrets_are_recognized() {
        let random = "9fK2mQ8xLr4TzW1bYc7N";
        for value in [
            format!("sk_live_{random}"),
            format!("# A=ghp_{random}{random}").replace("# A=", ""),
            token(r#"{"role":"anon"}"#),
            format!("postgres://app:{random}@db.internal:5432/app"),
        ] {
            assert_eq!(status(&format!("A={value}\n")), Status::Warning, "{value}");
            assert_eq!(status(&format!("# A={value}\n")), Status::Warning, "{value}");
        }
        for value in [
            format!("{random}x8Z0"),
            format!("https://a.test/cb?access_token={random}x8Z0"),
            format!("https://a.test/hooks/{random}x8Z0"),
            format!("https://a.test/#token={random}x8Z0"),
            format!("https://{random}x8Z0@a.test/"),
        ] {
            assert_eq!(status(&format!("SESSION_SECRET='{value}'\n")), Status::Warning, "{value}");
        }
    }

    #[test]
    fn placeholders_and_local_urls_are_not_secrets() {
        for line in [
            "A=",
            "A=your-anon-key-here",
            "A=sk_test_xxxxxxxxxxxxxxxxxxxx",
            "A=postgres://postgres:postgres@localhost:5432/postgres",
            "A=http://localhost:3000",
            "OAUTH_TOKEN_URL=https://open.clips-provider.test/v2/oauth/token/",
            "TOKEN_URL=https://login.test/3fa85f64-5717-4562-b3fc-2c963f66afa6/oauth2/v2.0/token",
            "TOKEN_URL=https://sso.test/realms/production-eu-central-1a/openid-connect/token",
            "SECRET_STORE_URL=https://9f8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c.store.test/v1",
            "SESSION_SECRET=change-me-to-something-long-0123456789",
            "API_KEY=<paste the key of the project here 0123456789>",
        ] {
            assert_eq!(status(line), Status::Ok, "{line}");
        }
    }

    #[test]
    fn secret_is_reported_without_its_value() {
        let facts = environment("A: z.string()", Some("A=sk_live_9fK2mQ8xLr4TzW1b\n"), &[]);
        let found = CHECK.run(&facts, &Thresholds::default());
        assert!(!format!("{found:?}").contains("9fK2"), "{found:?}");
        assert!(found[0].message.contains("set, 24 characters"), "{found:?}");
    }
}
