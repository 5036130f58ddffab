//! Write protection by identity: whether the database that is written belongs to a protected or read-only
//! context, however it was reached.
//!
//! The spelling of an address proves only that two contexts are the same. For the rest the servers are asked
//! which database they are, and the answer is stored: a context whose server does not answer is still known.

use std::time::Duration;

use crate::context::Context;
use crate::error::Error;
use crate::facts::identity::DatabaseIdentity;
use crate::settings::{AddressMatch, GuardedContext};
use crate::sources::files::local_store::LocalStore;
use crate::sources::postgres::identity;

/// The longest wait for the server of another context.
const MAX_WAIT: Duration = Duration::from_secs(3);

/// Whether a guarded context is about the database that is written.
enum Concern {
    This,
    Other,
    Unknown(Doubt),
}

/// Why it is not known whether a guarded context is about the database that is written.
struct Doubt {
    /// What is not known, without `refused:`: `context prod (cliplyctl.toml:1) is protected and might be this database: …`
    sentence: String,
    causes: Vec<String>,
    hint: &'static str,
}

impl Doubt {
    fn new(guard: &GuardedContext, why: &str, causes: Vec<String>, hint: &'static str) -> Self {
        let kind = if guard.protected { "protected" } else { "read-only" };
        let (name, origin) = (&guard.name, &guard.origin);
        let sentence =
            format!("context {name} ({origin}) is {kind} and might be this database: {why}");
        Self { sentence, causes, hint }
    }

    fn into_refusal(self) -> Error {
        let error = Error::refused(format!("refused: {}; nothing was written", self.sentence));
        self.causes.into_iter().fold(error, Error::cause).hint(self.hint)
    }
}

/// Finds out which contexts protect the database, and sets the protection of `context`. Returns the refusal (77)
/// of a write if that is not known and no context was selected with `-c`.
pub(crate) async fn compare_databases(context: &Context) -> Result<Option<Error>, Error> {
    let settings = &context.settings;
    let store = LocalStore::open(settings.state_dir.as_deref()).ok();
    let mut protection = context.protection();
    let mut refusal = None;
    for guard in &settings.guards {
        match concern(context, guard, store.as_ref()).await? {
            Concern::This => {
                if guard.protected && protection.protected.is_none() {
                    protection.protected = Some(guard.name.clone());
                }
                if guard.read_only && protection.read_only_by.is_none() {
                    protection.read_only_by = Some(guard.read_only_reason());
                }
            }
            Concern::Other => {}
            // The operator named the database by its context.
            Concern::Unknown(doubt) if settings.is_selected_by_flag => {
                context.terminal.print_note(&format!("warning: {}", doubt.sentence));
            }
            Concern::Unknown(doubt) => {
                refusal = refusal.or_else(|| Some(doubt.into_refusal()));
            }
        }
    }
    context.set_protection(protection);
    Ok(refusal)
}

async fn concern(
    context: &Context,
    guard: &GuardedContext,
    store: Option<&LocalStore>,
) -> Result<Concern, Error> {
    match guard.address {
        AddressMatch::Same => return Ok(Concern::This),
        AddressMatch::Other => return Ok(Concern::Other),
        AddressMatch::Unknown => {}
    }
    let this = context.identity().await?;
    let known = store.map(|store| store.known_databases(&guard.name)).unwrap_or_default();
    // In doubt they are the same, which costs only a confirmation.
    let is_this = |identity: &DatabaseIdentity| identity.is_same(this) != Some(false);
    if known.iter().any(|database| is_this(&database.identity)) {
        return Ok(Concern::This);
    }
    let dsn = match &guard.database {
        Ok(dsn) => dsn,
        Err(error) => {
            let causes = [error.message.clone()].into_iter().chain(error.causes.iter().cloned());
            let hint = "select the database with -c NAME, or correct that context";
            let why = "cannot read its database URL";
            return Ok(Concern::Unknown(Doubt::new(guard, why, causes.collect(), hint)));
        }
    };
    let selected = context.settings.database.as_ref().map(|dsn| dsn.value.database.as_str());
    if dsn.database != this.name && Ok(dsn.database.as_str()) != selected.map_err(|_| ()) {
        return Ok(Concern::Other);
    }
    let timeout = context.timeout().min(MAX_WAIT);
    let asked = async { identity::read(&context.open_other(dsn, timeout)?, timeout).await };
    match asked.await {
        Ok(identity) => {
            if let Some(store) = store {
                // Without it the server is asked again by the next write.
                _ = store.remember_database(&guard.name, &dsn.address(), &identity);
            }
            Ok(if is_this(&identity) { Concern::This } else { Concern::Other })
        }
        Err(_) if known.iter().any(|database| database.address == dsn.address()) => {
            Ok(Concern::Other)
        }
        Err(error) => {
            let why = "its database has the same name, was never reached and does not answer now";
            let hint = "select the database with -c NAME";
            Ok(Concern::Unknown(Doubt::new(guard, why, vec![error.to_string()], hint)))
        }
    }
}
