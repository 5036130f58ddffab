//! The list of all environment variables that this tool reads. Other keys of `.env` are ignored. A
//! test compares the list with `.env.example`.

/// An environment variable.
#[derive(Debug, Clone, Copy)]
pub(super) struct Variable {
    /// Its name.
    pub(super) name: &'static str,
    /// Its line in `.env.example`.
    #[cfg_attr(not(test), expect(dead_code, reason = "read by the test of .env.example"))]
    pub(super) about: &'static str,
    /// Whether `.env` may set it. Variables of the shell and the terminal are read only from the
    /// process environment.
    pub(super) dotenv: bool,
}

/// A variable that `.env` may set.
const fn any_source(name: &'static str, about: &'static str) -> Variable {
    Variable { name, about, dotenv: true }
}

/// A variable that is read only from the process environment.
const fn process_only(name: &'static str, about: &'static str) -> Variable {
    Variable { name, about, dotenv: false }
}

/// Every variable, in the order of `.env.example`.
pub(super) const VARIABLES: [Variable; 42] = [
    any_source("CLIPLY_BASE_URL", "base URL of the API, without /api: https://api.example.com"),
    any_source("CLIPLY_ADMIN_TOKEN", "bearer token for /api/admin/readyz"),
    any_source("CLIPLY_HEADERS", "extra headers for every request, one `Name: value` a line"),
    any_source("DATABASE_URL", "the database, as a libpq URL or keyword string"),
    any_source("PGHOST", "database host or socket directory, if not in DATABASE_URL"),
    any_source("PGHOSTADDR", "numeric address of PGHOST, to skip name resolution"),
    any_source("PGPORT", "database port"),
    any_source("PGUSER", "database user"),
    any_source("PGPASSWORD", "database password; a PGPASSFILE is safer"),
    any_source("PGDATABASE", "database name"),
    any_source("PGSSLMODE", "disable, allow, prefer, require, verify-ca or verify-full"),
    any_source("PGREQUIRESSL", "1: require TLS, if PGSSLMODE is not set"),
    any_source("PGGSSENCMODE", "disable or prefer; require is refused"),
    any_source("PGSSLROOTCERT", "file of trusted root certificates, or `system`"),
    any_source("PGSSLCERT", "client certificate"),
    any_source("PGSSLKEY", "key of the client certificate"),
    any_source("PGCHANNELBINDING", "disable, prefer or require"),
    any_source(
        "PGTARGETSESSIONATTRS",
        "any, read-write, read-only, primary, standby, prefer-standby",
    ),
    any_source("PGCONNECT_TIMEOUT", "seconds to wait for a connection"),
    any_source("PGAPPNAME", "application name on the server, instead of cliplyctl:<command>"),
    any_source("PGOPTIONS", "start-up options; connection poolers reject them"),
    any_source("PGPASSFILE", "password file, instead of ~/.pgpass"),
    any_source("PGSERVICE", "name of a service in the service file"),
    any_source("PGSERVICEFILE", "service file, instead of ~/.pg_service.conf"),
    any_source("PGSYSCONFDIR", "directory of the system-wide pg_service.conf"),
    process_only(
        "CLIPLYCTL_CONFIG",
        "configuration file to read instead of that of the project or user",
    ),
    process_only(
        "CLIPLYCTL_CONTEXT",
        "context to use, as -c; unlike -c it does not allow writes that another context blocks",
    ),
    process_only(
        "CLIPLYCTL_PG_BIN",
        "directory with initdb and postgres for `demo`; default PATH and common directories",
    ),
    process_only("NO_COLOR", "any value: no color"),
    process_only("CLICOLOR", "0: no color"),
    process_only("CLICOLOR_FORCE", "any value but 0: color even if piped"),
    process_only("FORCE_COLOR", "any value but 0: color even if piped"),
    process_only("COLUMNS", "width of help and tables without a terminal"),
    process_only("TERM", "`dumb`: no color, no spinner"),
    process_only("PAGER", "pager of `runbook` on a terminal"),
    process_only("XDG_CONFIG_HOME", "directory of cliplyctl/config.toml; default ~/.config"),
    process_only(
        "XDG_STATE_HOME",
        "directory of cliplyctl/ with plans, operations and history; default ~/.local/state",
    ),
    process_only("HOME", "home directory, also for .pgpass, .pg_service.conf and .postgresql"),
    process_only("PATH", "where `demo` searches PostgreSQL's server programs first"),
    process_only("USER", "login name: recorded operator; database user if not set otherwise"),
    process_only("LOGNAME", "login name if USER is not set"),
    process_only("SUDO_USER", "recorded operator under sudo"),
];

/// The variable with this name.
pub(super) fn variable(name: &str) -> Option<&'static Variable> {
    VARIABLES.iter().find(|variable| variable.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expected text of `.env.example`.
    fn env_example() -> String {
        let mut text = String::from(
            "# All variables that cliplyctl reads. Copy the ones you need to .env, or export them. Precedence: flags,\n\
         # environment, .env, cliplyctl.toml. With -c NAME, only the settings of that context are used. Put values\n\
         # that contain $ or # in single quotes.\n",
        );
        for dotenv in [true, false] {
            if !dotenv {
                text.push_str("\n# Read only from the environment, never from .env:\n");
            }
            for variable in VARIABLES.iter().filter(|variable| variable.dotenv == dotenv) {
                text.push_str(&format!("\n# {}\n# {}=\n", variable.about, variable.name));
            }
        }
        text
    }

    #[test]
    fn env_example_matches_the_variable_list() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/.env.example");
        let text = std::fs::read_to_string(path).unwrap();
        assert_eq!(text, env_example(), "write the right-hand side to .env.example");
    }

    #[test]
    fn each_variable_is_listed_once() {
        for one in &VARIABLES {
            assert_eq!(VARIABLES.iter().filter(|other| other.name == one.name).count(), 1);
        }
    }
}
