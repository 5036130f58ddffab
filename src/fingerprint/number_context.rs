//! What the text around a number says about it.

use super::lexicon::{self, CODE_LABELS};

/// How much of the text before a number can state a failure; a limit keeps the work linear.
const STATEMENT: usize = 256;

/// The text around a number.
pub(crate) struct NumberContext<'a> {
    pub(crate) previous_word: &'a str,
    /// All text before the number.
    pub(crate) before: &'a str,
    /// All text after the number.
    pub(crate) after: &'a str,
    /// The last words before the number, the nearest one first.
    nearest: [&'a str; 3],
}

impl<'a> NumberContext<'a> {
    pub(crate) fn new(previous_word: &'a str, before: &'a str, after: &'a str) -> Self {
        let mut nearest = [""; 3];
        // Without the words that only connect a label with its value ("status code of 404", "error is 5").
        let words = before.rsplit(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| {
            !word.is_empty() && !matches!(*word, "of" | "is" | "was" | "a" | "with")
        });
        for (slot, word) in nearest.iter_mut().zip(words) {
            *slot = word;
        }
        Self { previous_word, before, after, nearest }
    }

    /// The word before the number, apart from connecting words.
    pub(crate) fn label(&self) -> &'a str {
        let [label, ..] = self.nearest;
        label
    }

    pub(crate) fn follows(&self, word: &str) -> bool {
        self.previous_word.eq_ignore_ascii_case(word)
    }

    /// Whether one of the last three words is `word`, ignoring case.
    pub(crate) fn is_near(&self, word: &str) -> bool {
        self.nearest.iter().any(|other| other.eq_ignore_ascii_case(word))
    }

    /// Whether the word before the number, apart from connecting words, introduces a code.
    pub(crate) fn is_labeled(&self) -> bool {
        let word = self.label();
        CODE_LABELS.iter().any(|label| word.eq_ignore_ascii_case(label))
            || lexicon::ends_with(word, "statuscode")
            || lexicon::ends_with(word, "errorcode")
            || word.ends_with("_code")
    }

    /// Whether the number is alone between parentheses.
    pub(crate) fn is_parenthesized(&self) -> bool {
        self.before.ends_with('(') && self.after.starts_with(')')
    }

    /// Whether the number is the value that the text ends with: `…: 503`, `… - 503`.
    pub(crate) fn ends_the_text(&self) -> bool {
        let introduced = [": ", " - ", ":"].iter().any(|mark| self.before.ends_with(mark));
        introduced && self.after.trim_matches([' ', '-', '.', ':', '"', '\n']).is_empty()
    }

    /// The text before the number that counts.
    pub(crate) fn near(&self) -> &'a str {
        let start = self.before.ceil_char_boundary(self.before.len().saturating_sub(STATEMENT));
        self.before.get(start..).unwrap_or_default()
    }

    /// Whether the text before the number states a failure, or names a response.
    pub(crate) fn states_failure(&self) -> bool {
        let before = self.near();
        lexicon::states_failure(before)
            || before.contains("response")
            || before.contains("Response")
    }
}
