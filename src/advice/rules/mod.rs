//! The built-in rules, by subject, and their order.
//!
//! A timeout is safe to retry only if the text says that another side did not answer (a connection, a response, an
//! upstream); a job that exceeded its own time limit would exceed it again.

use super::{Advice, CauseCategory, Patterns, SafeToRetry};

// Tables: several patterns a line.
#[rustfmt::skip]
mod access;
#[rustfmt::skip]
mod code;
#[rustfmt::skip]
mod database;
#[rustfmt::skip]
mod environment;
#[rustfmt::skip]
mod input;
#[rustfmt::skip]
mod limits;
#[rustfmt::skip]
mod network;
#[rustfmt::skip]
mod resources;
#[rustfmt::skip]
mod worker;

/// The rules; the first match applies, so a rule precedes those whose words its texts contain as well.
pub(crate) static SHIPPED: &[Advice] = &[
    // Workers that stopped, before all timeouts.
    worker::UNRESPONSIVE,
    worker::STALLED,
    worker::RENDER_TIME,
    environment::NO_CREDENTIALS,
    // What lasts until somebody changes it, before the rate limits and refusals that report it.
    limits::QUOTA,
    limits::BILLING,
    resources::DISK,
    resources::STORAGE,
    database::READ_ONLY,
    environment::CLOCK,
    // A circuit breaker says that its data is "too large".
    limits::REJECTED,
    input::TOO_LARGE,
    input::REFUSED_CONTENT,
    input::NOT_SUPPORTED,
    input::MEDIA,
    input::SOURCE_GONE,
    input::MAIL_LATER,
    input::MAILBOX,
    input::NOT_BEGUN,
    access::CLOSED_BY_POLICY,
    access::BOT_CHECK,
    access::LOGIN,
    // Passing limits.
    limits::RATE,
    limits::ANY_QUOTA,
    limits::RATE_IN_OTHER_WORDS,
    limits::BUSY,
    access::DOWNLOAD_REFUSED,
    access::CREDENTIALS,
    access::CREDENTIALS_OF_SERVERS,
    access::PERMISSION_OF_USER,
    input::PARAMETER,
    access::OAUTH,
    access::GRANT,
    access::TLS_MISMATCH,
    input::BAD_URL,
    database::NO_INDEX,
    input::NO_OBJECT,
    resources::MEMORY,
    worker::STOPPED,
    resources::NO_SPACE,
    resources::FILE_HANDLES,
    resources::PROCESSES,
    code::ARGUMENTS_TOO_LONG,
    resources::POOL,
    database::TRANSIENT,
    database::FAILOVER,
    database::SLOW_QUERY,
    database::SCHEMA,
    database::PREPARED_STATEMENTS,
    database::CONSTRAINT,
    database::CORRUPT,
    environment::SETTINGS,
    environment::TOOL,
    environment::FILE_IN_USE,
    database::CLUSTER_CLIENT,
    database::CLUSTER_KEYS,
    environment::NO_FILE,
    access::NO_RIGHT,
    access::NO_RIGHT_AT_SERVICE,
    database::NO_RELATION,
    network::TLS,
    network::UNREACHABLE,
    network::DNS,
    // A parser that reached the end of its input, before connections that did.
    code::END_OF_INPUT,
    network::CONNECTION,
    network::DOWN,
    // Statuses, after the words that explain them: of databases, then of HTTP.
    database::SQLSTATE_PASSING,
    network::SQLSTATE_CONNECTION,
    access::SQLSTATE_CREDENTIALS,
    database::SQLSTATE_SCHEMA,
    database::SQLSTATE_CONSTRAINT,
    input::SQLSTATE_VALUE,
    network::REQUEST_TIMEOUT,
    resources::STATUS_DISK,
    network::STATUS_TLS,
    network::NOT_IMPLEMENTED,
    network::STATUS_DOWN,
    access::STATUS_CREDENTIALS,
    access::STATUS_PERMISSION,
    input::NO_CHANNEL,
    input::STATUS_GONE,
    input::STATUS_CONFLICT,
    input::STATUS_INVALID,
    input::INVALID,
    input::NOT_THERE,
    worker::TIME_LIMIT,
    // Exceptions of the backend's own code: libraries throw them for the causes above as well.
    code::NOT_JSON,
    code::BUG,
    code::DECRYPT,
    worker::FAILED,
    environment::CANNOT_OPEN,
    // What a value or input lacks, in general words.
    limits::SHORTAGE,
    input::ANY_UNSUPPORTED,
    input::DAMAGED,
    access::ANY_REFUSAL,
    access::ANY_CREDENTIAL,
    input::ANY_VALUE,
];

const fn rule(
    category: CauseCategory,
    safe_to_retry: SafeToRetry,
    text: &'static str,
    patterns: &'static [&'static str],
) -> Advice {
    Advice {
        patterns: Patterns::BuiltIn(patterns),
        category,
        text: std::borrow::Cow::Borrowed(text),
        safe_to_retry,
    }
}
