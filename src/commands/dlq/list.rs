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

/// Jobs of a page where nobody says how many.
const PAGE: u32 = 50;

/// What the flags mean on this database.
pub struct ListQuery<'a> {
    layout: &'a Layout,
    selection: Selection,
    after: Option<Cursor>,
}

impl<'a> ListQuery<'a> {
    /// Checks the flags against the database.
    pub async fn by(context: &'a Context, args: &DlqList) -> Result<Self, Error> {
        let layout = context.layout().await?;
        source::required(layout)?;
        let selection = filter::selection(context, layout, &args.filter)?;
        let cursor = |text: &String| {
            Cursor::parse(text, args.sort, layout.id).map_err(|wrong| {
                Error::usage(wrong)
                    .hint("take it from the last line of the page before: --after CURSOR")
            })
        };
        let after = args.after.as_ref().map(cursor).transpose()?;
        Ok(Self { layout, selection, after })
    }

    /// As the database is asked.
    pub fn listing(&self, args: &DlqList) -> Listing<'_> {
        Listing {
            layout: self.layout,
            selection: &self.selection,
            order: args.sort,
            after: self.after.as_ref(),
        }
    }
}

/// Lists a page of dead letters.
pub async fn run(context: &Context, args: &DlqList) -> Result<Report, Error> {
    let meant = ListQuery::by(context, args).await?;
    let limit = args.limit.unwrap_or(PAGE);
    let database = context.database().await?;
    // The page is here before the total, which a person with a large table waits for.
    let paint = |jobs: &[DeadLetter]| {
        let mut table = dead_letters::table(jobs);
        render::table::prerender(&mut table, context.terminal.stdout);
        table
    };
    let listing = meant.listing(args);
    let listed = source::list(database, listing, limit, context.remaining(), paint).await?;
    let (page, table) = listed;
    let from = context.provenance();
    Ok(dead_letters::listing(&page, table, &from, &meant.selection, args.sort, args.limit))
}
