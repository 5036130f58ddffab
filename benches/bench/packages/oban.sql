insert into oban_jobs (worker, state, attempt, inserted_at, attempted_at, scheduled_at, completed_at, discarded_at, errors)
select 'App.' || kind,
       (case state when 'dead' then 'discarded' when 'queued' then 'available' else 'completed' end)::oban_job_state,
       case state when 'dead' then 20 else 1 end, at, at, at, case state when 'finished' then at end,
       case state when 'dead' then at end,
       case state when 'dead' then array[jsonb_build_object('attempt', 20, 'at', at, 'error', error)] else '{}' end
  from (select *, timezone('UTC', changed_at) as at from jobs) j order by n;
