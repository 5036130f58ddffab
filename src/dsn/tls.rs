//! The spellings of `sslmode`: those of libpq, and those of other drivers, whose URLs are passed around.

use super::{ConnectionParams, SslMode};

/// The values of `ssl` and `sslMode` in URLs of other drivers, and the mode of libpq with the same effect. `no-verify`
/// encrypts without verification, as `require` does.
const SPELLINGS: [(&str, SslMode); 12] = [
    ("true", SslMode::Require),
    ("1", SslMode::Require),
    ("on", SslMode::Require),
    ("yes", SslMode::Require),
    ("required", SslMode::Require),
    ("no-verify", SslMode::Require),
    ("verify_ca", SslMode::VerifyCa),
    ("verify_full", SslMode::VerifyFull),
    ("false", SslMode::Disable),
    ("0", SslMode::Disable),
    ("off", SslMode::Disable),
    ("no", SslMode::Disable),
];

/// Replaces every spelling by `sslmode`. If several parameters say when TLS is used, the strictest counts.
///
/// # Errors
/// If the value of another driver's parameter is unknown. It is not ignored: it may ask for TLS.
pub(super) fn normalize(mut params: ConnectionParams) -> Result<ConnectionParams, String> {
    let is_foreign =
        |key: &String| key == "ssl" || (key != "sslmode" && key.eq_ignore_ascii_case("sslmode"));
    let keys: Vec<String> = params.keys().filter(|key| is_foreign(key)).cloned().collect();
    let mut modes = Vec::new();
    for key in &keys {
        let value = params.remove(key).unwrap_or_default();
        modes.push(mode(&value).ok_or_else(|| format!("{key} has an invalid value"))?);
    }
    match params.get("sslmode").map(String::as_str) {
        // Validated with the other values of libpq.
        Some(value) if mode(value).is_none() => return Ok(params),
        Some("no-verify") => modes.push(SslMode::Require),
        Some(value) => modes.extend(SslMode::ALL.into_iter().find(|mode| mode.as_str() == value)),
        None => {}
    }
    if let Some(strictest) = modes.into_iter().max() {
        params.insert("sslmode".to_owned(), strictest.as_str().to_owned());
    }
    Ok(params)
}

fn mode(value: &str) -> Option<SslMode> {
    let value = value.to_ascii_lowercase();
    let libpq = SslMode::ALL.into_iter().find(|mode| mode.as_str() == value);
    libpq.or_else(|| SPELLINGS.iter().find(|(name, _)| *name == value).map(|(_, mode)| *mode))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normalized(pairs: &[(&str, &str)]) -> Result<Option<String>, String> {
        let params =
            pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Ok(normalize(params)?.remove("sslmode"))
    }

    #[test]
    fn spellings_of_other_drivers_become_sslmode() {
        let table = [
            ("ssl", "require", "require"),
            ("ssl", "1", "require"),
            ("ssl", "true", "require"),
            ("ssl", "no-verify", "require"),
            ("ssl", "prefer", "prefer"),
            ("ssl", "verify-full", "verify-full"),
            ("ssl", "0", "disable"),
            ("ssl", "false", "disable"),
            ("sslMode", "REQUIRED", "require"),
            ("sslMode", "VERIFY_CA", "verify-ca"),
            ("SSLMODE", "require", "require"),
            ("sslmode", "no-verify", "require"),
            ("sslmode", "prefer", "prefer"),
        ];
        for (key, value, mode) in table {
            assert_eq!(normalized(&[(key, value)]), Ok(Some(mode.to_owned())), "{key}={value}");
        }
        assert_eq!(normalized(&[]), Ok(None));
    }

    #[test]
    fn strictest_of_several_spellings_counts() {
        for pairs in [
            [("sslmode", "disable"), ("ssl", "true")],
            [("sslmode", "require"), ("ssl", "false")],
            [("sslmode", "prefer"), ("sslMode", "require")],
        ] {
            assert_eq!(normalized(&pairs), Ok(Some("require".to_owned())), "{pairs:?}");
        }
    }

    #[test]
    fn unknown_value_is_refused_without_being_shown() {
        let error = normalized(&[("ssl", "hunter2")]).unwrap_err();
        assert_eq!(error, "ssl has an invalid value");
        assert!(normalized(&[("sslMode", "hunter2")]).is_err());
        // Those of libpq are validated with its other parameters.
        assert_eq!(normalized(&[("sslmode", "verify_full")]), Ok(Some("verify_full".to_owned())));
    }
}
