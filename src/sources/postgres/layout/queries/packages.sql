-- Which packages keep jobs in this database? Tables by name and one telling column, in any schema; the catalog shows
-- them also to roles that may not read them. $1: packages, $2: names of tables, $3: names of columns.
select w.package, n.nspname::text as schema
  from rows from (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[]), pg_catalog.unnest($3::text[]))
         w(package, name, columns)
  join pg_catalog.pg_class c on c.relname = w.name and c.relkind in ('r', 'p') and not c.relispartition
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
 where exists (select from pg_catalog.pg_attribute a
                where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
                  and a.attname = any(pg_catalog.string_to_array(w.columns, ',')))
 order by w.package, n.nspname
