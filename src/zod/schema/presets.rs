//! Presets of `@t3-oss/env-*`: keys that a hosting platform or a service sets.

/// Optional keys of each preset. `*` matches any suffix.
pub(crate) const PLATFORMS: [(&str, &[&str]); 13] = [
    ("vercel", &["VERCEL", "VERCEL_*", "CI"]),
    ("railway", &["RAILWAY_*"]),
    ("render", &["RENDER", "RENDER_*", "IS_PULL_REQUEST"]),
    ("fly", &["FLY_*", "PRIMARY_REGION"]),
    (
        "netlify",
        &[
            "NETLIFY",
            "BUILD_ID",
            "CONTEXT",
            "REPOSITORY_URL",
            "BRANCH",
            "URL",
            "DEPLOY_*",
            "SITE_NAME",
            "SITE_ID",
        ],
    ),
    ("coolify", &["COOLIFY_*", "SOURCE_COMMIT", "PORT", "HOST"]),
    ("vite", &["BASE_URL", "MODE", "DEV", "PROD", "SSR"]),
    ("wxt", &["MANIFEST_VERSION", "BROWSER", "CHROME", "FIREFOX", "SAFARI", "EDGE", "OPERA"]),
    ("neonVercel", &["DATABASE_URL_UNPOOLED", "PG*", "POSTGRES_*"]),
    ("supabaseVercel", &["POSTGRES_*", "SUPABASE_*", "NEXT_PUBLIC_SUPABASE_*"]),
    ("uploadthing", &[]),
    ("uploadthingV6", &[]),
    ("upstashRedis", &[]),
];

/// The values of VERCEL_ENV, the only key of a platform whose preset does not accept every text.
pub(crate) const VERCEL_ENV: [&str; 3] = ["development", "preview", "production"];

/// The rule of a required key of a preset.
#[derive(Clone, Copy)]
pub(crate) enum RequiredKind {
    /// `z.string()`
    Text,
    /// `z.string().url()`
    Url,
}

/// Required keys of presets.
pub(crate) const REQUIRED: [(&str, &str, RequiredKind); 6] = [
    ("neonVercel", "DATABASE_URL", RequiredKind::Text),
    ("supabaseVercel", "POSTGRES_URL", RequiredKind::Url),
    ("uploadthing", "UPLOADTHING_TOKEN", RequiredKind::Text),
    ("uploadthingV6", "UPLOADTHING_TOKEN", RequiredKind::Text),
    ("upstashRedis", "UPSTASH_REDIS_REST_URL", RequiredKind::Url),
    ("upstashRedis", "UPSTASH_REDIS_REST_TOKEN", RequiredKind::Text),
];
