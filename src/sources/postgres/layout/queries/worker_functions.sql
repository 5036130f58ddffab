-- Sources of the worker's functions: they show whether the worker writes state or status.
select p.prosrc as source
  from pg_catalog.pg_proc p
  join pg_catalog.pg_namespace n on n.oid = p.pronamespace
 where n.nspname = 'public' and p.proname like 'worker\_%'
