insert into procrastinate_jobs (queue_name, task_name, status, attempts)
select 'default', kind,
       (case state when 'dead' then 'failed' when 'queued' then 'todo' else 'succeeded' end)::procrastinate_job_status,
       (state <> 'queued')::int
  from jobs order by n;
insert into procrastinate_events (job_id, type, at)
select n, (case state when 'dead' then 'failed' when 'queued' then 'deferred' else 'succeeded' end)::procrastinate_job_event_type,
       changed_at
  from jobs;
