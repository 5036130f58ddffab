//! The schema `main` with `jobs` partitioned by creation time.

use cliplyctl::demo::backend;

use super::fixtures;
use super::postgres::Database;

/// Three partitions: up to 36 hours ago, up to 12 hours ago, and newer.
const PARTITIONS: &str = "
DO $$ BEGIN
  EXECUTE format('CREATE TABLE public.jobs_oldest PARTITION OF public.jobs
    FOR VALUES FROM (MINVALUE) TO (%L)', now() - interval '36 hours');
  EXECUTE format('CREATE TABLE public.jobs_older PARTITION OF public.jobs
    FOR VALUES FROM (%L) TO (%L)', now() - interval '36 hours', now() - interval '12 hours');
  EXECUTE format('CREATE TABLE public.jobs_newest PARTITION OF public.jobs
    FOR VALUES FROM (%L) TO (MAXVALUE)', now() - interval '12 hours');
END $$;
";

/// Returns the schema `main` with one table or with these partitions. No table references `jobs`,
/// because a foreign key needs a primary key of only the id.
fn schema(partitions: Option<&str>) -> String {
    let replace = |text: &str, old: &str, new: &str| {
        assert!(text.contains(old), "the schema has changed: {old}");
        text.replacen(old, new, 1)
    };
    let main = replace(
        backend::MAIN,
        "job_id uuid NOT NULL REFERENCES public.jobs ON DELETE CASCADE",
        "job_id uuid NOT NULL",
    );
    let main = replace(&main, "id uuid PRIMARY KEY DEFAULT", "id uuid DEFAULT");
    let (key, more) = match partitions {
        Some(create_partitions) => (
            ",\n  PRIMARY KEY (id, created_at)\n) PARTITION BY RANGE (created_at);\n",
            create_partitions,
        ),
        None => (",\n  PRIMARY KEY (id)\n);\n", ""),
    };
    let main = replace(&main, "  type text\n);\n", &format!("  type text{key}{more}"));
    fixtures::backend(&["roles", "workspaces"]) + &main + &fixtures::backend(&["access"])
}

/// Returns two databases with the same typical jobs: in one table, and in three partitions of equal size.
/// The dead letters are first on disk, so that rows of several partitions have the same ctid.
pub fn plain_and_partitioned() -> [Database; 2] {
    [("plain_twin", None), ("partitioned_twin", Some(PARTITIONS))].map(|(key, partitions)| {
        let database = Database::with_schema(key, &schema(partitions));
        let jobs = fixtures::backend(&["stage", "data/typical", "load/main"]);
        database.execute(&format!(
            "{jobs};
             UPDATE jobs SET created_at = date_trunc('second', now()) - interval '1 hour'
               - right(id::text, 3)::int % 3 * interval '1 day';"
        ));
        let parts: &[&str] = if partitions.is_some() {
            &["jobs_oldest", "jobs_older", "jobs_newest"]
        } else {
            &["jobs"]
        };
        for part in parts {
            database.execute(&format!(
                "CREATE INDEX {part}_place ON {part} ((state <> 'dead_letter'), id);
                 CLUSTER {part} USING {part}_place; DROP INDEX {part}_place"
            ));
        }
        database.execute("ANALYZE jobs");
        database
    })
}

/// Returns the schema with one table.
pub fn one_table() -> String {
    schema(None)
}

/// Returns the schema with a partition for each of the last 30 days and one for older jobs.
pub fn daily() -> String {
    schema(Some(
        "DO $$ BEGIN
           CREATE TABLE public.jobs_rest PARTITION OF public.jobs DEFAULT;
           FOR n IN 0..29 LOOP
             EXECUTE format('CREATE TABLE public.jobs_%s PARTITION OF public.jobs FOR VALUES FROM (%L) TO (%L)',
               n, now() - (n + 1) * interval '1 day', now() - n * interval '1 day');
           END LOOP;
         END $$;",
    ))
}
