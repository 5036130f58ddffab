//! "Did you mean": the nearest of the words that would have been right.

/// The candidate nearest to `word`, where one is near enough to be a slip.
#[must_use]
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let near = |candidate: &&str| {
        let distance = strsim::damerau_levenshtein(&word, &candidate.to_lowercase());
        (distance <= (candidate.len() / 3).clamp(1, 3)).then_some(distance)
    };
    candidates
        .into_iter()
        .filter_map(|candidate| Some((near(&candidate)?, candidate)))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The hint of an error about `word`: the nearest candidate, else all of them.
#[must_use]
pub fn did_you_mean(word: &str, candidates: &[&str]) -> String {
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
