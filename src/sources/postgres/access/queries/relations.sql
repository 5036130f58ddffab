-- Tables and views of all schemas except those of the system, with the privileges of the roles that matter ($1).
-- `exposed` marks the examined schemas ($2). Objects of extensions are excluded.
with recursive unplannable as (
  -- Foreign tables without a handler, and views of them: the server cannot tell whether they can be written.
  select ft.ftrelid as oid
    from pg_catalog.pg_foreign_table ft
    join pg_catalog.pg_foreign_server s on s.oid = ft.ftserver
    join pg_catalog.pg_foreign_data_wrapper w on w.oid = s.srvfdw
   where w.fdwhandler = 0
  union
  select w.ev_class
    from unplannable u
    join pg_catalog.pg_depend d on d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid = u.oid
                               and d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
    join pg_catalog.pg_rewrite w on w.oid = d.objid
), examined as (
  select c.*, n.nspname, n.nspname = any($2) as exposed
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
   where c.relkind in ('r', 'p', 'v', 'm', 'f') and c.relpersistence <> 't'
     and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
     and not exists (select from pg_catalog.pg_depend d
                      where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                        and d.objid = c.oid and d.deptype = 'e')
), roles as (
  select r.oid, r.rolname from pg_catalog.pg_roles r where r.rolname = any($1)
), privileges(privilege) as (
  values ('SELECT'), ('INSERT'), ('UPDATE'), ('DELETE'), ('TRUNCATE'), ('REFERENCES'), ('TRIGGER')
), column_grants as (
  select a.attrelid, a.attname, acl.privilege_type, acl.grantee, acl.grantor
    from pg_catalog.pg_attribute a, pg_catalog.aclexplode(a.attacl) acl
   where a.attrelid in (select oid from examined) and a.attacl is not null and not a.attisdropped
), all_grants as (
  select e.oid as relation, null::pg_catalog.name as attname, acl.privilege_type, acl.grantee, acl.grantor
    from examined e, pg_catalog.aclexplode(e.relacl) acl
   union all
  select g.attrelid, g.attname, g.privilege_type, g.grantee, g.grantor from column_grants g
), reads as (
  select distinct w.ev_class, w.oid as rule, w.ev_type,
         pg_catalog.format('%I.%I', rn.nspname, rc.relname) as relation
    from pg_catalog.pg_rewrite w
    join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
                               and d.objid = w.oid
                               and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
    join pg_catalog.pg_class rc on rc.oid = d.refobjid and rc.oid <> w.ev_class
    join pg_catalog.pg_namespace rn on rn.oid = rc.relnamespace
   where w.ev_class in (select oid from examined)
)
select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
         'name', pg_catalog.format('%I.%I', c.nspname, c.relname),
         'schema', c.nspname,
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
         -- Tables whose UPDATE and DELETE change rows of this one as well.
         'inherits', (
           select coalesce(pg_catalog.json_agg(pg_catalog.format('%I.%I', pn.nspname, pc.relname)), '[]')
             from pg_catalog.pg_inherits i
             join pg_catalog.pg_class pc on pc.oid = i.inhparent
             join pg_catalog.pg_namespace pn on pn.oid = pc.relnamespace
            where i.inhrelid = c.oid),
         -- Columns whose change moves a row to another partition; with an expression among them, any column.
         'partition_key', (
           select coalesce(pg_catalog.json_agg(a.attname), '[]')
             from pg_catalog.pg_partitioned_table k
             join pg_catalog.pg_attribute a on a.attrelid = k.partrelid and a.attnum > 0 and not a.attisdropped
            where k.partrelid = c.oid and (a.attnum = any(k.partattrs) or 0 = any(k.partattrs))),
         'security_invoker', coalesce(
           (select pg_catalog.lower(option_value) in ('true', 'on', 'yes', '1')
              from pg_catalog.pg_options_to_table(c.reloptions)
             where option_name = 'security_invoker'), false),
         'security_barrier', coalesce(
           (select pg_catalog.lower(option_value) in ('true', 'on', 'yes', '1')
              from pg_catalog.pg_options_to_table(c.reloptions)
             where option_name = 'security_barrier'), false),
         -- The commands that a view passes on to its table.
         'passes_on', case when c.relkind <> 'v' or c.oid in (select oid from unplannable) then '[]' else (
           select coalesce(pg_catalog.json_agg(u.command), '[]')
             from (values ('UPDATE', 4), ('INSERT', 8), ('DELETE', 16)) u(command, bit)
            where pg_catalog.pg_relation_is_updatable(c.oid, false) & u.bit <> 0) end,
         'exposed', c.exposed,
         'key', (
           select coalesce(pg_catalog.json_agg(a.attname order by k.place), '[]')
             from pg_catalog.pg_index i
             cross join pg_catalog.unnest(i.indkey::pg_catalog.int2[]) with ordinality k(attnum, place)
             join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum
            where i.indrelid = c.oid and i.indisprimary and k.place <= i.indnkeyatts),
         -- Columns in which no two rows have the same value.
         'unique_columns', (
           select coalesce(pg_catalog.json_agg(distinct a.attname), '[]')
             from pg_catalog.pg_index i
             join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = i.indkey[0]
            where i.indrelid = c.oid and i.indisunique and i.indnkeyatts = 1 and i.indpred is null),
         -- CHECK constraints as conditions that no stored row fails.
         'checks', (
           select coalesce(pg_catalog.json_agg(pg_catalog.format('((%s) IS NOT FALSE)',
                    pg_catalog.pg_get_expr(k.conbin, k.conrelid)) order by k.conname), '[]')
             from pg_catalog.pg_constraint k
            where k.conrelid = c.oid and k.contype = 'c'),
         'columns', (
           select coalesce(pg_catalog.json_agg(a.attname order by a.attnum), '[]')
             from pg_catalog.pg_attribute a
            where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''),
         -- The columns with their base types, to build rows for tests of policies.
         'types', case when c.relkind in ('r', 'p') then (
           select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
                    'column', a.attname,
                    'type', b.typname,
                    'length', case when b.typname in ('varchar', 'bpchar') and a.atttypmod > 4
                                   then a.atttypmod - 4 end,
                    'not_null', a.attnotnull,
                    'default', (select pg_catalog.pg_get_expr(d.adbin, d.adrelid)
                                  from pg_catalog.pg_attrdef d
                                 where d.adrelid = c.oid and d.adnum = a.attnum),
                    'labels', (select pg_catalog.json_agg(e.enumlabel order by e.enumsortorder)
                                 from pg_catalog.pg_enum e where e.enumtypid = b.oid)
                  ) order by a.attnum), '[]')
             from pg_catalog.pg_attribute a
             join pg_catalog.pg_type t on t.oid = a.atttypid
             join pg_catalog.pg_type b on b.oid = case when t.typtype = 'd' then t.typbasetype else t.oid end
            where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) else '[]' end,
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
         -- The grants behind these privileges; a grantee without a name is PUBLIC.
         'acl', (
           select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
                    'grantee', h.rolname, 'grantor', y.rolname,
                    'privilege', g.privilege_type, 'column', g.attname)), '[]')
             from all_grants g
             left join pg_catalog.pg_roles h on h.oid = g.grantee
             join pg_catalog.pg_roles y on y.oid = g.grantor
            where g.relation = c.oid),
         'reads', (
           select coalesce(pg_catalog.json_agg(distinct r.relation), '[]')
             from reads r where r.ev_class = c.oid and r.ev_type = '1'),
         -- Functions that the query of a view calls.
         'calls', (
           select coalesce(pg_catalog.json_agg(distinct f.oid::pg_catalog.regprocedure::text), '[]')
             from pg_catalog.pg_rewrite w
             join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
                                        and d.objid = w.oid
                                        and d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
             join pg_catalog.pg_proc f on f.oid = d.refobjid
            where w.ev_class = c.oid and w.ev_type = '1'),
         -- The query of a view, to see whether it compares with the caller.
         'definition', case when c.relkind in ('v', 'm') then pg_catalog.pg_get_viewdef(c.oid) end,
         -- Rules on writes, which run with the rights of the owner.
         'rules', (
           select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
                    'name', w.rulename,
                    'event', case w.ev_type when '2' then 'UPDATE' when '3' then 'INSERT' else 'DELETE' end,
                    'uses', (select coalesce(pg_catalog.json_agg(distinct r.relation), '[]')
                               from reads r where r.rule = w.oid)
                  ) order by w.rulename), '[]')
             from pg_catalog.pg_rewrite w
            where w.ev_class = c.oid and w.ev_type in ('2', '3', '4')),
         -- Foreign keys that delete or change rows of this table with the referenced row.
         'cascades', (
           select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
                    'parent', pg_catalog.format('%I.%I', pn.nspname, pc.relname),
                    'on_delete', k.confdeltype,
                    'on_update', k.confupdtype,
                    'referenced', (
                      select pg_catalog.json_agg(a.attname)
                        from pg_catalog.pg_attribute a
                       where a.attrelid = k.confrelid and a.attnum = any(k.confkey))
                  ) order by k.conname), '[]')
             from pg_catalog.pg_constraint k
             join pg_catalog.pg_class pc on pc.oid = k.confrelid
             join pg_catalog.pg_namespace pn on pn.oid = pc.relnamespace
            where k.conrelid = c.oid and k.contype = 'f'
              and (k.confdeltype in ('c', 'n', 'd') or k.confupdtype in ('c', 'n', 'd')))
       ) order by c.nspname, c.relname), '[]')::text as relations
  from examined c
  join pg_catalog.pg_roles o on o.oid = c.relowner
