-- Health of the database server: one round trip over statistics and the lock table; no row of jobs is read.
-- An ordinary role sees every session, but not the queries of other roles.
with sessions as (
  -- Other sessions of cliplyctl are as short as this one and are no load.
  select a.pid, a.usesysid, a.usename::text as usename, a.application_name, a.state, a.xact_start, a.datname,
         coalesce(a.query, '') = '<insufficient privilege>' as hidden,
         a.pid = pg_catalog.pg_backend_pid() or a.application_name like 'cliplyctl:%' as own
    from pg_catalog.pg_stat_activity a
   where a.datid is not null and a.usesysid is not null
     and coalesce(a.backend_type, 'client backend') = 'client backend'
), limits as (
  -- CONNECTION LIMIT of this database and of the roles that use it; a role counts its sessions in all databases.
  -- The server does not apply either to superusers.
  select r.rolname::text as role, r.rolconnlimit as "limit", count(*) as used
    from sessions s join pg_catalog.pg_roles r on r.oid = s.usesysid
   where not s.own and r.rolconnlimit > 0 and not r.rolsuper
   group by 1, 2
  having bool_or(s.datname = pg_catalog.current_database())
   union all
  select null, d.datconnlimit, (select count(*) from sessions s where s.datname = d.datname and not s.own)
    from pg_catalog.pg_database d
   where d.datname = pg_catalog.current_database() and d.datconnlimit > 0
   order by 3 desc
   limit $2
), here as (
  select * from sessions
   where datname = pg_catalog.current_database() and pid <> pg_catalog.pg_backend_pid()
), open_transactions as (
  select xact_start as since, pid::text as name, usename as "user", state
    from here where xact_start is not null and not own
   union all
  select prepared, gid, owner::text, 'prepared'
    from pg_catalog.pg_prepared_xacts where database = pg_catalog.current_database()
   order by 1
   limit 1
), locks as materialized (
  select l.*, pg_catalog.to_jsonb(l) ->> 'waitstart' as since from pg_catalog.pg_locks l
), waits as (
  select w.pid, min(w.since::timestamptz) as since
    from locks w
   where not w.granted
     and exists (select 1 from locks h
                  where h.pid = w.pid and h.locktype = 'relation'
                    and h.database = (select oid from pg_catalog.pg_database
                                       where datname = pg_catalog.current_database())
                    and h.relation = {jobs})
   group by w.pid
   order by 2 nulls last
   limit $1
), jobs_rows as (
  select sum(s.n_live_tup)::bigint as live, sum(s.n_dead_tup)::bigint as dead,
         extract(epoch from pg_catalog.now()
                 - max(greatest(s.last_vacuum, s.last_autovacuum)))::float8 as vacuum_age
    from pg_catalog.pg_stat_user_tables s
   where s.relid = {jobs}
      or s.relid in (select t.relid
                       from pg_catalog.pg_partition_tree({jobs}) t)
  having count(*) > 0
)
select pg_catalog.json_build_object(
  'connections', (select count(*) from sessions where not own),
  'max_connections', pg_catalog.current_setting('max_connections')::int
    - pg_catalog.current_setting('superuser_reserved_connections')::int
    - coalesce(pg_catalog.current_setting('reserved_connections', true), '0')::int,
  'connection_limits', (select coalesce(pg_catalog.json_agg(l), '[]') from limits l),
  'sessions', (select count(*) from here),
  'hidden_sessions', (select count(*) from here where hidden),
  'oldest_transaction', (select pg_catalog.json_build_object(
      'age', greatest(0, pg_catalog.floor(
               extract(epoch from pg_catalog.clock_timestamp() - since))::bigint),
      'name', name, 'user', "user", 'state', state) from open_transactions),
  'waits', (select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
              'pid', pid,
              'age', greatest(0, pg_catalog.floor(
                       extract(epoch from pg_catalog.clock_timestamp() - since))::bigint),
              'blockers', pg_catalog.pg_blocking_pids(pid)) order by since nulls last), '[]')
              from waits),
  'jobs', (select pg_catalog.to_json(r) from jobs_rows r),
  'standby', case when pg_catalog.pg_is_in_recovery() then pg_catalog.json_build_object(
    'receiving', exists (select 1 from pg_catalog.pg_stat_get_wal_receiver() r where r.pid is not null),
    'lag', case when pg_catalog.pg_last_wal_receive_lsn() = pg_catalog.pg_last_wal_replay_lsn()
                 and exists (select 1 from pg_catalog.pg_stat_get_wal_receiver() r where r.pid is not null)
                then 0
                else extract(epoch from pg_catalog.clock_timestamp()
                                        - pg_catalog.pg_last_xact_replay_timestamp())::float8 end) end
)::text as server
