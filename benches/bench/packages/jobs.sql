-- The jobs that each package's file inserts: every nth one is dead or queued, the others are finished.
set synchronous_commit = off;
-- Without the triggers of the packages, which would record each insert.
set session_replication_role = replica;
create temporary view jobs as
select n, state, case state when 'queued' then now() else now() - (600 + n % 86400) * interval '1 s' end as changed_at,
       'job_' || n % 7 as kind,
       case n % 3 when 0 then 'mailbox ' || n || ' is full' when 1 then 'connect ECONNREFUSED 10.0.' || n % 250 || '.7:5432'
                  else 'GET https://cdn.example.com/parts/' || n || ' failed with HTTP 503' end as error
  from generate_series(1, current_setting('bench.rows')::bigint) n,
       lateral (select case when n % current_setting('bench.dead')::int = 0 then 'dead'
                            when n % current_setting('bench.queued')::int = 1 then 'queued' else 'finished' end as state) s;
