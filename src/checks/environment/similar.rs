//! Names that may be one key: misspelled, or renamed.

/// The name among others that is close enough to be the same key, misspelled or renamed.
///
/// Different variables often share most of their letters (`DATABASE_URL` and `DATABASE_USER`, `SMTP_HOST` and
/// `SMTP_PORT`), so names are compared word by word.
pub(crate) fn did_you_mean<'a>(
    name: &str,
    others: impl Iterator<Item = &'a str>,
) -> Option<&'a str> {
    others
        .filter(|other| *other != name && is_similar(name, other))
        .min_by_key(|other| strsim::osa_distance(name, other))
}

/// Whether two names may be one key.
pub(crate) fn is_similar(a: &str, b: &str) -> bool {
    let (a, b) = (a.to_ascii_uppercase(), b.to_ascii_uppercase());
    let (words, others): (Vec<&str>, Vec<&str>) = (a.split('_').collect(), b.split('_').collect());
    if a.replace('_', "") == b.replace('_', "") {
        return true;
    }
    if words.len() == others.len() {
        return words_are_similar(&words, &others);
    }
    let (longer, shorter) =
        if words.len() > others.len() { (&words, &others) } else { (&others, &words) };
    has_word_inside(longer, shorter) || is_joined(&a, &b)
}

/// Whether all words but one are the same, and that one is misspelled.
fn words_are_similar(words: &[&str], others: &[&str]) -> bool {
    let mut different = words.iter().zip(others).filter(|(word, other)| word != other);
    let (Some((word, other)), None) = (different.next(), different.next()) else { return false };
    is_misspelled(word, other)
}

/// Whether a word is another one with a typing error.
fn is_misspelled(word: &str, other: &str) -> bool {
    const SAME: [&str; 3] = ["URL", "URI", "URLS"];
    if SAME.contains(&word) && SAME.contains(&other) {
        return true;
    }
    // `KEY_1` and `KEY_2` are different keys.
    let letters = |text: &str| text.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned();
    if letters(word) == letters(other) {
        return false;
    }
    let distance = strsim::osa_distance(word, other);
    // A plural is a misspelling, also of a short word.
    let plural = word.strip_suffix('S') == Some(other) || other.strip_suffix('S') == Some(word);
    match word.len().min(other.len()) {
        0..=2 => false,
        3..=4 => plural || (distance == 1 && word.len() != other.len()),
        5..=8 => distance == 1,
        _ => distance <= 2,
    }
}

/// Whether one name has one word more, neither the first nor the last, and both have at least two others.
fn has_word_inside(longer: &[&str], shorter: &[&str]) -> bool {
    longer.len() == shorter.len() + 1
        && shorter.len() >= 2
        && (1..longer.len() - 1)
            .any(|at| longer[..at] == shorter[..at] && longer[at + 1..] == shorter[at..])
}

/// Whether the names differ by one letter apart from where their words end: `SITEURL` and `SITE_URLS`.
fn is_joined(a: &str, b: &str) -> bool {
    let (a, b) = (a.replace('_', ""), b.replace('_', ""));
    a.len().min(b.len()) >= 8 && strsim::osa_distance(&a, &b) == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelled_and_renamed_keys_are_similar() {
        for (name, other) in [
            ("DATABSE_URL", "DATABASE_URL"),
            ("NEXT_PUBLIC_SITEURL", "NEXT_PUBLIC_SITE_URL"),
            ("SUPABASE_SERVICE_KEY", "SUPABASE_SERVICE_ROLE_KEY"),
            ("LOG_LEVL", "LOG_LEVEL"),
            ("SUPABASE_URI", "SUPABASE_URL"),
            ("ALLOWED_ORIGIN", "ALLOWED_ORIGINS"),
            ("Database_Url", "DATABASE_URL"),
        ] {
            assert!(is_similar(name, other) && is_similar(other, name), "{name} {other}");
        }
    }

    #[test]
    fn different_variables_are_not_similar() {
        for (name, other) in [
            ("NEXTAUTH_SECRET", "NEXTAUTH_URL"),
            ("DATABASE_USER", "DATABASE_URL"),
            ("AWS_REGION", "AI_AWS_REGION"),
            ("NEXT_PUBLIC_SANITY_DATASET", "NEXT_PUBLIC_AXIOM_DATASET"),
            ("SMTP_HOST", "SMTP_PORT"),
            ("DB_HOST", "DB_PORT"),
            ("API_KEY_1", "API_KEY_2"),
            ("DATABASE_URL", "DATABASE_URL_UNPOOLED"),
            ("STRIPE_SECRET_KEY", "STRIPE_PUBLIC_KEY"),
            ("TEST_URL", "REST_URL"),
            ("URL", "API_URL"),
        ] {
            assert!(!is_similar(name, other) && !is_similar(other, name), "{name} {other}");
        }
    }
}
