//! Names of variables that hold secrets which no browser needs.

use super::jwt;
use super::vendors::is_placeholder;

/// Ends of the names of secrets. A token may be made for browsers, so only those that are not are in the list.
#[rustfmt::skip]
const SECRET_ENDS: [&str; 30] = [
    "_SECRET",
    "_SECRET_KEY",
    "_SECRET_ACCESS_KEY",
    "_API_SECRET",
    "_PRIVATE_KEY",
    "_PASSWORD",
    "_PASSWD",
    "_PASSPHRASE",
    "_AUTH_TOKEN",
    "_ADMIN_TOKEN",
    "_ADMIN_KEY",
    "_BOT_TOKEN",
    "_REFRESH_TOKEN",
    "_PASS",
    "_PWD",
    "_PASSCODE",
    "_CLIENTSECRET",
    "_APPSECRET",
    "_SECRETKEY",
    "_PRIVATEKEY",
    "_ENCRYPTION_KEY",
    "_ENCRYPT_KEY",
    "_DECRYPTION_KEY",
    "_SIGNING_KEY",
    "_MASTER_KEY",
    "_HMAC_KEY",
    "_MNEMONIC",
    "_SEED_PHRASE",
    "_RECOVERY_PHRASE",
    "_CREDENTIALS",
];
/// Ends of the names of phrases, whose values contain blanks.
const PHRASE_ENDS: [&str; 3] = ["_MNEMONIC", "_SEED_PHRASE", "_RECOVERY_PHRASE"];
/// Words of the shortest recovery phrase.
const SHORTEST_PHRASE: usize = 12;
/// Values of switches for a password field or similar, which are no secrets.
const SWITCHES: [&str; 15] = [
    "true",
    "false",
    "yes",
    "no",
    "on",
    "off",
    "enabled",
    "disabled",
    "required",
    "optional",
    "visible",
    "hidden",
    "include",
    "omit",
    "same-origin",
];

/// Whether a variable is named like a secret that no browser needs, and its value may be one.
pub(super) fn is_named_secret(name: &str, value: &str) -> bool {
    let is_phrase = PHRASE_ENDS.iter().any(|end| name.ends_with(end));
    SECRET_ENDS.iter().any(|end| name.ends_with(end))
        && value.len() >= 6
        && (is_phrase || !value.contains(char::is_whitespace))
        && !value.contains("://")
        && !value.starts_with('/')
        && value.parse::<f64>().is_err()
        && !SWITCHES.contains(&value.to_lowercase().as_str())
        && !is_placeholder(value)
        && jwt::claims(value).is_none()
}

/// Whether a value has the words of a recovery phrase.
pub(super) fn is_phrase(value: &str) -> bool {
    value.split_whitespace().count() >= SHORTEST_PHRASE
}
