//! The template under construction: text, placeholders, and the best error code.

use super::code::CodeRank;
use super::lexicon::PLACEHOLDER;

/// Maximum length of a template, after which an ellipsis follows. It is counted in the template, not in the line, so
/// that the length of an id does not move the end.
const MAX_TEMPLATE: usize = 300;

/// A template under construction, with the best error code found so far.
#[derive(Default)]
pub(crate) struct TemplateBuilder {
    text: String,
    /// Where the last placeholder ended.
    placeholder_end: Option<usize>,
    code: Option<(CodeRank, String)>,
    /// Whether the maximum length was reached.
    cut: bool,
}

impl TemplateBuilder {
    /// Reserves space for the template of a text.
    pub(crate) fn reserve(&mut self, text: &str) {
        self.text.reserve(text.len().min(MAX_TEMPLATE) + 16);
    }

    /// Records the code of the template of a line that is not part of this one.
    pub(crate) fn record_code_of(&mut self, other: Self) {
        // Exit code 1 does not identify a cause: tools exit with it after every error.
        if let Some((rank, code)) = other.code.filter(|(_, code)| code != "exit 1") {
            self.record_code(rank, || code);
        }
    }

    /// Whether the maximum length was reached.
    pub(crate) fn is_cut(&self) -> bool {
        self.cut
    }

    /// Records the code field of a structured error.
    pub(crate) fn record_structured_code(&mut self, code: Option<String>) {
        if let Some(code) = code {
            // The status before the body: `400 - {"code":"invalid_params"}`.
            let status = match &self.code {
                Some((CodeRank::Http, status)) if !code.starts_with("HTTP ") => {
                    status.clone() + " "
                }
                _ => String::new(),
            };
            self.record_code(CodeRank::Structured, || status + &code);
        }
    }

    /// Removes the exception class of a wrapper, so that the class of the wrapped error is recorded.
    pub(crate) fn remove_class(&mut self) {
        self.code.take_if(|(rank, _)| *rank == CodeRank::Class);
    }

    /// Records a code if its rank is lower than that of the recorded one.
    pub(crate) fn record_code(&mut self, rank: CodeRank, code: impl FnOnce() -> String) {
        if self.code.as_ref().is_none_or(|(best, _)| rank < *best) {
            self.code = Some((rank, code()));
        }
    }

    /// Appends text unchanged.
    pub(crate) fn push(&mut self, text: &str) {
        if self.text.len() < MAX_TEMPLATE {
            self.text.push_str(text);
        } else if !self.cut {
            self.cut = true;
            self.text.push('…');
        }
    }

    /// Appends a placeholder. Placeholders with only separators between them are merged, because lists and dates vary
    /// in length and form.
    pub(crate) fn push_placeholder(&mut self) {
        match self.after_placeholder() {
            Some(gap) if gap.len() <= 3 && gap.bytes().all(|b| b" ,;:./\\-_+x#|~".contains(&b)) => {
                let end = self.text.len() - gap.len();
                self.text.truncate(end);
            }
            _ => self.push(PLACEHOLDER),
        }
        self.placeholder_end = Some(self.text.len());
    }

    /// Appends a space unless the template is empty or ends in one.
    pub(crate) fn push_space(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with(' ') {
            self.push(" ");
        }
    }

    /// The text after the last placeholder.
    fn after_placeholder(&self) -> Option<&str> {
        self.placeholder_end.and_then(|end| self.text.get(end..))
    }

    /// Whether the template ends in a placeholder, or in one and a space.
    pub(crate) fn ends_in_placeholder(&self) -> bool {
        matches!(self.after_placeholder(), Some("" | " "))
    }

    /// Whether the template ends in a placeholder and at most two more bytes.
    pub(crate) fn has_placeholder_near_end(&self) -> bool {
        self.after_placeholder().is_some_and(|gap| gap.len() <= 2)
    }

    /// Whether the template ends in a placeholder and a slash, as between the parts of a date.
    pub(crate) fn ends_in_placeholder_and_slash(&self) -> bool {
        self.text.ends_with("<*>/")
    }

    /// Removes the text after the last placeholder.
    pub(crate) fn truncate_to_placeholder(&mut self) {
        if let Some(end) = self.placeholder_end {
            self.text.truncate(end);
        }
    }

    /// The template without punctuation at its end, which is empty if there was no text, and the best code.
    pub(crate) fn finish(mut self) -> (String, Option<String>) {
        let trimmed = |text: &str| text.trim_end_matches([' ', '.', ',', ':', ';', '-']).len();
        self.text.truncate(trimmed(&self.text));
        // A value after a colon at the end is often optional, such as the name of the file.
        while let Some(rest) = self.text.strip_suffix(": <*>").filter(|rest| rest.contains(' ')) {
            let end = trimmed(rest);
            self.text.truncate(end);
        }
        (self.text, self.code.map(|(_, code)| code))
    }
}
