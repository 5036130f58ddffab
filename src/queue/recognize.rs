//! Recognition of the layout: the meaning of the columns in the catalog.

use super::catalog::{CatalogFunction, CatalogTable, StateColumnEvidence, TableCatalog};
use super::error_column::error_columns;
use super::naive_times::TimeColumns;
use super::state_column::{STATE_COLUMNS, claim_functions, decide, describe_evidence, has_both};
use super::state_names::{CANONICAL, FAILED_IS_FINAL, Lifecycle, StateNames, WORDS};
use super::{AlsoClaimedBy, Claims, Events, EventsUnseen, IdType, Layout, TimeColumn, sql};

/// Types of ids from a sequence.
const WHOLE_NUMBERS: [&str; 2] = ["int8", "int4"];

/// Columns of a claim in the backend's tables with `status`.
const OWN_CLAIM: [&str; 2] = ["worker_id", "last_heartbeat"];

/// Reason why the catalog has no readable jobs table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LayoutError {
    /// There is no table `public.jobs`.
    NoTable,
    /// The role has no SELECT privilege on the table.
    NoSelect,
    /// Row-level security hides rows of the table from the role.
    HiddenByRls,
    /// Both `state` and `status` exist, they differ, and it is not known which one the worker maintains.
    AmbiguousState {
        /// What is known about both columns.
        evidence: String,
    },
    /// A required column is missing or has another type.
    Unknown {
        /// Required column.
        expected: &'static str,
        /// Columns of the table, joined by commas.
        found: String,
    },
    /// The table of a package is not as this version of its schema should be.
    Package(String),
}

/// What a value of a state column means, as SQL, if the layout had this state column. Two columns that agree in
/// all rows lead to the same reports. Without a list of allowed values any known word counts, in any letter case.
pub(crate) fn role_of_row(jobs: &CatalogTable, column: &str) -> String {
    let text = format!("{}::text", sql::ident(column));
    match jobs.allowed_values(column) {
        Some(values) => {
            let names = StateNames::new(&values);
            let is_final = names.may_have_final_failures(column);
            let names = if is_final { names.with_final_failures() } else { names };
            sql::role_case(&text, &names, &Lifecycle::ALL)
        }
        None => {
            let names = StateNames::new(&WORDS.map(|(word, _)| word));
            let names = if column == "status" { names.with_final_failures() } else { names };
            sql::role_case(&format!("lower({text})"), &names, &Lifecycle::ALL)
        }
    }
}

/// Reads a layout from the catalog.
pub(crate) fn recognize(catalog: &TableCatalog) -> Result<Layout, LayoutError> {
    let Some(jobs) = &catalog.jobs else { return Err(LayoutError::NoTable) };
    if !jobs.can_select {
        return Err(LayoutError::NoSelect);
    }
    if jobs.hidden_by_rls {
        return Err(LayoutError::HiddenByRls);
    }
    let times = TimeColumns::new(catalog);
    let mut assumptions: Vec<String> = times.assumption().into_iter().collect();
    let live = state_column(catalog, jobs, &mut assumptions)?;
    let vocabulary = state_names(jobs, &live, &mut assumptions);
    let states_closed = states_closed(jobs, &live, &vocabulary);
    let on_status = live == "status";
    let prefer = |state: &str, status: &str| {
        let order = if on_status { [status, state] } else { [state, status] };
        jobs.first_of(&order)
    };
    let due = due_columns(jobs, &times, on_status);
    let errors = error_columns(jobs);
    let mut layout = Layout {
        relation: jobs.relation.clone(),
        id: id_type(jobs)?,
        kind: jobs.first_of(&["kind", "type"]),
        other_state_column: jobs
            .first_of(&STATE_COLUMNS)
            .filter(|_| has_both(jobs))
            .map(|_| if on_status { "state".to_owned() } else { "status".to_owned() }),
        due_optional: due
            .iter()
            .all(|due| jobs.column(&due.name).is_some_and(|column| !column.not_null)),
        due,
        locked_by: prefer("locked_by", "worker_id"),
        locked_at: times.first_of(jobs, &["locked_at", "started_at"]),
        heartbeat: prefer("heartbeat_at", "last_heartbeat")
            .and_then(|name| times.first_of(jobs, &[&name])),
        attempts: jobs.first_of(&["attempts"]),
        max_attempts: jobs.first_of(&["max_attempts"]),
        last_error: errors.last_error,
        error: errors.error,
        unread_error: errors.unread,
        workspace: jobs.first_of(&["workspace_id"]),
        priority: jobs.first_of(&["priority"]),
        payload: jobs.first_of(&["payload"]),
        result: jobs.first_of(&["result"]),
        created: times.first_of(jobs, &["created_at"]),
        updated: times.first_of(jobs, &["updated_at"]),
        updated_nullable: jobs.column("updated_at").is_some_and(|c| !c.not_null),
        kinds: jobs.first_of(&["kind", "type"]).and_then(|kind| jobs.allowed_values(&kind)),
        events_unseen: catalog.events.as_ref().and_then(unseen),
        events: catalog.events.as_ref().and_then(|table| events(table, &times)),
        indexes: jobs.indexes.clone(),
        partitions: jobs.partitions.clone(),
        estimated_rows: jobs.estimated_rows(catalog.block_size),
        in_recovery: catalog.in_recovery,
        server_time: catalog.server_time.clone(),
        also_claimed_by: also_claimed_by(jobs, &catalog.evidence, &live),
        state_column_assumed: has_both(jobs) && decide(jobs, &catalog.evidence).is_none(),
        unknown_states: unknown_states(jobs, &live, &vocabulary),
        states_closed,
        state_column: live,
        state_names: vocabulary,
        assumptions,
        unread: vec![],
        zone_doubt: times.doubt(),
        declared: None,
    };
    if failures_are_final(jobs, &layout, &catalog.evidence.functions) {
        layout.state_names = layout.state_names.with_final_failures();
    }
    Ok(layout)
}

