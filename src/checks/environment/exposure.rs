//! `env.exposure`: browsers cannot read a key that bypasses row-level security, no two keys are swapped, and
//! all keys belong to one project.

use super::ambient::PUBLIC_PREFIXES;
use super::jwt;
use super::secret_names::{is_named_secret, is_phrase};
use super::vendors::{
    KeyKind, has_generated_password, has_password, is_generated, is_local_constant, key_kind,
    secret_in, tokens_in,
};
use crate::checks::Check;
use crate::facts::{Finding, Section, Status, Thresholds};
use crate::zod::model::{EnvValue, Environment, Loader, Side};

/// The check.
pub(crate) const CHECK: Check<Environment> = Check {
    id: "env.exposure",
    title: "keys and secrets are in the right variables",
    section: Section::Environment,
    evaluate,
};

/// The access that a Supabase key grants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SupabaseKeyRole {
    /// Restricted by row-level security: `anon`, `sb_publishable_…`.
    Anon,
    /// Full access: `service_role`, `sb_secret_…`.
    Service,
}

/// A variable of the template or of the values.
struct ExposedVariable<'a> {
    key: &'a str,
    value: &'a EnvValue,
    origin: String,
    /// Browsers can read it.
    public: bool,
    /// The value is that of a loader that expands `$NAME`, and it is not known whether the project has one.
    perhaps: bool,
}

fn evaluate(check: &Check<Environment>, facts: &Environment, _: &Thresholds) -> Vec<Finding> {
    let in_template = facts.template.iter().flat_map(|file| {
        file.entries.iter().map(|entry| ExposedVariable {
            key: &entry.key,
            value: entry.expanded.as_ref().unwrap_or(&entry.value),
            origin: format!("{}:{}", file.path.display(), entry.line),
            public: is_public(facts, &entry.key),
            perhaps: false,
        })
    });
    let with_values = facts.values.as_ref().map(|values| {
        let mut values = values.clone();
        if facts.project.loader == Loader::Unknown {
            values.expand(facts.project.loader);
        }
        values
    });
    let of_values = with_values.iter().flat_map(|values| &values.set).map(|set| ExposedVariable {
        key: &set.key,
        value: set.expanded.as_ref().unwrap_or(&set.value),
        origin: set.origin.clone(),
        public: is_public(facts, &set.key),
        perhaps: set.expanded.is_some() && facts.project.loader == Loader::Unknown,
    });
    let (template, values): (Vec<_>, Vec<_>) = (in_template.collect(), of_values.collect());
    let mut findings = Vec::new();
    for variables in [&template, &values] {
        findings.extend(variables.iter().filter_map(|variable| misplaced(check, variable)));
        findings.extend(mixed(check, variables));
    }
    let all = template.len() + values.len();
    if findings.is_empty() && all > 0 {
        let message = format!("no secret in a public variable ({all} values checked)");
        findings.push(check.finding(Status::Ok, "keys", message));
    }
    findings
}

/// Whether browsers can read a variable: bundlers by its prefix, or `client` and `shared` of the schema declare it.
fn is_public(facts: &Environment, name: &str) -> bool {
    let upper = name.to_uppercase();
    PUBLIC_PREFIXES.iter().any(|prefix| upper.starts_with(prefix))
        || facts
            .keys()
            .any(|(schema, key)| key.side != Side::Server && schema.variables(key).contains(&name))
        || facts.schemas().any(|schema| {
            schema.client_prefix.as_deref().is_some_and(|prefix| name.starts_with(prefix))
        })
}

/// The access that a value grants, if it is or contains a Supabase key: `Bearer eyJ…`.
fn role_in(value: &str) -> Option<SupabaseKeyRole> {
    let tokens = tokens_in(value);
    let tokens = tokens.iter().filter(|token| !is_local_constant(token));
    let roles: Vec<_> = tokens.filter_map(|token| role(token)).chain(role(value)).collect();
    let service = roles.iter().find(|role| **role == SupabaseKeyRole::Service);
    service.or(roles.first()).copied()
}

/// The access that a value grants, if it is a Supabase key.
fn role(value: &str) -> Option<SupabaseKeyRole> {
    if value.starts_with("sb_secret_") {
        return Some(SupabaseKeyRole::Service);
    }
    if value.starts_with("sb_publishable_") {
        return Some(SupabaseKeyRole::Anon);
    }
    match jwt::claims(value)?.get("role")?.as_str()? {
        "service_role" => Some(SupabaseKeyRole::Service),
        "anon" => Some(SupabaseKeyRole::Anon),
        _ => None,
    }
}

