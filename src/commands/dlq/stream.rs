//! `dlq list -o ndjson|csv`: prints rows while they are read, without a limit on their number.

use std::io;
use std::ops::ControlFlow;

use super::list::ListQuery;
use crate::cli::DlqList;
use crate::context::Context;
use crate::error::Error;
use crate::exit::ExitCode;
use crate::facts::dead_letter::DeadLetter;
use crate::facts::listing::{Cursor, Order};
use crate::facts::{SourceError, SourceErrorKind};
use crate::render::row_stream::RowStream;
use crate::report::dead_letters::DeadLetterJson;
use crate::sources::postgres::dead_letters as source;

/// Prints dead letters to stdout. A closed pipe ends the command without an error.
///
/// # Errors
/// The error of the database, after the rows read until then were printed.
pub(crate) async fn run(
    context: &Context,
    args: &DlqList,
    rows: RowStream,
) -> Result<ExitCode, Error> {
    if args.sort == Order::DeadSince {
        return Err(Error::usage("--sort dead-since does not support -o ndjson and csv")
            .hint("remove --sort and sort the rows by dead_since"));
    }
    source::required(context.layout().await?)?;
    let query = ListQuery::by(context, args).await?;
    let database = context.database().await?;
    let mut out = context.terminal.stream();
    let mut written = out.write(&rows.head(&DeadLetterJson::COLUMNS));
    let (mut count, mut last) = (0_u64, None);
    let read = source::stream(
        database,
        query.listing(args),
        args.limit,
        context.remaining(),
        |job: &DeadLetter| {
            written = out.write(&rows.row(&DeadLetterJson::from(job)));
            count += 1;
            last = Cursor::behind(job, args.sort);
            if matches!(written, Ok(ControlFlow::Continue(()))) {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        },
    )
    .await;
    let flushed = out.finish();
    written.and(flushed).map_err(print_error)?;
    read.map_err(|error| incomplete_error(error, count, last))?;
    Ok(ExitCode::Ok)
}

fn print_error(error: io::Error) -> Error {
    Error::unavailable("cannot write the rows").cause(error)
}

/// Returns the error of an incomplete output, with the number of printed rows and the cursor to continue
/// from.
fn incomplete_error(error: SourceError, count: u64, last: Option<Cursor>) -> Error {
    let timeout = error.kind == SourceErrorKind::Timeout;
    let Some(cursor) = last else { return error.into() };
    let mut error = Error::from(error);
    error.message = format!("after {count} rows: {}", error.message);
    if timeout {
        error = error.hint("allow more time: --timeout 5m");
    }
    error.hint(format!("continue after the last row: --after {cursor}"))
}
