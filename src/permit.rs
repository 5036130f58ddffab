//! Danger is a type: nothing writes to a database without a [`WritePermit`], and there is one way
//! to get one: show a plan, then be told to go on.

use std::io;

use crate::error::{Error, ErrorKind};
use crate::redact;

/// More jobs than this want a reason.
pub const UNEXPLAINED_JOBS: u64 = 50;
/// What stands for a reason in commands that are suggested; nobody's reason.
pub const PLACEHOLDER_REASONS: &str = "WHY";

/// Leave to write. It cannot be made, copied or kept for later.
#[derive(Debug)]
pub struct WritePermit(());

/// Evidence that a person (or a log) was shown what is about to happen.
#[derive(Debug)]
pub struct PlanShown(());

/// Shows a plan.
pub fn show(plan: &str, print: impl FnOnce(&str)) -> PlanShown {
    print(plan);
    PlanShown(())
}

/// Why there is no answer to the question.
#[must_use]
pub fn unanswered(error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::Interrupted => {
            Error::new(ErrorKind::Interrupted, "interrupted: nothing was written")
        }
        _ => Error::refused("no answer could be read").cause(error),
    }
}

/// The flags that the guards of a write of so many jobs would ask for: the name of a protected
/// context, and a reason, which is a [`PLACEHOLDER`] where one is wanted and none was given.
#[must_use]
pub fn flags(protected: Option<&str>, jobs: u64, reason: Option<&str>) -> String {
    let wanted = protected.is_some() || jobs > UNEXPLAINED_JOBS;
    let reason = match reason.map(redact::text) {
        Some(reason) => format!(" --reason {}", shell_words::quote(&reason)),
        None if wanted => format!(" --reason {PLACEHOLDER_REASONS}"),
        None => String::new(),
    };
    confirm_flag(protected) + &reason
}

/// The flag that names a protected context.
#[must_use]
pub fn confirm_flag(protected: Option<&str>) -> String {
    protected.map_or_else(String::new, |name| format!(" --confirm {}", shell_words::quote(name)))
}

/// What decides whether a write may happen.
#[derive(Debug, Clone, Copy)]
pub struct WriteRequest<'a> {
    /// Writes are refused here.
    pub read_only: bool,
    /// The protected context that the database belongs to.
    pub protected: Option<&'a str>,
    /// How many jobs are to be written.
    pub jobs: u64,
    /// How many of them go ahead, where a canary does.
    pub first: Option<u64>,
    /// `--yes`
    pub yes: bool,
    /// `--confirm NAME`
    pub confirm: Option<&'a str>,
    /// `--reason TEXT`
    pub reason: Option<&'a str>,
    /// Whether a person can be asked.
    pub interactive: bool,
}

impl WriteRequest<'_> {
    /// Holds the request against the rules, and asks where the flags leave it open.
    ///
    /// # Errors
    /// 77 when a guard or the person says no, 64 when a reason is missing.
    pub async fn permit(
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
        let jobs = crate::text::plural(self.jobs, "job", "jobs");
        match self.first {
            Some(first) if first < self.jobs => {
                let others = crate::text::count(self.jobs - first);
                let first = crate::text::plural(first, "job", "jobs");
                format!("go on? {first} first, then the other {others} [y/N] ")
            }
            _ => format!("go on with {jobs}? [y/N] "),
        }
    }

    /// The rules that no answer at a prompt can bend.
    ///
    /// # Errors
    /// 77 when a guard says no, 64 when a reason is missing.
    pub fn check(&self) -> Result<(), Error> {
        if self.read_only {
            return Err(Error::refused("this context is read-only: nothing is written here")
                .hint("cliplyctl config show says which context and file say so"));
        }
        self.check_protection()?;
        if self.reason.is_some_and(|reason| reason.trim() == PLACEHOLDER_REASONS) {
            return Err(Error::usage(format!(
                "{PLACEHOLDER_REASONS} stands for a reason of your own"
            ))
            .hint("say why with --reason TEXT: it stands in the events and in dlq ops"));
        }
        let unexplained = self.reason.is_none_or(|reason| reason.trim().is_empty());
        match self.protected {
            Some(context) if unexplained => Err(Error::usage(format!(
                "context {context} is protected: say why with --reason TEXT"
            ))),
            None if unexplained && self.jobs > UNEXPLAINED_JOBS => Err(Error::usage(format!(
                "more than {UNEXPLAINED_JOBS} jobs: say why with --reason TEXT"
            ))),
            _ => Ok(()),
        }
    }

    fn check_protection(&self) -> Result<(), Error> {
        match (self.protected, self.confirm) {
            (Some(context), None) => Err(Error::refused(format!(
                "the database is that of context {context}, which is protected"
            ))
            .hint(format!("to write there, add --confirm {context} and --reason TEXT"))),
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
        let asked = async |_: &str| -> Result<bool, Error> { panic!("nobody is to be asked") };
        let permit = request.permit(show("", |_| {}), asked);
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
        let unsaid = WriteRequest { confirm: Some("prod"), reason: Some("x"), yes: false, ..prod };
        assert_eq!(code(unsaid), 77);
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