/// A finding for a key in the wrong variable, by its role or, if it has none, by the name of the variable.
fn misplaced(check: &Check<Environment>, variable: &ExposedVariable<'_>) -> Option<Finding> {
    let value = variable.value.reveal().trim();
    if value.is_empty() || is_local_constant(value) {
        return None;
    }
    let name = variable.key.to_uppercase();
    let public = variable.public;
    let service_name = name.contains("SERVICE_ROLE") || name.contains("SERVICE_KEY");
    let anon_name = name.contains("ANON_KEY") || name.contains("PUBLISHABLE");
    let vendor = key_kind(value);
    let secret_name = ["SECRET", "PRIVATE_KEY"].iter().any(|part| name.contains(part));
    let problem = match role_in(value) {
        Some(SupabaseKeyRole::Service) if public => {
            "contains the service-role key, and browsers can read it"
        }
        Some(SupabaseKeyRole::Service) if anon_name => {
            "contains the service-role key; the two keys are swapped"
        }
        Some(SupabaseKeyRole::Anon) if service_name => {
            "contains the anon key; the two keys are swapped"
        }
        _ if public && service_name => {
            "is named like the service-role key, and browsers can read it"
        }
        _ => match vendor {
            Some((KeyKind::Secret, what)) if public => {
                return Some(finding(
                    check,
                    variable,
                    &format!("is {what}, and browsers can read it"),
                ));
            }
            Some((KeyKind::Publishable, what)) if secret_name => {
                let problem = format!("is {what}, but a secret key is expected");
                return Some(finding(check, variable, &problem));
            }
            _ if public && (has_password(value) || has_generated_password(value)) => {
                "is a URL with a password, and browsers can read it"
            }
            Some((KeyKind::Publishable, _)) => return None,
            _ if public => {
                if let Some(what) = secret_in(value) {
                    let problem = format!("contains {what}, and browsers can read it");
                    return Some(finding(check, variable, &problem));
                }
                if !is_named_secret(&name, value) {
                    return None;
                }
                let found =
                    finding(check, variable, "is named like a secret, and browsers can read it");
                // A short word may be a label.
                let is_secret = is_generated(value) || is_phrase(value);
                let status = if is_secret { found.status } else { Status::Warning };
                return Some(Finding { status, ..found });
            }
            _ => return None,
        },
    };
    Some(finding(check, variable, problem))
}

fn finding(check: &Check<Environment>, variable: &ExposedVariable<'_>, problem: &str) -> Finding {
    let shape = variable.value.shape();
    let mut message = format!("{} ({shape}, {}) {problem}", variable.key, variable.origin);
    if variable.perhaps {
        message.push_str(", if the loader of .env files expands $NAME");
        return check.finding(Status::Unknown, variable.key, message);
    }
    check.finding(Status::Critical, variable.key, message)
}

