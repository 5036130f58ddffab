insert into solid_queue_jobs (id, queue_name, class_name, arguments, active_job_id, scheduled_at, finished_at, created_at, updated_at)
select n, 'default', kind, '{"arguments":[],"executions":3,"exception_executions":{"[E]":3}}', 'aj-' || n, at,
       case state when 'finished' then at end, at, at
  from (select *, timezone('UTC', changed_at) as at from jobs) j order by n;
insert into solid_queue_failed_executions (job_id, error, created_at)
select n, json_build_object('exception_class', 'E', 'message', error, 'backtrace', '[]'::json), timezone('UTC', changed_at)
  from jobs where state = 'dead';
insert into solid_queue_ready_executions (job_id, queue_name) select n, 'default' from jobs where state = 'queued';
select setval('solid_queue_jobs_id_seq', max(id)) from solid_queue_jobs;
