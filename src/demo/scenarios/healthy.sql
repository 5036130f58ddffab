-- Normal load: jobs finish, two workers are active, one job has just become due, nothing failed.
INSERT INTO fixture_jobs (n, kind, phase, created_at, updated_at, due_at, result, payload)
  SELECT n, (ARRAY['TRANSCRIBE', 'HIGHLIGHT_DETECT', 'CLIP_RENDER', 'PUBLISH_YOUTUBE'])[1 + n % 4],
    'finished', at - interval '20 s', at, at - interval '20 s', '{"ok": true}',
    jsonb_build_object('clip', n)
  FROM generate_series(1, 40) n, LATERAL (SELECT now() - n * interval '3 min' AS at) t;
INSERT INTO fixture_jobs
  (n, kind, phase, created_at, updated_at, due_at, worker, locked_at, heartbeat_at, payload) VALUES
  (51, 'CLIP_RENDER', 'running', now() - interval '9 s', now() - interval '9 s',
    now() - interval '9 s', 'worker-a', now() - interval '8 s', now(), '{"clip": 51}');
INSERT INTO fixture_jobs (n, kind, phase, created_at, updated_at, due_at, payload) VALUES
  (52, 'THUMBNAIL_GEN', 'waiting', now(), now(), now(), '{"clip": 52}');

INSERT INTO fixture_events (n, stage, at)
  SELECT n, 'enqueued', created_at FROM fixture_jobs ORDER BY created_at, n;
INSERT INTO fixture_events (n, stage, data, at)
  SELECT n, 'claimed', '{"worker_id": "worker-a"}', created_at + interval '1 s'
  FROM fixture_jobs WHERE phase IN ('running', 'finished') ORDER BY created_at, n;
INSERT INTO fixture_events (n, stage, data, at)
  SELECT n, 'finished', result, updated_at FROM fixture_jobs WHERE phase = 'finished'
  ORDER BY updated_at, n;
