//! Error numbers of services, tools and libraries, recognized by what is around the number.

use super::lexicon;
use super::number_context::NumberContext;
use super::shapes;

/// Whether a number is a failure code of Windows: 32 bits in hexadecimal, of which the highest is set.
pub(crate) fn is_hresult(number: &str) -> bool {
    let digits = number.strip_prefix("0x").unwrap_or_default();
    digits.len() == 8
        && digits.starts_with(['8', 'c', 'C'])
        && digits.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Whether a number is the error number of a service, tool or function.
pub(crate) fn is_vendor_code(digits: &str, context: &NumberContext) -> bool {
    let numbered = context.before.ends_with("(#") && context.after.starts_with(')');
    let short = digits.len() <= 7
        && (numbered
            || is_result_of_tool(digits, context)
            || is_result_of_call(context)
            || is_explained(digits, context)
            || is_reply_after_class(digits, context)
            || follows_error(context));
    short
        || is_close_code(digits, context)
        || is_number_in_parentheses(digits, context)
        || is_mail_reply(digits, context.after)
}

/// Whether a number follows the word "error" and ends its phrase: `error 10007`.
fn follows_error(context: &NumberContext) -> bool {
    let after = context.after;
    let ends_a_phrase = after.is_empty()
        || after.starts_with([':', ',', ';', '.', ')', '(', ']', '\n'])
        || [" (", " after ", " when ", " while ", " for ", " from ", " - "]
            .iter()
            .any(|start| after.starts_with(start));
    ends_a_phrase
        && lexicon::ends_with(context.previous_word, "error")
        && !context.before.ends_with([':', '('])
        && !context.before.ends_with(": ")
}

/// Whether a sentence explains a number: `General error: 1205 Lock wait timeout exceeded`.
fn is_explained(digits: &str, context: &NumberContext) -> bool {
    let sentence = context.after.strip_prefix(' ').unwrap_or_default();
    let introduced = [" error: ", " failure: ", " violation: ", " not found: "]
        .iter()
        .any(|end| lexicon::ends_with(context.before, end));
    digits.len() >= 4 && introduced && sentence.starts_with(char::is_uppercase)
}

/// Whether a number is the reply of a server after the class of an error: `ftplib.error_perm: 553 Could not create file`.
fn is_reply_after_class(digits: &str, context: &NumberContext) -> bool {
    let class = context.before.strip_suffix(": ").unwrap_or_default();
    let sentence = context.after.strip_prefix(' ').unwrap_or_default();
    digits.len() == 3
        && digits >= "400"
        && class.starts_with(char::is_alphabetic)
        && class.contains(['.', ':', '_'])
        && !class.contains(' ')
        && sentence.starts_with(char::is_uppercase)
}

/// Whether a number is the exit code of a tool after its name: `curl: (28) Operation timed out`.
fn is_result_of_tool(digits: &str, context: &NumberContext) -> bool {
    let tool = context.before.strip_suffix(": (");
    digits.len() <= 3
        && tool.is_some_and(|tool| !tool.contains([' ', ':']))
        && context
            .after
            .strip_prefix(") ")
            .is_some_and(|rest| rest.starts_with(char::is_alphabetic))
}

/// Whether a number is the result of a function: `avformat_open_input() returned -5`, as opposed to the rows that a
/// query returned.
fn is_result_of_call(context: &NumberContext) -> bool {
    let is_name =
        |name: &str| name.ends_with("()") || name.contains('_') || shapes::is_camel_case(name);
    context.previous_word == "returned"
        && context.after.trim_matches(['.', ' ', ')']).is_empty()
        && context.before.rsplit(' ').nth(2).is_some_and(is_name)
}

/// Whether a number is the code with which a connection was closed: `connection closed (1006)`.
fn is_close_code(digits: &str, context: &NumberContext) -> bool {
    digits.len() == 4
        && context.is_parenthesized()
        && (context.is_near("closed") || context.is_near("close"))
}

/// Whether a number is in parentheses after the word "error": `upload error (10013)`.
fn is_number_in_parentheses(digits: &str, context: &NumberContext) -> bool {
    digits.len() >= 4 && context.is_parenthesized() && context.previous_word == "error"
}

/// Whether a number is the reply of a message broker, followed by its name: `406 (PRECONDITION-FAILED)`.
pub(crate) fn is_broker_reply(digits: &str, after: &str) -> bool {
    let name = after.strip_prefix(" (").and_then(|rest| rest.split_once(')')).map(|(name, _)| name);
    digits.len() == 3
        && name.is_some_and(|name| {
            name.contains(['-', '_'])
                && name.bytes().all(|b| b.is_ascii_uppercase() || matches!(b, b'-' | b'_'))
        })
}

/// Whether a number is the reply of a mail server, followed by the enhanced status: `550 5.1.1`, `<*>` in a template.
fn is_mail_reply(digits: &str, after: &str) -> bool {
    let class = digits.as_bytes().first();
    let enhanced = after.as_bytes().get(1..6).unwrap_or_default();
    digits.len() == 3
        && matches!(class, Some(b'2' | b'4' | b'5'))
        && (after.starts_with(" <*> ")
            || matches!(enhanced, [first, b'.', b, b'.', c]
                if Some(first) == class && b.is_ascii_digit() && c.is_ascii_digit()))
}
