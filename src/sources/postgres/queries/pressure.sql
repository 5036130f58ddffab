-- Who else is at work on the jobs table, or waits for it? Read from pg_locks alone: everybody may see
-- it. A vacuum, an analyze and the building of an index hold SHARE UPDATE EXCLUSIVE, and nothing else does.
select
  count(distinct pid) filter (where not granted) as queued,
  coalesce(bool_or(granted and mode = 'ShareUpdateExclusiveLock'), false) as maintained
from pg_catalog.pg_locks
where locktype = 'relation'
  and relation = 'public.jobs'::regclass
  and database = (select oid from pg_catalog.pg_database where datname = current_database())
  and pid <> pg_backend_pid()
