//! Views: a text with its escapes decoded, and the way back to the places in the original text.
//!
//! Error texts are often escaped once or more: JSON in JSON, percent-encoded URLs, HTML, terminal colors. The scanner
//! reads the text itself and its view, so that no rule needs to know about escapes.

use std::ops::Range;

/// Maximum number of times that a text is decoded: JSON in JSON in JSON.
const MAX_ROUNDS: usize = 3;

/// Characters that are not visible and can stand within a name. They have no place in a view.
const INVISIBLE: [char; 10] = [
    '\u{ad}', '\u{34f}', '\u{180e}', '\u{200b}', '\u{200c}', '\u{200d}', '\u{200e}', '\u{200f}',
    '\u{2060}', '\u{feff}',
];

/// HTML entities of the characters that delimit names and values.
const ENTITIES: [(&str, char); 16] = [
    ("&quot;", '"'),
    ("&#34;", '"'),
    ("&#x22;", '"'),
    ("&apos;", '\''),
    ("&#39;", '\''),
    ("&#x27;", '\''),
    ("&lt;", '<'),
    ("&gt;", '>'),
    ("&amp;", '&'),
    ("&#38;", '&'),
    ("&#61;", '='),
    ("&#x3d;", '='),
    ("&#x3D;", '='),
    ("&equals;", '='),
    ("&#58;", ':'),
    ("&colon;", ':'),
];

/// A decoded text.
pub(super) struct View {
    pub(super) text: String,
    /// The original place of each byte of the text.
    places: Vec<Range<usize>>,
}

impl View {
    /// Decodes the escapes of a text; None if it has none.
    pub(super) fn decode(text: &str) -> Option<Self> {
        let mut view = Self::round(text)?;
        for _ in 1..MAX_ROUNDS {
            let Some(next) = Self::round(&view.text) else { break };
            let places = next.places.iter().map(|place| view.original(place));
            view = Self { places: places.collect(), text: next.text };
        }
        Some(view)
    }

    /// Returns the original place of a range of the view.
    pub(super) fn original(&self, range: &Range<usize>) -> Range<usize> {
        let start = self.places.get(range.start).map_or(0, |place| place.start);
        let end = self.places.get(range.end.saturating_sub(1)).map_or(start, |place| place.end);
        start..end.max(start)
    }

    /// Decodes every escape once; None if there is none.
    fn round(text: &str) -> Option<Self> {
        let mut at = first_escape(text)?;
        let mut view = Self {
            text: text[..at].to_owned(),
            places: (0..at).map(|place| place..place + 1).collect(),
        };
        while let Some(c) = text[at..].chars().next() {
            let (decoded, length) = escape(&text[at..]).unwrap_or((Some(c), c.len_utf8()));
            if let Some(decoded) = decoded {
                view.text.push(decoded);
                view.places.extend((0..decoded.len_utf8()).map(|_| at..at + length));
            }
            at += length;
        }
        Some(view)
    }
}

/// The bytes that can start an escape. Those within a character are not among them.
const ESCAPES: [bool; 256] = {
    let (mut escapes, mut byte) = ([false; 256], 0);
    while byte < 256 {
        escapes[byte] = matches!(byte as u8, b'%' | b'\\' | b'&' | 0x1b | 0xc2..=0xef);
        byte += 1;
    }
    escapes
};

/// The place of the first escape.
fn first_escape(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(next) = bytes[at..].iter().position(|byte| ESCAPES[usize::from(*byte)]) {
        at += next;
        if escape(&text[at..]).is_some() {
            return Some(at);
        }
        at += 1;
    }
    None
}

