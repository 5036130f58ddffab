//! How a requeued job stands, from its row and its events; and who acted on it without a claim.

use crate::facts::cohort::{Deed, Member, Now, Standing, Tally, Trail, Zombie};
use crate::facts::layout::Role;
use crate::text::count;

/// Claimers of one job that are kept apart.
const CLAIMERS: usize = 8;

/// What the last attempt since the requeue failed of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Failure {
    /// What the job had died of.
    Same,
    /// Something else.
    Another,
    /// It left no new error: a recovery took the job from a silent worker.
    Untold,
}

/// How a job stands; `now` is none where its row is gone.
#[must_use]
pub fn standing(member: &Member, trail: &Trail, now: Option<&Now>) -> Standing {
    let Some(now) = now.filter(|_| !trail.moved) else { return Standing::Moved };
    match (now.role, failure(member, now)) {
        (Role::Finished, _) => Standing::Finished,
        (Role::Other, _) => Standing::Moved,
        (_, Some(Failure::Same)) => Standing::FailedAgain,
        (Role::Dead, Some(_)) => Standing::FailedOtherwise,
        // Dead without an attempt: put back, by hand or by an undo.
        (Role::Dead, None) => Standing::Moved,
        (Role::InProgress, _) => Standing::Running,
        (Role::Waiting | Role::Failed, Some(_)) | (Role::Failed, None) => Standing::WaitsForRetry,
        (Role::Waiting, None) => Standing::Queued,
    }
}

/// A requeue keeps the old errors and sets the attempts to 0: what is there besides, is new.
fn failure(member: &Member, now: &Now) -> Option<Failure> {
    if now.errors != member.errors {
        let same = now.cause == member.died_of;
        return Some(if same { Failure::Same } else { Failure::Another });
    }
    let dead = now.role == Role::Dead;
    let tried = now.attempts.map_or(dead, |attempts| attempts > 0);
    let put_back = dead && now.changed == member.changed;
    match now.dated {
        _ if !tried || put_back => None,
        true => Some(Failure::Untold),
        // The same words again, as far as anybody can tell.
        false => Some(Failure::Same),
    }
}

impl Trail {
    /// Takes note of an event; one that was seen before tells nothing new.
    pub fn note(&mut self, event: i64, deed: Deed) {
        if event <= self.last {
            return;
        }
        self.last = event;
        match deed {
            Deed::Moved => self.moved = true,
            Deed::Undone => (self.moved, self.undone) = (true, true),
            Deed::Rescued => self.held = false,
            Deed::Claimed(worker) => {
                self.held = true;
                match worker {
                    None => self.unnamed = true,
                    Some(name) if self.claimers.contains(&name) => {}
                    Some(_) if self.claimers.len() >= CLAIMERS => self.unnamed = true,
                    Some(name) => self.claimers.push(name),
                }
            }
            Deed::Failed(worker) => {
                if !self.held {
                    self.unclaimed_failure.get_or_insert(worker);
                }
                self.held = false;
            }
        }
    }

    /// Whether this worker claimed the job since the requeue, as far as anybody can tell.
    fn knows(&self, worker: &str) -> bool {
        self.unnamed || self.claimers.iter().any(|claimer| claimer == worker)
    }
}

/// A worker that acted without a claim. Only to be asked where claims leave events.
#[must_use]
pub fn zombie(member: &Member, trail: &Trail, now: Option<&Now>) -> Option<Zombie> {
    let zombie = |worker, failed| Some(Zombie { id: member.id, worker, failed });
    let now = now.filter(|_| !trail.moved);
    let failed_by = now.filter(|now| now.errors != member.errors);
    let failed_by = failed_by.and_then(|now| now.failed_by.clone());
    if let Some(worker) = &trail.unclaimed_failure {
        return zombie(worker.clone().or(failed_by), true);
    }
    if let Some(worker) = failed_by.filter(|worker| !trail.knows(worker)) {
        return zombie(Some(worker), true);
    }
    let holder = now.filter(|now| now.role == Role::InProgress)?.holder.clone()?;
    if trail.knows(&holder) { None } else { zombie(Some(holder), false) }
}

/// `412 finished, 3 failed again (same cause), 5 still running`
#[must_use]
pub fn sentence(tally: &Tally) -> String {
    let told = Standing::ALL
        .into_iter()
        .filter(|standing| *standing == Standing::Finished || tally.of(*standing) > 0);
    let parts: Vec<_> =
        told.map(|standing| format!("{} {}", count(tally.of(standing)), words(standing))).collect();
    parts.join(", ")
}

