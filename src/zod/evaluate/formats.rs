//! The named string formats of zod and their regular expressions.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value;
use url::Url;

use super::{Zod, regex};
use crate::zod::model::{Pattern, StringFormat};

/// A calendar day, including leap years: the date of `date` and `datetime`.
const DAY: &str = r"(?:(?:\d\d[2468][048]|\d\d[13579][26]|\d\d0[48]|[02468][048]00|[13579][26]00)-02-29|\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|(?:02)-(?:0[1-9]|1\d|2[0-8])))";
const BYTE: &str = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9][0-9]|[0-9])";
const IPV6_ZOD_3: &str = r"(([0-9a-fA-F]{1,4}:){7,7}[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,7}:|([0-9a-fA-F]{1,4}:){1,6}:[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,5}(:[0-9a-fA-F]{1,4}){1,2}|([0-9a-fA-F]{1,4}:){1,4}(:[0-9a-fA-F]{1,4}){1,3}|([0-9a-fA-F]{1,4}:){1,3}(:[0-9a-fA-F]{1,4}){1,4}|([0-9a-fA-F]{1,4}:){1,2}(:[0-9a-fA-F]{1,4}){1,5}|[0-9a-fA-F]{1,4}:((:[0-9a-fA-F]{1,4}){1,6})|:((:[0-9a-fA-F]{1,4}){1,7}|:)|fe80:(:[0-9a-fA-F]{0,4}){0,4}%[0-9a-zA-Z]{1,}|::(ffff(:0{1,4}){0,1}:){0,1}((25[0-5]|(2[0-4]|1{0,1}[0-9]){0,1}[0-9])\.){3,3}(25[0-5]|(2[0-4]|1{0,1}[0-9]){0,1}[0-9])|([0-9a-fA-F]{1,4}:){1,4}:((25[0-5]|(2[0-4]|1{0,1}[0-9]){0,1}[0-9])\.){3,3}(25[0-5]|(2[0-4]|1{0,1}[0-9]){0,1}[0-9]))";
const BASE64: &str = "^(?:[0-9a-zA-Z+/]{4})*(?:(?:[0-9a-zA-Z+/]{2}==)|(?:[0-9a-zA-Z+/]{3}=))?$";

/// Whether a text has a format; `None` if releases of the same major version differ.
pub(crate) fn matches_format(format: &StringFormat, text: &str, zod: Zod) -> Option<bool> {
    match (format, zod) {
        (StringFormat::Jwt(algorithm), _) => is_jwt(text, algorithm.as_deref(), zod),
        (StringFormat::Ip(Some(6)), Zod::Four) => is_ipv6(text),
        (StringFormat::Cidr(Some(6)), Zod::Four) => is_cidr_v6(text),
        (StringFormat::Ip(None), Zod::Three) => Some(
            matches_format(&StringFormat::Ip(Some(4)), text, zod)?
                || matches_format(&StringFormat::Ip(Some(6)), text, zod)?,
        ),
        (StringFormat::Cidr(None), Zod::Three) => Some(
            matches_format(&StringFormat::Cidr(Some(4)), text, zod)?
                || matches_format(&StringFormat::Cidr(Some(6)), text, zod)?,
        ),
        // In older releases, `atob` skips white space.
        (StringFormat::Base64, Zod::Four) if text.contains(|c: char| c.is_ascii_whitespace()) => {
            let skipped = text.len().is_multiple_of(4) && atob(text).is_some();
            if skipped { None } else { Some(false) }
        }
        (StringFormat::Base64Url, Zod::Four) => {
            let charset = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
            Some(charset && text.len() % 4 != 1)
        }
        _ => {
            let matches = |(source, flags): (String, &str)| {
                regex::matches(&Pattern { source, flags: flags.to_owned() }, text)
            };
            let newest = matches(newest(format, zod)?);
            let agreed = older(format, zod).is_none_or(|older| matches(older) == newest);
            if agreed { newest } else { None }
        }
    }
}

/// zod 4 uses the URL parser; older releases do so for any text, including `@` and `#`.
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

/// Checks only the header; zod 4 does not convert the URL-safe alphabet first.
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
            !name.is_empty() && algorithm.is_none_or(|expected| expected == name)
        }
        Some(Value::Null | Value::Bool(false)) | None => false,
        Some(Value::Number(number)) => number.as_f64() != Some(0.0) && algorithm.is_none(),
        Some(_) => algorithm.is_none(),
    };
    match header.get("typ") {
        Some(typ) if typ == "JWT" => Some(named),
        // zod 3.24 requires any type, zod 3.25 this one or none.
        Some(Value::String(typ)) if three && named && !typ.is_empty() => None,
        None if three && named => None,
        Some(_) => Some(false),
        None => Some(named),
    }
}

/// `JSON.parse(atob(text))`
fn decode(text: &str) -> Option<Value> {
    // The result of atob has one character for each byte.
    let text: String = atob(text)?.into_iter().map(char::from).collect();
    serde_json::from_str(&text).ok()
}

/// `atob(text)`: ignores white space and does not require padding.
fn atob(text: &str) -> Option<Vec<u8>> {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let text: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    GeneralPurpose::new(&STANDARD, config).decode(text).ok()
}

