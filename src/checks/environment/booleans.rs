//! `z.coerce.boolean()` makes every text but the blank one true, also `false`.

use crate::zod::model::Rule;

/// Texts that are meant to be false.
const NEGATIVE: [&str; 5] = ["false", "0", "no", "off", "n"];

/// Whether a value that is meant to be false is parsed as true.
pub(crate) fn is_inverted(rule: &Rule, value: &str) -> bool {
    NEGATIVE.contains(&value.trim().to_lowercase().as_str()) && coerces(rule)
}

/// Whether the first rule that sees the text is `z.coerce.boolean()`.
fn coerces(rule: &Rule) -> bool {
    match rule {
        Rule::Boolean { coerce } => *coerce,
        Rule::Optional(inner)
        | Rule::Nullable(inner)
        | Rule::NonOptional(inner)
        | Rule::Default(inner, _)
        | Rule::Prefault(inner, _)
        | Rule::Catch(inner, _)
        | Rule::Readonly(inner)
        | Rule::Refine(inner, ..)
        | Rule::Pipe(inner, _) => coerces(inner),
        Rule::Choice(_, a, b) => coerces(a) && coerces(b),
        _ => false,
    }
}
