//! Variables that nobody declares: systems, runtimes, platforms, tools and libraries set or read them.

use std::collections::BTreeSet;

/// Variables that operating systems, runtimes and build tools set.
const NAMES: [&str; 46] = [
    "ALL_PROXY",
    "ANALYZE",
    "AWS_EXECUTION_ENV",
    "BASE_URL",
    "CF_PAGES",
    "CI",
    "COLUMNS",
    "DEBUG",
    "DEV",
    "DYNO",
    "EDITOR",
    "FORCE_COLOR",
    "GAE_ENV",
    "HOME",
    "HOST",
    "HOSTNAME",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "IS_PULL_REQUEST",
    "KUBERNETES_SERVICE_HOST",
    "K_REVISION",
    "K_SERVICE",
    "LANG",
    "LC_ALL",
    "LOGNAME",
    "MODE",
    "NETLIFY",
    "NODE_ENV",
    "NODE_OPTIONS",
    "NODE_PATH",
    "NO_COLOR",
    "NO_PROXY",
    "PATH",
    "PORT",
    "PROD",
    "PWD",
    "RENDER",
    "SHELL",
    "SKIP_ENV_VALIDATION",
    "SSR",
    "TEMP",
    "TERM",
    "TMPDIR",
    "TZ",
    "USER",
    "VERCEL",
];
/// Prefixes of such variables.
const PREFIXES: [&str; 26] = [
    "AWS_LAMBDA_",
    "BUILDKITE",
    "CF_PAGES_",
    "CIRCLE",
    "COOLIFY_",
    "COREPACK_",
    "FLY_",
    "GITHUB_",
    "GITLAB_",
    "HEROKU_",
    "JEST_",
    "NEXT_MANUAL_",
    "NEXT_PHASE",
    "NEXT_RUNTIME",
    "NEXT_TELEMETRY_",
    "PLAYWRIGHT_",
    "RAILWAY_",
    "RENDER_",
    "RUNNER_",
    "STORYBOOK",
    "TURBO_",
    "VERCEL_",
    "VITEST",
    "VSCODE_",
    "__NEXT_",
    "npm_",
];
/// Variables that a library reads itself: their prefix, and prefixes of the names of its packages.
const LIBRARIES: [(&str, &[&str]); 45] = [
    ("AMPLIFY_", &["aws-amplify"]),
    ("ANTHROPIC_", &["@anthropic-ai/", "@ai-sdk/anthropic"]),
    ("ARCJET_", &["@arcjet/"]),
    ("AUTH0_", &["@auth0/"]),
    ("AUTH_", &["next-auth", "@auth/"]),
    ("AWS_", &["@aws-sdk/", "aws-sdk"]),
    ("AXIOM_", &["@axiomhq/", "next-axiom"]),
    ("AZURE_", &["@azure/"]),
    ("BETTER_AUTH_", &["better-auth"]),
    ("BLOB_", &["@vercel/blob"]),
    ("CLERK_", &["@clerk/"]),
    ("CLOUDINARY_", &["cloudinary", "next-cloudinary"]),
    ("COHERE_", &["cohere-ai", "@ai-sdk/cohere"]),
    ("CONVEX_", &["convex"]),
    ("DD_", &["dd-trace"]),
    ("EDGE_CONFIG", &["@vercel/edge-config"]),
    ("ELECTRIC_", &["electric-sql"]),
    ("FLAGS", &["flags", "@vercel/flags"]),
    ("GOOGLE_APPLICATION_CREDENTIALS", &["@google-cloud/", "firebase-admin", "googleapis"]),
    ("GOOGLE_GENERATIVE_AI_", &["@ai-sdk/google"]),
    ("GROQ_", &["groq-sdk", "@ai-sdk/groq"]),
    ("INNGEST_", &["inngest"]),
    ("KINDE_", &["@kinde-oss/"]),
    ("KV_", &["@vercel/kv"]),
    ("LANGCHAIN_", &["langchain", "@langchain/"]),
    ("LANGFUSE_", &["langfuse"]),
    ("LANGSMITH_", &["langsmith", "langchain"]),
    ("LOGTAIL_", &["@logtail/"]),
    ("MISTRAL_", &["@mistralai/", "@ai-sdk/mistral"]),
    ("NEW_RELIC_", &["newrelic"]),
    ("NEXTAUTH_", &["next-auth", "@auth/"]),
    ("OPENAI_", &["openai", "@ai-sdk/openai"]),
    ("OTEL_", &["@opentelemetry/", "@vercel/otel"]),
    ("PG", &["pg", "postgres"]),
    ("POSTGRES_", &["@vercel/postgres"]),
    ("QSTASH_", &["@upstash/"]),
    ("REPLICATE_", &["replicate"]),
    ("RESEND_", &["resend"]),
    ("SENTRY_", &["@sentry/"]),
    ("SHOPIFY_", &["@shopify/"]),
    ("TRIGGER_", &["@trigger.dev/"]),
    ("TWILIO_", &["twilio"]),
    ("UPLOADTHING_", &["uploadthing", "@uploadthing/"]),
    ("UPSTASH_", &["@upstash/"]),
    ("WORKOS_", &["@workos-inc/"]),
];
/// Prefixes of variables that bundlers compile into the code that browsers load; libraries put theirs in front of
/// their own.
pub(crate) const PUBLIC_PREFIXES: [&str; 14] = [
    "NEXT_PUBLIC_",
    "VITE_",
    "PUBLIC_",
    "EXPO_PUBLIC_",
    "NUXT_PUBLIC_",
    "NUXT_ENV_",
    "REACT_APP_",
    "VUE_APP_",
    "GATSBY_",
    "STORYBOOK_",
    "NG_APP_",
    "NX_PUBLIC_",
    "PLASMO_PUBLIC_",
    "SNOWPACK_PUBLIC_",
];