/// Whether `failed` means dead letter: the words allow it, and no function that claims jobs takes them. Without such a
/// function it is known of the backend's own table only, which its columns show.
fn failures_are_final(jobs: &CatalogTable, layout: &Layout, functions: &[CatalogFunction]) -> bool {
    if !layout.state_names.may_have_final_failures(&layout.state_column) {
        return false;
    }
    let claims = Claims::new(functions, layout);
    if claims.functions.is_empty() {
        return OWN_CLAIM.iter().all(|name| jobs.column(name).is_some());
    }
    claims.retries.gives_up_all(layout)
}

fn unknown(jobs: &CatalogTable, expected: &'static str) -> LayoutError {
    let found: Vec<_> = jobs.columns.iter().map(|c| c.name.as_str()).collect();
    LayoutError::Unknown { expected, found: found.join(", ") }
}

fn id_type(jobs: &CatalogTable) -> Result<IdType, LayoutError> {
    match jobs.column("id") {
        Some(id) if id.is_any(&["uuid"]) => Ok(IdType::Uuid),
        Some(id) if id.is_any(&WHOLE_NUMBERS) => Ok(IdType::BigInt),
        _ => Err(unknown(jobs, "a column id of type uuid or bigint")),
    }
}

/// The column that holds the state, `state` or `status`.
fn state_column(
    catalog: &TableCatalog,
    jobs: &CatalogTable,
    assumptions: &mut Vec<String>,
) -> Result<String, LayoutError> {
    if !has_both(jobs) {
        let only = jobs.first_of(&STATE_COLUMNS);
        return only.ok_or_else(|| unknown(jobs, "a column state or status"));
    }
    if let Some(column) = decide(jobs, &catalog.evidence) {
        return Ok(column.to_owned());
    }
    if catalog.evidence.columns_differ {
        let evidence = describe_evidence(jobs, &catalog.evidence);
        return Err(LayoutError::AmbiguousState { evidence });
    }
    assumptions.push(
        "both state and status exist, and it is not known which one the worker maintains; no row was seen \
         in which they differ: state is read"
            .to_owned(),
    );
    Ok("state".to_owned())
}

/// The other column, if a function that claims by the state column requires a queued value of it as well.
fn also_claimed_by(
    jobs: &CatalogTable,
    evidence: &StateColumnEvidence,
    live: &str,
) -> Option<AlsoClaimedBy> {
    let other = STATE_COLUMNS.into_iter().find(|column| *column != live)?;
    let reads_both = claim_functions(evidence, live)
        .iter()
        .any(|name| claim_functions(evidence, other).contains(name));
    let queued = state_names(jobs, other, &mut vec![]).queued;
    let queued = queued.iter().find(|value| *value == "queued").or(queued.first())?;
    (has_both(jobs) && reads_both)
        .then(|| AlsoClaimedBy { column: other.to_owned(), queued: queued.clone() })
}

