//! Names: which names have secret values, decided by the words of the name.

use std::cell::RefCell;
use std::collections::HashMap;

/// How much a name says about its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    /// Of a password: every value is secret, words and numbers included.
    Password,
    /// Of another secret: every value that is not a plain word.
    Secret,
    /// Perhaps of a secret: only a value that looks generated.
    Possible,
}

/// Words of passwords, in the languages of our users. A word matches at the end of a compound too (`pgpassword`).
#[rustfmt::skip]
const PASSWORDS: &[&str] = &[
    "password", "passwd", "pswd", "passphrase", "passcode", "pwd", "passwort", "kennwort", "senha",
    "contraseña", "contrasena", "motdepasse", "wachtwoord", "lösenord", "losenord", "adgangskode",
    "salasana", "hasło", "haslo", "heslo", "jelszó", "jelszo", "parola", "şifre", "sifre",
    "пароль", "κωδικός", "密码", "密碼", "口令", "パスワード", "비밀번호", "암호", "katasandi", "mậtkhẩu",
    "лозинка", "סיסמה", "كلمةالسر", "كلمةالمرور",
];

/// Words of other secrets, which match at the end of a compound too (`accesstoken`).
#[rustfmt::skip]
const SECRETS: &[&str] = &[
    "token", "secret", "apikey", "accesskey", "secretkey", "privatekey", "authkey",
    "authorization", "cookie", "credential", "credentials", "jwt", "connectionstring", "mnemonic",
    "geheimnis", "credenciales", "токен",
];

/// Words of other secrets, only as complete words.
#[rustfmt::skip]
const SECRET_WORDS: &[&str] = &[
    "pw", "clave", "pass", "secrets", "cookies", "creds", "cred", "bearer", "signature", "sig",
    "hmac", "otp", "totp", "ssn", "cvv", "cvc", "verifier", "bypass", "sas", "csrf", "xsrf",
    "macaroon", "pepper", "psk", "pgpass", "pkey", "mfa", "2fa",
];

/// Words that end in `pass` and name no password, unlike `dbpass`. Sorted.
#[rustfmt::skip]
const PLAIN_PASSES: &[&str] = &[
    "compass", "encompass", "firstpass", "multipass", "onepass", "overpass", "renderpass",
    "singlepass", "sshpass", "subpass", "surpass", "trespass", "twopass", "underpass",
];

/// Words of values that are secret only if they look generated.
#[rustfmt::skip]
const POSSIBLE_WORDS: &[&str] = &[
    "auth", "authkeys", "code", "session", "sessionid", "sid", "private", "tokens", "pin", "seed",
    "salt", "passkey", "license", "webhook", "keydata", "dsn", "login", "pat", "nonce",
    "challenge", "assertion", "ticket", "invite", "identity", "identitytoken", "servicerole",
    "access", "security", "pem", "cert", "iban", "refresh", "passport", "answer", "saml",
];

/// Words before `key` that make it a secret.
#[rustfmt::skip]
const SECRET_KEYS: &[&str] = &[
    "access", "account", "admin", "anon", "api", "app", "application", "auth", "bot", "client",
    "consumer", "data", "decryption", "deploy", "encrypt", "encryption", "gpg", "hmac", "host",
    "jwt", "license", "licence", "master", "pgp", "private", "role", "rsa", "secret", "server",
    "service", "session", "shared", "sign", "signing", "ssh", "stream", "subscription", "supabase",
    "symmetric", "tls", "ssl", "user", "vapid", "webhook",
];

/// Words before `key` that make it a name or an id.
#[rustfmt::skip]
const PLAIN_KEYS: &[&str] = &[
    "attribute", "blob", "bucket", "cache", "composite", "config", "dedup", "dedupe",
    "deduplication", "dictionary", "duplicate", "entity", "event", "file", "foreign", "grouping",
    "group", "hash", "idempotency", "image", "index", "job", "lock", "lookup", "map", "message",
    "metric", "object", "parent", "partition", "primary", "public", "queue", "r2", "range",
    "record", "redis", "routing", "row", "s3", "shard", "sort", "storage", "such", "tag",
    "translation", "unique",
];

/// Words before `token` that make it a place in a list or in a grammar.
#[rustfmt::skip]
const PLAIN_TOKENS: &[&str] = &[
    "continuation", "cursor", "next", "page", "pagination", "paging", "resume", "sync",
    "unexpected",
];

