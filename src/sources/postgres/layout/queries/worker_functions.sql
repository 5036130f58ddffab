-- Which of state and status does the worker write? The sources of its functions name it.
select p.prosrc as source
  from pg_catalog.pg_proc p
  join pg_catalog.pg_namespace n on n.oid = p.pronamespace
 where n.nspname = 'public' and p.proname like 'worker\_%'