/// Whether a system, a platform or a tool sets a variable.
pub(crate) fn is_ambient(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    let proxy = upper.ends_with("_PROXY") && NAMES.contains(&upper.as_str());
    proxy || NAMES.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// Whether a library among the dependencies reads a variable itself.
pub(crate) fn is_read_by_library(name: &str, dependencies: &BTreeSet<String>) -> bool {
    let own = PUBLIC_PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name);
    LIBRARIES.iter().any(|(prefix, packages)| {
        own.starts_with(prefix)
            && packages.iter().any(|package| dependencies.iter().any(|name| is_of(name, package)))
    })
}

/// Whether a dependency is a package, or of its scope.
fn is_of(dependency: &str, package: &str) -> bool {
    if package.ends_with('/') { dependency.starts_with(package) } else { dependency == package }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platform_variables_are_ambient_and_others_are_not() {
        for name in ["PORT", "CI", "VITEST_WORKER_ID", "FLY_REGION", "no_proxy", "npm_package_name"]
        {
            assert!(is_ambient(name), "{name}");
        }
        for name in ["PORTAL_KEY", "DATABASE_URL", "CIPHER", "HOST_URL", "HTTP_TIMEOUT"] {
            assert!(!is_ambient(name), "{name}");
        }
    }

    #[test]
    fn library_reads_its_keys_only_as_a_dependency() {
        let with = BTreeSet::from(["@clerk/nextjs".to_owned(), "next-auth".to_owned()]);
        let none = BTreeSet::from(["zod".to_owned()]);
        for name in
            ["CLERK_SECRET_KEY", "NEXT_PUBLIC_CLERK_SIGN_IN_URL", "NEXTAUTH_URL", "AUTH_SECRET"]
        {
            assert!(is_read_by_library(name, &with), "{name}");
            assert!(!is_read_by_library(name, &none), "{name}");
        }
        assert!(!is_read_by_library("SENTRY_DSN", &with));
    }
}
