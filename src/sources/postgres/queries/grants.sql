-- What the grants of a database depend on: row-level security and sequences of the tables, and whether a role may
-- be given away.
select pg_catalog.json_build_object(
  'database', pg_catalog.current_database(),
  'jobs_row_security', (select c.relrowsecurity from pg_catalog.pg_class c where c.oid = {jobs}),
  'events_row_security', (select c.relrowsecurity from pg_catalog.pg_class c where c.oid = {job_events}),
  -- Identity columns need no privilege on their sequence.
  'event_sequences', (select coalesce(pg_catalog.json_agg(pg_catalog.quote_ident(n.nspname) || '.'
                                                          || pg_catalog.quote_ident(s.relname)), '[]')
    from pg_catalog.pg_depend d
    join pg_catalog.pg_class s on s.oid = d.objid and s.relkind = 'S'
    join pg_catalog.pg_namespace n on n.oid = s.relnamespace
   where d.classid = 'pg_catalog.pg_class'::regclass and d.deptype = 'a' and d.refobjid = {job_events}),
  'other_tables', (select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
      'schema', n.nspname, 'name', c.relname, 'row_security', c.relrowsecurity) order by c.relname), '[]')
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
   where c.relnamespace = (select j.relnamespace from pg_catalog.pg_class j where j.oid = {jobs})
     and c.relkind in ('r', 'p', 'v', 'm') and not c.relispartition
     and c.oid <> {jobs} and c.oid is distinct from {job_events}
     and not exists (select 1 from pg_catalog.pg_depend d
                      where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')),
  'api_roles', (select coalesce(pg_catalog.json_agg(pg_catalog.quote_ident(r.rolname) order by r.rolname), '[]')
    from pg_catalog.pg_roles r where r.rolname in ('anon', 'authenticated', 'service_role'))
)::text as grants
