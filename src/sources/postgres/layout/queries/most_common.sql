-- The most common values of the state column, from statistics; no table is read.
select v.value
  from pg_catalog.pg_stats s,
       pg_catalog.unnest(s.most_common_vals::pg_catalog.text::pg_catalog.text[]) as v(value)
 where s.schemaname = 'public' and s.tablename = 'jobs' and s.attname = $1 and v.value is not null
