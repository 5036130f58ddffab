-- The only worker sent its last heartbeat 14 minutes ago and holds four jobs; new jobs are not claimed.
INSERT INTO fixture_jobs (n, kind, phase, created_at, updated_at, due_at, result, payload)
  SELECT n, 'TRANSCRIBE', 'finished', at - interval '20 s', at, at - interval '20 s', '{"ok": true}',
    jsonb_build_object('clip', n)
  FROM generate_series(1, 20) n, LATERAL (SELECT now() - (15 + n) * interval '1 min' AS at) t;
INSERT INTO fixture_jobs
  (n, kind, phase, attempts, created_at, updated_at, due_at, worker, locked_at, heartbeat_at, payload)
  SELECT 20 + n, 'CLIP_RENDER', 'running', CASE n WHEN 1 THEN 4 ELSE 0 END,
    now() - interval '20 min', now() - interval '16 min', now() - interval '20 min', 'worker-a',
    now() - interval '16 min', CASE WHEN n < 4 THEN now() - interval '14 min' END,
    jsonb_build_object('clip', 20 + n)
  FROM generate_series(1, 4) n;
INSERT INTO fixture_jobs (n, kind, phase, created_at, updated_at, due_at, payload)
  SELECT 30 + n, (ARRAY['TRANSCRIBE', 'CLIP_RENDER'])[1 + n % 2], 'waiting', at, at, at,
    jsonb_build_object('clip', 30 + n)
  FROM generate_series(1, 12) n, LATERAL (SELECT now() - n * interval '1 min' AS at) t;

INSERT INTO fixture_events (n, stage, at)
  SELECT n, 'enqueued', created_at FROM fixture_jobs ORDER BY created_at, n;
INSERT INTO fixture_events (n, stage, data, at)
  SELECT n, 'claimed', jsonb_build_object('worker_id', worker), locked_at
  FROM fixture_jobs WHERE worker IS NOT NULL ORDER BY locked_at, n;
INSERT INTO fixture_events (n, stage, data, at)
  SELECT n, 'finished', result, updated_at FROM fixture_jobs WHERE phase = 'finished'
  ORDER BY updated_at, n;
