//! `a.b(c).d(e)` as a root and its links, without recursion.

use oxc_ast::ast::{Argument, Expression};
use oxc_span::GetSpan;

/// Links beyond this are not followed; real chains have fewer than ten.
const MAX_LINKS: usize = 128;

/// One step: a property, or a call of it.
pub(crate) struct Link<'a> {
    /// The property's name; empty when the root itself is called.
    pub name: &'a str,
    /// The arguments, when it is called.
    pub args: Option<&'a [Argument<'a>]>,
    /// Where the name stands.
    pub offset: u32,
}

/// An expression taken apart.
pub(crate) struct Chain<'a> {
    /// The innermost expression: a name, an object, …
    pub root: &'a Expression<'a>,
    /// From the root outwards.
    pub links: Vec<Link<'a>>,
}

impl<'a> Link<'a> {
    /// The argument at an index, unless it is a spread.
    pub(crate) fn arg(&self, index: usize) -> Option<&'a Expression<'a>> {
        let args = self.args?;
        let spread = args.iter().take(index + 1).any(Argument::is_spread);
        if spread { None } else { args.get(index)?.as_expression() }
    }
}

/// Takes an expression apart; `None` when the chain is longer than any person's.
pub(crate) fn flatten<'a>(expression: &'a Expression<'a>) -> Option<Chain<'a>> {
    let mut links = Vec::new();
    let mut at = expression.get_inner_expression();
    let mut args: Option<&'a [Argument<'a>]> = None;
    while links.len() < MAX_LINKS {
        match at {
            Expression::CallExpression(call) if args.is_none() && !call.optional => {
                args = Some(&call.arguments);
                at = call.callee.get_inner_expression();
            }
            Expression::StaticMemberExpression(member) if !member.optional => {
                let name = member.property.name.as_str();
                let offset = member.property.span.start;
                links.push(Link { name, args: args.take(), offset });
                at = member.object.get_inner_expression();
            }
            Expression::ComputedMemberExpression(member) if !member.optional => {
                let Expression::StringLiteral(key) = member.expression.get_inner_expression()
                else {
                    break;
                };
                let (name, offset) = (key.value.as_str(), key.span.start);
                links.push(Link { name, args: args.take(), offset });
                at = member.object.get_inner_expression();
            }
            _ => break,
        }
    }
    if links.len() >= MAX_LINKS {
        return None;
    }
    if args.is_some() {
        links.push(Link { name: "", args, offset: at.span().start });
    }
    links.reverse();
    Some(Chain { root: at, links })
}
