//! Redirect policy: redirects within the origin are followed, all others are refused, so that
//! credentials are never sent to another host.

use reqwest::header::{HeaderMap, LOCATION};
use reqwest::{StatusCode, Url};

use super::answer::VERCEL_HINT;
use crate::facts::{SourceError, SourceErrorKind};

/// Maximum number of redirects that are followed.
pub(crate) const MAX: usize = 3;

/// Returns the URL to request next, or `None` if the response is not a redirect.
///
/// # Errors
/// [`SourceErrorKind::Intercepted`] if the location is invalid or has another origin.
pub(crate) fn target(
    from: &Url,
    status: StatusCode,
    headers: &HeaderMap,
) -> Result<Option<Url>, SourceError> {
    let location = headers.get(LOCATION).filter(|_| status.is_redirection());
    let Some(location) = location else { return Ok(None) };
    let next = location.to_str().ok().and_then(|text| from.join(text).ok());
    let Some(mut next) = next.filter(Url::has_host) else {
        return Err(SourceError::new(
            SourceErrorKind::Intercepted,
            format!("{status} with an invalid Location"),
        ));
    };
    if !same_origin(from, &next) {
        return Err(other_origin(status, &next));
    }
    // An absolute location does not contain the credentials of the base URL.
    let credentials =
        next.set_username(from.username()).and_then(|()| next.set_password(from.password()));
    Ok(credentials.is_ok().then_some(next))
}

/// Returns whether scheme, host and port are equal, or only the scheme changes from http to https
/// on the default ports.
fn same_origin(from: &Url, to: &Url) -> bool {
    let ports = (from.port_or_known_default(), to.port_or_known_default());
    let upgrade = from.scheme() == "http" && to.scheme() == "https";
    from.host() == to.host()
        && ((from.scheme() == to.scheme() && ports.0 == ports.1)
            || (upgrade && ports == (Some(80), Some(443))))
}

/// Returns the error for a redirect to another origin.
fn other_origin(status: StatusCode, to: &Url) -> SourceError {
    let host = to.host_str().unwrap_or_default();
    let hint = if host == "vercel.com" || host.ends_with(".vercel.com") {
        VERCEL_HINT.to_owned()
    } else {
        format!(
            "credentials are sent only to the host of the base URL; if {host} is the app, use it as the base URL"
        )
    };
    let message = format!("{status}: redirects to another host, {}", origin(to));
    SourceError::new(SourceErrorKind::Intercepted, message).hint(hint)
}

/// Returns the error for more than [`MAX`] redirects.
pub(crate) fn too_many(url: &Url) -> SourceError {
    let message = format!("more than {MAX} redirects, the last one to {}", shown(url));
    SourceError::new(SourceErrorKind::Intercepted, message)
        .hint("a proxy in front of the app redirects in a loop")
}

/// Returns scheme, host and port.
pub(crate) fn origin(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}://{}{port}", url.scheme(), url.host_str().unwrap_or_default())
}

/// Returns the URL without credentials, query and fragment.
pub(crate) fn shown(url: &Url) -> String {
    format!("{}{}", origin(url), url.path().trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redirect(from: &str, to: &'static str) -> Result<Option<String>, String> {
        let mut headers = HeaderMap::new();
        headers.insert(LOCATION, to.parse().unwrap());
        target(&from.parse().unwrap(), StatusCode::FOUND, &headers)
            .map(|next| next.map(|url| url.to_string()))
            .map_err(|error| error.message)
    }

    #[test]
    fn redirect_to_the_same_origin_keeps_credentials() {
        let expected = Ok(Some("https://u:p@a.test/y".to_owned()));
        assert_eq!(redirect("https://u:p@a.test/x", "/y"), expected);
        assert_eq!(redirect("https://u:p@a.test/x", "https://a.test/y"), expected);
        assert_eq!(redirect("http://u:p@a.test/x", "https://a.test/y"), expected);
    }

    #[test]
    fn redirect_to_another_origin_is_refused_without_its_query() {
        for to in [
            "https://b.test/?token=hunter2",
            "https://a.test:8443/",
            "http://a.test/",
            "//user:hunter2@b.test/",
            "https://a.test.evil.test/",
        ] {
            let error = redirect("https://a.test/x", to).unwrap_err();
            assert!(error.starts_with("302 Found: redirects to another host, http"), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
        assert!(redirect("https://a.test/x", "javascript:alert(1)").is_err());
    }
}
