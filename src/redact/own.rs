//! The credentials of this process: the database password, the admin token, values of headers. The other side can
//! echo them in its own encoding, and nothing in such a text need look like a secret.

use std::borrow::Cow;
use std::sync::{OnceLock, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use super::REDACTED;
use super::marks::Marks;

/// Minimum length of a credential: shorter ones occur in ordinary words.
const MIN: usize = 4;

/// Length below which a credential is removed only as a complete word.
const MIN_PART: usize = 8;

/// The spellings of all credentials.
#[derive(Default)]
struct Spellings {
    /// Longest first.
    all: Vec<String>,
    /// Few texts contain one: these are found in one pass.
    marks: Option<Marks<()>>,
}

fn spellings() -> &'static RwLock<Spellings> {
    static SPELLINGS: OnceLock<RwLock<Spellings>> = OnceLock::new();
    SPELLINGS.get_or_init(RwLock::default)
}

/// Registers a credential of this process: [`remove`] removes it from now on.
pub(crate) fn register(secret: &str) {
    if secret.chars().count() < MIN || secret == REDACTED {
        return;
    }
    let Ok(mut spellings) = spellings().write() else { return };
    let Spellings { all, marks } = &mut *spellings;
    for spelling in encodings(secret) {
        if !all.contains(&spelling) {
            all.push(spelling);
        }
    }
    all.sort_unstable_by_key(|spelling| std::cmp::Reverse(spelling.len()));
    *marks = Some(Marks::new(all.iter().map(|spelling| (spelling.as_str(), false, ()))));
}

/// Removes the credentials of this process from a text of the other side.
pub(crate) fn remove(text: &str) -> Cow<'_, str> {
    remove_if(text, |_| true)
}

/// Removes them from an output of this process, except those that are ordinary words: the password `postgres` is
/// also the name of a role, and names must not be replaced in JSON.
pub(crate) fn remove_from_output(text: &str) -> Cow<'_, str> {
    remove_if(text, |spelling| {
        spelling.len() >= MIN_PART && !spelling.bytes().all(|byte| byte.is_ascii_lowercase())
    })
}

fn remove_if(text: &str, condition: fn(&str) -> bool) -> Cow<'_, str> {
    let Ok(spellings) = spellings().read() else { return Cow::Borrowed(text) };
    let mut text = Cow::Borrowed(text);
    if !spellings.marks.as_ref().is_some_and(|marks| marks.is_in(&text)) {
        return text;
    }
    for spelling in spellings.all.iter().filter(|spelling| condition(spelling)) {
        if text.contains(spelling.as_str()) {
            text = Cow::Owned(remove_one(&text, spelling));
        }
    }
    text
}

fn remove_one(text: &str, spelling: &str) -> String {
    let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (start, found) in text.match_indices(spelling) {
        let end = start + found.len();
        let is_part =
            is_word(text[..start].chars().next_back()) || is_word(text[end..].chars().next());
        out.push_str(&text[at..start]);
        out.push_str(if is_part && found.len() < MIN_PART { found } else { REDACTED });
        at = end;
    }
    out + &text[at..]
}

/// The spellings of a credential: itself, percent-encoded, in JSON and HTML, in base64 at each of its three offsets.
fn encodings(secret: &str) -> Vec<String> {
    let mut all = vec![
        secret.to_owned(),
        secret.escape_debug().to_string(),
        secret.escape_default().to_string(),
    ];
    // What stays as it is: nothing, as in the form encoding, as in `encodeURIComponent`, as in `encodeURI`.
    for keep in ["", "-_.~", "-_.~!*'()", "-_.~!*'()$&+,;=:@/"] {
        let percent = percent(secret, keep);
        all.push(lower_escapes(&percent));
        all.push(percent.replace("%20", "+"));
        all.push(percent.replace('%', "%25"));
        all.push(percent);
    }
    let json = json(secret);
    all.push(json.replace('/', "\\/"));
    all.push(self::json(&json));
    all.push(json);
    all.push(ascii_json(secret));
    all.push(
        secret
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
            .replace('"', "&quot;")
            .replace('\'', "&#39;"),
    );
    all.push(secret.replace('\'', "''"));
    all.push(secret.bytes().map(|byte| format!("{byte:02x}")).collect());
    for offset in 0..3 {
        all.extend(base64_at(secret, offset));
    }
    all.retain(|spelling| spelling.len() >= MIN);
    all.sort_unstable();
    all.dedup();
    all
}

fn percent(secret: &str, keep: &str) -> String {
    let is_kept = |byte: u8| byte.is_ascii_alphanumeric() || keep.as_bytes().contains(&byte);
    let byte = |byte: u8| {
        if is_kept(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }
    };
    secret.bytes().map(byte).collect()
}

/// Lower-case hexadecimal digits after each `%`.
fn lower_escapes(text: &str) -> String {
    let mut parts = text.split('%');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |out, part| {
        let (digits, rest) = part.split_at_checked(2).unwrap_or((part, ""));
        out + "%" + &digits.to_ascii_lowercase() + rest
    })
}

/// The content of a JSON string.
fn json(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted.get(1..quoted.len() - 1).unwrap_or_default().to_owned()
}

/// JSON whose characters outside ASCII are escaped.
fn ascii_json(secret: &str) -> String {
    let mut units = [0; 2];
    let one = |c: char| match c {
        '"' | '\\' => format!("\\{c}"),
        ' '..='~' => c.to_string(),
        _ => c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")).collect(),
    };
    secret.chars().map(one).collect()
}

/// Base64 of a text that contains the secret after `offset` other bytes: the characters that do not depend on what
/// is around it.
fn base64_at(secret: &str, offset: usize) -> Vec<String> {
    let bytes = [&vec![0; offset], secret.as_bytes()].concat();
    let skip = [0, 2, 3][offset];
    let whole = bytes.len() * 8 / 6;
    let cut = |encoded: String| encoded.get(skip..whole).unwrap_or_default().to_owned();
    let spellings = [STANDARD_NO_PAD.encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes)];
    // A few characters of base64 occur in other words.
    spellings.into_iter().map(cut).filter(|spelling| spelling.len() >= MIN_PART).collect()
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    #[test]
    fn own_credentials_are_removed_in_every_encoding() {
        let secret = "own p@ss/w\u{f6}rd\"1";
        register(secret);
        let json = serde_json::to_string(secret).unwrap();
        for echoed in [
            secret.to_owned(),
            json.clone(),
            serde_json::to_string(&json).unwrap(),
            percent(secret, ""),
            lower_escapes(&percent(secret, "")),
            STANDARD.encode(secret),
            STANDARD.encode(format!("user:{secret}")),
            STANDARD.encode(format!("me:{secret}@host")),
            URL_SAFE_NO_PAD.encode(format!("a:{secret}")),
            "own p@ss/w\\u00f6rd\\\"1".to_owned(),
        ] {
            let shown = remove(&format!("refused: {echoed} (1)")).into_owned();
            assert!(shown.contains(REDACTED), "{echoed}: {shown}");
            assert!(!shown.contains(&echoed), "{shown}");
        }
    }

    #[test]
    fn short_own_credentials_are_removed_as_words_only() {
        register("zebra");
        assert_eq!(remove("zebras and zebra"), format!("zebras and {REDACTED}"));
        register("abc");
        assert_eq!(remove("abc"), "abc");
    }
}
