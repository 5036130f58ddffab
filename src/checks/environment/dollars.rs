//! `$` in values: what a loader that expands `$NAME` makes of one that refers to nothing, or that loaders read
//! differently.

use super::ambient::is_ambient;
use crate::checks::Check;
use crate::facts::{Finding, Status};
use crate::zod::env_file::{Doubt, doubts};
use crate::zod::model::{EnvValues, Environment, Loader, SchemaKey, SetValue};

/// The finding for a key whose value is not certain because of a dollar, or is not what the file says.
pub(crate) fn finding(
    check: &Check<Environment>,
    facts: &Environment,
    values: &EnvValues,
    (key, set): (&SchemaKey, &SetValue),
) -> Option<Finding> {
    let Loader::Expands(loader) = facts.project.loader else { return None };
    if set.from_process {
        return None;
    }
    let found = found_in(facts, values, set);
    let (status, problem) = worst(facts, values, loader, &found)?;
    let message = format!("{} ({}) {problem} ({})", key.name, set.origin, key.place);
    Some(check.finding(status, &key.name, message).at(key.place.clone()))
}

fn found_in<'v>(facts: &Environment, values: &'v EnvValues, set: &'v SetValue) -> Vec<Doubt<'v>> {
    let visible = values.visible(set, facts.project.loader);
    doubts((&set.key, set.value.reveal()), &visible, facts.project.loader)
}

/// Findings for variables that the schema does not declare and that refer to themselves: Next.js then reads nothing
/// of their file.
pub(crate) fn lost_files(
    check: &Check<Environment>,
    facts: &Environment,
    values: &EnvValues,
) -> Vec<Finding> {
    let Loader::Expands(loader) = facts.project.loader else { return Vec::new() };
    if !facts.project.loader.expands_file_by_file() {
        return Vec::new();
    }
    let sets = values.set.iter().filter(|set| !set.from_process && facts.key(&set.key).is_none());
    let circular = sets.filter(|set| found_in(facts, values, set).contains(&Doubt::Circular));
    circular
        .map(|set| {
            let message = format!("{} ({}) {}", set.key, set.origin, circular_text(loader));
            check.finding(Status::Unknown, &set.key, message)
        })
        .collect()
}

fn circular_text(loader: &str) -> String {
    let result = match loader {
        "Next.js" => "Next.js then reads nothing of the file",
        _ => "each loader of .env files makes something else of that",
    };
    format!("refers to itself: {result}; set another variable, or a default: ${{NAME:-default}}")
}

