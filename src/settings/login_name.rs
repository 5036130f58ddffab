//! Who runs this, where no variable says: cron jobs, systemd units and containers set neither USER nor
//! LOGNAME.

use std::fs;

/// The accounts of this machine.
const PASSWD: &str = "/etc/passwd";

/// The login name of this process's user, else its number: an audit event must lead to somebody.
pub(crate) fn who() -> String {
    let uid = rustix::process::getuid().as_raw();
    let accounts = fs::read_to_string(PASSWD).unwrap_or_default();
    name_of(uid, &accounts).map_or_else(|| format!("uid {uid}"), str::to_owned)
}

/// `name:password:uid:…`
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
