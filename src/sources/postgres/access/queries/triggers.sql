-- Triggers on the tables and views of the examined schemas ($2) that run SECURITY DEFINER functions, with
-- their events. Triggers of constraints are excluded. Roles ($1) are not used.
select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
         'name', t.tgname,
         'table', pg_catalog.format('%I.%I', n.nspname, c.relname),
         'function', f.oid::pg_catalog.regprocedure::text,
         'events', (
           select coalesce(pg_catalog.json_agg(e.command), '[]')
             from (values (4, 'INSERT'), (8, 'DELETE'), (16, 'UPDATE')) as e(bit, command)
            where t.tgtype::int & e.bit <> 0)
       ) order by n.nspname, c.relname, t.tgname), '[]')::text as triggers
  from pg_catalog.pg_trigger t
  join pg_catalog.pg_proc f on f.oid = t.tgfoid
  join pg_catalog.pg_class c on c.oid = t.tgrelid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
 where not t.tgisinternal and t.tgenabled <> 'D' and f.prosecdef
   and n.nspname = any($2) and $1::text[] is not null
