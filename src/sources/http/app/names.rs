//! Names of fields that reports add to those of the known formats: components, and information.

/// Words that name a component.
const COMPONENTS: [&str; 58] = [
    "api",
    "backend",
    "broker",
    "bucket",
    "cache",
    "cassandra",
    "clickhouse",
    "consul",
    "database",
    "db",
    "disk",
    "diskspace",
    "dns",
    "dynamodb",
    "elastic",
    "elasticsearch",
    "email",
    "ffmpeg",
    "filesystem",
    "firebase",
    "firestore",
    "gateway",
    "influxdb",
    "kafka",
    "ldap",
    "mail",
    "mailer",
    "mariadb",
    "meilisearch",
    "memcached",
    "mongo",
    "mongodb",
    "mqtt",
    "mysql",
    "nats",
    "neo4j",
    "network",
    "opensearch",
    "payments",
    "pg",
    "postgres",
    "postgresql",
    "prisma",
    "qdrant",
    "queue",
    "rabbit",
    "rabbitmq",
    "redis",
    "s3",
    "scheduler",
    "search",
    "smtp",
    "sqlite",
    "storage",
    "stripe",
    "supabase",
    "upstream",
    "valkey",
];
/// Further words that name one in the plural or with another word.
const MORE_COMPONENTS: [&str; 6] = ["worker", "workers", "queues", "websocket", "sentry", "vault"];
/// Last words of names that say whether something works: `dbConnected`, `is_up`.
const WORKING: [&str; 14] = [
    "alive",
    "connected",
    "healthy",
    "ok",
    "online",
    "operational",
    "passed",
    "reachable",
    "ready",
    "running",
    "success",
    "succeeded",
    "up",
    "available",
];
/// Words of names whose value is information, whatever it is.
const INFORMATION: [&str; 63] = [
    "action",
    "auth",
    "authenticated",
    "beta",
    "build",
    "cached",
    "code",
    "color",
    "colour",
    "commit",
    "configured",
    "critical",
    "debug",
    "default",
    "degraded",
    "description",
    "detail",
    "development",
    "direction",
    "disabled",
    "draining",
    "enabled",
    "env",
    "environment",
    "event",
    "experimental",
    "fallback",
    "flag",
    "flags",
    "features",
    "kind",
    "label",
    "last",
    "leader",
    "level",
    "logging",
    "maintenance",
    "message",
    "mode",
    "msg",
    "name",
    "note",
    "only",
    "paused",
    "previous",
    "primary",
    "production",
    "reason",
    "required",
    "sealed",
    "secure",
    "severity",
    "ssl",
    "stale",
    "standby",
    "supported",
    "theme",
    "title",
    "tls",
    "trend",
    "type",
    "verbose",
    "version",
];

/// The words of a name: `dbConnected`, `db_connected` and `db-connected` have two.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before_is_lower = false;
    for letter in name.chars() {
        let is_border = !letter.is_alphanumeric() || letter.is_uppercase() && before_is_lower;
        if is_border && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        before_is_lower = letter.is_lowercase() || letter.is_ascii_digit();
        if let Some(word) = words.last_mut().filter(|_| letter.is_alphanumeric()) {
            word.extend(letter.to_lowercase());
        }
    }
    words
}

/// Whether the value of a field is information: `maintenance`, `log_level`, `readOnly`, `lastError`.
pub(super) fn is_information(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    matches!(
        lower.as_str(),
        "readonly" | "loglevel" | "dryrun" | "dry_run" | "timedout" | "timed_out"
    ) || words(name).iter().any(|word| INFORMATION.contains(&word.as_str()))
}

/// Whether a field says by its name whether something works: `connected`, `isHealthy`, `redis_up`.
fn says_whether_it_works(name: &str) -> bool {
    words(name).last().is_some_and(|word| WORKING.contains(&word.as_str()))
}

/// Whether a name is that of a component: `redisCache`, `primary_db`.
pub(super) fn names_component(name: &str) -> bool {
    let known = |word: &String| {
        COMPONENTS.contains(&word.as_str()) || MORE_COMPONENTS.contains(&word.as_str())
    };
    words(name).iter().any(known)
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
