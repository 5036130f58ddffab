import { z } from "zod";

const EnvSchema = z.object({
  NODE_ENV: z.enum(["development", "test", "production"]).default("development"),
  SUPABASE_URL: z.string().url(),
  SUPABASE_ANON_KEY: z.string().min(20, "the anon key is a JWT"),
  SUPABASE_SERVICE_ROLE_KEY: z.string().min(20, "the service-role key is a JWT"),
  DATABASE_URL: z.string().url().optional(),
  DEEPGRAM_API_KEY: z.string().optional(),
  TIKTOK_CLIENT_KEY: z.string().optional(),
  TIKTOK_CLIENT_SECRET: z.string().optional(),
  FFMPEG_TIMEOUT_SECONDS: z.coerce.number().int().default(300),
  SENTRY_DSN: z.string().url().optional().or(z.literal("")),
});

export { EnvSchema };