fn words(standing: Standing) -> &'static str {
    match standing {
        Standing::Finished => "finished",
        Standing::FailedAgain => "failed again (same cause)",
        Standing::FailedOtherwise => "failed for another reason",
        Standing::WaitsForRetry => "waiting for a retry",
        Standing::Running => "still running",
        Standing::Queued => "still queued",
        Standing::Moved => "undone or changed since",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::job_id::JobId;

    const ID: JobId = JobId::Number(1);

    fn member() -> Member {
        Member { id: ID, died_of: "v1-a".into(), errors: 1, changed: 1 }
    }

    fn now(role: Role, attempts: i64, cause: &str, errors: u64) -> Now {
        Now {
            id: ID,
            role,
            attempts: Some(attempts),
            holder: None,
            failed_by: None,
            dated: true,
            cause: cause.into(),
            errors,
            changed: 2,
        }
    }

    fn stands(now: &Now) -> Standing {
        standing(&member(), &Trail::default(), Some(now))
    }

    #[test]
    fn a_failure_of_the_same_cause_counts_though_retries_remain() {
        assert_eq!(stands(&now(Role::Waiting, 1, "v1-a", 2)), Standing::FailedAgain);
        assert_eq!(stands(&now(Role::InProgress, 1, "v1-a", 2)), Standing::FailedAgain);
        assert_eq!(stands(&now(Role::Dead, 5, "v1-a", 2)), Standing::FailedAgain);
        assert_eq!(stands(&now(Role::Finished, 1, "v1-a", 2)), Standing::Finished);
    }

    #[test]
    fn another_cause_waits_for_its_retry_until_it_is_dead() {
        assert_eq!(stands(&now(Role::Waiting, 1, "v1-b", 2)), Standing::WaitsForRetry);
        assert_eq!(stands(&now(Role::InProgress, 1, "v1-b", 2)), Standing::Running);
        assert_eq!(stands(&now(Role::Dead, 5, "v1-b", 2)), Standing::FailedOtherwise);
    }

    #[test]
    fn the_old_error_alone_is_no_failure() {
        assert_eq!(stands(&now(Role::Waiting, 0, "v1-a", 1)), Standing::Queued);
        assert_eq!(stands(&now(Role::InProgress, 0, "v1-a", 1)), Standing::Running);
        // Recovered from a silent worker: an attempt more, and no new error.
        assert_eq!(stands(&now(Role::Waiting, 1, "v1-a", 1)), Standing::WaitsForRetry);
        assert_eq!(stands(&now(Role::Dead, 5, "v1-a", 1)), Standing::FailedOtherwise);
        // Without a date in the error, the same words again look just like that.
        let undated = |role| Now { dated: false, ..now(role, 1, "v1-a", 1) };
        assert_eq!(stands(&undated(Role::Waiting)), Standing::FailedAgain);
    }

    #[test]
    fn what_others_moved_is_not_ours() {
        assert_eq!(standing(&member(), &Trail::default(), None), Standing::Moved);
        assert_eq!(stands(&now(Role::Other, 0, "v1-a", 1)), Standing::Moved);
        assert_eq!(stands(&now(Role::Dead, 0, "v1-a", 1)), Standing::Moved, "by hand");
        let undone = Now { changed: 1, ..now(Role::Dead, 5, "v1-a", 1) };
        assert_eq!(stands(&undone), Standing::Moved);
        let mut trail = Trail::default();
        trail.note(7, Deed::Moved);
        let waits = now(Role::Waiting, 0, "v1-a", 1);
        assert_eq!(standing(&member(), &trail, Some(&waits)), Standing::Moved);
    }

    #[test]
    fn a_worker_that_fails_or_holds_what_it_did_not_claim_is_a_zombie() {
        let found = |trail: &Trail, now: &Now| {
            zombie(&member(), trail, Some(now)).map(|zombie| (zombie.worker, zombie.failed))
        };
        let failed = Now { failed_by: Some("w-z".into()), ..now(Role::Waiting, 1, "v1-a", 2) };
        let mut trail = Trail::default();
        trail.note(1, Deed::Failed(None));
        assert_eq!(found(&trail, &failed), Some((Some("w-z".into()), true)), "no claim at all");
        let mut trail = Trail::default();
        trail.note(1, Deed::Claimed(Some("w-a".into())));
        trail.note(2, Deed::Failed(None));
        assert_eq!(found(&trail, &failed), Some((Some("w-z".into()), true)), "another's claim");
        let own = Now { failed_by: Some("w-a".into()), ..failed };
        assert_eq!(found(&trail, &own), None);
        let held = Now { holder: Some("w-z".into()), ..now(Role::InProgress, 0, "v1-a", 1) };
        assert_eq!(found(&trail, &held), Some((Some("w-z".into()), false)));
        trail.note(3, Deed::Claimed(None));
        assert_eq!(found(&trail, &held), None, "a claim that names nobody may be anybody's");
    }

    #[test]
    fn the_sentence_tells_what_there_is() {
        let standings =
            [(Standing::Finished, 412), (Standing::FailedAgain, 3), (Standing::Running, 5)];
        let tally: Tally =
            standings.into_iter().flat_map(|(s, n)| std::iter::repeat_n(s, n)).collect();
        assert_eq!(sentence(&tally), "412 finished, 3 failed again (same cause), 5 still running");
        assert_eq!((tally.total(), tally.decided(), tally.failed()), (420, 415, 3));
        assert_eq!(sentence(&Tally::default()), "0 finished");
    }
}
