//! The [`WritePermit`] that every write to a database requires. The only way to obtain one is to show
//! the plan ([`show`]) and to pass [`WriteRequest::permit`], which applies the rules of protected and
//! read-only contexts and asks for the confirmation.

use std::io;

use crate::error::{Error, ErrorKind};
use crate::redact;
use crate::suggest::{CommandText, ShellCommand, quote};

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
        _ => Error::refused("cannot read the answer").cause(error),
    }
}

/// Returns the flags that a write of `jobs` jobs requires: `--confirm` with the name of a protected
/// context, and `--reason`. A required reason that was not given is [`REASON_PLACEHOLDER`].
pub(crate) fn flags(protected: Option<&str>, jobs: u64, reason: Option<&str>) -> Vec<String> {
    let required = protected.is_some() || jobs > MAX_JOBS_WITHOUT_REASON;
    let reason = reason.map(redact::text);
    let reason = reason.or_else(|| required.then(|| REASON_PLACEHOLDER.to_owned()));
    let reason = reason.into_iter().flat_map(|reason| ["--reason".to_owned(), reason]);
    confirm_flag(protected).into_iter().chain(reason).collect()
}

/// Returns the `--confirm` flag with the name of a protected context; empty without one.
pub(crate) fn confirm_flag(protected: Option<&str>) -> Vec<String> {
    let flag = |name: &str| vec!["--confirm".to_owned(), name.to_owned()];
    protected.map(flag).unwrap_or_default()
}

/// The facts that decide whether a write is permitted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WriteRequest<'a> {
    /// The question of the prompt, which names action, number and target: `Rescue 4 stuck jobs on prod?`
    pub(crate) question: &'a str,
    /// Why writes are refused, if they are.
    pub(crate) read_only: Option<&'a str>,
    /// The protected context that the database belongs to.
    pub(crate) protected: Option<&'a str>,
    /// Number of jobs to write; 0 before the plan is known.
    pub(crate) jobs: u64,
    /// `--yes`
    pub(crate) yes: bool,
    /// `--confirm NAME`
    pub(crate) confirm: Option<&'a str>,
    /// `--reason TEXT`
    pub(crate) reason: Option<&'a str>,
    /// Whether the operator can be asked, because stdin is a terminal.
    pub(crate) interactive: bool,
}

/// A permitted write.
#[derive(Debug)]
pub(crate) struct Confirmation {
    /// The permit.
    pub(crate) permit: WritePermit,
    /// The reason, from `--reason` or from the prompt.
    pub(crate) reason: Option<String>,
}

impl WriteRequest<'_> {
    /// Checks the request and asks for what is missing: the name of a protected context, a reason, the
    /// confirmation. With `--yes` or without a terminal nothing is asked.
    ///
    /// # Errors
    /// The errors of [`check`](Self::check), or 77 if the operator declines or cannot be asked.
    pub(crate) async fn permit(
        &self,
        _shown: PlanShown,
        mut ask: impl AsyncFnMut(&str) -> Result<String, Error>,
    ) -> Result<Confirmation, Error> {
        self.check()?;
        if !self.yes {
            if !self.interactive {
                return Err(Error::refused("cannot ask for confirmation: stdin is not a terminal")
                    .hint("use --yes"));
            }
            let is_confirmed = match self.protected.filter(|_| self.confirm.is_none()) {
                Some(name) => {
                    let question = format!("{} Type {name} to confirm: ", self.question);
                    ask(&question).await?.trim() == name
                }
                None => is_yes(&ask(&format!("{} [y/N] ", self.question)).await?),
            };
            if !is_confirmed {
                return Err(Error::refused("declined: nothing was written"));
            }
        }
        let mut reason = self.reason.map(str::to_owned);
        if self.is_reason_missing() {
            let answer = ask("Reason (recorded with the operation): ").await?;
            let request = WriteRequest { reason: Some(answer.trim()), yes: true, ..*self };
            request.check_reason()?;
            reason = Some(answer.trim().to_owned());
        }
        Ok(Confirmation { permit: WritePermit(()), reason })
    }

    /// Checks the guards that hold regardless of the confirmation. What the operator can be asked for is not
    /// missing yet.
    ///
    /// # Errors
    /// 77 if the context is read-only, or protected and not named by `--confirm`; 64 if a required
    /// reason is missing.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if let Some(why) = self.read_only {
            return Err(Error::refused(format!("refused: {why}")).hint(CommandText::to(
                "show the settings and their sources",
                ShellCommand::new("config show"),
            )));
        }
        self.check_protection()?;
        if self.can_ask() && self.is_reason_missing() { Ok(()) } else { self.check_reason() }
    }

    fn can_ask(&self) -> bool {
        self.interactive && !self.yes
    }

    fn is_reason_missing(&self) -> bool {
        let is_required = self.protected.is_some() || self.jobs > MAX_JOBS_WITHOUT_REASON;
        is_required && self.reason.is_none_or(|reason| reason.trim().is_empty())
    }

    fn check_reason(&self) -> Result<(), Error> {
        if self.reason.is_some_and(|reason| reason.trim() == REASON_PLACEHOLDER) {
            return Err(Error::usage(format!("replace {REASON_PLACEHOLDER} with your reason"))
                .hint("add --reason TEXT (recorded with the operation)"));
        }
        if !self.is_reason_missing() {
            return Ok(());
        }
        Err(match self.protected {
            Some(context) => Error::usage(format!("context {context} is protected")),
            None => Error::usage(format!(
                "a write of more than {MAX_JOBS_WITHOUT_REASON} jobs requires a reason"
            )),
        }
        .hint("add --reason TEXT (recorded with the operation)"))
    }

    fn check_protection(&self) -> Result<(), Error> {
        match (self.protected, self.confirm) {
            (Some(context), None) if !self.can_ask() => Err(Error::refused(format!(
                "refused: this database belongs to the protected context {context}"
            ))
            .hint(format!("add --confirm {} and --reason TEXT", quote(context)))),
            (Some(context), Some(name)) if name != context => Err(Error::refused(format!(
                "refused: --confirm {name} does not name the protected context {context}"
            ))),
            _ => Ok(()),
        }
    }
}

