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
pub(super) const VARIABLES: [Variable; 40] = [
    any_source("CLIPLY_BASE_URL", "base URL of the API, without /api: https://api.example.com"),
    any_source("CLIPLY_ADMIN_TOKEN", "bearer token for /api/admin/readyz"),
    any_source("CLIPLY_HEADERS", "extra headers for every request, one `Name: value` a line"),
    any_source("DATABASE_URL", "the database, as a libpq URL or keyword string"),
    any_source("PGHOST", "database host or socket directory, where DATABASE_URL does not say"),
    any_source("PGHOSTADDR", "numeric address of PGHOST, to skip the name look-up"),
    any_source("PGPORT", "database port"),
    any_source("PGUSER", "database user"),
    any_source("PGPASSWORD", "database password; a PGPASSFILE is safer"),
    any_source("PGDATABASE", "database name"),
    any_source("PGSSLMODE", "disable, allow, prefer, require, verify-ca or verify-full"),
    any_source("PGREQUIRESSL", "1: require TLS, where PGSSLMODE does not say"),
    any_source("PGSSLROOTCERT", "file of trusted root certificates, or `system`"),
    any_source("PGSSLCERT", "client certificate"),
    any_source("PGSSLKEY", "key of the client certificate"),
    any_source("PGCHANNELBINDING", "disable, prefer or require"),
    any_source(
        "PGTARGETSESSIONATTRS",
        "any, read-write, read-only, primary, standby, prefer-standby",
    ),
    any_source("PGCONNECT_TIMEOUT", "seconds to wait for a connection"),
    any_source("PGAPPNAME", "application name the server shows, instead of cliplyctl:<command>"),
    any_source("PGOPTIONS", "start-up options; connection poolers refuse them"),
    any_source("PGPASSFILE", "password file, instead of ~/.pgpass"),
    any_source("PGSERVICE", "name of a service in the service file"),
    any_source("PGSERVICEFILE", "service file, instead of ~/.pg_service.conf"),
    any_source("PGSYSCONFDIR", "where pg_service.conf of the whole system lies"),
    process_only(
        "CLIPLYCTL_CONFIG",
        "configuration file to read instead of the project's and the user's",
    ),
    process_only(
        "CLIPLYCTL_CONTEXT",
        "context to use, as -c does; unlike -c it does not lift the block of a context",
    ),
    process_only(
        "CLIPLYCTL_PG_BIN",
        "where `demo` finds initdb and postgres; default PATH and the usual places",
    ),
    process_only("NO_COLOR", "any value: no colour"),
    process_only("CLICOLOR", "0: no colour"),
    process_only("CLICOLOR_FORCE", "any value but 0: colour even when piped"),
    process_only("FORCE_COLOR", "any value but 0: colour even when piped"),
    process_only("COLUMNS", "width of the help where there is no terminal to ask"),
    process_only("TERM", "`dumb`: no colour and no spinner"),
    process_only("XDG_CONFIG_HOME", "where cliplyctl/config.toml lies; default ~/.config"),
    process_only("XDG_STATE_HOME", "where cliplyctl/ keeps its records; default ~/.local/state"),
    process_only("HOME", "where ~ is; also for .pgpass, .pg_service.conf and .postgresql"),
    process_only("PATH", "where `demo` looks for PostgreSQL's server programs first"),
    process_only(
        "USER",
        "login name: who asks; the database user where neither a URL nor the system says",
    ),
    process_only("LOGNAME", "login name where USER is not set"),
    process_only("SUDO_USER", "who asks, under sudo; it is written beside every requeue"),
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
            "# Every variable cliplyctl reads. Copy what you need to .env (or export it); flags win over\n\
         # the environment, the environment over .env, .env over cliplyctl.toml. With -c NAME only\n\
         # that context counts. Put a value that holds $ or # in single quotes.\n",
        );
        for dotenv in [true, false] {
            if !dotenv {
                text.push_str("\n# These are read from the environment alone, never from .env.\n");
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
