-- Inserts one job and its event, of alternating kinds, unless $1 jobs are queued already.
WITH number AS (
  SELECT count(*) AS n FROM public.jobs
), job AS (
  INSERT INTO public.jobs (workspace_id, kind, payload)
  SELECT (SELECT id FROM public.workspaces ORDER BY id LIMIT 1),
    (ARRAY['TRANSCRIBE', 'HIGHLIGHT_DETECT', 'CLIP_RENDER', 'THUMBNAIL_GEN', 'YOUTUBE_DOWNLOAD',
      'PUBLISH_YOUTUBE', 'PUBLISH_TIKTOK'])[1 + n % 7],
    jsonb_build_object('clip', 5000 + n)
  FROM number
  WHERE (SELECT count(*) FROM public.jobs WHERE state = 'queued') < $1
  RETURNING id
)
INSERT INTO public.job_events (job_id, stage) SELECT id, 'enqueued' FROM job
