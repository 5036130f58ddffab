-- Which values do the CHECK constraints of jobs and job_events allow?
select k.conrelid as table,
       pg_catalog.pg_get_constraintdef(k.oid) as definition
  from pg_catalog.pg_constraint k
 where k.conrelid in ({jobs},
                      {job_events})
   and k.contype = 'c'
