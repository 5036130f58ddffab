-- Triggers on the tables and views of all schemas except those of the system, with their events. Triggers that the
-- system created for constraints are excluded; up to PostgreSQL 14 the copies of partitions are internal, too.
select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
         'name', t.tgname,
         'table', pg_catalog.format('%I.%I', n.nspname, c.relname),
         'function', f.oid::pg_catalog.regprocedure::text,
         'for_each_row', t.tgtype::int & 1 <> 0,
         'before', t.tgtype::int & 2 <> 0,
         -- A foreign key changes rows as the owner of their table. Up to PostgreSQL 17, AFTER triggers then run as the
         -- role of the statement.
         'owner_in_cascade', t.tgtype::int & 2 <> 0
                             or pg_catalog.current_setting('server_version_num')::int >= 180000,
         'events', (
           select coalesce(pg_catalog.json_agg(e.command), '[]')
             from (values (4, 'INSERT'), (8, 'DELETE'), (16, 'UPDATE')) as e(bit, command)
            where t.tgtype::int & e.bit <> 0)
       ) order by n.nspname, c.relname, t.tgname), '[]')::text as triggers
  from pg_catalog.pg_trigger t
  join pg_catalog.pg_proc f on f.oid = t.tgfoid
  join pg_catalog.pg_class c on c.oid = t.tgrelid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
 where (not t.tgisinternal or t.tgconstraint = 0) and t.tgenabled in ('O', 'A')
   and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
