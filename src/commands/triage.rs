//! `triage`: the runbook's quick checklist, all probes at once.

use std::time::Duration;

use futures_util::future::join3;

use super::queue;
use crate::cli::Judging;
use crate::context::Context;
use crate::facts::layout::Layout;
use crate::facts::queue::Queue;
use crate::facts::{Observed, SourceError};
use crate::report::{self, Report};
use crate::sources::service;
use crate::triage::{Facts, judge};

/// Probes concurrently, then judges.
pub async fn run(context: &Context, args: &Judging) -> Report {
    let facts = gather(context).await;
    let steps = judge(&facts, &context.settings.limits);
    report::triage::report(&steps, args.fail_on, &context.provenance())
}

async fn gather(context: &Context) -> Facts {
    let budget = context.timeout();
    let http = context.http();
    let health = async {
        match &http {
            Ok(http) => service::health(http, context.now(), budget).await,
            Err(error) => unread(context, service::HEALTHZ, error),
        }
    };
    let readiness = async {
        match &http {
            Ok(http) => service::readiness(http, false, context.now(), budget).await,
            Err(error) => unread(context, service::READYZ, error),
        }
    };
    let (health, readiness, (layout, queue)) = join3(health, readiness, jobs(context)).await;
    Facts { health, readiness, layout, queue }
}

/// The queue is not attempted when the layout cannot be read.
async fn jobs(context: &Context) -> (Observed<Layout>, Option<Observed<Queue>>) {
    let layout = async { context.layout().await.cloned() };
    let layout = context.observe("pg_catalog", layout).await;
    let queue = match &layout.result {
        Ok(_) => Some(queue::observe(context, None, false).await),
        Err(_) => None,
    };
    (layout, queue)
}

fn unread<T>(context: &Context, source: &str, error: &SourceError) -> Observed<T> {
    let result = Err(error.clone());
    Observed { source: source.to_owned(), at: context.now(), took: Duration::ZERO, result }
}