fn state_names(jobs: &CatalogTable, live: &str, assumptions: &mut Vec<String>) -> StateNames {
    if let Some(values) = jobs.allowed_values(live) {
        return StateNames::new(&values);
    }
    let usual: &[&str] = if live == "state" { &CANONICAL } else { &FAILED_IS_FINAL };
    let seen = jobs.seen_values.get(live).map(Vec::as_slice).unwrap_or_default();
    // Letter case comes from the table: a usual value is replaced by the spellings that were seen.
    let is_spelled = |word: &&&str| !seen.iter().any(|value| value.eq_ignore_ascii_case(word));
    let mut values: Vec<String> = seen.to_vec();
    values.extend(usual.iter().filter(is_spelled).map(|word| (*word).to_owned()));
    assumptions.push(format!(
        "no CHECK says which values \"{live}\" may have: the usual ones are assumed ({})",
        usual.join(", ")
    ));
    StateNames::new(&values)
}

/// Whether the catalog proves that no row is in an unknown state.
fn states_closed(jobs: &CatalogTable, live: &str, names: &StateNames) -> bool {
    let not_null = jobs.column(live).is_some_and(|column| column.not_null);
    let validated = jobs.allowed(live).is_some_and(|allowed| allowed.validated);
    not_null && validated && names.other.is_empty()
}

/// Values without a known meaning that were seen.
fn unknown_states(jobs: &CatalogTable, live: &str, names: &StateNames) -> Vec<String> {
    let seen = jobs.seen_values.get(live).map(Vec::as_slice).unwrap_or_default();
    seen.iter().filter(|value| names.role(value) == Lifecycle::Other).cloned().collect()
}

/// Due columns: `run_at` in schemas with `state`, `run_after` and `next_run_at` in those with
/// `status`.
fn due_columns(jobs: &CatalogTable, times: &TimeColumns<'_>, on_status: bool) -> Vec<TimeColumn> {
    let run_at = times.first_of(jobs, &["run_at"]);
    if !on_status && let Some(run_at) = run_at {
        return vec![run_at];
    }
    let newer: Vec<_> = ["run_after", "next_run_at"]
        .iter()
        .filter_map(|name| times.first_of(jobs, &[name]))
        .collect();
    if newer.is_empty() { run_at.into_iter().collect() } else { newer }
}

fn unseen(events: &CatalogTable) -> Option<EventsUnseen> {
    match events {
        CatalogTable { can_select: false, .. } => Some(EventsUnseen::NoSelect),
        CatalogTable { hidden_by_rls: true, .. } => Some(EventsUnseen::HiddenByRls),
        _ => None,
    }
}