/// Returns what the escape at the start of a text means (None: nothing) and its length; None if there is no escape.
fn escape(text: &str) -> Option<(Option<char>, usize)> {
    let bytes = text.as_bytes();
    match bytes[0] {
        b'%' => hex(bytes.get(1..3)?).map(|c| (Some(c), 3)),
        b'\\' => backslash(bytes),
        b'&' => ENTITIES
            .iter()
            .find(|(entity, _)| text.starts_with(entity))
            .map(|(entity, c)| (Some(*c), entity.len())),
        0x1b => Some((None, color(bytes))),
        0x80.. => text.chars().next().filter(|c| is_invisible(*c)).map(|c| (None, c.len_utf8())),
        _ => None,
    }
}

/// An escape with a backslash: `\"`, `\\"`, `\n`, `\u0022`, `\x1b`.
fn backslash(bytes: &[u8]) -> Option<(Option<char>, usize)> {
    let run = bytes.iter().take_while(|byte| **byte == b'\\').count();
    let code = |digits: usize| {
        let digits = bytes.get(run + 1..run + 1 + digits)?;
        let (zeros, code) = digits.split_at(digits.len() - 2);
        zeros
            .iter()
            .all(|zero| *zero == b'0')
            .then(|| hex(code))
            .flatten()
            .map(|c| (Some(c), run + 1 + digits.len()))
    };
    match bytes.get(run)? {
        quote @ (b'"' | b'\'' | b'`' | b'/') => Some((Some(char::from(*quote)), run + 1)),
        b'n' | b'r' => Some((Some('\n'), run + 1)),
        b't' => Some((Some('\t'), run + 1)),
        b'u' => code(4),
        b'x' => code(2),
        b'e' if bytes.get(run + 1) == Some(&b'[') => Some((Some('\u{1b}'), run + 1)),
        _ => None,
    }
}

/// The ASCII character of two hexadecimal digits.
fn hex(digits: &[u8]) -> Option<char> {
    let digits = std::str::from_utf8(digits)
        .ok()
        .filter(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    let byte = u8::from_str_radix(digits, 16).ok()?;
    (byte.is_ascii_graphic() || matches!(byte, b' ' | b'\n' | b'\r' | b'\t' | 0x1b))
        .then_some(char::from(byte))
}

/// Length of a color sequence.
fn color(bytes: &[u8]) -> usize {
    if bytes.get(1) != Some(&b'[') {
        return 1;
    }
    2 + bytes[2..].iter().take_while(|byte| !(0x40..=0x7e).contains(*byte)).count()
        + usize::from(bytes[2..].iter().any(|byte| (0x40..=0x7e).contains(byte)))
}

fn is_invisible(c: char) -> bool {
    INVISIBLE.contains(&c) || ('\u{fe00}'..='\u{fe0f}').contains(&c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(text: &str) -> String {
        View::decode(text).map_or_else(|| text.to_owned(), |view| view.text)
    }

    #[test]
    fn escapes_of_every_kind_are_decoded() {
        for (escaped, expected) in [
            (r#"{\"a\": \"b\"}"#, r#"{"a": "b"}"#),
            (r#"\\\"a\\\""#, r#""a""#),
            ("%22a%22%3A", r#""a":"#),
            ("%2522a", "\"a"),
            (r"\u0022a\x22", "\"a\""),
            ("&quot;a&quot;", "\"a\""),
            ("\u{1b}[32ma\u{1b}[39m:", "a:"),
            (r"\u001b[32ma", "a"),
            ("a\u{200b}b", "ab"),
            (r"one\ntwo", "one\ntwo"),
        ] {
            assert_eq!(decoded(escaped), expected, "{escaped}");
        }
        for plain in ["100% of a", r"C:\dir", "a & b", "naïve"] {
            assert_eq!(decoded(plain), plain);
        }
    }

    #[test]
    fn decoded_ranges_lead_back_to_the_original_text() {
        let text = r#"x %5C%22key%5C%22: \"val\" y"#;
        let view = View::decode(text).unwrap();
        let at = view.text.find("val").unwrap();
        assert_eq!(&text[view.original(&(at..at + 3))], "val");
        let at = view.text.find("key").unwrap();
        assert_eq!(&text[view.original(&(at..at + 4))], "key%5C%22");
    }
}
