-- May this role write jobs and their events, and what may change a written row? $1: columns of jobs; $2: columns of
-- events. Each missing_* is NULL if nothing is missing.
with relations as (
  select oid from (values ({jobs}), ({job_events})) root(oid) where oid is not null
  union
  select tree.relid
    from (values ({jobs}), ({job_events})) root(oid)
   cross join lateral pg_catalog.pg_partition_tree(root.oid) tree
   where root.oid is not null
), sequences as materialized (
  -- An identity column needs no right on its sequence.
  select s.oid, pg_catalog.format('%I.%I', n.nspname, s.relname) as name
    from pg_catalog.pg_attrdef d
    join pg_catalog.pg_depend p
      on p.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass and p.objid = d.oid
     and p.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
    join pg_catalog.pg_class s on s.oid = p.refobjid and s.relkind = 'S'
    join pg_catalog.pg_namespace n on n.oid = s.relnamespace
   where d.adrelid = {job_events}
), policies as materialized (
  select p.polrelid, p.polcmd
    from pg_catalog.pg_policy p
   where p.polpermissive
     and exists (select from pg_catalog.unnest(p.polroles) member(oid)
                  where member.oid = 0 or pg_catalog.pg_has_role(member.oid, 'usage'))
)
select extract(epoch from now())::float8 as now,
       {newest}::bigint as newest,
       current_user::text as role,
       pg_catalog.pg_is_in_recovery() as standby,
       exists (select from pg_catalog.pg_class c where c.oid = {jobs} and c.relkind in ('r', 'p')) as is_table,
       (select s.source from pg_catalog.pg_settings s
         where s.name = 'default_transaction_read_only' and s.setting = 'on') as read_only,
       (select string_agg(pg_catalog.quote_ident(c), ', ') from pg_catalog.unnest($1::text[]) c
         where not pg_catalog.has_column_privilege({jobs}, c, 'UPDATE')) as missing_update,
       (select string_agg(pg_catalog.quote_ident(c), ', ') from pg_catalog.unnest($2::text[]) c
         where not pg_catalog.has_column_privilege({job_events}, c, 'INSERT')) as missing_insert,
       (select string_agg(name, ', ') from sequences
         where not pg_catalog.has_sequence_privilege(oid, 'USAGE')
           and not pg_catalog.has_sequence_privilege(oid, 'UPDATE')) as missing_sequence,
       pg_catalog.row_security_active({jobs})
         and not exists (select from policies where polrelid = {jobs} and polcmd in ('w', '*'))
         as update_policy_missing,
       coalesce(pg_catalog.row_security_active({job_events}), false)
         and not exists (select from policies where polrelid = {job_events} and polcmd in ('a', '*'))
         as insert_policy_missing,
       exists (select from pg_catalog.pg_trigger t
                where t.tgrelid in (select oid from relations)
                  and not t.tgisinternal and t.tgenabled <> 'D'
                  -- BEFORE triggers for rows have run when RETURNING is evaluated.
                  and t.tgtype & 3 <> 3 and not t.tginitdeferred)
         or exists (select from pg_catalog.pg_rewrite r
                     where r.ev_class in (select oid from relations) and r.ev_type <> '1')
         or exists (select from pg_catalog.pg_class c
                     where c.oid in (select oid from relations) and c.relkind not in ('r', 'p'))
         as changes_later,
       exists (select from pg_catalog.pg_trigger t
                where t.tgrelid in (select oid from relations)
                  and not t.tgisinternal and t.tgenabled <> 'D' and t.tginitdeferred)
         as changes_at_commit,
       not exists (select from pg_catalog.pg_class c
                    where c.oid in (select oid from relations) and c.relkind not in ('r', 'p'))
         as has_transactions,
       -- The first column of the partition key, unless it is an expression.
       (select array[a.attname::text, pg_catalog.format_type(a.atttypid, a.atttypmod)]
          from pg_catalog.pg_partitioned_table p
          join pg_catalog.pg_attribute a on a.attrelid = p.partrelid and a.attnum = p.partattrs[0]
         where p.partrelid = {jobs} and p.partattrs[0] > 0) as partition_key
