//! The commands that print a text of this program: they need no settings.

use super::spec::Spec;

pub(super) const RUNBOOK: Spec = Spec::text(
    "runbook",
    &[
        ("runbook", "print the whole runbook"),
        ("runbook 3.3", "print the section on a queue backlog"),
        ("runbook queue.stuck", "print the section of a check"),
    ],
);

pub(super) const SCHEMA: Spec = Spec::text(
    "schema",
    &[
        ("schema > report.schema.json", "write the JSON Schema to a file"),
        ("schema -o json", "as the data of a report"),
    ],
);

pub(super) const COMPLETIONS: Spec = Spec::text(
    "completions",
    &[
        ("completions bash > /usr/share/bash-completion/completions/cliplyctl", "for bash"),
        ("completions zsh > _cliplyctl", "for zsh"),
    ],
);

pub(super) const MAN: Spec = Spec::text(
    "man",
    &[
        ("man | man -l -", "read the page of the tool"),
        ("man dlq requeue | man -l -", "read the page of one command"),
    ],
);
