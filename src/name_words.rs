//! Words of the names of columns and fields.

/// The words of a name in snake case, kebab case or camel case, in lower case: `dbConnected`, `db_connected` and
/// `db-connected` have two.
pub(crate) fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before_is_lower = false;
    for c in name.chars() {
        let is_border = !c.is_alphanumeric() || c.is_uppercase() && before_is_lower;
        if is_border && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        before_is_lower = c.is_lowercase() || c.is_ascii_digit();
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.extend(c.to_lowercase());
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_separated_by_punctuation_and_capitals() {
        assert_eq!(words("scheduled_for"), ["scheduled", "for"]);
        assert_eq!(words("scheduledFor"), ["scheduled", "for"]);
        assert_eq!(words("db-connected"), ["db", "connected"]);
        assert_eq!(words("notBefore2"), ["not", "before2"]);
        assert_eq!(words("__id"), ["id"]);
        assert_eq!(words("S3"), ["s3"]);
    }
}
