-- Functions that affect access: SECURITY DEFINER functions of the examined schemas ($2), functions that policies
-- call, and SECURITY DEFINER functions that triggers run; which of the examined roles ($1) may call them (a NULL acl means PUBLIC).
select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
         'signature', f.oid::pg_catalog.regprocedure::text,
         'name', pg_catalog.format('%I.%I', n.nspname, f.proname),
         'arguments', (
           select coalesce(pg_catalog.json_agg(pg_catalog.format_type(t, null) order by i), '[]')
             from pg_catalog.unnest(f.proargtypes) with ordinality as a(t, i)),
         'definer', f.prosecdef,
         'volatile', f.provolatile = 'v',
         'search_path', (
           select pg_catalog.substr(setting, 13) from pg_catalog.unnest(f.proconfig) as setting
            where setting like 'search\_path=%' limit 1),
         'language', l.lanname,
         'source', coalesce(pg_catalog.pg_get_function_sqlbody(f.oid), f.prosrc),
         'returns', pg_catalog.format_type(f.prorettype, null),
         'owner', o.rolname,
         'executable_by', (
           select coalesce(pg_catalog.json_agg(r.rolname), '[]')
             from pg_catalog.pg_roles r
            where r.rolname = any($1) and pg_catalog.has_function_privilege(r.oid, f.oid, 'EXECUTE')),
         'schema', n.nspname,
         'exposed', n.nspname = any($2)
       ) order by n.nspname, f.proname), '[]')::text as functions
  from pg_catalog.pg_proc f
  join pg_catalog.pg_namespace n on n.oid = f.pronamespace
  join pg_catalog.pg_language l on l.oid = f.prolang
  join pg_catalog.pg_roles o on o.oid = f.proowner
 where (n.nspname = any($2) and f.prosecdef
        and not exists (select from pg_catalog.pg_depend d
                         where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
                           and d.objid = f.oid and d.deptype = 'e'))
    or f.oid in (select d.refobjid
                   from pg_catalog.pg_depend d
                   join pg_catalog.pg_policy p on p.oid = d.objid
                   join pg_catalog.pg_class c on c.oid = p.polrelid
                   join pg_catalog.pg_namespace pn on pn.oid = c.relnamespace
                  where d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass
                    and d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
                    and pn.nspname = any($2))
    or (f.prosecdef and f.oid in (select t.tgfoid
                                    from pg_catalog.pg_trigger t
                                    join pg_catalog.pg_class c on c.oid = t.tgrelid
                                    join pg_catalog.pg_namespace tn on tn.oid = c.relnamespace
                                   where not t.tgisinternal and tn.nspname = any($2)))
