-- The token for publishing to TikTok has expired: every such job is dead-lettered, 24 so far; two older dead
-- letters have another cause.
INSERT INTO fixture_jobs
  (n, kind, phase, attempts, created_at, updated_at, due_at, heartbeat_at, error, last_error, payload)
  SELECT n, kind, 'dead', 5, at - interval '10 min', at, at - interval '2 min', at,
    pg_temp.failure(message, 5, at), message, payload
  FROM (
    SELECT 100 + n, 'PUBLISH_TIKTOK', now() - n * interval '75 s',
      'TikTok API 401: access token expired (log_id ' || md5(n::text) || ')',
      jsonb_build_object('clip', n, 'access_token', 'tt-secret-' || n)
    FROM generate_series(1, 24) n
    UNION ALL
    SELECT 130 + n, 'TRANSCRIBE', now() - n * interval '17 min',
      'ENOENT: no such object uploads/' || md5('t' || n) || '.mp4', jsonb_build_object('clip', n)
    FROM generate_series(1, 2) n
  ) deaths (n, kind, at, message, payload);
INSERT INTO fixture_jobs
  (n, kind, phase, created_at, updated_at, due_at, worker, locked_at, heartbeat_at, payload) VALUES
  (51, 'TRANSCRIBE', 'running', now() - interval '9 s', now() - interval '9 s',
    now() - interval '9 s', 'worker-a', now() - interval '8 s', now(), '{"clip": 52}');

INSERT INTO fixture_events (n, stage, at)
  SELECT n, 'enqueued', created_at FROM fixture_jobs ORDER BY created_at, n;
INSERT INTO fixture_events (n, stage, data, at)
  SELECT n, 'failed', jsonb_build_object('reason', last_error, 'attempts', attempts,
    'stage', 'dead_letter'), updated_at
  FROM fixture_jobs WHERE phase = 'dead' ORDER BY updated_at, n;
