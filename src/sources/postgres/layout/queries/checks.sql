-- Which values do their CHECK constraints allow?
select k.conrelid as table,
       pg_catalog.pg_get_constraintdef(k.oid) as definition
  from pg_catalog.pg_constraint k
 where k.conrelid = any (array(
         select c.oid from pg_catalog.pg_class c
          where c.relnamespace = pg_catalog.to_regnamespace('public')
            and c.relname in ('jobs', 'job_events')))
   and k.contype = 'c'
