//! Suggestions for misspelled names ("did you mean").

/// The candidate with the smallest edit distance to `word`, if it is small enough for a typing
/// error.
pub(crate) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let word = word.to_lowercase();
    let distance_to = |candidate: &str| {
        let distance = strsim::damerau_levenshtein(&word, &candidate.to_lowercase());
        (distance <= (candidate.len() / 3).clamp(1, 3)).then_some(distance)
    };
    candidates
        .into_iter()
        .filter_map(|candidate| Some((distance_to(candidate)?, candidate)))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The hint for an unknown `word`: the nearest candidate, otherwise the list of all candidates.
pub(crate) fn did_you_mean(word: &str, candidates: &[&str]) -> String {
    match nearest(word, candidates.iter().copied()) {
        Some(candidate) => format!("did you mean `{candidate}`?"),
        None if candidates.is_empty() => "none is defined".to_owned(),
        None => format!("one of: {}", candidates.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn similar_key_is_suggested_otherwise_all_keys_are_listed() {
        let keys = ["base_url", "protected", "read_only"];
        assert_eq!(nearest("base-url", keys), Some("base_url"));
        assert_eq!(nearest("protcted", keys), Some("protected"));
        assert_eq!(nearest("colour", keys), None);
        assert_eq!(did_you_mean("colour", &keys), "one of: base_url, protected, read_only");
    }
}
