-- Columns of jobs and job_events. System columns have numbers below 1.
select a.attrelid as table,
       a.attnum as number,
       a.attname as name,
       a.atttypid as type,
       a.attnotnull as not_null,
       a.attisdropped as dropped
  from pg_catalog.pg_attribute a
 where a.attrelid in ({jobs},
                      {job_events})
