//! The schema of the backend's database in its canonical variant. The integration tests load the
//! same text.

/// The roles of a Supabase project, and two test roles for users outside of a workspace.
pub const ROLES: &str = include_str!("backend/roles.sql");
/// Supabase's schemas and claim functions, workspaces and their members.
pub const WORKSPACES: &str = include_str!("backend/workspaces.sql");
/// Jobs, their events, and the functions that workers call.
pub const MAIN: &str = include_str!("backend/main.sql");
/// The access policies of jobs in their initial state.
pub const ACCESS: &str = include_str!("backend/access.sql");
/// The policies that the runbook additionally requires; with them `rls audit` reports no findings.
pub const ACCESS_RULES: &str = include_str!("backend/posture.sql");
/// Temporary tables for jobs in neutral terms, filled by a data set.
pub const STAGE: &str = include_str!("backend/stage.sql");
/// Converts the temporary tables into rows of the canonical variant.
pub const LOAD: &str = include_str!("backend/load.sql");

/// Returns the SQL of a complete database: the schema, then the jobs of a data set.
pub(crate) fn database(data: &str) -> String {
    [ROLES, WORKSPACES, MAIN, ACCESS, ACCESS_RULES, STAGE, data, LOAD].join("\n")
}
