//! `jobs …`

use clap::{Args, Subcommand};

/// `jobs …`
#[derive(Debug, Subcommand)]
pub enum Jobs {
    /// Show a job in full: errors, payload, timeline, and what its state means
    Show(JobsShow),
}

/// `jobs show`
#[derive(Debug, Args)]
pub struct JobsShow {
    /// The job's id
    pub id: String,
}