/// Last words that make a name describe a secret, or be that of a file: `token_type`, `password_changed_at`,
/// `secretName`, `token.ts`. Sorted.
#[rustfmt::skip]
const DESCRIPTIONS: &[&str] = &[
    "age", "alg", "algorithm", "arn", "at", "attempt", "attempts", "attribute", "audience",
    "bucket", "budget", "bytes", "changed", "cjs", "class", "column", "count", "counter",
    "created", "date", "description", "dir", "disabled", "duration", "enabled", "encoding",
    "endpoint", "error", "errors", "event", "exp", "expiration", "expired", "expires", "expiry",
    "failed", "field", "fields", "file", "filename", "fingerprint", "format", "go", "hint", "host",
    "id", "ids", "index", "invalid", "ip", "issued", "issuer", "java", "js", "json", "jsx", "kind",
    "label", "last", "len", "length", "level", "lifetime", "limit", "limits", "line", "location",
    "log", "manager", "max", "message", "method", "min", "missing", "mjs", "mode", "name", "names",
    "network", "offset", "optional", "path", "php", "policies", "policy", "pool", "port",
    "position", "prefix", "profile", "provider", "providers", "py", "quota", "rate", "rb",
    "region", "repo", "required", "requirements", "reset", "resource", "retries", "rotated",
    "rotation", "rs", "scheme", "scope", "scopes", "server", "set", "sh", "size", "source", "sql",
    "status", "store", "strength", "suffix", "table", "time", "timeout", "timestamp", "title",
    "toml", "ts", "tsx", "ttl", "txt", "type", "types", "updated", "uri", "url", "usage", "used",
    "user", "username", "uses", "valid", "validation", "verified", "version", "video", "window",
    "yaml", "yml", "zone",
];

/// Maximum number of names whose answer is kept.
const MAX_KEPT: usize = 1000;

/// Maximum length of a name whose answer is kept.
const MAX_KEPT_LENGTH: usize = 64;

thread_local! {
    /// Answers: the rows of a listing repeat few names.
    static KEPT: RefCell<HashMap<String, Option<Name>>> = RefCell::default();
}

/// Returns what a name says about its value; None if nothing.
pub(super) fn classify(name: &str) -> Option<Name> {
    KEPT.with_borrow_mut(|kept| {
        if let Some(answer) = kept.get(name) {
            return *answer;
        }
        let answer = classify_words(name);
        if kept.len() < MAX_KEPT && name.len() <= MAX_KEPT_LENGTH {
            kept.insert(name.to_owned(), answer);
        }
        answer
    })
}

/// As [`classify`], by the words of the name.
fn classify_words(name: &str) -> Option<Name> {
    let lower = lower_words(name);
    let words = lower.split(END).map(without_number).filter(|word| !word.is_empty());
    let words: Vec<&str> = words.collect();
    let last = *words.last()?;
    let joined = words.concat();
    const SESSIONS: [&str; 6] =
        ["sessionid", "jsessionid", "phpsessid", "connectsid", "servicerole", "secretid"];
    if SESSIONS.contains(&joined.as_str()) || joined.ends_with("netsessionid") {
        return Some(Name::Possible);
    }
    // Headers with keys whose names do not say so.
    if matches!(joined.as_str(), "xjfrogartapi" | "xhoneycombteam") {
        return Some(Name::Secret);
    }
    if joined.ends_with("cardnumber")
        || joined.ends_with("creditcard")
        || joined.ends_with("authorizationcode")
        || joined.ends_with("oauthcode")
    {
        return Some(Name::Secret);
    }
    if joined.ends_with("samlresponse") {
        return Some(Name::Secret);
    }
    if DESCRIPTIONS.binary_search(&last).is_ok() {
        return None;
    }
    if let Some(key) = words.iter().rposition(|word| matches!(*word, "key" | "keys")) {
        return classify_key(&words[..key]);
    }
    let ends_with = |stems: &[&str], word: &str| stems.iter().any(|stem| word.ends_with(stem));
    let any = |stems: &[&str]| {
        words.iter().any(|word| ends_with(stems, word)) || ends_with(stems, &joined)
    };
    let is_plain = || words.iter().any(|word| PLAIN_TOKENS.contains(word));
    if any(PASSWORDS) || last.strip_suffix('s').is_some_and(|word| ends_with(PASSWORDS, word)) {
        // Sentences name hashes more often than texts contain them.
        return Some(if last == "hash" { Name::Secret } else { Name::Password });
    }
    if any(SECRETS)
        || words.iter().any(|word| is_compound(word))
        || words.iter().any(|word| SECRET_WORDS.contains(word))
    {
        return (!is_plain()).then_some(Name::Secret);
    }
    POSSIBLE_WORDS.contains(&last).then_some(Name::Possible)
}

/// Whether a word is a compound without a mark in it: `dbpass`, `rootpw`, `masterkey`.
fn is_compound(word: &str) -> bool {
    let is_name = |word: &str| word.len() >= 2 && word.bytes().all(|b| b.is_ascii_lowercase());
    if let Some(before) = word.strip_suffix("pass") {
        return is_name(before) && PLAIN_PASSES.binary_search(&word).is_err();
    }
    if let Some(before) = word.strip_suffix("pw") {
        return is_name(before);
    }
    // A short word is a part of others: `robotkey`.
    let Some(before) = word.strip_suffix("keys").or_else(|| word.strip_suffix("key")) else {
        return false;
    };
    SECRET_KEYS.iter().any(|key| before == *key || key.len() >= 4 && before.ends_with(key))
}

