//! The [`WritePermit`] that every write to a database requires. The only way to obtain one is to show
//! the plan ([`show`]) and to pass [`WriteRequest::permit`], which applies the rules of protected and
//! read-only contexts and asks for the confirmation.

use std::io;

use crate::error::{Error, ErrorKind};
use crate::redact;
use crate::text::{count, plural};

/// A write of more jobs than this requires a reason.
const MAX_JOBS_WITHOUT_REASON: u64 = 50;
/// The placeholder for the reason in suggested commands. It is rejected as a reason.
pub(crate) const REASON_PLACEHOLDER: &str = "WHY";

/// Permission for one write. It can neither be constructed outside this module nor copied.
#[derive(Debug)]
pub(crate) struct WritePermit(());

/// Proof that the plan was printed before the confirmation.
#[derive(Debug)]
pub(crate) struct PlanShown(());

/// Prints a plan.
pub(crate) fn show(plan: &str, print: impl FnOnce(&str)) -> PlanShown {
    print(plan);
    PlanShown(())
}

/// Returns the error for a prompt that could not be answered: an interrupt (130) or unreadable input
/// (77).
pub(crate) fn unanswered(error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::Interrupted => {
            Error::new(ErrorKind::Interrupted, "interrupted: nothing was written")
        }
        _ => Error::refused("no answer could be read").cause(error),
    }
}

/// Returns the flags that a write of `jobs` jobs requires: `--confirm` with the name of a protected
/// context, and `--reason`. A required reason that was not given is [`REASON_PLACEHOLDER`].
pub(crate) fn flags(protected: Option<&str>, jobs: u64, reason: Option<&str>) -> String {
    let required = protected.is_some() || jobs > MAX_JOBS_WITHOUT_REASON;
    let reason = match reason.map(redact::text) {
        Some(reason) => format!(" --reason {}", crate::text::quote(&reason)),
        None if required => format!(" --reason {REASON_PLACEHOLDER}"),
        None => String::new(),
    };
    confirm_flag(protected) + &reason
}

/// Returns the `--confirm` flag with the name of a protected context, with a space in front; empty
/// without one.
pub(crate) fn confirm_flag(protected: Option<&str>) -> String {
    protected.map_or_else(String::new, |name| format!(" --confirm {}", crate::text::quote(name)))
}

/// The facts that decide whether a write is permitted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WriteRequest<'a> {
    /// Whether the context is read-only, so that writes are refused.
    pub(crate) read_only: bool,
    /// The protected context that the database belongs to.
    pub(crate) protected: Option<&'a str>,
    /// Number of jobs to write.
    pub(crate) jobs: u64,
    /// Number of jobs in the first batch of a canary.
    pub(crate) first: Option<u64>,
    /// `--yes`
    pub(crate) yes: bool,
    /// `--confirm NAME`
    pub(crate) confirm: Option<&'a str>,
    /// `--reason TEXT`
    pub(crate) reason: Option<&'a str>,
    /// Whether the operator can be asked, because stdin is a terminal.
    pub(crate) interactive: bool,
}

