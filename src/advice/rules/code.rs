//! Bugs of the backend, and answers that its code cannot read.

use super::{Advice, CauseCategory, SafeToRetry, rule};
use CauseCategory::{ExternalService, Internal};
use SafeToRetry::AfterFix;

const FIX: &str =
    "A bug: fix the code, add a regression test and deploy before requeueing a canary.";

pub(super) const ARGUMENTS_TOO_LONG: Advice = rule(Internal, AfterFix, FIX, &["E2BIG"]);

pub(super) const END_OF_INPUT: Advice = rule(
    Internal,
    AfterFix,
    FIX,
    &["EOF while parsing", "NameError"],
);

pub(super) const NOT_JSON: Advice = rule(
    ExternalService,
    AfterFix,
    "A service did not answer with JSON: see what it sent, often an error page.",
    &[
        "is not valid JSON", "in JSON at position", "SyntaxError", "unexpected token",
        "invalid character", "delimiter: line", "extra data", "JSONDecodeError",
        "JsonParseException",
    ],
);

pub(super) const BUG: Advice = rule(
    Internal,
    AfterFix,
    FIX,
    &[
        "TypeError", "ReferenceError", "RangeError", "KeyError", "IndexError", "AttributeError",
        "AssertionError", "NullPointerException", "NullReferenceException", "NumberFormatException",
        "ClassCastException", "index out of bounds", "IllegalArgumentException",
        "ZeroDivisionError", "division by zero", "divide by zero", "RecursionError",
        "stack overflow", "function clause", "is not a function", "concurrent map", "MatchError",
        "can't evaluate field", "nil value", "ValueError", "ArgumentError", "ArgumentException",
        "InvalidOperationException", "FormatException", "NotImplementedError", "OverflowError",
        "WRONGTYPE", "EXECABORT", "DataCloneError", "undefined method", "has no attribute",
        "cannot read properties", "cannot read property", "on null", "modify frozen",
        "out of range", "can't encode", "assertion failed", "nil pointer", "segmentation",
        "exit 139", "signal 11", "SIGSEGV", "panicked", "panic", "unwrap",
    ],
);

pub(super) const DECRYPT: Advice = rule(
    Internal,
    AfterFix,
    "The data was encrypted with another key, or is damaged: compare the keys of the services before requeueing.",
    &["decrypt"],
);
