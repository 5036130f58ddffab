-- Which CHECK constraints has the table below a view? A view has none of its own. No rows if it reads several tables.
with base as (
  select distinct d.refobjid as oid
    from pg_catalog.pg_rewrite r
    join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and d.objid = r.oid
    join pg_catalog.pg_class c on c.oid = d.refobjid
   where r.ev_class = {jobs}
     and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
     and d.refobjid <> r.ev_class
     and c.relkind in ('r', 'p', 'f')
)
select pg_catalog.pg_get_constraintdef(k.oid) as definition
  from base
  join pg_catalog.pg_constraint k on k.conrelid = base.oid and k.contype = 'c'
 where (select count(*) from base) = 1
