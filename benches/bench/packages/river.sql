insert into river_job (kind, state, attempt, max_attempts, args, attempted_at, scheduled_at, finalized_at, created_at, errors)
select kind,
       (case state when 'dead' then 'discarded' when 'queued' then 'available' else 'completed' end)::river_job_state,
       case state when 'dead' then 25 else 1 end, 25, '{}', changed_at, changed_at,
       case when state <> 'queued' then changed_at end, changed_at - interval '1 h',
       case state when 'dead' then array[jsonb_build_object('at', changed_at, 'attempt', 25, 'error', error)] end
  from jobs order by n;
