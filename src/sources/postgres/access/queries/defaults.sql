-- Default privileges of the examined roles ($1) in the examined schemas ($2): what new tables and functions grant.
select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
         'owner', o.rolname,
         'schema', n.nspname,
         'objects', case a.defaclobjtype when 'r' then 'TABLES' else 'FUNCTIONS' end,
         'grantee', coalesce(r.rolname, 'PUBLIC'),
         'alterable', pg_catalog.pg_has_role(o.oid, 'USAGE')
       ) order by n.nspname, o.rolname, r.rolname), '[]')::text as defaults
  from pg_catalog.pg_default_acl a
  join pg_catalog.pg_roles o on o.oid = a.defaclrole
  left join pg_catalog.pg_namespace n on n.oid = a.defaclnamespace,
  lateral (select distinct e.grantee from pg_catalog.aclexplode(a.defaclacl) e) acl
  left join pg_catalog.pg_roles r on r.oid = acl.grantee
 where a.defaclobjtype in ('r', 'f')
   and (n.nspname is null or n.nspname = any($2))
   and (acl.grantee = 0 or r.rolname = any($1))
