//! The claims of a JSON Web Token. Its signature is not verified.

use base64::Engine;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Map, Value};

/// The claims of a token; `None` if the text is not a token.
pub(crate) fn claims(token: &str) -> Option<Map<String, Value>> {
    let mut parts = token.split('.');
    let (header, payload) = (parts.next()?, parts.next()?);
    let has_signature = parts.next().is_some_and(|signature| !signature.is_empty());
    if !has_signature || parts.next().is_some() || object(header)?.get("alg").is_none() {
        return None;
    }
    object(payload)
}

/// Decodes a part of a token.
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
