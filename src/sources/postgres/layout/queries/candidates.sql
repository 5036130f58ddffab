-- Tables with the name of one of a package, in any schema; the catalog shows them also to roles that may not read
-- them.
select c.relname as name,
       (select n.nspname from pg_catalog.pg_namespace n where n.oid = c.relnamespace) as schema
  from pg_catalog.pg_class c
 where c.relname = any('{{names}}') and c.relkind in ('r', 'p') and not c.relispartition
