//! Built-in rules for the errors of this backend, more specific patterns first.

use super::{Advice, CauseCategory, SafeToRetry, rule};
use CauseCategory::{BadInput, ExternalService, Internal, Resources};
use SafeToRetry::{AfterFix, No, Yes};

const QUOTA: &str = "Wait until the quota resets or raise it; requeue with --rate or --spread, or it is used up again.";
const RATE: &str = "The service limits the rate: requeue with --rate or --spread, and add backoff in the worker.";
const CREDENTIALS: &str = "Renew the credentials or ask the user to connect the account again, then requeue a canary.";
const DOWN: &str = "The service was unreachable or failing: check its status page, requeue a canary when it answers again.";
const SOURCE_GONE: &str = "The source is gone or not ours to read: tell the owner; no retry brings it back.";
const MEDIA: &str = "The file is no playable media: check the upload or the download that made it; tighten validation.";
const INVALID: &str = "The payload is invalid: correct the caller and tighten validation; requeueing alone fails again.";
const BUG: &str = "A bug: fix the code, add a regression test and deploy before requeueing a canary.";
const SCHEMA: &str = "Code and database schema disagree: finish the migration or deploy, reload the API's schema cache, then requeue.";
const GRANT: &str = "The worker lacks a right: check its key (service role?) and the grants and policies, runbook section 4.2.";
const TRANSIENT: &str = "Passed by itself in most cases: requeue a canary; if it dies again look at load and locks.";
const POOL: &str = "Out of database connections: check pool sizes and worker count, then requeue with --rate.";
const MEMORY: &str = "Killed for memory: requeue a few at a time with more memory or less concurrency; a huge source dies again.";
const DISK: &str = "The disk is full: clear temporary files or enlarge it before requeueing.";
const SETTINGS: &str = "The worker's environment is incomplete: compare with .env.example (env check), redeploy, then requeue.";
const TOOL: &str = "The worker's image lacks a tool, library or codec: rebuild and redeploy it, then requeue a canary.";
const NETWORK: &str = "Check the name, port and firewall of the service named in the error; requeue a canary when it connects.";
const PERMISSION_OF_USER: &str = "The account lacks a right or scope: the user has to grant it; until then the job fails again.";

const STOPPED: &str = "Stopped from outside, by a deploy in most cases: requeue; if it goes on, lengthen the grace period of shutdown.";
const UNRESPONSIVE: &str = "No attempt left a word: its worker was killed or fell silent, often for memory. See who held it (its events), restart the worker, then requeue a canary.";
const NO_FILE: &str = "A file of the job vanished or was never made: look at the step before and at clean-up of temporary files.";
const NO_RIGHT: &str = "Access refused: check the rights of the worker's account on the file, bucket or service named in the error.";

