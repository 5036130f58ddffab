//! Names that columns, tables and states of home-grown queues often have. They only fill in a draft, which a person
//! reads before it is used.

use crate::queue::Lifecycle;

/// One line per use: what the names stand for, a tab, and the names, the most telling first.
const NAMES: &str = include_str!("names.tsv");

/// The names for a use: `column of due`, `time of dead`.
pub(in crate::queue) fn names(of: &str) -> impl Iterator<Item = &'static str> {
    let mut lines = NAMES.lines().filter_map(|line| line.split_once('\t'));
    let names = lines.find_map(|(what, names)| (what == of).then_some(names));
    names.unwrap_or_default().split(' ').filter(|name| !name.is_empty())
}

/// The role of a state by its word.
pub(super) fn role(value: &str) -> Option<Lifecycle> {
    let word = value.to_ascii_lowercase().replace(['-', ' '], "_");
    let is_word =
        |role: &Lifecycle| names(&format!("word for {}", role.as_str())).any(|known| known == word);
    Lifecycle::ALL.into_iter().find(is_word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queue::Field;

    #[test]
    fn every_field_has_names_and_every_line_is_used() {
        let fields = Field::ALL.map(|field| format!("column of {}", field.name()));
        assert!(fields.iter().all(|field| names(field).next().is_some()), "{fields:?}");
        let others = ["flag of ", "time of ", "word for "]
            .map(|use_of| Lifecycle::ALL.map(|role| format!("{use_of}{}", role.as_str())));
        for line in NAMES.lines() {
            let (what, _) = line.split_once('\t').unwrap();
            let mut known = fields.iter().chain(others.as_flattened());
            assert!(what == "part of table" || known.any(|known| known == what), "{line}");
        }
    }
}
