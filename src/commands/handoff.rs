//! `handoff`: everything that the next person needs, in one text that is safe to paste.

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

/// Dead letters that are shown as samples.
const SAMPLES: u32 = 3;
/// Groups of dead letters that are shown.
const GROUPS: usize = 5;
/// Operations that are shown.
const OPERATIONS: u32 = 5;

/// Looks at everything; what cannot be seen is a part that says so.
///
/// # Errors
/// An interruption: half a bundle would be taken for a whole one.
pub async fn run(context: &Context) -> Result<Report, Error> {
    let interrupt = Interrupt::listen();
    tokio::select! {
        report = bundle(context, &interrupt) => Ok(report),
        () = interrupt.wait() => {
            Err(Error::new(ErrorKind::Interrupted, "interrupted before the bundle was whole"))
        }
    }
}

async fn bundle(context: &Context, interrupt: &Interrupt) -> Report {
    let (facts, status) = triage::now(context, interrupt).await;
    let queue = match (&facts.queue, &facts.layout.result) {
        (Some(queue), _) => queue::evaluate_counts(context, queue, FailOn::default()),
        (None, Err(error)) => Err(error.clone().into()),
        (None, Ok(_)) => Err(Error::bug("the queue was not looked at")),
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
        dlq::groups::run(context, &samples.filter),
        dlq::list::run(context, &samples),
        dlq::ops::run(context, &operations),
        last_hour(context),
    )
    .await;
    let part =
        |name, heading, max_rows, content| HandoffSection { name, heading, max_rows, content };
    let parts = vec![
        part("queue", "Queue", usize::MAX, queue),
        part("groups", "What dead letters died of", GROUPS, groups),
        part("samples", "The newest dead letters", usize::MAX, newest),
        part("operations", "Recent requeues", usize::MAX, operations),
    ];
    let settings = context.settings.shown().collect();
    report(status, parts, (hour, version), settings, &context.provenance())
}

/// What happened of late, and which server tells.
async fn last_hour(context: &Context) -> (Result<Option<EventHistogram>, Error>, Option<String>) {
    let read = async {
        let (database, layout) = (context.database().await?, context.layout().await?);
        let version = server::version(database, context.remaining()).await.ok();
        let hour = event_histogram::read(database, layout, context.remaining()).await;
        Ok((hour.map_err(Error::from), version))
    };
    match read.await {
        Ok(read) => read,
        Err(error) => (Err(error), None),
    }
}
