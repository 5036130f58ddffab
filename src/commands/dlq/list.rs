//! `dlq list`: the newest dead letters.

use super::filter;
use crate::cli::DlqList;
use crate::context::Context;
use crate::error::Error;
use crate::report::{Report, dead_letters};
use crate::sources::postgres::dead_letters::{self as source, Cursor};

/// Lists a page of dead letters.
pub async fn run(context: &Context, args: &DlqList) -> Result<Report, Error> {
    let cursor = args.after.as_deref().map(parse_cursor).transpose()?;
    let layout = context.layout().await?;
    let selection = filter::selection(context, layout, &args.filter)?;
    let database = context.database().await?;
    let page = source::list(
        database,
        layout,
        &selection,
        cursor.as_ref(),
        args.limit,
        context.remaining(),
    )
    .await?;
    Ok(dead_letters::listing(&page, &context.provenance(), &selection))
}

/// A cursor is the last row's change time and id, as [`dead_letters::cursor`] wrote them.
fn parse_cursor(text: &str) -> Result<Cursor, Error> {
    let wrong = || {
        Error::usage(format!("\"{text}\" is no cursor"))
            .hint("take it from the last line of the page before: --after CURSOR")
    };
    let (changed, id) = text.rsplit_once('~').ok_or_else(wrong)?;
    let known = changed == "-infinity" || changed.parse::<jiff::Timestamp>().is_ok();
    let plain = !id.is_empty() && id.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    if !known || !plain {
        return Err(wrong());
    }
    Ok(Cursor { changed: changed.to_owned(), id: id.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_a_time_and_an_id() {
        let cursor = parse_cursor("2026-01-02T03:04:05.000001Z~42").unwrap();
        assert_eq!(
            (cursor.changed.as_str(), cursor.id.as_str()),
            ("2026-01-02T03:04:05.000001Z", "42")
        );
        for bad in ["", "x", "2026~", "~1", "2026-01-02T03:04:05Z~1' or '1'='1"] {
            assert_eq!(parse_cursor(bad).unwrap_err().exit_code().code(), 64, "{bad}");
        }
    }
}
