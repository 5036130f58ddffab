//! `handoff`: a shift handoff report as one text, with secrets redacted.

use futures_util::future::join4;

use super::{dlq, queue, triage};
use crate::cli::{DlqList, DlqOps, FilterArgs};
use crate::context::Context;
use crate::error::{Error, ErrorKind};
use crate::exit::FailOn;
use crate::facts::flow::EventHistogram;
use crate::facts::listing::Order;
use crate::interrupt::Interrupt;
use crate::report::Report;
use crate::report::handoff::{HandoffSection, report};
use crate::sources::postgres::{event_histogram, server};

/// Number of dead letters shown as samples.
const SAMPLES: u32 = 3;
/// The most groups of dead letters shown.
const GROUPS: usize = 5;
/// The most operations shown.
const OPERATIONS: u32 = 5;

/// Gathers all sections. A section that cannot be read contains its error.
///
/// # Errors
/// An interrupt: an incomplete report could be mistaken for a complete one.
pub(crate) async fn run(context: &Context) -> Result<Report, Error> {
    let interrupt = Interrupt::listen();
    tokio::select! {
        report = gather(context, &interrupt) => Ok(report),
        () = interrupt.wait() => {
            Err(Error::new(ErrorKind::Interrupted, "interrupted before the report was complete"))
        }
    }
}

async fn gather(context: &Context, interrupt: &Interrupt) -> Report {
    let (facts, status) = triage::now(context, interrupt).await;
    let queue = match (&facts.queue, &facts.layout.result) {
        (Some(queue), _) => {
            let facts = queue::QueueReportFacts { queue, throughput: None, server: None };
            queue::evaluate_counts(context, &facts, FailOn::default())
        }
        (None, Err(error)) => Err(error.clone().into()),
        (None, Ok(_)) => Err(Error::bug("the queue could not be read")),
    };
    context.reset_deadline();
    let samples = DlqList {
        filter: FilterArgs::default(),
        sort: Order::default(),
        limit: Some(SAMPLES),
        after: None,
    };
    let operations = DlqOps { limit: OPERATIONS };
    let (groups, newest, operations, (hour, version)) = join4(
        dlq::groups::by_cause(context, &samples.filter),
        dlq::list::run(context, &samples),
        dlq::ops::run(context, &operations),
        last_hour(context),
    )
    .await;
    let section =
        |name, heading, max_rows, content| HandoffSection { name, heading, max_rows, content };
    let sections = vec![
        section("queue", "Queue", usize::MAX, queue),
        section("groups", "Dead letters by cause", GROUPS, groups),
        section("samples", "Newest dead letters", usize::MAX, newest),
        section("operations", "Recent requeues", usize::MAX, operations),
    ];
    let settings = context.settings.shown().collect();
    report(status, sections, (hour, version), settings, &context.provenance())
}

/// Returns the events of the last hour and the server version.
async fn last_hour(context: &Context) -> (Result<Option<EventHistogram>, Error>, Option<String>) {
    let read = async {
        let (database, layout) = (context.database().await?, context.layout().await?);
        let version = server::version(database).await;
        let hour = event_histogram::read(database, layout, context.remaining()).await;
        Ok((hour.map_err(Error::from), version))
    };
    match read.await {
        Ok(read) => read,
        Err(error) => (Err(error), None),
    }
}
