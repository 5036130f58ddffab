import { EnvSchema } from "../../shared/src/env";

const env = EnvSchema.parse(process.env);

export const config = {
  production: env.NODE_ENV === "production",
  supabase: { url: env.SUPABASE_URL, anon: env.SUPABASE_ANON_KEY, service: env.SUPABASE_SERVICE_ROLE_KEY },
  database: env.DATABASE_URL,
  deepgram: env.DEEPGRAM_API_KEY,
  tiktok: { key: env.TIKTOK_CLIENT_KEY, secret: env.TIKTOK_CLIENT_SECRET },
  ffmpeg: { timeout: env.FFMPEG_TIMEOUT_SECONDS },
  sentry: env.SENTRY_DSN,
};
