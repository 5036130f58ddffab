-- Functions of all schemas except those of the system: which of the roles that matter ($1) may call them (a NULL acl
-- means PUBLIC). `relevant` marks the SECURITY DEFINER
-- functions of the examined schemas ($2), the functions that policies call, and those that triggers run as their owner.
with policy_calls as (
  select d.refobjid as oid
    from pg_catalog.pg_depend d
    join pg_catalog.pg_policy p on p.oid = d.objid
    join pg_catalog.pg_class c on c.oid = p.polrelid
    join pg_catalog.pg_namespace pn on pn.oid = c.relnamespace
   where d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass
     and d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
     and pn.nspname = any($2)
), trigger_calls as (
  select t.tgfoid as oid
    from pg_catalog.pg_trigger t
    join pg_catalog.pg_class c on c.oid = t.tgrelid
    join pg_catalog.pg_namespace tn on tn.oid = c.relnamespace
   where not t.tgisinternal and tn.nspname = any($2)
), extension_members as (
  select d.objid as oid
    from pg_catalog.pg_depend d
   where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and d.deptype = 'e'
), roles as (
  select r.oid, r.rolname from pg_catalog.pg_roles r where r.rolname = any($1)
)
select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
         'signature', f.oid::pg_catalog.regprocedure::text,
         'name', pg_catalog.format('%I.%I', n.nspname, f.proname),
         'arguments', (
           select coalesce(pg_catalog.json_agg(pg_catalog.format_type(t, null) order by i), '[]')
             from pg_catalog.unnest(f.proargtypes) with ordinality as a(t, i)),
         'argument_names', coalesce(pg_catalog.to_json(f.proargnames[1:f.pronargs]), '[]'),
         'kind', f.prokind,
         'definer', f.prosecdef,
         'volatile', f.provolatile = 'v',
         'immutable', f.provolatile = 'i',
         'search_path', (
           select pg_catalog.substr(setting, 13) from pg_catalog.unnest(f.proconfig) as setting
            where pg_catalog.starts_with(setting, 'search_path=') limit 1),
         'language', l.lanname,
         'source', coalesce(pg_catalog.pg_get_function_sqlbody(f.oid), f.prosrc),
         'parsed_body', f.prosqlbody is not null,
         'returns', pg_catalog.format_type(f.prorettype, null),
         'owner', o.rolname,
         'executable_by', (
           select coalesce(pg_catalog.json_agg(r.rolname), '[]')
             from roles r
            where pg_catalog.has_function_privilege(r.oid, f.oid, 'EXECUTE')),
         'granted_to', (
           select coalesce(pg_catalog.json_agg(distinct g.rolname), '[]')
             from pg_catalog.aclexplode(f.proacl) acl
             join pg_catalog.pg_roles g on g.oid = acl.grantee and g.oid <> f.proowner),
         'schema', n.nspname,
         'exposed', n.nspname = any($2) and f.oid not in (select oid from extension_members),
         'relevant', n.nspname = any($2) and f.prosecdef and f.oid not in (select oid from extension_members)
                     or f.oid in (select oid from policy_calls)
                     or f.prosecdef and f.oid in (select oid from trigger_calls),
         -- Of a SQL-standard body, which the server has parsed, the dependencies are recorded.
         -- Tables of other schemas, such as those of the platform, whose policies call it.
         'policies_elsewhere', (
           select coalesce(pg_catalog.json_agg(distinct pg_catalog.format('%I.%I', pn.nspname, pc.relname)), '[]')
             from pg_catalog.pg_depend d
             join pg_catalog.pg_policy p on p.oid = d.objid
             join pg_catalog.pg_class pc on pc.oid = p.polrelid
             join pg_catalog.pg_namespace pn on pn.oid = pc.relnamespace
            where d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass
              and d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass and d.refobjid = f.oid
              and pn.nspname <> all($2)),
         -- Schemas of the usual search_path in which an unqualified name of its body is found, if it sets no path.
         'path_schemas', case when not f.prosecdef or exists (
             select from pg_catalog.unnest(f.proconfig) as setting where pg_catalog.starts_with(setting, 'search_path='))
           then '[]' else (
           select coalesce(pg_catalog.json_agg(s.nspname order by s.nspname), '[]')
             from pg_catalog.pg_namespace s
            where s.nspname in ('public', 'extensions') and s.oid <> f.pronamespace
              and exists (
                select from (
                  select c.proname::text as name, E'\\s*\\(' as after from pg_catalog.pg_proc c where c.pronamespace = s.oid
                  union all
                  select c.relname::text, E'\\M' from pg_catalog.pg_class c where c.relnamespace = s.oid and c.relkind in ('r', 'p', 'v', 'm', 'f')
                  union all
                  select t.typname::text, E'\\M' from pg_catalog.pg_type t where t.typnamespace = s.oid and t.typtype in ('b', 'e', 'd')
                ) as named
                 where named.name ~ '^[a-z_][a-z0-9_]*$'
                   and pg_catalog.strpos(pg_catalog.lower(f.prosrc), named.name) > 0
                   and f.prosrc ~* ('(^|[^a-z0-9_."])' || named.name || named.after))) end,
         'uses_relations', case when f.prosqlbody is null then '[]' else (
           select coalesce(pg_catalog.json_agg(distinct pg_catalog.format('%I.%I', rn.nspname, rc.relname)), '[]')
             from pg_catalog.pg_depend d
             join pg_catalog.pg_class rc on rc.oid = d.refobjid
             join pg_catalog.pg_namespace rn on rn.oid = rc.relnamespace
            where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and d.objid = f.oid
              and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass) end,
         'uses_functions', case when f.prosqlbody is null and f.prokind <> 'a' then '[]' else (
           select coalesce(pg_catalog.json_agg(distinct d.refobjid::pg_catalog.regprocedure::text), '[]')
             from pg_catalog.pg_depend d
            where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and d.objid = f.oid
              and d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass) end
       ) order by n.nspname, f.proname), '[]')::text as functions
  from pg_catalog.pg_proc f
  join pg_catalog.pg_namespace n on n.oid = f.pronamespace
  join pg_catalog.pg_language l on l.oid = f.prolang
  join pg_catalog.pg_roles o on o.oid = f.proowner
 where n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and f.prokind in ('f', 'p', 'a')
   and (f.oid not in (select oid from extension_members)
        or f.oid in (select oid from policy_calls) or f.oid in (select oid from trigger_calls))
    or f.oid in (select oid from policy_calls)
