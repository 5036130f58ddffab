-- Which indexes do jobs and job_events have? Columns by number; 0 is an expression.
select i.indrelid as table,
       i.indkey as columns,
       i.indnkeyatts as keys,
       i.indisvalid as valid,
       pg_catalog.pg_get_expr(i.indpred, i.indrelid) as predicate
  from pg_catalog.pg_index i
 where i.indrelid in ({jobs},
                      {job_events})
