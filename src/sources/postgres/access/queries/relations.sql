-- Tables and views of the examined schemas ($2), or used by policies there, with the privileges of the
-- examined roles ($1). Objects of extensions are excluded.
with exposed as (
  select c.oid
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
   where n.nspname = any($2) and c.relkind in ('r', 'p', 'v', 'm', 'f')
     and not exists (select from pg_catalog.pg_depend d
                      where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                        and d.objid = c.oid and d.deptype = 'e')
), referred as (
  select distinct d.refobjid as oid
    from pg_catalog.pg_depend d
    join pg_catalog.pg_policy p on p.oid = d.objid
   where d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass
     and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
     and p.polrelid in (select oid from exposed)
   union
  select distinct d.refobjid
    from pg_catalog.pg_rewrite w
    join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and d.objid = w.oid
   where d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
     and w.ev_class in (select oid from exposed)
), examined as (
  select c.*, e.oid is not null as exposed
    from pg_catalog.pg_class c
    left join exposed e on e.oid = c.oid
   where (e.oid is not null or c.oid in (select oid from referred))
     and c.relkind in ('r', 'p', 'v', 'm', 'f')
), roles as (
  select r.oid, r.rolname from pg_catalog.pg_roles r where r.rolname = any($1)
), privileges(privilege) as (
  values ('SELECT'), ('INSERT'), ('UPDATE'), ('DELETE'), ('TRUNCATE'), ('REFERENCES'), ('TRIGGER')
), column_grants as (
  select a.attrelid, a.attname, acl.privilege_type, acl.grantee
    from pg_catalog.pg_attribute a, pg_catalog.aclexplode(a.attacl) acl
   where a.attrelid in (select oid from examined) and a.attacl is not null and not a.attisdropped
)
select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
         'name', pg_catalog.format('%I.%I', n.nspname, c.relname),
         'schema', n.nspname,
         'kind', c.relkind,
         'owner', o.rolname,
         'owner_bypasses_rls', o.rolsuper or o.rolbypassrls,
         'rls', c.relrowsecurity,
         'force', c.relforcerowsecurity,
         'partition_of', (
           select pg_catalog.format('%I.%I', pn.nspname, pc.relname)
             from pg_catalog.pg_inherits i
             join pg_catalog.pg_class pc on pc.oid = i.inhparent
             join pg_catalog.pg_namespace pn on pn.oid = pc.relnamespace
            where i.inhrelid = c.oid and c.relispartition
            limit 1),
         'security_invoker', coalesce(
           (select pg_catalog.lower(option_value) in ('true', 'on', 'yes', '1')
              from pg_catalog.pg_options_to_table(c.reloptions)
             where option_name = 'security_invoker'), false),
         'exposed', c.exposed,
         'key', (
           select coalesce(pg_catalog.json_agg(a.attname order by k.place), '[]')
             from pg_catalog.pg_index i
             cross join pg_catalog.unnest(i.indkey::pg_catalog.int2[]) with ordinality k(attnum, place)
             join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum
            where i.indrelid = c.oid and i.indisprimary and k.place <= i.indnkeyatts),
         'columns', (
           select coalesce(pg_catalog.json_agg(a.attname order by a.attnum), '[]')
             from pg_catalog.pg_attribute a
            where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''),
         'grants', (
           select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
                    'role', r.rolname,
                    'privileges', (
                      select coalesce(pg_catalog.json_agg(p.privilege), '[]')
                        from privileges p
                       where pg_catalog.has_table_privilege(r.oid, c.oid, p.privilege)),
                    'columns', (
                      select coalesce(pg_catalog.json_agg(distinct pg_catalog.jsonb_build_object(
                               'privilege', g.privilege_type, 'column', g.attname)), '[]')
                        from column_grants g
                       where g.attrelid = c.oid
                         and (g.grantee = 0 or pg_catalog.pg_has_role(r.oid, g.grantee, 'USAGE'))
                         and not pg_catalog.has_table_privilege(r.oid, c.oid, g.privilege_type))
                  )), '[]')
             from roles r),
         'reads', (
           select coalesce(pg_catalog.json_agg(distinct pg_catalog.format('%I.%I', rn.nspname, rc.relname)), '[]')
             from pg_catalog.pg_rewrite w
             join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
                                        and d.objid = w.oid
                                        and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
             join pg_catalog.pg_class rc on rc.oid = d.refobjid and rc.oid <> c.oid
             join pg_catalog.pg_namespace rn on rn.oid = rc.relnamespace
            where w.ev_class = c.oid)
       ) order by n.nspname, c.relname), '[]')::text as relations
  from examined c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  join pg_catalog.pg_roles o on o.oid = c.relowner
