//! The login name from the account database. Cron jobs, systemd units and containers set neither
//! USER nor LOGNAME.

use std::fs;

/// The account database.
const PASSWD: &str = "/etc/passwd";

/// The login name of the user of this process, otherwise the user id: events must record an
/// operator.
pub(super) fn of_process() -> String {
    let uid = rustix::process::getuid().as_raw();
    account(uid).unwrap_or_else(|| format!("uid {uid}"))
}

/// The login name of the effective user of this process: libpq's default for the database user. libpq does not read
/// USER.
pub(super) fn of_account() -> Option<String> {
    account(rustix::process::geteuid().as_raw())
}

fn account(uid: u32) -> Option<String> {
    let accounts = fs::read(PASSWD).unwrap_or_default();
    name_of(uid, &String::from_utf8_lossy(&accounts)).map(str::to_owned)
}

/// The login name of a user id; each line of `accounts` reads `name:password:uid:…`.
fn name_of(uid: u32, accounts: &str) -> Option<&str> {
    accounts.lines().find_map(|account| {
        let mut fields = account.split(':');
        let name = fields.next().filter(|name| !name.is_empty())?;
        (fields.nth(1)?.parse() == Ok(uid)).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn login_name_is_found_by_user_id() {
        let accounts =
            "root:x:0:0:root:/root:/bin/sh\nbroken\n:x:7:7::/:\nmay:x:1000:0::/home/may:\n";
        assert_eq!(name_of(0, accounts), Some("root"));
        assert_eq!(name_of(1000, accounts), Some("may"));
        assert_eq!(name_of(7, accounts), None, "an account without a name");
        assert_eq!(name_of(5, accounts), None);
    }
}
