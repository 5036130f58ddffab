//! `jobs …`

use clap::{Args, Subcommand};

/// `jobs …`
#[derive(Debug, Subcommand)]
pub enum Jobs {
    /// Show a job in full: errors, payload, timeline, and what its state means
    Show(JobsShow),
}

/// `jobs show` and `dlq show`
#[derive(Debug, Args)]
pub struct JobsShow {
    /// The job's id
    #[arg(allow_negative_numbers = true)]
    pub id: String,
}