impl WriteRequest<'_> {
    /// Checks the request and asks for the confirmation, unless `--yes` was given.
    ///
    /// # Errors
    /// The errors of [`check`](Self::check), or 77 if the operator declines or cannot be asked.
    pub(crate) async fn permit(
        &self,
        _shown: PlanShown,
        ask: impl AsyncFnOnce(&str) -> Result<bool, Error>,
    ) -> Result<WritePermit, Error> {
        self.check()?;
        if self.yes {
            return Ok(WritePermit(()));
        }
        if !self.interactive {
            return Err(Error::refused("nobody can be asked: stdin is no terminal")
                .hint("--yes goes on without asking"));
        }
        if ask(&self.prompt()).await? {
            Ok(WritePermit(()))
        } else {
            Err(Error::refused("declined: nothing was written"))
        }
    }

    fn prompt(&self) -> String {
        let jobs = plural(self.jobs, "job", "jobs");
        match self.first {
            Some(first) if first < self.jobs => {
                let others = count(self.jobs - first);
                let first = plural(first, "job", "jobs");
                format!("go on? {first} first, then the other {others} [y/N] ")
            }
            _ => format!("go on with {jobs}? [y/N] "),
        }
    }

    /// Checks the rules that hold regardless of the confirmation.
    ///
    /// # Errors
    /// 77 if the context is read-only, or protected and not named by `--confirm`; 64 if a required
    /// reason is missing.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.read_only {
            return Err(Error::refused("this context is read-only: nothing is written here")
                .hint("cliplyctl config show says which context and file say so"));
        }
        self.check_protection()?;
        if self.reason.is_some_and(|reason| reason.trim() == REASON_PLACEHOLDER) {
            return Err(Error::usage(format!(
                "{REASON_PLACEHOLDER} stands for a reason of your own"
            ))
            .hint("say why with --reason TEXT: it stands in the events and in dlq ops"));
        }
        let without_reason = self.reason.is_none_or(|reason| reason.trim().is_empty());
        match self.protected {
            Some(context) if without_reason => Err(Error::usage(format!(
                "context {context} is protected: say why with --reason TEXT"
            ))),
            None if without_reason && self.jobs > MAX_JOBS_WITHOUT_REASON => Err(Error::usage(
                format!("more than {MAX_JOBS_WITHOUT_REASON} jobs: say why with --reason TEXT"),
            )),
            _ => Ok(()),
        }
    }

    fn check_protection(&self) -> Result<(), Error> {
        match (self.protected, self.confirm) {
            (Some(context), None) => Err(Error::refused(format!(
                "the database is that of context {context}, which is protected"
            ))
            .hint(format!("to write there, add{} and --reason TEXT", confirm_flag(Some(context))))),
            (Some(context), Some(name)) if name != context => Err(Error::refused(format!(
                "--confirm {name} does not name the protected context {context}"
            ))),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    const PLAIN: WriteRequest<'static> = WriteRequest {
        read_only: false,
        protected: None,
        jobs: 1,
        first: None,
        yes: true,
        confirm: None,
        reason: None,
        interactive: false,
    };

    fn code(request: WriteRequest<'_>) -> u8 {
        let ask = async |_: &str| -> Result<bool, Error> { panic!("nobody is to be asked") };
        let permit = request.permit(show("", |_| {}), ask);
        permit.now_or_never().unwrap().map_or_else(|e| e.exit_code().code(), |_| 0)
    }

    #[test]
    fn permit_requires_confirmation_and_a_reason_above_50_jobs() {
        assert_eq!(code(PLAIN), 0);
        assert_eq!(code(WriteRequest { yes: false, ..PLAIN }), 77);
        assert_eq!(code(WriteRequest { read_only: true, ..PLAIN }), 77);
        assert_eq!(code(WriteRequest { jobs: 50, ..PLAIN }), 0);
        assert_eq!(code(WriteRequest { jobs: 51, ..PLAIN }), 64);
        assert_eq!(code(WriteRequest { jobs: 51, reason: Some(" "), ..PLAIN }), 64);
        assert_eq!(code(WriteRequest { jobs: 51, reason: Some("deploy"), ..PLAIN }), 0);
        assert_eq!(code(WriteRequest { reason: Some("WHY"), ..PLAIN }), 64, "a pasted placeholder");
    }

    #[test]
    fn protected_context_requires_its_name_and_a_reason() {
        let prod = WriteRequest { protected: Some("prod"), ..PLAIN };
        assert_eq!(code(prod), 77);
        assert_eq!(code(WriteRequest { confirm: Some("staging"), ..prod }), 77);
        assert_eq!(code(WriteRequest { confirm: Some("prod"), ..prod }), 64);
        assert_eq!(code(WriteRequest { confirm: Some("prod"), reason: Some("x"), ..prod }), 0);
        let unconfirmed =
            WriteRequest { confirm: Some("prod"), reason: Some("x"), yes: false, ..prod };
        assert_eq!(code(unconfirmed), 77);
    }

    #[test]
    fn prompt_states_the_size_of_the_first_batch() {
        let canary = |jobs, first| WriteRequest { jobs, first, ..PLAIN }.prompt();
        assert_eq!(canary(14, Some(1)), "go on? 1 job first, then the other 13 [y/N] ");
        assert_eq!(canary(14, Some(14)), "go on with 14 jobs? [y/N] ");
        assert_eq!(canary(1, None), "go on with 1 job? [y/N] ");
    }

    #[test]
    fn declined_prompt_exits_77() {
        let request = WriteRequest { yes: false, interactive: true, ..PLAIN };
        let answer = |yes: bool| {
            let permit = request.permit(show("", |_| {}), async |_: &str| Ok(yes));
            permit.now_or_never().unwrap()
        };
        assert!(answer(true).is_ok());
        assert_eq!(answer(false).unwrap_err().exit_code().code(), 77);
    }
}
