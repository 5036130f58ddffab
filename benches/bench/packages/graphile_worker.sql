-- Finished jobs are deleted by the package: these are queued ones.
insert into graphile_worker._private_tasks (identifier) select 'job_' || n from generate_series(0, 6) n;
insert into graphile_worker._private_jobs (task_id, run_at, attempts, created_at, updated_at, last_error)
select n % 7 + 1, changed_at, case state when 'dead' then 25 else 0 end, changed_at, changed_at,
       case state when 'dead' then error end
  from jobs order by n;
