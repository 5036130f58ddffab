-- What does the backend's readiness report say of the queue? The age covers every unfinished job,
-- dead ones included, as the backend has it.
SELECT
  count(*) FILTER (WHERE state IN ('queued', 'pending', 'processing', 'running')) AS length,
  count(*) FILTER (WHERE state = 'dead_letter') AS dead,
  extract(epoch FROM now() - min(created_at)
    FILTER (WHERE state NOT IN ('done', 'completed', 'succeeded')))::float8 AS oldest,
  extract(epoch FROM now() - max(heartbeat_at))::float8 AS silence
FROM public.jobs
