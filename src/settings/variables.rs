//! Every environment variable this tool reads: one list for `.env.example`, documents and tests.

/// One variable.
#[derive(Debug, Clone, Copy)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What it sets, in one line.
    pub about: &'static str,
    /// Whether `.env` may set it. What the shell or the terminal sets is not ours to override.
    pub dotenv: bool,
}

const fn ours(name: &'static str, about: &'static str) -> Variable {
    Variable { name, about, dotenv: true }
}

const fn shell(name: &'static str, about: &'static str) -> Variable {
    Variable { name, about, dotenv: false }
}

/// Every variable, in the order in which documents show them.
pub const VARIABLES: [Variable; 37] = [
    ours("CLIPLY_BASE_URL", "base URL of the API, without /api: https://api.example.com"),
    ours("CLIPLY_ADMIN_TOKEN", "bearer token for /api/admin/readyz"),
    ours("CLIPLY_HEADERS", "extra headers for every request, one `Name: value` a line"),
    ours("DATABASE_URL", "the database, as a libpq URL or keyword string"),
    ours("PGHOST", "database host or socket directory, where DATABASE_URL does not say"),
    ours("PGHOSTADDR", "numeric address of PGHOST, to skip the name look-up"),
    ours("PGPORT", "database port"),
    ours("PGUSER", "database user"),
    ours("PGPASSWORD", "database password; a PGPASSFILE is safer"),
    ours("PGDATABASE", "database name"),
    ours("PGSSLMODE", "disable, allow, prefer, require, verify-ca or verify-full"),
    ours("PGSSLROOTCERT", "file of trusted root certificates, or `system`"),
    ours("PGSSLCERT", "client certificate"),
    ours("PGSSLKEY", "key of the client certificate"),
    ours("PGCHANNELBINDING", "disable, prefer or require"),
    ours("PGTARGETSESSIONATTRS", "any, read-write, read-only, primary, standby, prefer-standby"),
    ours("PGCONNECT_TIMEOUT", "seconds to wait for a connection"),
    ours("PGAPPNAME", "application name the server shows, instead of cliplyctl:<command>"),
    ours("PGOPTIONS", "start-up options; connection poolers refuse them"),
    ours("PGPASSFILE", "password file, instead of ~/.pgpass"),
    ours("PGSERVICE", "name of a service in the service file"),
    ours("PGSERVICEFILE", "service file, instead of ~/.pg_service.conf"),
    shell("CLIPLYCTL_CONFIG", "configuration file to read instead of the project's and the user's"),
    shell(
        "CLIPLYCTL_PG_BIN",
        "where `demo` finds initdb and postgres; default PATH and the usual places",
    ),
    shell("NO_COLOR", "any value: no colour"),
    shell("CLICOLOR", "0: no colour"),
    shell("CLICOLOR_FORCE", "any value but 0: colour even when piped"),
    shell("FORCE_COLOR", "any value but 0: colour even when piped"),
    shell("COLUMNS", "width of the help where there is no terminal to ask"),
    shell("TERM", "`dumb`: no colour and no spinner"),
    shell("XDG_CONFIG_HOME", "where cliplyctl/config.toml lies; default ~/.config"),
    shell("XDG_STATE_HOME", "where cliplyctl/ keeps its records; default ~/.local/state"),
    shell("HOME", "where ~ is; also for .pgpass, .pg_service.conf and .postgresql"),
    shell("PATH", "where `demo` looks for PostgreSQL's server programs first"),
    shell("USER", "login name: who asks, and the database user where nothing else says"),
    shell("LOGNAME", "login name where USER is not set"),
    shell("SUDO_USER", "who asks, under sudo; it is written beside every requeue"),
];

/// The variable of this name.
#[must_use]
pub fn variable(name: &str) -> Option<&'static Variable> {
    VARIABLES.iter().find(|variable| variable.name == name)
}

/// The text of `.env.example`.
#[must_use]
pub fn env_example() -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

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
