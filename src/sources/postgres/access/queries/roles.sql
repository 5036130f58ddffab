-- Attributes of the examined roles ($1), and the roles that they can SET ROLE to. Schemas: $2.
select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
         'name', r.rolname,
         'superuser', r.rolsuper,
         'bypass_rls', r.rolbypassrls,
         'assumable', pg_catalog.pg_has_role(r.oid, 'MEMBER'),
         'inherits', (select pg_catalog.json_agg(i.rolname)
                        from pg_catalog.pg_roles i
                       where pg_catalog.pg_has_role(r.oid, i.oid, 'USAGE')
                         and (not r.rolsuper or i.oid = r.oid)),
         'can_become_bypass', (
           select coalesce(pg_catalog.json_agg(b.rolname), '[]')
             from pg_catalog.pg_roles b
            where (b.rolsuper or b.rolbypassrls) and b.oid <> r.oid and not r.rolsuper
              and pg_catalog.pg_has_role(r.oid, b.oid, 'MEMBER')),
         'schemas', (
           select coalesce(pg_catalog.json_agg(n.nspname), '[]')
             from pg_catalog.pg_namespace n
            where pg_catalog.has_schema_privilege(r.oid, n.oid, 'USAGE')
              and n.nspname not like 'pg\_temp%' and n.nspname not like 'pg\_toast%')
       ) order by r.rolname), '[]')::text as roles
  from pg_catalog.pg_roles r
 where r.rolname = any($1) and $2::text[] is not null