/// The rules; the first match applies.
pub(crate) const SHIPPED: &[Advice] = &[
    // The template of an error without text.
    rule("no error text", Internal, AfterFix, UNRESPONSIVE),
    // Timeouts of the backend itself, before all other timeouts.
    rule("heartbeat", Internal, Yes, "The worker stopped or stalled: see its log and memory at that time; a requeue is safe when it ran alone."),
    rule("lost lease", Internal, Yes, "Another worker took the job over: see whether workers stall or clocks differ before requeueing many."),
    rule("ffmpeg timed out", Resources, AfterFix, "Rendering takes longer than allowed: see load and memory of the workers and the size of the source before requeueing."),
    rule("larger than max", BadInput, No, INVALID),
    // Quotas and rate limits, before the status codes that report them.
    rule("quotaExceeded", ExternalService, AfterFix, QUOTA),
    rule("uploadLimitExceeded", ExternalService, AfterFix, QUOTA),
    rule("exceeded your current quota", ExternalService, AfterFix, QUOTA),
    rule("insufficient_quota", ExternalService, AfterFix, QUOTA),
    rule("enough credits", ExternalService, AfterFix, QUOTA),
    rule("ASR_PAYMENT_REQUIRED", ExternalService, AfterFix, QUOTA),
    rule("spam_risk_too_many_posts", ExternalService, AfterFix, QUOTA),
    rule("rate limit", ExternalService, Yes, RATE),
    rule("rate_limit_exceeded", ExternalService, Yes, RATE),
    rule("too many requests", ExternalService, Yes, RATE),
    rule("TOO_MANY_REQUESTS", ExternalService, Yes, RATE),
    rule("RESOURCE_EXHAUSTED", ExternalService, Yes, RATE),
    rule("SlowDown", ExternalService, Yes, RATE),
    rule("HTTP 429", ExternalService, Yes, RATE),
    rule("unable to download video data", ExternalService, Yes, "The video host refused the download: update yt-dlp, requeue a canary."),
    rule("not a bot", ExternalService, AfterFix, "YouTube takes the worker for a robot: renew its cookies or change its address, then requeue slowly."),
    // Credentials and permissions.
    rule("token expired", ExternalService, AfterFix, CREDENTIALS),
    rule("token has expired", ExternalService, AfterFix, CREDENTIALS),
    rule("invalid_grant", ExternalService, AfterFix, CREDENTIALS),
    rule("access_token_invalid", ExternalService, AfterFix, CREDENTIALS),
    rule("INVALID_AUTH", ExternalService, AfterFix, CREDENTIALS),
    rule("UNAUTHENTICATED", ExternalService, AfterFix, CREDENTIALS),
    rule("Invalid API key", Internal, AfterFix, CREDENTIALS),
    rule("JWT expired", Internal, AfterFix, CREDENTIALS),
    rule("ExpiredToken", ExternalService, AfterFix, CREDENTIALS),
    rule("password authentication failed", Internal, AfterFix, CREDENTIALS),
    rule("scope_not_authorized", ExternalService, AfterFix, PERMISSION_OF_USER),
    rule("insufficient authentication scopes", ExternalService, AfterFix, PERMISSION_OF_USER),
    rule("youtubeSignupRequired", ExternalService, AfterFix, PERMISSION_OF_USER),
    rule("OAuthException", ExternalService, AfterFix, CREDENTIALS),
    rule("Could not load credentials", Internal, AfterFix, SETTINGS),
    rule("permission denied for", Internal, AfterFix, GRANT),
    rule("row-level security", Internal, AfterFix, GRANT),
    rule("SQLSTATE 42501", Internal, AfterFix, GRANT),
    // Missing sources and invalid media.
    rule("Private video", BadInput, No, SOURCE_GONE),
    rule("Video unavailable", BadInput, No, SOURCE_GONE),
    rule("copyright grounds", BadInput, No, SOURCE_GONE),
    rule("confirm your age", BadInput, No, SOURCE_GONE),
    rule("Unsupported URL", BadInput, No, INVALID),
    rule("is not a valid URL", BadInput, No, INVALID),
    rule("Invalid URL", BadInput, No, INVALID),
    rule("NoSuchKey", BadInput, No, SOURCE_GONE),
    rule("Object not found", BadInput, No, SOURCE_GONE),
    rule("REMOTE_CONTENT_ERROR", BadInput, No, SOURCE_GONE),
    rule("moov atom not found", BadInput, No, MEDIA),
    rule("Invalid data found when processing input", BadInput, No, MEDIA),
    rule("corrupt or unsupported data", BadInput, No, MEDIA),
    rule("no video stream", BadInput, No, MEDIA),
    rule("not divisible by", Internal, AfterFix, BUG),
    rule("members-only", BadInput, No, SOURCE_GONE),
    rule("live event will begin", BadInput, Yes, "The event has not begun: requeue after it, with --spread if there are many."),
    // Validation.
    rule("ZodError", BadInput, AfterFix, INVALID),
    rule("invalid_type", BadInput, AfterFix, INVALID),
    rule("too_small", BadInput, AfterFix, INVALID),
    rule("invalid_string", BadInput, AfterFix, INVALID),
    rule("is required", BadInput, AfterFix, INVALID),
    rule("invalid input syntax", BadInput, AfterFix, INVALID),
    rule("invalid input value for enum", Internal, AfterFix, SCHEMA),
    rule("invalidTitle", BadInput, AfterFix, INVALID),
    rule("maximum allowed size", BadInput, No, INVALID),
    rule("exceeds the maximum", BadInput, No, INVALID),
    // Memory, disk, file handles.
    rule("out of memory", Resources, AfterFix, MEMORY),
    rule("OutOfMemoryError", Resources, AfterFix, MEMORY),
    rule("OOMKilled", Resources, AfterFix, MEMORY),
    rule("ENOMEM", Resources, AfterFix, MEMORY),
    rule("exit 137", Resources, AfterFix, MEMORY),
    rule("SIGKILL", Resources, AfterFix, MEMORY),
    rule("signal 9", Resources, AfterFix, MEMORY),
    rule("SIGTERM", Resources, Yes, STOPPED),
    rule("exit 143", Resources, Yes, STOPPED),
    rule("signal 15", Resources, Yes, STOPPED),
    rule("ENOSPC", Resources, AfterFix, DISK),
    rule("No space left on device", Resources, AfterFix, DISK),
    rule("EMFILE", Resources, AfterFix, "Out of file handles: a leak or a low limit; restart the workers, raise ulimit -n, then requeue."),
    rule("too many clients", Resources, AfterFix, POOL),
    rule("connection slots are reserved", Resources, AfterFix, POOL),
    rule("max clients reached", Resources, AfterFix, POOL),
    rule("connection from the connection pool", Resources, AfterFix, POOL),
    rule("from the pool due to timeout", Resources, AfterFix, POOL),
    // Temporary errors of the database.
    rule("deadlock detected", Internal, Yes, TRANSIENT),
    rule("could not serialize", Internal, Yes, TRANSIENT),
    rule("statement timeout", Internal, AfterFix, "A query is too slow: look at load, locks and missing indexes before requeueing."),
    rule("lock timeout", Internal, Yes, TRANSIENT),
    rule("terminating connection", Internal, Yes, TRANSIENT),
    rule("Connection terminated", Internal, Yes, TRANSIENT),
    rule("database system is starting up", Internal, Yes, TRANSIENT),
    // Schema and code.
    rule("schema cache", Internal, AfterFix, SCHEMA),
    rule("violates", Internal, AfterFix, "The database refused the row: look at the constraint; the row may exist already, or the code writes the wrong value."),
    rule("prepared statement", Internal, AfterFix, "Prepared statements do not survive a transaction-mode pooler: fix the client's settings."),
    rule("environment variable", Internal, AfterFix, SETTINGS),
    rule("spawn", Internal, AfterFix, TOOL),
    rule("Unknown encoder", Internal, AfterFix, TOOL),
    rule("No such filter", Internal, AfterFix, TOOL),
    rule("Cannot find module", Internal, AfterFix, TOOL),
    rule("Cannot find package", Internal, AfterFix, TOOL),
    rule("Bucket not found", Internal, AfterFix, SETTINGS),
    rule("No such file or directory", Internal, AfterFix, NO_FILE),
    rule("ENOENT", Internal, AfterFix, NO_FILE),
    rule("EACCES", Internal, AfterFix, NO_RIGHT),
    rule("permission denied", Internal, AfterFix, NO_RIGHT),
    rule("PERMISSION_DENIED", ExternalService, AfterFix, NO_RIGHT),
    rule("AccessDenied", ExternalService, AfterFix, NO_RIGHT),
    rule("does not exist", Internal, AfterFix, SCHEMA),
    // Network and external services.
    rule("certificate", ExternalService, AfterFix, "TLS does not trust the other side: check the certificate's date and names and the worker's roots and clock."),
    rule("ECONNREFUSED", ExternalService, Yes, NETWORK),
    rule("connection refused", ExternalService, Yes, NETWORK),
    rule("ENOTFOUND", ExternalService, AfterFix, NETWORK),
    rule("EAI_AGAIN", ExternalService, Yes, NETWORK),
    rule("ECONNRESET", ExternalService, Yes, DOWN),
    rule("ETIMEDOUT", ExternalService, Yes, DOWN),
    rule("EPIPE", ExternalService, Yes, DOWN),
    rule("socket hang up", ExternalService, Yes, DOWN),
    rule("EHOSTUNREACH", ExternalService, Yes, NETWORK),
    rule("other side closed", ExternalService, Yes, DOWN),
    rule("upstream connect error", ExternalService, Yes, DOWN),
    rule("fetch failed", ExternalService, Yes, DOWN),
    rule("UNAVAILABLE", ExternalService, Yes, DOWN),
    rule("DEADLINE_EXCEEDED", ExternalService, Yes, DOWN),
    rule("HTTP 500", ExternalService, Yes, DOWN),
    rule("HTTP 502", ExternalService, Yes, DOWN),
    rule("HTTP 503", ExternalService, Yes, DOWN),
    rule("HTTP 504", ExternalService, Yes, DOWN),
    rule("HTTP 520", ExternalService, Yes, DOWN),
    rule("HTTP 522", ExternalService, Yes, DOWN),
    rule("HTTP 401", ExternalService, AfterFix, CREDENTIALS),
    rule("HTTP 403", ExternalService, AfterFix, PERMISSION_OF_USER),
    rule("HTTP 404", BadInput, No, SOURCE_GONE),
    rule("HTTP 410", BadInput, No, SOURCE_GONE),
    rule("HTTP 400", BadInput, AfterFix, INVALID),
    rule("HTTP 422", BadInput, AfterFix, INVALID),
    rule("timeout", ExternalService, Yes, DOWN),
    rule("timed out", ExternalService, Yes, DOWN),
    // Exceptions of the backend's own code, last: libraries throw them for the causes above as well.
    rule("TypeError", Internal, AfterFix, BUG),
    rule("ReferenceError", Internal, AfterFix, BUG),
    rule("RangeError", Internal, AfterFix, BUG),
    rule("SyntaxError", ExternalService, AfterFix, "A service answered with something else than JSON: see what it sent, often an error page."),
    rule("KeyError", Internal, AfterFix, BUG),
    rule("is not valid JSON", ExternalService, AfterFix, "A service answered with something else than JSON: see what it sent, often an error page."),
    rule("exit 139", Internal, AfterFix, BUG),
    rule("signal 11", Internal, AfterFix, BUG),
    rule("nil pointer", Internal, AfterFix, BUG),
    rule("SIGSEGV", Internal, AfterFix, BUG),
    rule("panicked", Internal, AfterFix, BUG),
];
