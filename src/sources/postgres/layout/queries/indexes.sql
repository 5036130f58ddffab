-- Which indexes serve them? Columns by number; 0 stands for an expression.
select i.indrelid as table,
       i.indkey as columns,
       i.indnkeyatts as keys,
       pg_catalog.pg_get_expr(i.indpred, i.indrelid) as predicate
  from pg_catalog.pg_index i
 where i.indrelid = any (array(
         select c.oid from pg_catalog.pg_class c
          where c.relnamespace = pg_catalog.to_regnamespace('public')
            and c.relname in ('jobs', 'job_events')))
   and i.indisvalid
