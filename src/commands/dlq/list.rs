//! `dlq list`: dead letters, page by page.

use super::filter;
use crate::cli::DlqList;
use crate::context::Context;
use crate::error::Error;
use crate::facts::dead_letter::DeadLetter;
use crate::facts::listing::Cursor;
use crate::facts::selection::Selection;
use crate::queue::Layout;
use crate::render;
use crate::report::{Report, dead_letters};
use crate::sources::postgres::dead_letters::{self as source, Listing};

/// The default number of jobs per page.
const PAGE: u32 = 50;

/// The checked flags of `dlq list`.
pub(crate) struct ListQuery<'a> {
    layout: &'a Layout,
    selection: Selection,
    after: Option<Cursor>,
}

impl<'a> ListQuery<'a> {
    /// Checks the flags against the database.
    pub(crate) async fn by(context: &'a Context, args: &DlqList) -> Result<Self, Error> {
        let layout = context.layout().await?;
        source::required(layout)?;
        let selection = filter::selection(context, layout, &args.filter).await?;
        let cursor = |text: &String| {
            Cursor::parse(text, args.sort, layout.id).map_err(|message| {
                Error::usage(message)
                    .hint("take it from the last line of the page before: --after CURSOR")
            })
        };
        let after = args.after.as_ref().map(cursor).transpose()?;
        Ok(Self { layout, selection, after })
    }

    /// Returns the query parameters.
    pub(crate) fn listing(&self, args: &DlqList) -> Listing<'_> {
        Listing {
            layout: self.layout,
            selection: &self.selection,
            order: args.sort,
            after: self.after.as_ref(),
        }
    }
}

/// Lists a page of dead letters.
pub(crate) async fn run(context: &Context, args: &DlqList) -> Result<Report, Error> {
    let query = ListQuery::by(context, args).await?;
    let limit = args.limit.unwrap_or(PAGE);
    let database = context.database().await?;
    // Renders the page while the database still counts the total, which takes long on a large table.
    let render = |jobs: &[DeadLetter]| {
        let mut table = dead_letters::table(jobs);
        render::table::prerender(&mut table, context.terminal.stdout);
        table
    };
    let listing = query.listing(args);
    let (page, table) = source::list(database, listing, limit, context.remaining(), render).await?;
    let from = context.provenance();
    Ok(dead_letters::listing(&page, table, &from, &query.selection, args.sort, args.limit))
}
