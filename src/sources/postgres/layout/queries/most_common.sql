-- The most common values of the state column, from statistics; no table is read.
select v.value
  from pg_catalog.pg_stats s,
       pg_catalog.unnest(s.most_common_vals::pg_catalog.text::pg_catalog.text[]) as v(value)
 where s.schemaname = $1 and s.tablename = $2 and s.attname = $3 and v.value is not null
