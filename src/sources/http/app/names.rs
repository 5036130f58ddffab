//! Names of fields that reports add to those of the known formats: components, and information.

use crate::name_words::words;

/// Words by what they are about, a list on each line.
const WORDS: &str = include_str!("name_words.txt");

/// Whether a word is in this list.
fn is_listed(list: &str, word: &str) -> bool {
    let mut lists = WORDS.lines().filter_map(|line| line.split_once(": "));
    lists.any(|(name, words)| name == list && words.split(' ').any(|listed| listed == word))
}

/// Whether the value of a field is information: `maintenance`, `log_level`, `readOnly`, `lastError`.
pub(super) fn is_information(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    matches!(
        lower.as_str(),
        "readonly" | "loglevel" | "dryrun" | "dry_run" | "timedout" | "timed_out"
    ) || words(name).iter().any(|word| is_listed("information", word))
}

/// Whether a field says by its name whether something works: `connected`, `isHealthy`, `redis_up`.
fn says_whether_it_works(name: &str) -> bool {
    words(name).last().is_some_and(|word| is_listed("working", word))
}

/// Whether a name is that of a component: `redisCache`, `primary_db`.
pub(super) fn names_component(name: &str) -> bool {
    words(name).iter().any(|word| is_listed("component", word))
}

/// Whether a field says by its name whether a component works.
pub(super) fn is_component(name: &str) -> bool {
    names_component(name) || says_whether_it_works(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components_and_information_are_told_apart_by_their_words() {
        for name in ["db", "redisCache", "primary-db", "connected", "isHealthy", "redis_up", "S3"] {
            assert!(is_component(name), "{name}");
        }
        for name in ["backup", "setup", "cached", "production", "vector", "adb", "notebook"] {
            assert!(!is_component(name), "{name}");
        }
        for name in
            ["maintenance", "maintenanceMode", "read_only", "readOnly", "LOG_LEVEL", "lastError"]
        {
            assert!(is_information(name), "{name}");
        }
        for name in ["db", "redis", "connected", "services"] {
            assert!(!is_information(name), "{name}");
        }
    }
}
