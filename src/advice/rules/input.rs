//! Input that is invalid, refused, gone or not media.

use super::{Advice, CauseCategory, SafeToRetry, rule};
use CauseCategory::{BadInput, ExternalService, Internal};
use SafeToRetry::{AfterFix, No, Yes};

const CORRECT: &str = "The payload is invalid: fix the caller and tighten validation; an unchanged job fails again.";
const TELL_OWNER: &str =
    "The type of the input is not supported: inform the owner; a retry fails again.";
const GONE: &str =
    "The source was deleted or is not accessible: inform the owner; a retry fails again.";
const ABSENT: &str = "An object that the job refers to does not exist: check whether it was deleted or never created; requeue only after it exists.";

pub(super) const TOO_LARGE: Advice = rule(
    BadInput,
    No,
    "The input exceeds a limit: inform the owner, or raise the limit and requeue a canary.",
    &[
        "code 1009", "larger than", "too large", "too big", "HTTP 413", "maximum allowed size",
        "exceeds the maximum", "exceeds fixed maximum", "exceeds limit", "maximum context length",
    ],
);

pub(super) const REFUSED_CONTENT: Advice = rule(
    BadInput,
    No,
    "The content was rejected: inform the owner; a retry is rejected again.",
    &["moderation", "safety system", "content policy", "NSFW", "duplicate content"],
);

pub(super) const NOT_SUPPORTED: Advice = rule(
    BadInput,
    No,
    TELL_OWNER,
    &[
        "Unsupported media type", "HTTP 415", "mime type", "unsupported image", "aspect ratio",
        "is not supported",
    ],
);

pub(super) const MEDIA: Advice = rule(
    BadInput,
    No,
    "The file is not playable media: check the upload or download that created it; tighten validation.",
    &[
        "Premature end of", "corrupt header", "error reading header", "insufficient image data",
        "not a zip file", "cannot identify image", "incorrect header check", "moov atom not found",
        "Invalid data found when processing input", "corrupt or unsupported data",
        "no video stream", "no audio stream", "no audio track", "no video track",
    ],
);

pub(super) const SOURCE_GONE: Advice = rule(
    BadInput,
    No,
    GONE,
    &[
        "Private video", "Video unavailable", "copyright grounds", "confirm your age",
        "members-only", "has been removed", "HTTP 451", "HTTP 410",
    ],
);

/// Replies of a mail server that asks to try again later: those with 4 are temporary, whatever the text says.
pub(super) const MAIL_LATER: Advice = rule(
    ExternalService,
    Yes,
    "The mail server does not accept the mail now: requeue later with --spread; if it lasts, see its reason.",
    &["error 421", "error 450", "error 451", "error 452"],
);

pub(super) const MAILBOX: Advice = rule(
    BadInput,
    No,
    "The mailbox does not exist: correct the address with its owner.",
    &["Recipient address rejected", "User unknown"],
);

pub(super) const NOT_BEGUN: Advice = rule(
    BadInput,
    Yes,
    "The event has not begun: requeue after it, with --spread if there are many.",
    &["live event will begin"],
);

/// The number of Meta for a parameter.
pub(super) const PARAMETER: Advice = rule(BadInput, AfterFix, CORRECT, &["OAuthException 100"]);

pub(super) const BAD_URL: Advice = rule(
    BadInput,
    No,
    CORRECT,
    &["Unsupported URL", "is not a valid URL", "Invalid URL"],
);

pub(super) const NO_OBJECT: Advice = rule(
    BadInput,
    No,
    GONE,
    &["NoSuchKey", "Object not found", "REMOTE_CONTENT_ERROR"],
);

pub(super) const NO_CHANNEL: Advice = rule(
    Internal,
    AfterFix,
    ABSENT,
    &["channel_not_found", "chat not found"],
);

pub(super) const STATUS_GONE: Advice = rule(BadInput, No, GONE, &["HTTP 404"]);

pub(super) const STATUS_CONFLICT: Advice = rule(
    Internal,
    AfterFix,
    "The object was changed, or another request is using it: look at its state before requeueing a canary.",
    &["HTTP 409", "HTTP 412"],
);

pub(super) const STATUS_INVALID: Advice = rule(BadInput, AfterFix, CORRECT, &["HTTP 4xx"]);

pub(super) const INVALID: Advice = rule(
    BadInput,
    AfterFix,
    CORRECT,
    &[
        "ZodError", "invalid type", "too_small", "invalid format", "invalid value",
        "invalid params", "invalid argument", "is required", "must be", "must not be",
        "is not a valid", "can't be blank", "validation failed", "validation error",
        "failed validating", "failed validation", "must have required", "must match",
        "Cannot deserialize", "validation exception", "malformed", "invalid input syntax",
        "invalid literal", "is missing", "missing field", "missing required",
        "less than the minimum", "greater than the maximum", "cannot unmarshal", "for input string",
        "incorrect string value", "value too long", "data too long", "would be truncated",
        "CastError", "could not be converted", "field required", "validation errors",
        "value out of range", "incorrect padding", "could not be decoded", "can't decode",
        "failed to parse", "error decoding", "valid UTF-8", "bad request", "conversion error",
        "not divisible by",
    ],
);

/// Objects that are not there, in general words.
pub(super) const NOT_THERE: Advice = rule(
    Internal,
    AfterFix,
    ABSENT,
    &[
        "not found", "couldn't find", "could not find", "no such", "no rows in result set",
        "rows returned", "cannot be found", "not registered", "Unknown Channel", "找不到",
    ],
);

pub(super) const ANY_UNSUPPORTED: Advice = rule(BadInput, AfterFix, TELL_OWNER, &["unsupported"]);

pub(super) const DAMAGED: Advice = rule(
    BadInput,
    AfterFix,
    "The data is damaged: see which file or record it is and where it was written before requeueing.",
    &["corrupt", "corrupted", "checksum mismatch"],
);

pub(super) const ANY_VALUE: Advice = rule(
    BadInput,
    AfterFix,
    "A value was refused or is missing: see which one in the error, correct it, and requeue a canary.",
    &["too short", "too small", "too long", "invalid state", "invalid", "missing"],
);

pub(super) const SQLSTATE_VALUE: Advice = rule(BadInput, AfterFix, CORRECT, &["SQLSTATE 22xxx"]);
