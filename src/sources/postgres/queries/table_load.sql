-- Sessions that wait for a lock on the jobs table, and maintenance on it. Reads only pg_locks, which every role may
-- read. VACUUM, ANALYZE and concurrent index builds hold SHARE UPDATE EXCLUSIVE; nothing else does.
select
  count(distinct pid) filter (where not granted) as queued,
  coalesce(bool_or(granted and mode = 'ShareUpdateExclusiveLock'), false) as maintained
from pg_catalog.pg_locks
where locktype = 'relation'
  and relation = {jobs}
  and database = (select oid from pg_catalog.pg_database where datname = current_database())
  and pid <> pg_backend_pid()
