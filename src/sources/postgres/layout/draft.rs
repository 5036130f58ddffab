//! stub
use std::time::Duration;
use super::super::Database;
use crate::facts::SourceError;
pub(crate) async fn draft(_db: &Database, _t: Duration) -> Result<String, SourceError> { Ok(String::new()) }
