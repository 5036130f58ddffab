//! `dlq list`: dead letters, page by page.

use futures_util::future::join;

use super::filter;
use super::given_up::{self, FailedJobs, GivenUp};
use crate::cli::DlqList;
use crate::context::Context;
use crate::error::Error;
use crate::facts::dead_letter::{DeadLetter, DeadLetters};
use crate::facts::listing::Cursor;
use crate::facts::queue::Count;
use crate::facts::selection::Selection;
use crate::queue::{Layout, Lifecycle, sql};
use crate::render;
use crate::report::{Report, dead_letters};
use crate::sources::postgres::dead_letters::{self as source, Listing};

/// The default number of jobs per page.
const PAGE: u32 = 50;

/// The checked flags of `dlq list`.
pub(crate) struct ListQuery<'a> {
    layout: &'a Layout,
    /// Condition for dead letters.
    dead: String,
    selection: Selection,
    after: Option<Cursor>,
}

impl<'a> ListQuery<'a> {
    /// Checks the flags against the database.
    pub(crate) async fn by(context: &'a Context, args: &DlqList) -> Result<Self, Error> {
        let layout = context.layout().await?;
        let selection = filter::selection(context, layout, &args.filter).await?;
        let cursor = |text: &String| {
            Cursor::parse(text, args.sort, layout.id).map_err(|message| {
                Error::usage(message)
                    .hint("copy the cursor from the next steps of the page before: --after CURSOR")
            })
        };
        let after = args.after.as_ref().map(cursor).transpose()?;
        let dead = sql::is_role(layout, Lifecycle::Dead);
        Ok(Self { layout, dead, selection, after })
    }

    /// Returns the query parameters.
    pub(crate) fn listing(&self, args: &DlqList) -> Listing<'_> {
        Listing {
            jobs: &self.dead,
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
    let (database, layout) = (context.database().await?, query.layout);
    // The first page is read in the same round trip as whether jobs are given up.
    let shared = database.on_one_connection(context.remaining()).await?;
    let failed = async {
        match &query.after {
            // The first page has shown them.
            Some(_) => Ok(FailedJobs::None),
            None => FailedJobs::read(&shared, layout, context.remaining()).await,
        }
    };
    // Renders the page while the database still counts the total, which takes long on a large table.
    let render = |jobs: &[DeadLetter]| {
        let mut table = dead_letters::table(jobs);
        render::table::prerender(&mut table, context.terminal.stdout);
        table
    };
    let listing = query.listing(args);
    let page = async {
        match layout.no_dead_letters() {
            Some(reason) => {
                let total = Count::NotCounted(reason);
                Ok((DeadLetters { jobs: vec![], more: false, total, window: None }, render(&[])))
            }
            None => source::list(&shared, listing, limit, context.remaining(), render).await,
        }
    };
    let (failed, page) = join(failed, page).await;
    drop(shared);
    let given_up = GivenUp::of(context, failed?, false).await?;
    given_up.require_some(layout)?;
    let (mut page, table) = page?;
    let not_kept = layout.dead_letters_not_kept().filter(|_| page.jobs.is_empty());
    if let Some(why) = not_kept {
        page.total = Count::NotCounted(why.to_owned());
    }
    let is_empty = page.jobs.is_empty() && given_up.states().is_none();
    let doubts = given_up::doubts(layout, is_empty)?;
    let given_up_page = match given_up.states() {
        Some((given_up, jobs)) => {
            let listing = Listing { jobs, ..listing };
            let listed =
                source::list(database, listing, limit, context.remaining(), |_| ()).await?;
            Some((given_up, listed.0))
        }
        None => None,
    };
    let view = dead_letters::ListView {
        page: &page,
        no_dead_letters: layout.no_dead_letters().or_else(|| not_kept.map(str::to_owned)),
        given_up: given_up_page.as_ref().map(|(states, page)| (*states, page)),
        selection: &query.selection,
        order: args.sort,
        limit: args.limit,
    };
    let mut report = dead_letters::listing(&view, table, &context.provenance());
    given_up.name_what_is_missing(&mut report, doubts);
    Ok(report)
}
