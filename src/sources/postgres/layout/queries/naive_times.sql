-- In which zone are the times without one written? Their precision and default, and the zone of sessions in this
-- database, unless only this role has it; and whether $1, the zone of the context, exists. Run only if there are such columns.
with recursive settings as (
  select s.setdatabase, s.setrole, pg_catalog.split_part(c.setting, '=', 2) as zone
    from pg_catalog.pg_db_role_setting s
   cross join lateral pg_catalog.unnest(s.setconfig) c(setting)
   where pg_catalog.lower(pg_catalog.split_part(c.setting, '=', 1)) = 'timezone'
), reads as (
  -- The defaults of a view are those of the tables below it.
  select c.oid as relation from pg_catalog.pg_class c where c.oid in ({jobs}, {job_events})
  union
  select d.refobjid
    from reads
    join pg_catalog.pg_rewrite w on w.ev_class = reads.relation
    join pg_catalog.pg_depend d
      on d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and d.objid = w.oid
     and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid <> reads.relation
), session as (
  select coalesce(
    (select zone from settings
      where setrole = 0 and setdatabase = (select oid from pg_catalog.pg_database
                                            where datname = pg_catalog.current_database())),
    (select zone from settings where setrole = 0 and setdatabase = 0),
    (select p.reset_val from pg_catalog.pg_settings p
      where p.name = 'TimeZone'
        and not exists (select from settings
                         where setrole = (select oid from pg_catalog.pg_roles
                                           where rolname = session_user)))) as zone
)
select a.attname::text as column,
       a.atttypmod as precision,
       coalesce(pg_catalog.pg_get_expr(d.adbin, d.adrelid), '') as default,
       session.zone,
       $1::text is null or exists (select from pg_catalog.pg_timezone_names n
                                    where pg_catalog.lower(n.name) = pg_catalog.lower($1::text)) as setting_known
  from pg_catalog.pg_attribute a
 cross join session
  left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
 where a.attrelid in (select relation from reads)
   and a.atttypid = 'timestamp'::pg_catalog.regtype
   and a.attnum > 0
   and not a.attisdropped