/// Whether the word before `key` makes it a name or an id: `idempotency key`.
pub(super) fn is_plain_key(before: &str) -> bool {
    PLAIN_KEYS.contains(&before.to_ascii_lowercase().as_str())
}

/// Classifies a key by the words before `key`.
fn classify_key(before: &[&str]) -> Option<Name> {
    let is = |list: &[&str], word: &str| list.contains(&word);
    let Some(qualifier) = before.last() else { return Some(Name::Possible) };
    if is(PLAIN_KEYS, qualifier) {
        return None;
    }
    let is_secret = is(SECRET_KEYS, qualifier)
        || qualifier.ends_with("api")
        || before.iter().any(|word| is(SECRETS, word) || matches!(*word, "private" | "api"));
    Some(if is_secret { Name::Secret } else { Name::Possible })
}

/// Writes a name as lower-case words, each followed by [`END`]: it is split at punctuation, and where lower case
/// changes to upper case.
fn lower_words(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 8);
    let mut before = ' ';
    let mut chars = name.chars().peekable();
    while let Some(c) = chars.next() {
        // `apiKey`, and the last capital of `JWTSecret`.
        let is_capital = c.is_uppercase()
            && (before.is_lowercase()
                || (before.is_uppercase() && chars.peek().is_some_and(|next| next.is_lowercase())));
        if !c.is_alphanumeric() || is_capital {
            words.push(END);
        }
        if c.is_ascii() && c.is_ascii_alphanumeric() {
            words.push(c.to_ascii_lowercase());
        } else if c.is_alphanumeric() {
            words.extend(c.to_lowercase());
        }
        before = c;
    }
    words
}

/// Ends a word.
const END: char = '\u{1f}';

/// A word without the number at its end: `password2`, but `s3` and `r2` as they are.
fn without_number(word: &str) -> &str {
    if word.len() > 2 { word.trim_end_matches(|c: char| c.is_ascii_digit()) } else { word }
}

/// Whether a member of a JSON Web Key is private: those of RSA and EC, and the `k` of a symmetric key.
pub(super) fn is_private_in_web_key(name: &str) -> bool {
    matches!(name, "d" | "p" | "q" | "dp" | "dq" | "qi" | "k")
}

/// Parts of names, in lower case: every name that [`classify`] accepts contains one.
pub(super) fn stems() -> impl Iterator<Item = &'static str> {
    let all = [PASSWORDS, SECRETS, SECRET_WORDS, POSSIBLE_WORDS];
    all.into_iter().flatten().copied().chain([
        "key",
        "card",
        "connection",
        "role",
        "jfrog",
        "honeycomb",
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_classified_by_their_words() {
        for (name, expected) in [
            ("PGPASSWORD", Some(Name::Password)),
            ("userPassword2", Some(Name::Password)),
            ("пароль", Some(Name::Password)),
            ("X-Api-Key", Some(Name::Secret)),
            ("JWTSecret", Some(Name::Secret)),
            ("refreshToken", Some(Name::Secret)),
            ("connectionString", Some(Name::Secret)),
            ("client-key-data", Some(Name::Secret)),
            ("connect.sid", Some(Name::Possible)),
            ("key", Some(Name::Possible)),
            ("REDIS_AUTH", Some(Name::Possible)),
            ("s3_key", None),
            ("idempotency_key", None),
            ("next_page_token", None),
            ("token_type", None),
            ("tokenizer", None),
            ("passwordless", None),
            ("password_changed_at", None),
            ("SharedAccessKeyName", None),
            ("status", None),
            ("DBPASS", Some(Name::Secret)),
            ("rootpw", Some(Name::Secret)),
            ("HMACKEY", Some(Name::Secret)),
            ("dbencryptionkeys", Some(Name::Secret)),
            ("X-Rapidapi-Key", Some(Name::Secret)),
            ("passwords", Some(Name::Password)),
            ("compass", None),
            ("robotkey", None),
            ("publickey", None),
            ("monkey", None),
        ] {
            assert_eq!(classify(name), expected, "{name}");
        }
    }

    #[test]
    fn descriptions_are_sorted_for_the_binary_search() {
        assert!(DESCRIPTIONS.is_sorted());
        assert!(PLAIN_PASSES.is_sorted());
    }

    #[test]
    fn every_word_of_a_secret_name_is_a_stem() {
        for name in ["mot-de-passe", "apiKey", "cardNumber", "service_role", "session"] {
            let lower = name.to_lowercase();
            assert!(classify(name).is_none() || stems().any(|stem| lower.contains(stem)), "{name}");
        }
    }
}
