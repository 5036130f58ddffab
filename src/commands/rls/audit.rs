//! `rls audit`: reports where expected, computed and tested access differ.

use super::{gather, last_audit};
use crate::checks::rls::evaluate;
use crate::cli::RlsAudit;
use crate::context::Context;
use crate::error::{Error, ErrorKind};
use crate::interrupt::Interrupt;
use crate::permit::{self, WritePermit, WriteRequest};
use crate::report::{self, Report};
use crate::requeue::{execute, protection};

/// Gathers the access of all roles, evaluates it and returns the report.
pub(crate) async fn run(context: &Context, args: &RlsAudit) -> Result<Report, Error> {
    let audit = if args.probe_writes {
        let permit = confirm_write_probes(context, args.yes).await?;
        let interrupt = Interrupt::listen();
        tokio::select! {
            audit = gather(context, &args.scope, Some(&permit)) => audit?,
            () = interrupt.wait() => return Err(interrupted()),
        }
    } else {
        gather(context, &args.scope, None).await?
    };
    let findings = evaluate(&audit, &context.settings.thresholds);
    if args.scope.flags().is_empty() {
        last_audit::keep(context, &audit, &findings);
    }
    let from = context.provenance();
    let options = report::rls::audit::AuditOptions {
        roles: &args.scope.role,
        scope: &args.scope.flags(),
        fail_on: args.status_args.fail_on,
    };
    Ok(report::rls::audit::report(&audit, findings, &options, &from).redacted())
}

fn interrupted() -> Error {
    Error::new(ErrorKind::Interrupted, "interrupted: all test writes are rolled back")
}

/// Asks for the permit to test writes. They are refused in a protected context, because triggers run
/// although all writes are rolled back.
async fn confirm_write_probes(context: &Context, yes: bool) -> Result<WritePermit, Error> {
    let settings = &context.settings;
    execute::refuse_if_config_invalid(context)?;
    if let Some(refusal) = protection::compare_databases(context).await? {
        return Err(refusal);
    }
    let protection = context.protection();
    if let Some(name) = &protection.protected {
        return Err(Error::refused(format!(
            "refused: context {name} is protected, so --probe-writes is not allowed"
        ))
        .hint("use --probe-writes only on a test database; without it the audit writes nothing"));
    }
    let database = settings.database.as_ref().map_err(Clone::clone)?;
    let plan = format!(
        "On {}: as each role, sampled rows of every table in the contract are updated, deleted and inserted,\n\
         then rolled back. Triggers run and sequences advance; rows are locked briefly.\n",
        database.value
    );
    let question = format!("Run test writes on {}?", database.value.short_address());
    let request = WriteRequest {
        question: &question,
        read_only: protection.read_only_by.as_deref(),
        protected: None,
        jobs: 0,
        yes,
        confirm: None,
        reason: None,
        interactive: context.terminal.interactive,
    };
    let shown = permit::show(&plan, |text| context.terminal.print_stderr(text));
    let ask = async |prompt: &str| context.terminal.ask(prompt).await.map_err(permit::unanswered);
    Ok(request.permit(shown, ask).await?.permit)
}