/// Findings for keys of another project than the URL that they are used with.
fn mixed(check: &Check<Environment>, variables: &[ExposedVariable<'_>]) -> Vec<Finding> {
    let url = |name: &str| {
        variables
            .iter()
            .find(|variable| variable.key == name)
            .and_then(|variable| Some((name.to_owned(), project_of_url(variable.value.reveal())?)))
    };
    let mut findings = Vec::new();
    for variable in variables {
        let Some(of_key) = project_of_key(variable.value.reveal()) else { continue };
        let prefix = PUBLIC_PREFIXES.iter().find(|prefix| variable.key.starts_with(**prefix));
        let own = format!("{}SUPABASE_URL", prefix.unwrap_or(&""));
        let used_with =
            url(&own).or_else(|| url("SUPABASE_URL")).or_else(|| url("NEXT_PUBLIC_SUPABASE_URL"));
        if let Some((name, of_url)) = used_with
            && of_url != of_key
        {
            let message = format!(
                "{} ({}) belongs to another project than {name}",
                variable.key, variable.origin
            );
            findings.push(check.finding(Status::Critical, variable.key, message));
        }
    }
    findings
}

/// The project of `https://<project>.supabase.co`; `None` for other hosts.
fn project_of_url(value: &str) -> Option<String> {
    let url = url::Url::parse(value).ok()?;
    let project = url.host_str()?.strip_suffix(".supabase.co")?;
    (!project.contains('.')).then(|| project.to_owned())
}

/// The project in the claims of a key.
fn project_of_key(value: &str) -> Option<String> {
    Some(jwt::claims(value)?.get("ref")?.as_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{environment, token, worst};
    use super::*;

    fn findings(values: &[(&str, &str)]) -> Vec<Finding> {
        CHECK.run(&environment("A: z.string()", None, values), &Thresholds::default())
    }

    fn key(role: &str, project: &str) -> String {
        token(&format!(r#"{{"iss":"supabase","role":"{role}","ref":"{project}"}}"#))
    }

    #[test]
    fn supabase_keys_in_matching_variables_are_ok() {
        let (anon, service) = (key("anon", "abc"), key("service_role", "abc"));
        let found = findings(&[
            ("SUPABASE_URL", "https://abc.supabase.co"),
            ("NEXT_PUBLIC_SUPABASE_ANON_KEY", &anon),
            ("SUPABASE_ANON_KEY", &anon),
            ("SUPABASE_SERVICE_ROLE_KEY", &service),
        ]);
        assert_eq!(worst(&found), Status::Ok, "{found:?}");
    }

    #[test]
    fn service_key_in_a_public_variable_is_critical() {
        let service = key("service_role", "abc");
        for (name, value) in [
            ("NEXT_PUBLIC_SUPABASE_ANON_KEY", service.as_str()),
            ("VITE_KEY", "sb_secret_0123456789"),
            ("NEXT_PUBLIC_SUPABASE_SERVICE_ROLE_KEY", "anything"),
        ] {
            assert_eq!(worst(&findings(&[(name, value)])), Status::Critical, "{name}");
        }
        let with_scheme = |key: &str| format!("Bearer {key}");
        let name = "NEXT_PUBLIC_SUPABASE_ANON_KEY";
        let found = findings(&[(name, &with_scheme(&service))]);
        assert_eq!(worst(&found), Status::Critical, "{found:?}");
        let found = findings(&[(name, &with_scheme(&key("anon", "abc")))]);
        assert_eq!(worst(&found), Status::Ok, "{found:?}");
        assert_eq!(worst(&findings(&[("NEXT_PUBLIC_SERVICE_KEY", "")])), Status::Ok);
    }

    #[test]
    fn swapped_keys_are_detected_by_their_role_claim() {
        let (anon, service) = (key("anon", "abc"), key("service_role", "abc"));
        let found =
            findings(&[("SUPABASE_ANON_KEY", &service), ("SUPABASE_SERVICE_ROLE_KEY", &anon)]);
        let subjects: Vec<_> = found.iter().map(|f| f.subject.as_str()).collect();
        assert_eq!(subjects, ["SUPABASE_ANON_KEY", "SUPABASE_SERVICE_ROLE_KEY"]);
        assert!(!format!("{found:?}").contains(&anon), "a value is shown");
    }

    #[test]
    fn key_of_another_project_is_critical() {
        let anon = key("anon", "abc");
        let wrong = [("SUPABASE_URL", "https://xyz.supabase.co"), ("SUPABASE_ANON_KEY", &anon)];
        assert_eq!(worst(&findings(&wrong)), Status::Critical);
        let own_host = [("SUPABASE_URL", "https://api.example.com"), ("SUPABASE_ANON_KEY", &anon)];
        assert_eq!(worst(&findings(&own_host)), Status::Ok);
    }

    #[test]
    fn secrets_by_prefix_name_or_shape_are_found_and_harmless_values_are_not() {
        let random = "kP9x2mQ7vL4nR8sT1wY6zB3cD5fG0hJ";
        let token = format!("{}{random}{}", "ghp_", "x8Kq2Lm9");
        let slack = format!("https://hooks.slack.com/services/T01AB2CD3E/B01AB2CD3E/{random}");
        let discord =
            format!("https://discord.com/api/webhooks/1012345678901234567/{random}{random}");
        let telegram = format!("1234567890:{random}-x8Kq");
        let database = format!("postgres://app:{random}@db:5432/app");
        let local = format!("redis://:{random}@localhost:6379");
        let aws = format!("{random}/x8Kq2Lm");
        for (name, value, expected) in [
            ("VUE_APP_X", token.as_str(), Status::Critical),
            ("GATSBY_X", &token, Status::Critical),
            ("NUXT_ENV_X", &token, Status::Critical),
            ("NG_APP_X", &token, Status::Critical),
            ("NX_PUBLIC_X", &token, Status::Critical),
            ("GITHUB_X", &token, Status::Ok),
            ("NEXT_PUBLIC_JWT_SECRET", random, Status::Critical),
            ("NEXT_PUBLIC_API_AUTH_TOKEN", random, Status::Critical),
            ("NEXT_PUBLIC_ADMIN_PASSWORD", "hunter22", Status::Critical),
            ("NEXT_PUBLIC_ADMIN_PASSWORD", "letmein", Status::Warning),
            ("NEXT_PUBLIC_SMTP_PASS", random, Status::Critical),
            ("VITE_DB_PWD", random, Status::Critical),
            ("NEXT_PUBLIC_ENCRYPTION_KEY", "a1b2c3d4e5f60718293a4b5c6d7e8f90", Status::Critical),
            ("NEXT_PUBLIC_INNGEST_SIGNING_KEY", random, Status::Critical),
            ("NEXT_PUBLIC_MEILI_MASTER_KEY", random, Status::Critical),
            ("NEXT_PUBLIC_GITHUB_CLIENTSECRET", random, Status::Critical),
            ("EXPO_PUBLIC_GCP_CREDENTIALS", random, Status::Critical),
            (
                "NEXT_PUBLIC_WALLET_MNEMONIC",
                "legal winner thank year wave sausage worth useful legal winner thank yellow",
                Status::Critical,
            ),
            ("NEXT_PUBLIC_SEED_PHRASE", "not set", Status::Warning),
            ("NEXT_PUBLIC_PASSKEY_RP_ID", "x8kq2lm9.example", Status::Ok),
            ("NEXT_PUBLIC_VERCEL_BYPASS", random, Status::Ok),
            ("NEXT_PUBLIC_COMPASS", random, Status::Ok),
            ("NEXT_PUBLIC_VAPID_PUBLIC_KEY", random, Status::Ok),
            ("NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY", random, Status::Ok),
            ("NEXT_PUBLIC_RECAPTCHA_SITE_KEY", random, Status::Ok),
            ("NEXT_PUBLIC_FETCH_CREDENTIALS", "include", Status::Ok),
            ("NEXT_PUBLIC_FETCH_CREDENTIALS", "same-origin", Status::Ok),
            ("SMTP_PASS", random, Status::Ok),
            ("NEXT_PUBLIC_AWS_SECRET_ACCESS_KEY", &aws, Status::Critical),
            ("NEXT_PUBLIC_CHAT", &slack, Status::Critical),
            ("NEXT_PUBLIC_CHAT", &discord, Status::Critical),
            ("NEXT_PUBLIC_BOT", &telegram, Status::Critical),
            ("NEXT_PUBLIC_DB", &database, Status::Critical),
            ("NEXT_PUBLIC_CACHE", &local, Status::Critical),
            ("JWT_SECRET", random, Status::Ok),
            ("SLACK_WEBHOOK", &slack, Status::Ok),
            ("DATABASE_URL", &database, Status::Ok),
            ("NEXT_PUBLIC_SHOW_PASSWORD", "false", Status::Ok),
            ("NEXT_PUBLIC_PASSWORD_MIN_LENGTH", "12", Status::Ok),
            ("NEXT_PUBLIC_FORGOT_PASSWORD", "/reset-password", Status::Ok),
            ("NEXT_PUBLIC_RESET_PASSWORD", "https://a.example/reset1", Status::Ok),
            ("NEXT_PUBLIC_MAPBOX_TOKEN", "pk.eyJ1IjoiYSIsImEiOiJjazEifQ.x8Kq2Lm9", Status::Ok),
            ("NEXT_PUBLIC_JWT_SECRET", "your-secret-here-1234", Status::Ok),
            ("NEXT_PUBLIC_GA_ID", "G-X8KQ2LM9ZZ", Status::Ok),
            ("NEXT_PUBLIC_SITE_URL", "https://a.example", Status::Ok),
            ("NEXT_PUBLIC_DB", "postgres://app:app@db:5432/app", Status::Ok),
            ("NEXT_PUBLIC_POSTHOG_KEY", "phc_kP9x2mQ7vL4nR8sT1wY6zB3cD5fG0hJ", Status::Ok),
        ] {
            let found = findings(&[(name, value)]);
            assert_eq!(worst(&found), expected, "{name} {found:?}");
            assert!(!format!("{found:?}").contains(random), "a value is shown");
        }
    }

    #[test]
    fn expanded_values_and_keys_of_client_are_public() {
        let secret = format!("{}live_51b0c4d9e8f7a6b5c4d3e2f1", "sk_");
        let values = [("STRIPE_SECRET_KEY", secret.as_str()), ("VITE_KEY", "$STRIPE_SECRET_KEY")];
        let mut facts = environment("A: z.string()", None, &values);
        let run = |facts: &Environment| worst(&CHECK.run(facts, &Thresholds::default()));
        assert_eq!(run(&facts), Status::Unknown);
        facts.project.loader = Loader::Literal("dotenv");
        assert_eq!(run(&facts), Status::Ok);
        facts.project.loader = Loader::Expands("Vite");
        facts.values.as_mut().unwrap().expand(facts.project.loader);
        assert_eq!(run(&facts), Status::Critical);

        let text = "import { createEnv } from '@t3-oss/env-core';\nimport { z } from 'zod/v4';\n\
            export const env = createEnv({ clientPrefix: 'WEB_', server: { A: z.string() }, \
            client: { WEB_KEY: z.string() }, runtimeEnv: process.env });";
        let path = std::path::Path::new("env.ts");
        let files = crate::zod::schema::Files::NONE;
        let schema = crate::zod::schema::parse(path, text, None, files).unwrap();
        for (name, expected) in
            [("WEB_KEY", Status::Critical), ("WEB_OTHER", Status::Critical), ("A", Status::Ok)]
        {
            let facts = Environment {
                schema: schema.clone(),
                ..environment("A: z.string()", None, &[(name, &secret)])
            };
            assert_eq!(run(&facts), expected, "{name}");
        }
    }

    #[test]
    fn vendor_keys_are_critical_only_where_they_do_not_belong() {
        let rest = "51b0c4d9e8f7a6b5c4d3e2f1";
        let secret = format!("{}live_{rest}", "sk_");
        let publishable = format!("pk_live_{rest}");
        let account = format!(
            "{{\"type\":\"service_account\",\"private_key\":\"{0}BEGIN PRIVATE KEY{0}\\nMIIE\"}}",
            "-".repeat(5)
        );
        let anthropic = format!("{}ant-{rest}", "sk-");
        for (name, value, expected) in [
            ("NEXT_PUBLIC_STRIPE_KEY", secret.as_str(), Status::Critical),
            ("VITE_AI_KEY", &anthropic, Status::Critical),
            ("EXPO_PUBLIC_DB", "postgres://u:pa55@db.example.com/d", Status::Critical),
            ("STRIPE_SECRET_KEY", &publishable, Status::Critical),
            ("NEXT_PUBLIC_STRIPE_KEY", &publishable, Status::Ok),
            ("STRIPE_SECRET_KEY", &secret, Status::Ok),
            ("NEXT_PUBLIC_STRIPE_KEY", &format!(" {secret}"), Status::Critical),
            ("VITE_X", &format!("https://x.example/?key={secret}"), Status::Critical),
            ("VITE_X", &format!("https%3A%2F%2Fx.example%2F%3Fkey%3D{secret}"), Status::Critical),
            ("VITE_X", &format!("{{\"stripe\":{{\"key\":\"{secret}\"}}}}"), Status::Critical),
            ("EXPO_PUBLIC_DB", "host=h password=Zx8Kq2Lm9 user=u", Status::Critical),
            ("VITE_X", "{\"db\":\"postgres://u:pa55@db.example.com/d\"}", Status::Critical),
            ("VITE_X", &account, Status::Critical),
            ("X", &account, Status::Ok),
            ("VITE_LABELS", "{\"password\":\"Passwort\",\"token\":\"Code\"}", Status::Ok),
            ("VITE_KEYS", &format!("{{\"stripe\":\"{publishable}\"}}"), Status::Ok),
            ("VITE_DB", "host=localhost password=dev user=u", Status::Ok),
            (
                "NEXT_PUBLIC_SENTRY_DSN",
                "https://51b0c4d9e8f7a6b551b0c4d9e8f7a6b5@o1.ingest.sentry.io/2",
                Status::Ok,
            ),
            (
                "VITE_FIREBASE",
                "{\"apiKey\":\"AIzaSyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q\",\"projectId\":\"p\"}",
                Status::Ok,
            ),
            (
                "VITE_MAPS",
                "https://maps.googleapis.com/maps/api/js?key=AIzaSyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q",
                Status::Ok,
            ),
            ("NEXT_PUBLIC_SITE", "https://a.example/sk-section", Status::Ok),
            ("NEXT_PUBLIC_STRIPE_KEY", "sk_test_your_key_here", Status::Ok),
            ("PUBLIC_MAPS_KEY", "AIzaSyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q", Status::Ok),
        ] {
            let found = findings(&[(name, value)]);
            assert_eq!(worst(&found), expected, "{name} {found:?}");
            assert!(!format!("{found:?}").contains(rest), "a value is shown");
        }
    }
}
