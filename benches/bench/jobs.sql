-- Fills jobs: every nth row is dead, queued or running, the others are done. The indexes are made
-- afterwards, which takes a third of the time.
set synchronous_commit = off;
create temporary table made_again as
  select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition
    from pg_index where indrelid = 'public.jobs'::regclass and not indisprimary;
do $$
declare index record;
begin
  for index in select * from made_again loop
    execute 'drop index ' || index.name;
  end loop;
end $$;
alter table jobs disable trigger all;
insert into jobs (workspace_id, kind, state, run_at, updated_at, last_error, error,
                  locked_by, locked_at, heartbeat_at, attempts)
select md5('w' || n % 500)::uuid,
       (array['TRANSCRIBE', 'HIGHLIGHT_DETECT', 'CLIP_RENDER', 'THUMBNAIL_GEN', 'YOUTUBE_DOWNLOAD',
              'PUBLISH_YOUTUBE', 'PUBLISH_TIKTOK'])[1 + n % 7],
       s.state, now() - (n % 5000) * interval '1 second', d.died, e.message,
       case when s.state = 'dead_letter' then jsonb_build_object('message', e.message, 'attempts', 5,
         'max_attempts', 5, 'worker_id', 'worker-' || n % 8,
         'failed_at', to_char(d.died at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) end,
       case when s.state = 'running' then 'worker-' || n % 8 end,
       case when s.state = 'running' then now() end, case when s.state = 'running' then now() end, 5
  from generate_series(1, current_setting('bench.rows')::bigint) n,
       lateral (select case when n % current_setting('bench.dead')::int = 0 then 'dead_letter'
                            when n % current_setting('bench.waiting')::int = 1 then 'queued'
                            when n % current_setting('bench.running')::int = 3 then 'running'
                            else 'done' end as state) s,
       lateral (select now() - (600 + n % 604800) * interval '1 second' as died) d,
       lateral (select case when s.state = 'dead_letter' then
         case n / current_setting('bench.dead')::int % 12
           when 0 then 'FFmpeg timed out after ' || n % 600 || 's while rendering clip ' || n
           when 1 then 'connect ECONNREFUSED 10.0.' || n % 250 || '.7:5432'
           when 2 then 'TikTok API 401: access token expired (log_id ' || md5(n::text) || ')'
           when 3 then 'ENOENT: no such object uploads/' || md5(n::text) || '.mp4'
           when 4 then 'Request failed with status code 429 (request id: ' || gen_random_uuid() || ')'
           when 5 then 'TypeError: Cannot read properties of undefined (reading ''url'')' || chr(10)
                       || '    at run (/app/worker.js:' || n || ':7)'
           when 6 then 'duplicate key value violates unique constraint "clips_pkey"' || chr(10)
                       || 'DETAIL: Key (id)=(' || gen_random_uuid() || ') already exists.'
           when 7 then 'ffmpeg exited with code 1: /tmp/' || md5(n::text)
                       || '/in.mp4: Invalid data found when processing input'
           when 8 then 'ERROR: [youtube] ' || left(md5(n::text), 11) || ': Video unavailable'
           when 9 then '14 UNAVAILABLE: No connection established to 10.1.' || n % 250 || '.' || n % 199 || ':443'
           when 10 then 'GET https://cdn.example.com/v1/clips/' || gen_random_uuid() || '/parts/' || n
                        || ' failed with HTTP 503'
           else 'Deepgram: audio of ' || n || ' s is longer than the plan allows' end end as message) e;
insert into job_events (job_id, stage) select id, 'finished' from jobs where state = 'done' limit 100000;
alter table jobs enable trigger all;
do $$
declare index record;
begin
  for index in select * from made_again loop
    execute index.definition;
  end loop;
end $$;
