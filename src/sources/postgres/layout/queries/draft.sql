-- Columns of tables and views that may hold jobs, with the labels of enums and the type below a domain: of one table
-- ($1 schema, $2 name), or of all that this role may read if $2 is NULL. Partitions are omitted.
select n.nspname::text as schema,
       c.relname::text as name,
       a.attname::text as column,
       pg_catalog.format_type(case when t.typbasetype <> 0 then t.typbasetype else t.oid end, null) as type,
       array(select e.enumlabel::text from pg_catalog.pg_enum e
              where e.enumtypid = a.atttypid order by e.enumsortorder) as labels,
       exists (select from pg_catalog.pg_index i
                where i.indrelid = c.oid and i.indisprimary and i.indnkeyatts = 1
                  and i.indkey[0] = a.attnum) as is_key
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  join pg_catalog.pg_type t on t.oid = a.atttypid
 where c.relkind in ('r', 'p', 'v', 'm', 'f')
   and not c.relispartition
   and n.nspname not in ('pg_catalog', 'information_schema')
   and not pg_catalog.starts_with(n.nspname::text, 'pg_')
   and pg_catalog.has_table_privilege(c.oid, 'SELECT')
   and ($2::text is null or (c.relname = $2 and ($1::text is null or n.nspname = $1)))
 order by n.nspname, c.relname, a.attnum
 limit 20000
