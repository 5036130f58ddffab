//! Converts the rows of a stream on several threads.

use std::num::NonZero;
use std::panic::resume_unwind;

use futures_util::{Stream, StreamExt as _, stream};
use tokio_postgres::{Error, Row, RowStream};

/// The most rows that a thread converts at once. Fewer if no more have arrived.
const CHUNK: usize = 256;

/// Fewer rows than these are converted at once: another thread would take longer.
const MIN_CHUNK: usize = 16;

/// The most threads. More than these convert rows faster than a server sends them.
const MAX_THREADS: usize = 4;

/// Returns the converted rows, in the order of the rows. Redacting an error and computing its fingerprint takes longer
/// than receiving it.
pub(crate) fn map<T: Send + 'static>(
    rows: RowStream,
    convert: impl Fn(Row) -> T + Clone + Send + 'static,
) -> impl Stream<Item = Result<T, Error>> {
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get).min(MAX_THREADS);
    rows.ready_chunks(CHUNK)
        .map(move |chunk| convert_chunk(chunk, convert.clone()))
        .buffered(threads)
        .flat_map(stream::iter)
}

async fn convert_chunk<T: Send + 'static>(
    chunk: Vec<Result<Row, Error>>,
    convert: impl Fn(Row) -> T + Send + 'static,
) -> Vec<Result<T, Error>> {
    let is_small = chunk.len() < MIN_CHUNK;
    let convert_all = move || chunk.into_iter().map(|row| Ok(convert(row?))).collect();
    if is_small {
        return convert_all();
    }
    let converted = tokio::task::spawn_blocking(convert_all).await;
    converted.unwrap_or_else(|panic| resume_unwind(panic.into_panic()))
}