/// The status and the text of the worst doubt.
fn worst(
    facts: &Environment,
    values: &EnvValues,
    loader: &str,
    found: &[Doubt<'_>],
) -> Option<(Status, String)> {
    if found.contains(&Doubt::Circular) {
        return Some((Status::Unknown, circular_text(loader)));
    }
    if found.contains(&Doubt::Unclear) {
        let problem = format!(
            "has a $ that loaders of .env files, or versions of them, read differently: write \\$ for a dollar that \
             {loader} keeps, ${{NAME}} for a reference"
        );
        return Some((Status::Unknown, problem));
    }
    let unset = found.iter().filter_map(|doubt| match doubt {
        Doubt::Unset(name) => Some(*name),
        Doubt::Unclear | Doubt::Circular => None,
    });
    let unset: Vec<&str> = unset.collect();
    let by_platform = |name: &&&str| !values.has_process() && may_be_set(values, name);
    if let Some(name) = unset.iter().find(by_platform) {
        let name = shown(facts, values, name);
        let problem = format!(
            "refers to {name}, which no file sets: the platform may set it; check with --process where it does"
        );
        return Some((Status::Unknown, problem));
    }
    let name = unset.first()?;
    let problem = match values.get(name) {
        Some(SetValue { origin, .. }) => format!(
            "refers to {name}, which {loader} does not know yet: it expands each file before the files that it \
             overrides, such as that of {origin}, so the value is without it"
        ),
        None => format!(
            "refers to {}, which is not set: {loader} replaces it with nothing; write \\$ for a dollar",
            shown(facts, values, name)
        ),
    };
    Some((Status::Warning, problem))
}

/// Whether a platform may set a variable that no file sets: names have no lower-case letters.
fn may_be_set(values: &EnvValues, name: &str) -> bool {
    values.get(name).is_none() && !name.bytes().any(|byte| byte.is_ascii_lowercase())
}

/// A name as reports show it. What follows a dollar may be a part of a password, unless it is a name elsewhere.
fn shown(facts: &Environment, values: &EnvValues, name: &str) -> String {
    let is_name = is_ambient(name)
        || facts.key(name).is_some()
        || values.get(name).is_some()
        || facts.schemas().any(|schema| schema.mentioned.contains(name));
    if is_name { name.to_owned() } else { "a variable".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{environment, worst};
    use super::super::values::CHECK;
    use super::*;
    use crate::facts::Thresholds;
    use crate::zod::model::EnvValue;

    /// The findings of files, the last one in force.
    fn found(schema: &str, loader: &'static str, files: &[&[(&str, &str)]]) -> Vec<Finding> {
        let mut facts = environment(schema, None, &[]);
        facts.project.loader = Loader::Expands(loader);
        let mut values = EnvValues::default();
        for (file, pairs) in files.iter().enumerate() {
            values.files += 1;
            for (key, value) in *pairs {
                values.insert(key, EnvValue::new(*value), &format!("file{file}:1"), false);
            }
        }
        values.expand(facts.project.loader);
        facts.values = Some(values);
        CHECK.run(&facts, &Thresholds::default())
    }

    #[test]
    fn hash_whose_dollars_loaders_read_differently_is_unknown_and_not_shown() {
        let hash = "$2b$10$3qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy";
        for loader in ["Next.js", "Vite", "Nuxt"] {
            let schema = "A: z.string().min(1)";
            let with_hash = found(schema, loader, &[&[("A", hash)]]);
            assert_eq!(worst(&with_hash), Status::Unknown, "{loader}");
            assert!(!format!("{with_hash:?}").contains("3qo8"), "{with_hash:?}");
            let escaped = hash.replace('$', "\\$");
            let with_escapes = found(schema, loader, &[&[("A", &escaped)]]);
            assert_eq!(worst(&with_escapes), Status::Ok, "{loader}");
        }
    }

    #[test]
    fn password_of_a_nuxt_project_is_never_refused_for_its_dollars() {
        let schema = "A: z.string().min(8)";
        assert_eq!(worst(&found(schema, "Nuxt", &[&[("A", "Pa$$w0rd!")]])), Status::Unknown);
        assert_eq!(worst(&found(schema, "Next.js", &[&[("A", "Pa$$w0rd!")]])), Status::Critical);
        assert_eq!(worst(&found(schema, "Nuxt", &[&[("A", "Passw0rd!")]])), Status::Ok);
    }

    #[test]
    fn variable_of_the_platform_is_named_and_a_part_of_a_password_is_not() {
        let schema = "A: z.string()";
        let url = found(schema, "Next.js", &[&[("A", "https://$VERCEL_URL")]]);
        assert_eq!(worst(&url), Status::Unknown);
        assert!(url[0].message.contains("VERCEL_URL"), "{url:?}");
        let password = found(schema, "Next.js", &[&[("A", "long$HUNTER2")]]);
        assert_eq!(worst(&password), Status::Unknown);
        assert!(!format!("{password:?}").contains("HUNTER2"), "{password:?}");
        let cut = found(schema, "Next.js", &[&[("A", "long$hunter2")]]);
        assert_eq!(worst(&cut), Status::Warning);
        assert!(!format!("{cut:?}").contains("hunter2"), "{cut:?}");
        let set = found(schema, "Next.js", &[&[("A", "https://$HOST"), ("HOST", "h")]]);
        assert_eq!(worst(&set), Status::Ok, "{set:?}");
    }

    #[test]
    fn default_of_a_variable_itself_counts_and_a_circle_does_not() {
        let schema = "PORT: z.coerce.number().min(1)";
        for loader in ["Next.js", "Vite"] {
            let default = found(schema, loader, &[&[("PORT", "${PORT:-3000}")]]);
            assert_eq!(worst(&default), Status::Ok, "{loader}: {default:?}");
            let refused = found(schema, loader, &[&[("PORT", "${PORT:-none}")]]);
            assert_eq!(worst(&refused), Status::Critical, "{loader}");
            let circle = found("A: z.string()", loader, &[&[("A", "${A}--flag")]]);
            assert_eq!(worst(&circle), Status::Unknown, "{loader}");
        }
        // Next.js loses the whole file.
        let lost = |loader| found("A: z.string()", loader, &[&[("A", "a"), ("OPTS", "${OPTS}x")]]);
        assert_eq!(worst(&lost("Next.js")), Status::Unknown);
        assert_eq!(worst(&lost("Vite")), Status::Ok);
        let two = |value| found("A: z.string()", "Next.js", &[&[("A", value), ("B", "b")]]);
        assert_eq!(worst(&two("http://$B$B")), Status::Unknown);
        assert_eq!(worst(&two("http://${B}${B}")), Status::Ok);
    }

    #[test]
    fn next_expands_a_file_before_those_that_it_overrides() {
        let schema = "HOST: z.string(), URL: z.string().url()";
        let (env, local) = ([("HOST", "a")], [("URL", "http://$HOST")]);
        let files: [&[(&str, &str)]; 2] = [&env, &local];
        assert_eq!(worst(&found(schema, "Next.js", &files)), Status::Critical);
        assert_eq!(worst(&found(schema, "Vite", &files)), Status::Ok);
        let files: [&[(&str, &str)]; 2] = [&local, &env];
        assert_eq!(worst(&found(schema, "Next.js", &files)), Status::Ok);
        let text = "HOST: z.string(), URL: z.string()";
        let files: [&[(&str, &str)]; 2] = [&env, &local];
        let found = found(text, "Next.js", &files);
        assert_eq!(worst(&found), Status::Warning, "{found:?}");
    }
}
