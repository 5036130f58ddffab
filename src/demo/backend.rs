//! The backend's database as its canonical variant has it. The integration tests load the same text.

/// The roles of a Supabase project, and two for trying what a stranger sees.
pub const ROLES: &str = include_str!("backend/roles.sql");
/// Supabase's schemas and claims, workspaces and their members.
pub const WORKSPACES: &str = include_str!("backend/workspaces.sql");
/// Jobs, their events, and the functions that workers call.
pub const MAIN: &str = include_str!("backend/main.sql");
/// Who may see jobs, as it was found.
pub const ACCESS: &str = include_str!("backend/access.sql");
/// What the runbook's posture wants besides: `rls audit` has nothing to say then.
pub const POSTURE: &str = include_str!("backend/posture.sql");
/// Temporary tables for jobs in words that no variant uses; a data set fills them.
pub const STAGE: &str = include_str!("backend/stage.sql");
/// Turns them into rows of the canonical variant.
pub const LOAD: &str = include_str!("backend/load.sql");

/// A whole database: the schema, then the jobs of a data set.
#[must_use]
pub fn database(data: &str) -> String {
    [ROLES, WORKSPACES, MAIN, ACCESS, POSTURE, STAGE, data, LOAD].join("\n")
}
