-- A deploy 43 minutes ago made FFmpeg time out; TikTok's token has expired; worker-c is unresponsive with four
-- jobs; the queue grows; and a policy lets anon read jobs.

-- 120 finished, over the last eight hours.
INSERT INTO fixture_jobs (n, kind, phase, created_at, updated_at, due_at, result, payload)
  SELECT n, (ARRAY['TRANSCRIBE', 'HIGHLIGHT_DETECT', 'CLIP_RENDER', 'YOUTUBE_DOWNLOAD'])[1 + n % 4],
    'finished', at - interval '1 min', at, at - interval '1 min', '{"ok": true}',
    jsonb_build_object('clip', 3000 + n)
  FROM generate_series(1, 120) n, LATERAL (SELECT now() - (40 + n * 4) * interval '1 min' AS at) t;

-- 68 due: 52 renders, the oldest for 41 min; 16 others, for at most 8 min.
INSERT INTO fixture_jobs (n, kind, phase, created_at, updated_at, due_at, payload)
  SELECT 200 + n, 'CLIP_RENDER', 'waiting', at, at, at, jsonb_build_object('clip', 4400 + n)
  FROM generate_series(1, 52) n, LATERAL (SELECT now() - (2494 - 46 * n) * interval '1 s' AS at) t
  UNION ALL
  SELECT 252 + n, (ARRAY['TRANSCRIBE', 'THUMBNAIL_GEN'])[1 + n % 2], 'waiting', at, at, at,
    jsonb_build_object('clip', 4500 + n)
  FROM generate_series(1, 16) n, LATERAL (SELECT now() - n * interval '30 s' AS at) t;

-- 6 scheduled: they failed twice; the next attempt is in the future.
INSERT INTO fixture_jobs
  (n, kind, phase, attempts, created_at, updated_at, due_at, heartbeat_at, error, last_error, payload)
  SELECT 280 + n, 'CLIP_RENDER', 'waiting', 2, now() - interval '30 min', at,
    now() + n * interval '10 min', at, pg_temp.failure(message, 2, at), message,
    jsonb_build_object('clip', 4380 + n)
  FROM generate_series(1, 6) n,
    LATERAL (SELECT now() - n * interval '1 min' AS at,
      'FFmpeg timed out after 300s while rendering clip ' || 4380 + n AS message) t;

-- 7 claimed: three running on worker-a and worker-b, four stuck on worker-c; the first of the stuck jobs is on its
-- last attempt, the last one never had a heartbeat.
INSERT INTO fixture_jobs
  (n, kind, phase, attempts, created_at, updated_at, due_at, worker, locked_at, heartbeat_at, payload)
  VALUES
  (321, 'CLIP_RENDER', 'running', 0, now() - interval '45 min', now() - interval '1 min',
    now() - interval '45 min', 'worker-a', now() - interval '1 min', now(), '{"clip": 4390}'),
  (322, 'TRANSCRIBE', 'running', 0, now() - interval '9 min', now() - interval '5 s',
    now() - interval '9 min', 'worker-b', now() - interval '5 s', now(), '{"clip": 4392}'),
  (323, 'CLIP_RENDER', 'running', 1, now() - interval '45 min', now() - interval '30 s',
    now() - interval '45 min', 'worker-b', now() - interval '30 s', now(), '{"clip": 4391}'),
  (331, 'CLIP_RENDER', 'running', 4, now() - interval '80 min', now() - interval '19 min',
    now() - interval '80 min', 'worker-c', now() - interval '19 min', now() - interval '16 min',
    '{"clip": 4311, "source": "uploads/4311.mp4", "upload_token": "up-secret-4311"}'),
  (332, 'YOUTUBE_DOWNLOAD', 'running', 0, now() - interval '60 min', now() - interval '18 min',
    now() - interval '60 min', 'worker-c', now() - interval '18 min', now() - interval '16 min',
    '{"clip": 4312}'),
  (333, 'CLIP_RENDER', 'running', 1, now() - interval '60 min', now() - interval '17 min',
    now() - interval '60 min', 'worker-c', now() - interval '17 min', now() - interval '16 min',
    '{"clip": 4313}'),
  (334, 'THUMBNAIL_GEN', 'running', 0, now() - interval '60 min', now() - interval '17 min',
    now() - interval '60 min', 'worker-c', now() - interval '17 min', NULL, '{"clip": 4314}');

-- 48 dead letters: 30 by FFmpeg since the deploy; 14 by TikTok, over three hours; 3 whose source object is missing;
-- 1 with only a text.
INSERT INTO fixture_jobs
  (n, kind, phase, attempts, created_at, updated_at, due_at, heartbeat_at, error, last_error, payload)
  SELECT 400 + n, kind, 'dead', 5, at - interval '15 min', at, at - interval '5 min', at,
    pg_temp.failure(message, 5, at), message, payload
  FROM (
    SELECT n, 'CLIP_RENDER', now() - n * interval '85 s',
      'FFmpeg timed out after 300s while rendering clip ' || 4200 + n,
      jsonb_build_object('clip', 4200 + n, 'source', 'uploads/' || md5(n::text) || '.mp4')
    FROM generate_series(1, 30) n
    UNION ALL
    SELECT 30 + n, 'PUBLISH_TIKTOK', now() - n * interval '13 min',
      'TikTok API 401: access token expired (log_id ' || md5(n::text) || ')',
      jsonb_build_object('clip', 4100 + n, 'access_token', 'tt-secret-' || n)
    FROM generate_series(1, 14) n
    UNION ALL
    SELECT 44 + n, 'TRANSCRIBE', now() - n * interval '50 min',
      'ENOENT: no such object uploads/' || md5('t' || n) || '.mp4',
      jsonb_build_object('clip', 4050 + n)
    FROM generate_series(1, 3) n
  ) deaths (n, kind, at, message, payload);
INSERT INTO fixture_jobs (n, kind, phase, attempts, created_at, updated_at, last_error) VALUES
  (448, 'THUMBNAIL_GEN', 'dead', 5, now() - interval '5 h', now() - interval '4 h',
    'Error: Input buffer contains unsupported image format');

INSERT INTO fixture_events (n, stage, at)
  SELECT n, 'enqueued', created_at FROM fixture_jobs ORDER BY created_at, n;
INSERT INTO fixture_events (n, stage, data, at)
  SELECT n, 'claimed', jsonb_build_object('worker_id', worker), locked_at
  FROM fixture_jobs WHERE worker IS NOT NULL ORDER BY locked_at, n;
INSERT INTO fixture_events (n, stage, data, at)
  SELECT n, 'failed', jsonb_build_object('reason', last_error, 'attempts', attempts,
    'stage', CASE phase WHEN 'dead' THEN 'dead_letter' ELSE 'retry_scheduled' END), updated_at
  FROM fixture_jobs WHERE last_error IS NOT NULL ORDER BY updated_at, n;
INSERT INTO fixture_events (n, stage, data, at)
  SELECT n, 'finished', result, updated_at FROM fixture_jobs WHERE phase = 'finished'
  ORDER BY updated_at, n;

-- The wrong policy: a debugging aid that was never dropped.
GRANT SELECT ON public.jobs TO anon;
CREATE POLICY jobs_debug_read ON public.jobs FOR SELECT TO anon USING (true);
