-- Policies on the tables of the examined schemas ($1), with the functions they call and the tables they read.
-- Run with an empty search_path, so that expressions are schema-qualified.
select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
         'table', pg_catalog.format('%I.%I', n.nspname, c.relname),
         'name', p.polname,
         'command', case p.polcmd when 'r' then 'SELECT' when 'a' then 'INSERT'
                                  when 'w' then 'UPDATE' when 'd' then 'DELETE' end,
         'permissive', p.polpermissive,
         'roles', (
           select pg_catalog.json_agg(coalesce(r.rolname, 'public') order by r.rolname)
             from pg_catalog.unnest(p.polroles) as role_oid
             left join pg_catalog.pg_roles r on r.oid = role_oid),
         'using', pg_catalog.pg_get_expr(p.polqual, p.polrelid),
         'check', pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid),
         'functions', (
           select coalesce(pg_catalog.json_agg(distinct f.oid::pg_catalog.regprocedure::text), '[]')
             from pg_catalog.pg_depend d
             join pg_catalog.pg_proc f on f.oid = d.refobjid
            where d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass and d.objid = p.oid
              and d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass),
         'relations', (
           select coalesce(pg_catalog.json_agg(distinct pg_catalog.format('%I.%I', rn.nspname, rc.relname)), '[]')
             from pg_catalog.pg_depend d
             join pg_catalog.pg_class rc on rc.oid = d.refobjid
             join pg_catalog.pg_namespace rn on rn.oid = rc.relnamespace
            where d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass and d.objid = p.oid
              and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
              and d.refobjid <> p.polrelid),
         -- Columns of the table that it depends on. References to whole rows are not recorded.
         'columns', (
           select coalesce(pg_catalog.json_agg(distinct a.attname), '[]')
             from pg_catalog.pg_depend d
             join pg_catalog.pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
            where d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass and d.objid = p.oid
              and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
              and d.refobjid = p.polrelid and d.refobjsubid > 0)
       ) order by n.nspname, c.relname, p.polname), '[]')::text as policies
  from pg_catalog.pg_policy p
  join pg_catalog.pg_class c on c.oid = p.polrelid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
 where n.nspname = any($1)
