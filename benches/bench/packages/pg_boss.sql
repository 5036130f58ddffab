insert into pgboss.queue (name) select 'job_' || n from generate_series(0, 6) n;
insert into pgboss.job (name, state, retry_limit, retry_count, started_on, completed_on, created_on, output)
select kind,
       (case state when 'dead' then 'failed' when 'queued' then 'created' else 'completed' end)::pgboss.job_state,
       2, case state when 'dead' then 2 else 0 end, case when state <> 'queued' then changed_at end,
       case when state <> 'queued' then changed_at end, changed_at - interval '1 h',
       case state when 'dead' then jsonb_build_object('message', error) end
  from jobs order by n;
