-- Which packages keep jobs in this database? Tables by name, in any schema, with those of their columns that tell
-- packages apart; the catalog shows them also to roles that may not read them. A dropped column has no name.
select c.relname as name,
       (select n.nspname from pg_catalog.pg_namespace n where n.oid = c.relnamespace) as schema,
       array(select a.attname::text from pg_catalog.pg_attribute a
              where a.attrelid = c.oid and a.attname = any($2)) as columns
  from pg_catalog.pg_class c
 where c.relname = any($1) and c.relkind in ('r', 'p') and not c.relispartition
