//! Which base URLs are taken.

use super::Setting;
use crate::error::Error;

/// Whether this is a base URL that would be taken: one without anything secret.
#[must_use]
pub fn is_base_url(url: &str) -> bool {
    base_url(Setting::default_value(url.to_owned())).is_ok()
}

/// A base URL that can be extended with a path. Credentials go into headers, which are redacted.
pub(crate) fn base_url(setting: Setting<String>) -> Result<Setting<String>, Error> {
    let wrong = |what: &str| {
        Error::config(format!("the base URL {what}")).cause(format!("set by {}", setting.origin))
    };
    let url = reqwest::Url::parse(&setting.value)
        .map_err(|_| wrong("is no URL").hint("expected https://host"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong("begins with neither http:// nor https://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("holds a user or password").hint("send them as a header instead"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("has something after the path"));
    }
    Ok(setting.map(|_| url.as_str().trim_end_matches('/').to_owned()))
}
