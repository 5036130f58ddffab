//! JavaScript regular expressions, applied to UTF-16 strings.

use regress::Regex;

use crate::zod::model::Pattern;

/// Whether a pattern matches a text; `None` if the pattern is sticky or not supported.
pub(crate) fn matches(pattern: &Pattern, text: &str) -> Option<bool> {
    // The match of a sticky pattern depends on the position where the previous match ended.
    if pattern.flags.contains('y') {
        return None;
    }
    let flags: String = pattern.flags.chars().filter(|c| !matches!(c, 'g' | 'd')).collect();
    let regex = Regex::with_flags(&pattern.source, flags.as_str()).ok()?;
    // JavaScript strings are UTF-16; without `u` a pattern matches single surrogates.
    let units: Vec<u16> = text.encode_utf16().collect();
    let unicode = pattern.flags.contains(['u', 'v']);
    let found = if unicode {
        regex.find_from_utf16(&units, 0).next()
    } else {
        regex.find_from_ucs2(&units, 0).next()
    };
    Some(found.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(source: &str, flags: &str, text: &str) -> Option<bool> {
        matches(&Pattern { source: source.to_owned(), flags: flags.to_owned() }, text)
    }

    #[test]
    fn regex_semantics_match_javascript() {
        assert_eq!(found("^sk_(live|test)_", "", "sk_live_x"), Some(true));
        assert_eq!(found("^(?!test)", "", "test"), Some(false));
        assert_eq!(found("^abc$", "i", "ABC"), Some(true));
        assert_eq!(found("(a)\\1", "", "aa"), Some(true));
        assert_eq!(found("^\\d+$", "", "١٢"), Some(false));
        assert_eq!(found("^b", "m", "a\nb"), Some(true));
        assert_eq!(found("b", "g", "ab"), Some(true));
        assert_eq!(found("b", "y", "ab"), None);
        assert_eq!(found("^.$", "", "😀"), Some(false));
        assert_eq!(found("^..$", "", "😀"), Some(true));
        assert_eq!(found("^.$", "u", "😀"), Some(true));
        assert_eq!(found("(", "", "x"), None);
    }
}