fn events(table: &CatalogTable, times: &TimeColumns<'_>) -> Option<Events> {
    if unseen(table).is_some() || table.column("job_id").is_none() {
        return None;
    }
    let stage = table.first_of(&["stage", "event"])?;
    Some(Events {
        relation: table.relation.clone(),
        ids_grow: table.column("id").is_some_and(|id| id.is_any(&WHOLE_NUMBERS)),
        stages: table.allowed_values(&stage),
        stage,
        data: table.first_of(&["data", "details"]),
        at: times.first_of(table, &["created_at", "at", "ts"]),
        workspace: table.column("workspace_id").is_some(),
        indexed_by_job: table.indexes.iter().any(|i| {
            i.predicate.is_none()
                && i.columns.first().is_some_and(|c| c.as_deref() == Some("job_id"))
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::super::catalog::{CatalogColumn, CatalogIndex};
    use super::*;

    fn column(name: &str, r#type: &str) -> CatalogColumn {
        CatalogColumn { name: name.into(), r#type: Some(r#type.into()), not_null: false }
    }

    fn catalog(columns: &[(&str, &str)], checks: &[&str]) -> TableCatalog {
        let jobs = CatalogTable {
            columns: columns.iter().map(|(n, t)| column(n, t)).collect(),
            checks: checks.iter().map(|&c| c.to_owned()).collect(),
            can_select: true,
            ..CatalogTable::default()
        };
        TableCatalog { jobs: Some(jobs), block_size: 8192.0, ..TableCatalog::default() }
    }

    const BOTH: [(&str, &str); 3] = [("id", "uuid"), ("state", "text"), ("status", "text")];

    #[test]
    fn check_constraint_identifies_the_state_column() {
        let layout = recognize(&catalog(
            &BOTH,
            &["CHECK ((state = ANY (ARRAY['queued'::text, 'dead_letter'::text])))"],
        ))
        .unwrap();
        assert_eq!(
            (layout.state_column.as_str(), layout.other_state_column.as_deref()),
            ("state", Some("status"))
        );
        assert!(layout.assumptions.is_empty() && !layout.state_column_assumed);
    }

    #[test]
    fn claim_function_identifies_the_state_column() {
        let mut catalog = catalog(&BOTH, &[]);
        catalog.evidence.functions = vec![CatalogFunction {
            name: "take".into(),
            source: "update jobs set worker_id = w where status = 'queued'".into(),
        }];
        assert_eq!(recognize(&catalog).unwrap().state_column, "status");
    }

    #[test]
    fn partial_index_identifies_the_state_column() {
        let mut catalog = catalog(&BOTH, &[]);
        catalog.jobs.as_mut().unwrap().indexes = vec![CatalogIndex {
            columns: vec![Some("status".into())],
            predicate: Some("(status = 'queued'::text)".into()),
        }];
        assert_eq!(recognize(&catalog).unwrap().state_column, "status");
    }

    #[test]
    fn assumption_is_recorded_if_evidence_is_missing() {
        let layout = recognize(&catalog(&BOTH, &[])).unwrap();
        assert_eq!(layout.state_column, "state");
        assert_eq!(layout.assumptions.len(), 2);
        assert!(layout.state_column_assumed);
    }

    #[test]
    fn contradictory_claim_functions_are_skipped() {
        let mut catalog = catalog(
            &BOTH,
            &["CHECK ((status = ANY (ARRAY['queued'::text, 'dead_letter'::text])))"],
        );
        let claims_by = |column: &str| CatalogFunction {
            name: format!("claim_by_{column}"),
            source: format!("update jobs set worker_id = w where {column} = 'queued'"),
        };
        catalog.evidence.functions = vec![claims_by("state"), claims_by("status")];
        assert_eq!(recognize(&catalog).unwrap().state_column, "status");
    }

    #[test]
    fn value_with_two_meanings_differs_between_the_columns() {
        // "failed" is final in status, and is retried in state.
        let values = "ARRAY['queued'::text, 'running'::text, 'succeeded'::text, 'failed'::text]";
        let check = |column: &str| format!("CHECK (({column} = ANY ({values})))");
        let (state, status) = (check("state"), check("status"));
        let jobs = catalog(&BOTH, &[&state, &status]).jobs.unwrap();
        let role = |column: &str| role_of_row(&jobs, column).replace(column, "x");
        assert_ne!(role("state"), role("status"));
    }

    #[test]
    fn columns_that_differ_are_ambiguous_unless_set() {
        let mut catalog = catalog(&BOTH, &[]);
        catalog.evidence.columns_differ = true;
        let error = recognize(&catalog).unwrap_err();
        assert!(matches!(error, LayoutError::AmbiguousState { .. }), "{error:?}");
        catalog.evidence.setting = Some("status".to_owned());
        assert_eq!(recognize(&catalog).unwrap().state_column, "status");
    }

    #[test]
    fn unknown_table_error_lists_expected_and_found_columns() {
        let error = recognize(&catalog(&[("id", "uuid"), ("phase", "text")], &[])).unwrap_err();
        let LayoutError::Unknown { expected, found } = error else { panic!("{error:?}") };
        assert!(expected.contains("state or status") && found.contains("id, phase"));
        let error = recognize(&catalog(&[("id", "text"), ("state", "text")], &[])).unwrap_err();
        assert!(
            matches!(error, LayoutError::Unknown { expected, .. } if expected.contains("uuid or bigint"))
        );
    }

    #[test]
    fn role_without_grants_gets_a_permission_error() {
        let mut catalog = catalog(&BOTH, &[]);
        catalog.jobs.as_mut().unwrap().can_select = false;
        assert_eq!(recognize(&catalog).unwrap_err(), LayoutError::NoSelect);
    }

    #[test]
    fn role_bound_by_rls_gets_a_hidden_error() {
        let mut catalog = catalog(&BOTH, &[]);
        catalog.jobs.as_mut().unwrap().hidden_by_rls = true;
        assert_eq!(recognize(&catalog).unwrap_err(), LayoutError::HiddenByRls);
    }
}
