//! The choice among several jobs tables.

use super::super::declaration::Declaration;
use super::super::package::Package;

/// A package's table that the catalog shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// The package.
    pub(crate) package: Package,
    /// The schema, unquoted.
    pub(crate) schema: String,
}

/// The jobs table that the configuration or the command line selects.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum QueueChoice {
    /// A declared table.
    Declared(Box<Declaration>),
    /// A package's table.
    Instance(InstanceChoice),
}

/// The selected package or schema.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct InstanceChoice {
    /// The package; any if `None`.
    pub(crate) package: Option<Package>,
    /// The schema; any if `None`.
    pub(crate) schema: Option<String>,
}

impl InstanceChoice {
    /// Reads `river`, `river:SCHEMA` or `SCHEMA`.
    ///
    /// # Errors
    /// If the package is not known.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let (package, schema) = match text.split_once(':') {
            Some((package, schema)) => (Some(package), Some(schema)),
            None if Package::from_key(text).is_some() => (Some(text), None),
            None => (None, Some(text)),
        };
        let known = || Package::ALL.map(Package::key).join(", ");
        let package = package.map(|key| {
            Package::from_key(key)
                .ok_or_else(|| format!("unknown package {key}; known: {}", known()))
        });
        Ok(Self {
            package: package.transpose()?,
            schema: schema.filter(|schema| !schema.is_empty()).map(str::to_owned),
        })
    }

    fn matches(&self, found: &Found) -> bool {
        self.package.is_none_or(|package| package == found.package)
            && self.schema.as_ref().is_none_or(|schema| *schema == found.schema)
    }
}

/// The result of [`choose`].
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Chosen<'a> {
    /// No table matches.
    None,
    /// Exactly this table.
    One(&'a Found),
    /// Several match.
    Several(Vec<&'a Found>),
}

/// Chooses the table.
pub(crate) fn choose<'a>(found: &'a [Found], choice: &InstanceChoice) -> Chosen<'a> {
    let matching: Vec<_> = found.iter().filter(|found| choice.matches(found)).collect();
    match matching.as_slice() {
        [] => Chosen::None,
        [one] => Chosen::One(one),
        _ => Chosen::Several(matching),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(package: Package, schema: &str) -> Found {
        Found { package, schema: schema.to_owned() }
    }

    #[test]
    fn choice_names_a_package_a_schema_or_both() {
        let parse = |text: &str| InstanceChoice::parse(text).unwrap();
        assert_eq!(parse("river").package, Some(Package::River));
        assert_eq!(parse("jobs_eu").schema.as_deref(), Some("jobs_eu"));
        let both = parse("pg_boss:eu");
        assert_eq!((both.package, both.schema.as_deref()), (Some(Package::PgBoss), Some("eu")));
        assert!(InstanceChoice::parse("sidekiq:eu").is_err());
    }

    #[test]
    fn one_table_is_chosen_and_several_are_not() {
        let tables = [found(Package::River, "public")];
        let any = InstanceChoice::default();
        assert_eq!(choose(&tables, &any), Chosen::One(&tables[0]));
        assert_eq!(choose(&[], &any), Chosen::None);
        let two = [found(Package::River, "eu"), found(Package::River, "us")];
        assert!(matches!(choose(&two, &any), Chosen::Several(_)));
        let us = InstanceChoice::parse("us").unwrap();
        assert_eq!(choose(&two, &us), Chosen::One(&two[1]));
    }
}
