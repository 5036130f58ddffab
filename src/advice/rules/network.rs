//! The network and services that do not answer.

use super::{Advice, CauseCategory, SafeToRetry, rule};
use CauseCategory::ExternalService;
use SafeToRetry::{AfterFix, Yes};

const UNTRUSTED: &str = "The certificate of the service is not trusted: check its dates and names, and the CA certificates and clock of the worker.";
const BROKEN: &str = "The connection failed or timed out: requeue a canary; if it fails again, check the service named in the error.";
const FAILING: &str = "The service was unreachable or failing: check its status page, requeue a canary when it answers again.";

pub(super) const TLS: Advice = rule(
    ExternalService,
    AfterFix,
    UNTRUSTED,
    &["certificate", "wrong version number", "handshake failure", "SSL handshake", "err cert"],
);

pub(super) const STATUS_TLS: Advice = rule(
    ExternalService,
    AfterFix,
    UNTRUSTED,
    &["HTTP 525", "HTTP 526"],
);

pub(super) const UNREACHABLE: Advice = rule(
    ExternalService,
    Yes,
    "Check the name, port and firewall of the service named in the error; requeue a canary when it connects.",
    &[
        "EAI_AGAIN", "temporary failure in name resolution", "server misbehaving", "ECONNREFUSED",
        "connection refused", "EHOSTUNREACH", "ENETUNREACH", "network is unreachable",
        "no route to host",
    ],
);

pub(super) const DNS: Advice = rule(
    ExternalService,
    AfterFix,
    "The name does not resolve: check the host name in the settings and the DNS of the worker before requeueing.",
    &[
        "ENOTFOUND", "name or service not known", "no such host", "nodename nor servname",
        "could not resolve host", "name not resolved", "unknown host", "failed to lookup address",
        "getaddrinfo",
    ],
);

pub(super) const CONNECTION: Advice = rule(
    ExternalService,
    Yes,
    BROKEN,
    &[
        "ECONNRESET", "ECONNABORTED", "ETIMEDOUT", "EPIPE", "socket hang up", "socket closed",
        "broken pipe", "other side closed", "closed connection", "connection closed",
        "connection reset", "connection was reset", "connection aborted", "connection lost",
        "connection error", "\": EOF", "connection timed out", "connection timeout",
        "connect timed out", "connect timeout", "could not connect to", "unable to connect to",
        "no listener", "cannot connect to", "can't reach", "can't connect to", "failed to connect",
        "gone away", "lost connection to", "closed the connection", "server disconnected",
        "hung up unexpectedly", "RPC failed", "peer shut down", "transfer closed",
        "SSL_ERROR_SYSCALL", "empty reply from server", "empty response", "abnormal closure",
        "stream was reset", "target closed", "network changed", "err timed out", "read timed out",
        "read timeout", "socket timeout", "headers timeout", "body timeout", "awaiting headers",
        "deadline exceeded", "i/o timeout", "TLS handshake timeout", "upstream timed out",
        "upstream request timeout", "operation timed out", "request timed out", "timeout of <*> exceeded", "forcibly closed",
        "write timeout", "transport-level error", "max retries per request",
    ],
);

/// Not the word "unavailable" alone: a video or a voice that is unavailable stays so.
pub(super) const DOWN: Advice = rule(
    ExternalService,
    Yes,
    FAILING,
    &[
        "upstream connect error", "fetch failed", "StatusCode.UNAVAILABLE", "14 UNAVAILABLE",
        "code = Unavailable", "status: Unavailable", "error unavailable", "service unavailable",
        "service is unavailable", "currently unavailable", "bad gateway", "gateway timeout",
        "server error reply", "internal server error", "internal error encountered",
        "internal error occurred",
    ],
);

pub(super) const REQUEST_TIMEOUT: Advice = rule(ExternalService, Yes, BROKEN, &["HTTP 408"]);

pub(super) const STATUS_DOWN: Advice = rule(
    ExternalService,
    Yes,
    FAILING,
    &["HTTP 5xx", "internal_error"],
);

/// A server that lacks what the request needs does not have it a minute later.
pub(super) const NOT_IMPLEMENTED: Advice = rule(
    ExternalService,
    AfterFix,
    "The service does not implement the request: correct its method, version or address before requeueing.",
    &["HTTP 501", "HTTP 505"],
);

pub(super) const SQLSTATE_CONNECTION: Advice = rule(ExternalService, Yes, BROKEN, &["SQLSTATE 08xxx"]);
