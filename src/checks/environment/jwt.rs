//! What a signed token says of itself, read without its key and without trusting it.

use base64::Engine;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Map, Value};

/// The claims of a token; none when it is none.
pub(crate) fn claims(token: &str) -> Option<Map<String, Value>> {
    let mut parts = token.split('.');
    let (header, payload) = (parts.next()?, parts.next()?);
    let signed = parts.next().is_some_and(|signature| !signature.is_empty());
    if !signed || parts.next().is_some() || object(header)?.get("alg").is_none() {
        return None;
    }
    object(payload)
}

fn object(part: &str) -> Option<Map<String, Value>> {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let bytes = GeneralPurpose::new(&URL_SAFE, config).decode(part).ok()?;
    match serde_json::from_slice(&bytes).ok()? {
        Value::Object(object) => Some(object),
        _ => None,
    }
}
