-- The functions that could claim jobs, only if jobs has both state and status.
select f.name, f.source
  from (
{functions}) f
 where (select pg_catalog.count(*)
          from pg_catalog.pg_attribute a
         where a.attrelid = {jobs}
           and a.attname in ('state', 'status')
           and not a.attisdropped) = 2
