//! Repair of lone surrogates in JSON: JavaScript may cut a string in the middle of a surrogate pair
//! and write the remaining half as an escape (`\ud83d`), which serde_json rejects.

use std::borrow::Cow;

/// Replaces every escape of a lone surrogate by `\ufffd`, the replacement character.
pub(crate) fn replace_lone_surrogates(json: &str) -> Cow<'_, str> {
    if !json.contains("\\u") {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let (replacement, length) = match (code_unit(rest), rest.get(6..).and_then(code_unit)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => (&rest[..12], 12),
            (Some(0xd800..=0xdfff), _) => ("\\ufffd", 6),
            _ => {
                // Skips the backslash and the escaped character: the second backslash of `\\u` does
                // not start an escape.
                let length = rest.chars().take(2).map(char::len_utf8).sum();
                (&rest[..length], length)
            }
        };
        out.push_str(replacement);
        rest = &rest[length..];
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Returns the code unit of an escape such as `\u00e9` at the start of `text`.
fn code_unit(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    let hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    hex.then(|| u32::from_str_radix(digits, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lone_surrogates_are_replaced() {
        for (json, expected) in [
            (r#""cut \ud83d""#, r#""cut \ufffd""#),
            (r#""\ude00\ud83d\ude00\uD83D\ud83d""#, r#""\ufffd\ud83d\ude00\ufffd\ufffd""#),
            (r#""\\ud83d \u00e9 \" \é""#, r#""\\ud83d \u00e9 \" \é""#),
            (r"\", r"\"),
            (r"\u12", r"\u12"),
        ] {
            assert_eq!(replace_lone_surrogates(json), expected);
        }
    }
}