/// The expression of zod 3.25 or zod 4.6 for a format, with its flags.
fn newest(format: &StringFormat, zod: Zod) -> Option<(String, &'static str)> {
    let four = zod == Zod::Four;
    let either = |three: &'static str, other: &'static str| if four { other } else { three };
    // zod 3 ignores case for these.
    let ignore_case = if four { "" } else { "i" };
    let (source, flags): (String, &str) = match format {
        StringFormat::Email => (
            either(
                r"^(?!\.)(?!.*\.\.)([A-Z0-9_'+\-\.]*)[A-Z0-9_+-]@([A-Z0-9][A-Z0-9\-]*\.)+[A-Z]{2,}$",
                r"^(?:[A-Za-z0-9_'+\-]+\.)*[A-Za-z0-9_'+\-]*[A-Za-z0-9_+-]@(?:[A-Za-z0-9][A-Za-z0-9\-]*\.)+[A-Za-z]{2,}$",
            )
            .into(),
            ignore_case,
        ),
        StringFormat::Uuid(None) if four => (
            "^([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[1-8][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}|00000000-0000-0000-0000-000000000000|ffffffff-ffff-ffff-ffff-ffffffffffff)$".into(),
            "",
        ),
        StringFormat::Uuid(Some(version)) if four => (
            format!("^([0-9a-fA-F]{{8}}-[0-9a-fA-F]{{4}}-{version}[0-9a-fA-F]{{3}}-[89abAB][0-9a-fA-F]{{3}}-[0-9a-fA-F]{{12}})$"),
            "",
        ),
        StringFormat::Uuid(_) | StringFormat::Guid => (
            "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$".into(),
            "",
        ),
        StringFormat::Nanoid => ("^[a-zA-Z0-9_-]{21}$".into(), ignore_case),
        StringFormat::Cuid => (either(r"^c[^\s-]{8,}$", "^[cC][0-9a-z]{6,}$").into(), ignore_case),
        StringFormat::Cuid2 => ("^[0-9a-z]+$".into(), ""),
        StringFormat::Ulid => (
            either("^[0-9A-HJKMNP-TV-Z]{26}$", "^[0-7][0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{25}$").into(),
            ignore_case,
        ),
        StringFormat::Ip(Some(4)) => (format!(r"^(?:{BYTE}\.){{3}}{BYTE}$"), ""),
        StringFormat::Cidr(Some(4)) => {
            (format!(r"^(?:{BYTE}\.){{3}}{BYTE}\/(3[0-2]|[12]?[0-9])$"), "")
        }
        StringFormat::Ip(Some(6)) => (format!("^{IPV6_ZOD_3}$"), ""),
        StringFormat::Cidr(Some(6)) => {
            (format!(r"^{IPV6_ZOD_3}\/(12[0-8]|1[01][0-9]|[1-9]?[0-9])$"), "")
        }
        StringFormat::Base64 => (BASE64.into(), ""),
        StringFormat::Base64Url => (
            "^([0-9a-zA-Z-_]{4})*(([0-9a-zA-Z-_]{2}(==)?)|([0-9a-zA-Z-_]{3}(=)?))?$".into(),
            "",
        ),
        StringFormat::E164 => (r"^\+[1-9]\d{6,14}$".into(), ""),
        StringFormat::Hostname => (r"^(?=.{1,253}\.?$)[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[-0-9a-zA-Z]{0,61}[0-9a-zA-Z])?)*\.?$".into(), ""),
        StringFormat::Hex => ("^[0-9a-fA-F]*$".into(), ""),
        StringFormat::Date => (format!("^{DAY}$"), ""),
        StringFormat::Time(precision) => (format!("^{}$", time(*precision, false, zod)), ""),
        StringFormat::DateTime { offset, local, precision } => {
            (date_time(*offset, *local, time(*precision, true, zod), zod, *precision), "")
        }
        StringFormat::Duration => (
            either(
                r"^[-+]?P(?!$)(?:(?:[-+]?\d+Y)|(?:[-+]?\d+[.,]\d+Y$))?(?:(?:[-+]?\d+M)|(?:[-+]?\d+[.,]\d+M$))?(?:(?:[-+]?\d+W)|(?:[-+]?\d+[.,]\d+W$))?(?:(?:[-+]?\d+D)|(?:[-+]?\d+[.,]\d+D$))?(?:T(?=[\d+-])(?:(?:[-+]?\d+H)|(?:[-+]?\d+[.,]\d+H$))?(?:(?:[-+]?\d+M)|(?:[-+]?\d+[.,]\d+M$))?(?:[-+]?\d+(?:[.,]\d+)?S)?)??$",
                r"^P(?:(\d+W)|(?!.*W)(?=\d|T\d)(\d+Y)?(\d+M)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+([.,]\d+)?S)?)?)$",
            )
            .into(),
            "",
        ),
        StringFormat::Ip(_) | StringFormat::Cidr(_) | StringFormat::Jwt(_) => return None,
    };
    Some((source, flags))
}

