//! Keys of common vendors, by their shape: which of them are secret, and which are made for browsers.

use super::jwt;
use crate::redact::kinds::{Part, parts};

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyKind {
    /// It must stay on the server.
    Secret,
    /// It is made for browsers, and cannot replace the secret one.
    Publishable,
}

/// Prefixes of issued keys, the minimum length of the rest, what they are for, and what reports call them.
const KEYS: [(&str, usize, KeyKind, &str); 45] = [
    ("sk_live_", 10, KeyKind::Secret, "a secret live key"),
    ("rk_live_", 10, KeyKind::Secret, "a restricted live key"),
    ("sk_test_", 10, KeyKind::Secret, "a secret test key"),
    ("rk_test_", 10, KeyKind::Secret, "a restricted test key"),
    ("whsec_", 16, KeyKind::Secret, "a webhook secret"),
    ("sb_secret_", 10, KeyKind::Secret, "a Supabase secret key"),
    ("sbp_", 20, KeyKind::Secret, "a Supabase access token"),
    ("sk-", 20, KeyKind::Secret, "an API key"),
    ("sk.", 20, KeyKind::Secret, "a Mapbox secret token"),
    ("gsk_", 20, KeyKind::Secret, "a Groq key"),
    ("xai-", 20, KeyKind::Secret, "an xAI key"),
    ("pplx-", 20, KeyKind::Secret, "a Perplexity key"),
    ("hf_", 20, KeyKind::Secret, "a Hugging Face token"),
    ("r8_", 20, KeyKind::Secret, "a Replicate token"),
    ("AKIA", 16, KeyKind::Secret, "an AWS access key"),
    ("ghp_", 30, KeyKind::Secret, "a GitHub token"),
    ("gho_", 30, KeyKind::Secret, "a GitHub token"),
    ("ghs_", 30, KeyKind::Secret, "a GitHub token"),
    ("github_pat_", 20, KeyKind::Secret, "a GitHub token"),
    ("glpat-", 16, KeyKind::Secret, "a GitLab token"),
    ("xoxb-", 20, KeyKind::Secret, "a Slack token"),
    ("xoxp-", 20, KeyKind::Secret, "a Slack token"),
    ("xapp-", 20, KeyKind::Secret, "a Slack token"),
    ("SG.", 30, KeyKind::Secret, "a SendGrid key"),
    ("re_", 20, KeyKind::Secret, "a Resend key"),
    ("npm_", 30, KeyKind::Secret, "an npm token"),
    ("phx_", 20, KeyKind::Secret, "a PostHog personal key"),
    ("sntrys_", 20, KeyKind::Secret, "a Sentry token"),
    ("sntryu_", 20, KeyKind::Secret, "a Sentry token"),
    ("shpat_", 20, KeyKind::Secret, "a Shopify token"),
    ("shpss_", 20, KeyKind::Secret, "a Shopify secret"),
    ("lin_api_", 20, KeyKind::Secret, "a Linear key"),
    ("ntn_", 20, KeyKind::Secret, "a Notion token"),
    ("dop_v1_", 20, KeyKind::Secret, "a DigitalOcean token"),
    ("vercel_blob_rw_", 16, KeyKind::Secret, "a Vercel Blob token"),
    ("pscale_tkn_", 16, KeyKind::Secret, "a PlanetScale token"),
    ("pscale_pw_", 16, KeyKind::Secret, "a PlanetScale password"),
    ("EAAG", 60, KeyKind::Secret, "a Facebook token"),
    ("sq0csp-", 20, KeyKind::Secret, "a Square secret"),
    ("-----BEGIN", 10, KeyKind::Secret, "a private key"),
    ("pk_live_", 10, KeyKind::Publishable, "a publishable live key"),
    ("pk_test_", 10, KeyKind::Publishable, "a publishable test key"),
    ("sb_publishable_", 10, KeyKind::Publishable, "a publishable key"),
    ("phc_", 20, KeyKind::Publishable, "a PostHog project key"),
    ("pk.", 20, KeyKind::Publishable, "a Mapbox public token"),
];
/// Parts of placeholders for a key.
const PLACEHOLDERS: [&str; 14] = [
    "your",
    "change",
    "replace",
    "example",
    "placeholder",
    "xxx",
    "todo",
    "dummy",
    "insert",
    "secret-key",
    "my-",
    "<",
    "...",
    "password",
];
/// The secret test key of Stripe's public documentation.
const DOCUMENTED: &str = "sk_test_4eC39HqLyjWDarjtT1zdp7dc";

/// The kind of an issued key, and what reports call it.
pub(crate) fn key_kind(value: &str) -> Option<(KeyKind, &'static str)> {
    if is_placeholder(value) || value == DOCUMENTED || value.contains("PUBLIC KEY") {
        return None;
    }
    let matching = KEYS.iter().filter(|(prefix, more, ..)| {
        value.strip_prefix(prefix).is_some_and(|rest| {
            rest.len() >= *more && (*prefix == "-----BEGIN" || !rest.contains(char::is_whitespace))
        })
    });
    matching.max_by_key(|(prefix, ..)| prefix.len()).map(|(_, _, kind, name)| (*kind, *name))
}

