//! Credentials, rights and refusals.

use super::{Advice, CauseCategory, SafeToRetry, rule};
use CauseCategory::{ExternalService, Internal};
use SafeToRetry::{AfterFix, Yes};

const RENEW: &str =
    "Renew the credentials or ask the user to connect the account again, then requeue a canary.";
const USER_HAS_TO_GRANT: &str =
    "The account lacks a right or scope: the user has to grant it; until then the job fails again.";
const CHECK_RIGHTS: &str = "Access refused: check the rights of the worker's account on the file, bucket or service named in the error.";

pub(super) const CLOSED_BY_POLICY: Advice = rule(
    ExternalService,
    AfterFix,
    "The service rejected the request: see its reason before requeueing.",
    &["code 1007", "code 1008"],
);

pub(super) const DOWNLOAD_REFUSED: Advice = rule(
    ExternalService,
    Yes,
    "The video host refused the download: update yt-dlp, requeue a canary.",
    &["unable to download video data"],
);

pub(super) const BOT_CHECK: Advice = rule(
    ExternalService,
    AfterFix,
    "The site treats the worker as a bot or blocks its address: renew its cookies or change its address, then requeue with --rate.",
    &["not a bot", "is blocked"],
);

pub(super) const LOGIN: Advice = rule(
    ExternalService,
    AfterFix,
    "The site requires a login: renew the cookies or the account of the worker, then requeue with --rate.",
    &["login required"],
);

pub(super) const CREDENTIALS: Advice = rule(
    ExternalService,
    AfterFix,
    RENEW,
    &[
        "token expired", "token has expired", "security token", "invalid_grant",
        "access_token_invalid", "INVALID_AUTH", "UNAUTHENTICATED", "validating access token",
        "token_revoked", "invalid_token", "revoked", "OAuthException 190", "incorrect API key",
        "invalid credentials", "not accepted", "request has expired", "failed to authenticate",
        "InvalidAccessKeyId", "SignatureDoesNotMatch", "bad credentials", "invalid OAuth access token",
    ],
);

pub(super) const CREDENTIALS_OF_SERVERS: Advice = rule(
    Internal,
    AfterFix,
    RENEW,
    &[
        "authentication unsuccessful", "invalid JWT", "invalid API key", "JWT expired", "jwt malformed", "JWS", "invalid signature",
        "password authentication failed", "authentication failed", "authentication error",
        "login failed", "access denied for user", "WRONGPASS", "NOAUTH",
    ],
);

pub(super) const STATUS_CREDENTIALS: Advice = rule(
    ExternalService,
    AfterFix,
    RENEW,
    &[
        "HTTP 401", "HTTP 407", "login incorrect", "AUTHENTICATIONFAILED", "token is expired",
        "unauthorized",
    ],
);

pub(super) const PERMISSION_OF_USER: Advice = rule(
    ExternalService,
    AfterFix,
    USER_HAS_TO_GRANT,
    &[
        "scope_not_authorized", "insufficient authentication scopes", "youtubeSignupRequired",
        "missing permissions", "does not have permission", "insufficient permission",
        "permissions error", "no permission", "missing access", "OAuthException 10",
    ],
);

/// The errors of Meta that are not told apart by their number.
pub(super) const OAUTH: Advice = rule(ExternalService, AfterFix, RENEW, &["OAuthException"]);

pub(super) const STATUS_PERMISSION: Advice = rule(
    ExternalService,
    AfterFix,
    USER_HAS_TO_GRANT,
    &["HTTP 403", "forbidden"],
);

pub(super) const GRANT: Advice = rule(
    Internal,
    AfterFix,
    "The worker lacks a right: check its key (service role?), grants and policies (runbook section 4.2).",
    &["permission denied for", "row-level security", "SQLSTATE 42501", "pg_hba.conf"],
);

pub(super) const TLS_MISMATCH: Advice = rule(
    Internal,
    AfterFix,
    "Server and client disagree about TLS: correct sslmode or the server's settings, then requeue.",
    &["does not support SSL"],
);

pub(super) const NO_RIGHT: Advice = rule(
    Internal,
    AfterFix,
    CHECK_RIGHTS,
    &["EACCES", "EPERM", "access is denied"],
);

pub(super) const NO_RIGHT_AT_SERVICE: Advice = rule(
    ExternalService,
    AfterFix,
    CHECK_RIGHTS,
    &["permission denied", "access denied", "not authorized"],
);

pub(super) const ANY_REFUSAL: Advice = rule(
    ExternalService,
    AfterFix,
    CHECK_RIGHTS,
    &[
        "denied", "not permitted", "not allowed", "disabled", "was blocked", "been blocked",
        "are blocked", "request blocked", "blocked by",
    ],
);

pub(super) const SQLSTATE_CREDENTIALS: Advice = rule(Internal, AfterFix, RENEW, &["SQLSTATE 28xxx"]);

pub(super) const ANY_CREDENTIAL: Advice = rule(ExternalService, AfterFix, RENEW, &["password"]);
