-- The queue part of the backend's readiness report. As in the backend, the age covers every unfinished job,
-- dead letters included.
SELECT
  count(*) FILTER (WHERE state IN ('queued', 'pending', 'processing', 'running')) AS length,
  extract(epoch FROM now() - min(created_at)
    FILTER (WHERE state NOT IN ('done', 'completed', 'succeeded')))::float8 AS oldest
FROM public.jobs
