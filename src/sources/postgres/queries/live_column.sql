-- Which of state and status does the worker maintain? Asked only where public.jobs has both: planning
-- pg_stats costs a new session more than all of layout.sql. Catalog only, no table is read.
select pg_catalog.json_build_object(
         'worker_functions', (
           select coalesce(pg_catalog.json_agg(p.prosrc), '[]')
             from pg_catalog.pg_proc p
             join pg_catalog.pg_namespace n on n.oid = p.pronamespace
            where n.nspname = 'public' and p.proname like 'worker\_%'),
         'distinct', (
           select coalesce(pg_catalog.json_object_agg(s.attname, s.n_distinct), '{}')
             from pg_catalog.pg_stats s
            where s.schemaname = 'public' and s.tablename = 'jobs'
              and s.attname in ('state', 'status'))
       )::text as evidence