/// Only `y` and `yes` mean yes.
fn is_yes(answer: &str) -> bool {
    matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use futures_util::FutureExt as _;

    use super::*;

    const PLAIN: WriteRequest<'_> = WriteRequest {
        question: "Requeue 10 jobs on staging?",
        read_only: None,
        protected: None,
        jobs: 10,
        yes: true,
        confirm: None,
        reason: None,
        interactive: false,
    };
    const TERMINAL: WriteRequest<'_> = WriteRequest { yes: false, interactive: true, ..PLAIN };

    /// Answers the prompts of a request. Returns its exit code, its reason and the prompts.
    fn answer(request: WriteRequest<'_>, answers: &[&str]) -> (u8, Option<String>, Vec<String>) {
        let prompts = RefCell::new(vec![]);
        let ask = async |prompt: &str| {
            let mut prompts = prompts.borrow_mut();
            prompts.push(prompt.to_owned());
            Ok(answers.get(prompts.len() - 1).copied().unwrap_or_default().to_owned())
        };
        let result = request.permit(show("", |_| {}), ask).now_or_never().unwrap();
        let (code, reason) = match result {
            Ok(confirmation) => (0, confirmation.reason),
            Err(error) => (error.exit_code().code(), None),
        };
        (code, reason, prompts.into_inner())
    }

    fn code(request: WriteRequest<'_>) -> u8 {
        answer(request, &[]).0
    }

    #[test]
    fn permit_requires_confirmation_and_a_reason_above_50_jobs() {
        assert_eq!(code(PLAIN), 0);
        assert_eq!(code(WriteRequest { yes: false, ..PLAIN }), 77);
        assert_eq!(code(WriteRequest { read_only: Some("context ro is read-only"), ..PLAIN }), 77);
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
    fn terminal_is_asked_for_the_protected_name_and_the_reason() {
        let prod = WriteRequest { protected: Some("prod"), ..TERMINAL };
        assert!(prod.check().is_ok(), "both can be asked for");
        let (code, reason, prompts) = answer(prod, &["prod\n", "token renewed\n"]);
        assert_eq!((code, reason.as_deref()), (0, Some("token renewed")));
        assert_eq!(prompts[0], "Requeue 10 jobs on staging? Type prod to confirm: ");
        assert_eq!(answer(prod, &["y\n", "x\n"]).0, 77, "y is not the name");
        assert_eq!(answer(prod, &["prod\n", " \n"]).0, 64, "no reason");
        assert_eq!(answer(prod, &["prod\n", "WHY\n"]).0, 64, "the placeholder");
        // What the flags say is not asked again.
        let named = WriteRequest { confirm: Some("prod"), reason: Some("x"), ..prod };
        let (code, _, prompts) = answer(named, &["y\n"]);
        assert_eq!((code, prompts), (0, vec!["Requeue 10 jobs on staging? [y/N] ".to_owned()]));
        let wrong = WriteRequest { confirm: Some("staging"), ..prod };
        assert_eq!(wrong.check().unwrap_err().exit_code().code(), 77);
    }

    #[test]
    fn terminal_is_asked_for_a_reason_above_50_jobs() {
        let many = WriteRequest { jobs: 51, ..TERMINAL };
        assert_eq!(answer(many, &["y\n", "deploy\n"]).1.as_deref(), Some("deploy"));
        assert_eq!(answer(WriteRequest { jobs: 50, ..many }, &["y\n"]).2.len(), 1);
    }

    #[test]
    fn declined_prompt_exits_77() {
        for (text, code) in [("y", 0), ("YES\n", 0), ("n", 77), ("", 77), ("yeah", 77)] {
            assert_eq!(answer(TERMINAL, &[text]).0, code, "{text}");
        }
    }
}
