-- Does row-level security hide rows of jobs or job_events from this role? Views are followed to their tables, which
-- are read as the owner of the view unless it is a security_invoker view. A permissive policy that is true for
-- every row hides nothing, unless a restrictive policy stands beside it. Run only if one of them is a view or
-- has row-level security for this role.
with recursive reads as (
  select c.oid as source, c.oid as relation,
         (select r.oid from pg_catalog.pg_roles r where r.rolname = current_user) as role
    from pg_catalog.pg_class c
   where c.oid in ({jobs}, {job_events})
  union
  select reads.source, d.refobjid,
         case when exists (select from pg_catalog.unnest(v.reloptions) o(setting)
                            where pg_catalog.split_part(o.setting, '=', 1) = 'security_invoker'
                              and pg_catalog.split_part(o.setting, '=', 2)::boolean)
              then reads.role else v.relowner end
    from reads
    join pg_catalog.pg_class v on v.oid = reads.relation and v.relkind = 'v'
    join pg_catalog.pg_rewrite w on w.ev_class = v.oid
    join pg_catalog.pg_depend d
      on d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and d.objid = w.oid
     and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid <> v.oid
), policies as (
  select reads.source, reads.relation, reads.role, p.polpermissive as permissive,
         coalesce(pg_catalog.pg_get_expr(p.polqual, p.polrelid), 'true') = 'true' as is_true
    from reads
    join pg_catalog.pg_policy p on p.polrelid = reads.relation and p.polcmd in ('r', '*')
   where exists (select from pg_catalog.unnest(p.polroles) member(oid)
                  where member.oid = 0 or pg_catalog.pg_has_role(reads.role, member.oid, 'usage'))
)
select reads.source,
       bool_or(t.relrowsecurity
               and not r.rolsuper and not r.rolbypassrls
               and (t.relforcerowsecurity or not pg_catalog.pg_has_role(reads.role, t.relowner, 'usage'))
               and not (exists (select from policies p
                                 where p.relation = reads.relation and p.role = reads.role
                                   and p.permissive and p.is_true)
                        and not exists (select from policies p
                                         where p.relation = reads.relation and p.role = reads.role
                                           and not p.permissive and not p.is_true))) as hidden
  from reads
  join pg_catalog.pg_class t on t.oid = reads.relation
  join pg_catalog.pg_roles r on r.oid = reads.role
 group by reads.source