/// Prefixes of tokens that the redaction hides, and that vendors make for browsers or apps, or use as names of keys.
const PUBLIC_TOKENS: [&str; 11] =
    ["eyJ", "ZXlK", "AIza", "pk.", "pubkey-", "NRJS-", "sq0idp-", "rzp_", "mob-", "live_", "test_"];

/// Parts of connection strings, in which every password is one.
const CONNECTIONS: [&str; 4] = ["host=", "server=", "dbname=", "uid="];

/// Addresses whose path is a secret, the minimum length of its last part, and what reports call them.
const WEBHOOKS: [(&str, usize, &str); 4] = [
    ("https://hooks.slack.com/services/", 20, "a Slack webhook"),
    ("https://discord.com/api/webhooks/", 40, "a Discord webhook"),
    ("https://discordapp.com/api/webhooks/", 40, "a Discord webhook"),
    ("https://api.telegram.org/bot", 30, "a Telegram bot token"),
];

/// What reports call an address or a token of a bot, which whoever has it can post with.
fn bot_access(value: &str) -> Option<&'static str> {
    let is_token = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let webhook = WEBHOOKS.iter().find_map(|(start, length, what)| {
        let rest = &value[value.find(start)? + start.len()..];
        let end = rest.find(|c: char| !is_token(c) && c != '/' && c != ':');
        let path = rest[..end.unwrap_or(rest.len())].trim_end_matches('/');
        let longest = path.split(['/', ':']).map(str::len).max()?;
        (longest >= *length && !is_placeholder(path)).then_some(*what)
    });
    let telegram = || {
        let (id, token) = value.split_once(':')?;
        let is_id = (8..=12).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit());
        let is_secret = (33..=40).contains(&token.len()) && token.chars().all(is_token);
        (is_id && is_secret && !is_placeholder(token)).then_some("a Telegram bot token")
    };
    webhook.or_else(telegram)
}

/// What reports call the secret that stands somewhere in a value.
pub(crate) fn secret_in(value: &str) -> Option<&'static str> {
    if let Some(what) = bot_access(value) {
        return Some(what);
    }
    let is_connection = || {
        let lower_case = value.to_lowercase();
        CONNECTIONS.iter().any(|name| lower_case.contains(name))
            && !["localhost", "127.0.0.1"].iter().any(|host| lower_case.contains(host))
    };
    parts(value).iter().find_map(|part| match part {
        Part::PrivateKey => Some("a private key"),
        Part::Url(url) => has_password(url).then_some("a URL with a password"),
        Part::Token(token) => match key_kind(token) {
            Some((KeyKind::Secret, what)) => Some(what),
            Some((KeyKind::Publishable, _)) => None,
            None => is_secret_token(token).then_some("a secret token"),
        },
        Part::Password(password) => (!is_placeholder(password)
            && (is_generated(password) || is_connection()))
        .then_some("a password"),
    })
}

fn is_secret_token(token: &str) -> bool {
    !is_placeholder(token)
        && token != DOCUMENTED
        && !PUBLIC_TOKENS.iter().any(|prefix| token.starts_with(prefix))
        // A longer token of letters is a long word in a text.
        && token.len() >= 20
}

/// Whether a password contains letters and digits, as no label of a form does.
pub(crate) fn is_generated(password: &str) -> bool {
    password.len() >= 6
        && !password.contains(char::is_whitespace)
        && password.bytes().any(|byte| byte.is_ascii_digit())
        && password.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// The tokens in a value, wherever they stand.
pub(crate) fn tokens_in(value: &str) -> Vec<String> {
    let tokens = parts(value).into_iter().filter_map(|part| match part {
        Part::Token(token) => Some(token),
        _ => None,
    });
    tokens.collect()
}

/// Whether a value stands for a key that is not given.
pub(crate) fn is_placeholder(value: &str) -> bool {
    let lower_case = value.to_lowercase();
    PLACEHOLDERS.iter().any(|word| lower_case.contains(word))
}

/// Whether a value is a key of the local stack, the same on every machine.
pub(crate) fn is_local_constant(value: &str) -> bool {
    let issuer =
        jwt::claims(value).and_then(|claims| Some(claims.get("iss")?.as_str()?.to_owned()));
    issuer.as_deref() == Some("supabase-demo")
}

/// Whether a value is a URL with a password, except those of local development.
pub(crate) fn has_password(value: &str) -> bool {
    let Ok(url) = url::Url::parse(value) else { return false };
    let local = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]" | "host" | "db"));
    url.password().is_some_and(|password| !password.is_empty() && password != "postgres") && !local
}

/// Whether a value is a URL with a password that somebody generated, on whatever host.
pub(crate) fn has_generated_password(value: &str) -> bool {
    let Ok(url) = url::Url::parse(value) else { return false };
    url.password().is_some_and(|password| is_generated(password) && !is_placeholder(password))
}
