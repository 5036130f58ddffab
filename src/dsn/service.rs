//! `pg_service.conf`: named sets of connection parameters.

use std::path::{Path, PathBuf};

use super::{ConnectionDefaults, ConnectionParams};
use crate::error::Error;
use crate::settings::suggest::did_you_mean;

/// Where Debian's libpq looks when the user's file does not know the service.
const SYSTEM_FILE: &str = "/etc/postgresql-common/pg_service.conf";

/// The parameters of a service, and the file that holds them.
pub fn read(
    service: &str,
    named: Option<&str>,
    surroundings: &ConnectionDefaults,
) -> Result<(ConnectionParams, PathBuf), Error> {
    let user = match named {
        Some(path) => Some(surroundings.path(path)),
        None => surroundings.home.as_ref().map(|home| home.join(".pg_service.conf")),
    };
    let mut known = Vec::new();
    for path in user.iter().cloned().chain([PathBuf::from(SYSTEM_FILE)]) {
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if named.is_some() && Some(&path) == user.as_ref() => {
                return Err(Error::config(format!("cannot read service file {}", path.display()))
                    .cause(error));
            }
            Err(_) => continue,
        };
        match find(&text, service, &path, &mut known)? {
            Some(params) => return Ok((params, path)),
            None => continue,
        }
    }
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let file = user.unwrap_or_else(|| PathBuf::from(SYSTEM_FILE));
    Err(Error::config(format!("service `{service}` is not in {}", file.display()))
        .hint(did_you_mean(service, &known)))
}

fn find(
    text: &str,
    service: &str,
    path: &Path,
    known: &mut Vec<String>,
) -> Result<Option<ConnectionParams>, Error> {
    let mut params = None;
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|name| name.strip_suffix(']')) {
            if params.is_some() {
                break;
            }
            known.push(name.to_owned());
            params = (name == service).then(ConnectionParams::new);
        } else if let Some(params) = &mut params {
            let wrong =
                |what: &str| Error::config(format!("{}:{}: {what}", path.display(), index + 1));
            if line.starts_with("ldap://") {
                return Err(wrong("services in LDAP are not supported"));
            }
            let (key, value) =
                line.split_once('=').ok_or_else(|| wrong("expected parameter=value"))?;
            if key.trim() == "service" {
                return Err(wrong("a service cannot name another service"));
            }
            params.insert(key.trim().to_owned(), value.trim().to_owned());
        }
    }
    Ok(params)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# c\n[one]\nhost = h1\nport=1\n\n[two]\nhost=h2\npassword=a=b # c\n";

    fn find_in(text: &str, service: &str) -> Result<Option<ConnectionParams>, Error> {
        find(text, service, Path::new("f"), &mut Vec::new())
    }

    #[test]
    fn only_the_named_section_is_read() {
        let one = find_in(FILE, "one").unwrap().unwrap();
        assert_eq!(
            one.into_iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>(),
            ["host=h1", "port=1"]
        );
        assert_eq!(find_in(FILE, "two").unwrap().unwrap()["password"], "a=b # c");
        assert_eq!(find_in(FILE, "three").unwrap(), None);
    }

    #[test]
    fn invalid_line_is_an_error_without_its_text() {
        let error = find_in("[a]\nhunter2\n", "a").unwrap_err();
        assert_eq!(error.message, "f:2: expected parameter=value");
    }
}
