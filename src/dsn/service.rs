//! The service file (`pg_service.conf`): connection parameters by the name of a service.

use std::path::{Path, PathBuf};

use super::suggest::did_you_mean;
use super::{ConnectionDefaults, ConnectionParams, Error};

/// The system-wide service file of Debian's libpq, read if the user's file does not define the
/// service.
const SYSTEM_SERVICE_FILE: &str = "/etc/postgresql-common/pg_service.conf";

/// The parameters of `service` and the service file (`pg_service.conf`) that defines it. `file` is
/// the value of `servicefile`; without it, `~/.pg_service.conf` is read. `system_dir` is the value of PGSYSCONFDIR.
pub(super) fn read(
    service: &str,
    file: Option<&str>,
    system_dir: Option<&str>,
    defaults: &ConnectionDefaults,
) -> Result<(ConnectionParams, PathBuf), Error> {
    let user_file = match file {
        Some(path) => Some(defaults.path(path)),
        None => defaults.home.as_ref().map(|home| home.join(".pg_service.conf")),
    };
    let system_file = match system_dir {
        Some(directory) => defaults.path(directory).join("pg_service.conf"),
        None => PathBuf::from(SYSTEM_SERVICE_FILE),
    };
    let mut names = Vec::new();
    for path in user_file.iter().cloned().chain([system_file]) {
        let text = match std::fs::read(&path) {
            Ok(text) => text,
            Err(error) if file.is_some() && Some(&path) == user_file.as_ref() => {
                return Err(
                    Error::new(format!("cannot read service file {}", path.display())).cause(error)
                );
            }
            Err(_) => continue,
        };
        if let Some(params) = find_service(&text, service, &path, &mut names)? {
            return Ok((params, path));
        }
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let file = user_file.unwrap_or_else(|| PathBuf::from(SYSTEM_SERVICE_FILE));
    Err(Error::new(format!("service `{service}` is not in {}", file.display()))
        .hint(did_you_mean(service, &names)))
}

/// The parameters of `service` in the text of a service file; `None` if it is not defined there.
/// The names of the services are added to `names`.
fn find_service(
    text: &[u8],
    service: &str,
    path: &Path,
    names: &mut Vec<String>,
) -> Result<Option<ConnectionParams>, Error> {
    let mut params = None;
    for (index, bytes) in text.split(|byte| *byte == b'\n').enumerate() {
        let line = String::from_utf8_lossy(bytes);
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|name| name.strip_suffix(']')) {
            if params.is_some() {
                break;
            }
            names.push(name.to_owned());
            params = (name == service).then(ConnectionParams::new);
        } else if let Some(params) = &mut params {
            let invalid =
                |problem: &str| Error::new(format!("{}:{}: {problem}", path.display(), index + 1));
            if line.starts_with("ldap://") {
                return Err(invalid("services in LDAP are not supported"));
            }
            // Lines of other services may have any encoding.
            if std::str::from_utf8(bytes).is_err() {
                return Err(invalid("the line is not UTF-8"));
            }
            let (key, value) =
                line.split_once('=').ok_or_else(|| invalid("expected parameter=value"))?;
            if key.trim() == "service" {
                return Err(invalid("a service cannot name another service"));
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

    fn find_in(text: impl AsRef<[u8]>, service: &str) -> Result<Option<ConnectionParams>, Error> {
        find_service(text.as_ref(), service, Path::new("f"), &mut Vec::new())
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

    #[test]
    fn lines_of_other_services_may_have_any_encoding() {
        let one = find_in(b"# \xe9\n[b\xe9]\nhost=\xe9\n[one]\nhost=h\n", "one").unwrap().unwrap();
        assert_eq!(one["host"], "h");
        let error = find_in(b"[one]\nhost=\xe9\n", "one").unwrap_err();
        assert_eq!(error.message, "f:2: the line is not UTF-8");
    }
}
