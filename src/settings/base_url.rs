//! Validation of base URLs.

use super::Setting;
use crate::error::Error;

/// Whether `url` is a valid base URL, and so contains no credentials.
pub(crate) fn is_base_url(url: &str) -> bool {
    base_url(Setting::default_value(url.to_owned())).is_ok()
}

/// Validates and normalizes a base URL. Paths are appended to it, so it has no query. Credentials
/// are rejected because only headers are redacted.
pub(super) fn base_url(setting: Setting<String>) -> Result<Setting<String>, Error> {
    let invalid = |problem: &str| {
        Error::config(format!("the base URL {problem}")).cause(format!("set by {}", setting.origin))
    };
    let url = reqwest::Url::parse(&setting.value)
        .map_err(|_| invalid("is not a valid URL").hint("expected https://host"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(invalid("must start with http:// or https://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(invalid("contains a user or password").hint("send them as a header instead"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(invalid("has a query or fragment"));
    }
    Ok(setting.map(|_| url.as_str().trim_end_matches('/').to_owned()))
}
