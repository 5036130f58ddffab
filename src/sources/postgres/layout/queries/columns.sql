-- Which columns do the jobs and their events have?
select a.attrelid as table,
       a.attnum as number,
       a.attname as name,
       a.atttypid as type,
       a.attnotnull as not_null
  from pg_catalog.pg_attribute a
 where a.attrelid = any (array(
         select c.oid from pg_catalog.pg_class c
          where c.relnamespace = pg_catalog.to_regnamespace('public')
            and c.relname in ('jobs', 'job_events')))
   and a.attnum > 0 and not a.attisdropped
