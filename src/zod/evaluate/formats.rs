//! The named formats of zod; where releases of one major differ on a text, nobody knows.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value;
use url::Url;

use super::regex::matches;
use super::{Zod, expressions};
use crate::zod::model::{Pattern, StringFormat};

/// Whether a text is of a format; `None` where that cannot be known.
pub(crate) fn is_of(format: &StringFormat, text: &str, zod: Zod) -> Option<bool> {
    match (format, zod) {
        (StringFormat::Jwt(algorithm), _) => is_jwt(text, algorithm.as_deref(), zod),
        (StringFormat::Ip(Some(6)), Zod::Four) => is_ipv6(text),
        (StringFormat::Cidr(Some(6)), Zod::Four) => is_cidr_v6(text),
        (StringFormat::Ip(None), Zod::Three) => Some(
            is_of(&StringFormat::Ip(Some(4)), text, zod)?
                || is_of(&StringFormat::Ip(Some(6)), text, zod)?,
        ),
        (StringFormat::Cidr(None), Zod::Three) => Some(
            is_of(&StringFormat::Cidr(Some(4)), text, zod)?
                || is_of(&StringFormat::Cidr(Some(6)), text, zod)?,
        ),
        // The older releases let `atob` skip white space.
        (StringFormat::Base64, Zod::Four) if text.contains(|c: char| c.is_ascii_whitespace()) => {
            let skipped = text.len().is_multiple_of(4) && bytes(text).is_some();
            if skipped { None } else { Some(false) }
        }
        (StringFormat::Base64Url, Zod::Four) => {
            let charset = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
            Some(charset && text.len() % 4 != 1)
        }
        _ => {
            let by = |(source, flags): (String, &str)| {
                matches(&Pattern { source, flags: flags.to_owned() }, text)
            };
            let newest = by(expressions::newest(format, zod)?);
            let agreed = expressions::older(format, zod).is_none_or(|older| by(older) == newest);
            if agreed { newest } else { None }
        }
    }
}

/// zod 4 asks the URL parser; older releases do so for any text, `@` and `#` included.
fn is_ipv6(text: &str) -> Option<bool> {
    let alphabet = |byte: u8| byte.is_ascii_hexdigit() || byte == b':' || byte == b'.';
    let parsed = !text.is_empty() && Url::parse(&format!("http://[{text}]")).is_ok();
    if text.bytes().all(alphabet) || !parsed { Some(parsed) } else { None }
}

fn is_cidr_v6(text: &str) -> Option<bool> {
    let Some((address, prefix)) = text.split_once('/') else { return Some(false) };
    let plain = prefix == "0" || !prefix.starts_with(['0', '+']);
    if plain && prefix.parse::<u8>().is_ok_and(|bits| bits <= 128) {
        is_ipv6(address)
    } else {
        Some(false)
    }
}

/// Both look at the header alone; zod 4 does not translate the URL alphabet first.
fn is_jwt(text: &str, algorithm: Option<&str>, zod: Zod) -> Option<bool> {
    let parts: Vec<&str> = text.split('.').collect();
    let [header, payload, signature] = parts[..] else { return Some(false) };
    let url_safe =
        |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    let three = zod == Zod::Three;
    let blank = header.is_empty() || payload.is_empty();
    if three && (blank || ![header, payload, signature].into_iter().all(url_safe)) {
        return Some(false);
    }
    let standard =
        if three { header.replace('-', "+").replace('_', "/") } else { header.to_owned() };
    let Some(Value::Object(header)) = decode(&standard) else { return Some(false) };
    let named = match header.get("alg") {
        Some(Value::String(name)) => {
            !name.is_empty() && algorithm.is_none_or(|wanted| wanted == name)
        }
        Some(Value::Null | Value::Bool(false)) | None => false,
        Some(Value::Number(number)) => number.as_f64() != Some(0.0) && algorithm.is_none(),
        Some(_) => algorithm.is_none(),
    };
    match header.get("typ") {
        Some(typ) if typ == "JWT" => Some(named),
        // zod 3.24 wants any type, zod 3.25 this one or none.
        Some(Value::String(typ)) if three && named && !typ.is_empty() => None,
        None if three && named => None,
        Some(_) => Some(false),
        None => Some(named),
    }
}

/// `JSON.parse(atob(text))`
fn decode(text: &str) -> Option<Value> {
    // atob gives one character for each byte.
    let text: String = bytes(text)?.into_iter().map(char::from).collect();
    serde_json::from_str(&text).ok()
}

/// `atob(text)`: white space is ignored, padding is not needed.
fn bytes(text: &str) -> Option<Vec<u8>> {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let text: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    GeneralPurpose::new(&STANDARD, config).decode(text).ok()
}