/// The expression of older releases (3.22, 4.0), if it differs.
fn older(format: &StringFormat, zod: Zod) -> Option<(String, &'static str)> {
    let byte = "((25[0-5])|(2[0-4][0-9])|(1[0-9]{2})|([0-9]{1,2}))";
    let ipv4 = format!(r"({byte}\.){{3}}{byte}");
    Some(match (format, zod) {
        (StringFormat::Email, Zod::Three) => (
            r"^(?!\.)(?!.*\.\.)([A-Z0-9_+-\.]*)[A-Z0-9_+-]@([A-Z0-9][A-Z0-9\-]*\.)+[A-Z]{2,}$".into(),
            "i",
        ),
        (StringFormat::Cuid2, Zod::Three) => ("^[a-z][a-z0-9]*$".into(), ""),
        (StringFormat::Ulid, Zod::Three) => ("^[0-9A-HJKMNP-TV-Z]{26}$".into(), ""),
        (StringFormat::Ip(Some(4)), Zod::Three) => (format!("^{ipv4}$"), ""),
        (StringFormat::Ip(Some(6)), Zod::Three) => (
            format!("^(([a-f0-9]{{1,4}}:){{7}}|::([a-f0-9]{{1,4}}:){{0,6}}|([a-f0-9]{{1,4}}:){{1}}:([a-f0-9]{{1,4}}:){{0,5}}|([a-f0-9]{{1,4}}:){{2}}:([a-f0-9]{{1,4}}:){{0,4}}|([a-f0-9]{{1,4}}:){{3}}:([a-f0-9]{{1,4}}:){{0,3}}|([a-f0-9]{{1,4}}:){{4}}:([a-f0-9]{{1,4}}:){{0,2}}|([a-f0-9]{{1,4}}:){{5}}:([a-f0-9]{{1,4}}:){{0,1}})([a-f0-9]{{1,4}}|({ipv4}))$"),
            "",
        ),
        (StringFormat::DateTime { offset, precision, .. }, Zod::Three) => {
            let digits = match precision {
                None => r"(\.\d+)?".to_owned(),
                Some(0) => String::new(),
                Some(digits) => format!(r"\.\d{{{digits}}}"),
            };
            let zone = if *offset { r"(([+-]\d{2}(:?\d{2})?)|Z)" } else { "Z" };
            (format!(r"^\d{{4}}-\d{{2}}-\d{{2}}T\d{{2}}:\d{{2}}:\d{{2}}{digits}{zone}$"), "")
        }
        (StringFormat::Cuid, Zod::Four) => (r"^[cC][^\s-]{8,}$".into(), ""),
        (StringFormat::Ulid, Zod::Four) => ("^[0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{26}$".into(), ""),
        (StringFormat::E164, Zod::Four) => (r"^\+(?:[0-9]){6,14}[0-9]$".into(), ""),
        (StringFormat::Uuid(None), Zod::Four) => (
            "^([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[1-8][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}|00000000-0000-0000-0000-000000000000)$".into(),
            "",
        ),
        (StringFormat::DateTime { offset, local, precision }, Zod::Four) => {
            let clock = time(*precision, false, zod);
            (date_time(*offset, *local, clock, zod, *precision), "")
        }
        _ => return None,
    })
}

/// The expression of a time; with a precision zod 3 requires seconds, zod 4 requires them if `seconds`.
fn time(precision: Option<i8>, seconds: bool, zod: Zod) -> String {
    let minutes = r"(?:[01]\d|2[0-3]):[0-5]\d";
    match (zod, precision) {
        (Zod::Three, None) => format!(r"{minutes}(:[0-5]\d(\.\d+)?)?"),
        (Zod::Three, Some(0)) => format!(r"{minutes}(:[0-5]\d)?"),
        (Zod::Three, Some(digits)) => format!(r"{minutes}(:[0-5]\d\.\d{{{digits}}})+"),
        (Zod::Four, Some(-1)) => minutes.to_owned(),
        (Zod::Four, Some(0)) => format!(r"{minutes}:[0-5]\d"),
        (Zod::Four, Some(digits)) => format!(r"{minutes}:[0-5]\d\.\d{{{digits}}}"),
        (Zod::Four, None) if seconds => format!(r"{minutes}:[0-5]\d(?:\.\d+)?"),
        (Zod::Four, None) => format!(r"{minutes}(?::[0-5]\d(?:\.\d+)?)?"),
    }
}

/// A day and a time; `local` adds a form without a zone (zod 4) or makes the Z optional (zod 3).
fn date_time(offset: bool, local: bool, clock: String, zod: Zod, precision: Option<i8>) -> String {
    match zod {
        Zod::Three => {
            let z = if local { "Z?" } else { "Z" };
            let offset = if offset { r"|([+-]\d{2}:?\d{2})" } else { "" };
            format!("^{DAY}T{clock}({z}{offset})$")
        }
        Zod::Four => {
            let offset = if offset { r"|([+-](?:[01]\d|2[0-3]):[0-5]\d)" } else { "" };
            let bare = time(precision, false, zod);
            let local = if local { format!("|{bare}") } else { String::new() };
            format!("^{DAY}T(?:{clock}(?:Z{offset}){local})$")
        }
    }
}
