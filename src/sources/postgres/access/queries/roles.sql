-- The roles whose rights matter, with their attributes and the roles that they can SET ROLE to: the examined roles ($1);
-- owners of views, of SECURITY DEFINER functions and of tables with triggers, whose rights clients use; and roles that
-- examined roles can become. Superusers among the latter have every right and are left out.
with set_role(privilege) as (
  -- Since PostgreSQL 16 a membership can be granted without the right to SET ROLE.
  select case when pg_catalog.current_setting('server_version_num')::int >= 160000 then 'SET' else 'MEMBER' end
), owners(oid) as (
  select c.relowner from pg_catalog.pg_class c where c.relkind in ('v', 'm') or c.relhastriggers
  union
  select f.proowner from pg_catalog.pg_proc f where f.prosecdef
)
select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
         'name', r.rolname,
         'examined', r.rolname = any($1),
         'superuser', r.rolsuper,
         'bypass_rls', r.rolbypassrls,
         'create_role', r.rolcreaterole,
         'assumable', pg_catalog.pg_has_role(r.oid, s.privilege),
         'inherits', (select pg_catalog.json_agg(i.rolname)
                        from pg_catalog.pg_roles i
                       where pg_catalog.pg_has_role(r.oid, i.oid, 'USAGE')
                         and (not r.rolsuper or i.oid = r.oid)),
         'member_of', (
           select coalesce(pg_catalog.json_agg(distinct g.rolname), '[]')
             from pg_catalog.pg_auth_members a
             join pg_catalog.pg_roles g on g.oid = a.roleid
            where a.member = r.oid),
         'can_become', (
           select coalesce(pg_catalog.json_agg(b.rolname), '[]')
             from pg_catalog.pg_roles b
            where b.oid <> r.oid and not r.rolsuper and pg_catalog.pg_has_role(r.oid, b.oid, s.privilege)),
         'can_become_bypass', (
           select coalesce(pg_catalog.json_agg(b.rolname), '[]')
             from pg_catalog.pg_roles b
            where (b.rolsuper or b.rolbypassrls) and b.oid <> r.oid and not r.rolsuper
              and pg_catalog.pg_has_role(r.oid, b.oid, s.privilege)),
         'schemas', (
           select coalesce(pg_catalog.json_agg(n.nspname), '[]')
             from pg_catalog.pg_namespace n
            where pg_catalog.has_schema_privilege(r.oid, n.oid, 'USAGE')
              and not pg_catalog.starts_with(n.nspname::text, 'pg_temp') and not pg_catalog.starts_with(n.nspname::text, 'pg_toast'))
       ) order by r.rolname), '[]')::text as roles
  from pg_catalog.pg_roles r
 cross join set_role s
 where r.rolname = any($1)
    or not r.rolsuper
       and (r.oid in (select o.oid from owners o)
            or exists (
              select from pg_catalog.pg_roles m
               where m.rolname = any($1) and not m.rolsuper and pg_catalog.pg_has_role(m.oid, r.oid, 'MEMBER')))
