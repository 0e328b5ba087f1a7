//! The store's answers, cut down to what the model knows.

use checkmate_domain::JobMessage;

use crate::conformance::given::named;
use crate::conformance::model::world::{Answer, answer};
use crate::{
    Begin, Cancelled, Committed, EndedAttempt, JobEnded, Parked, Progress, ReconcileLoad, Renewed, Sealed,
    Stored,
};

fn claimed(word: &'static str, jobs: &[JobMessage], progress: Option<&Progress>) -> Answer {
    Answer { word, jobs: named(jobs), finished: progress.is_some_and(|progress| progress.finished_now) }
}

fn unnoted(word: &'static str, jobs: &[JobMessage]) -> Answer {
    let mut told = claimed(word, jobs, None);
    told.jobs.sort();
    told
}

fn progressed(word: &'static str, progress: &Progress) -> Answer {
    claimed(word, &[], Some(progress))
}

pub(super) fn begin(told: &Begin) -> Answer {
    match told {
        Begin::Started(_) => answer("started"),
        Begin::Suspect => answer("suspect"),
        Begin::Busy(_) => answer("busy"),
        Begin::Full(_) => answer("full"),
        Begin::AlreadyStored(_, jobs) => unnoted("already-stored", jobs),
        Begin::AlreadySealed(jobs) => unnoted("already-sealed", jobs),
        Begin::Over => answer("over"),
        Begin::Condemned(_) => answer("condemned"),
        Begin::Unknown => answer("unknown"),
    }
}

pub(super) fn renewed(told: Renewed) -> Answer {
    answer(match told {
        Renewed::Held => "held",
        Renewed::Lost => "lost",
        Renewed::Cancelled => "cancelled",
    })
}

pub(super) fn ended_attempt(told: EndedAttempt) -> Answer {
    answer(match told {
        EndedAttempt::Noted(_) => "noted",
        EndedAttempt::FenceLost => "fence-lost",
    })
}

pub(super) fn sealed(told: &Sealed) -> Answer {
    match told {
        Sealed::New(jobs, progress) => claimed("new", jobs, Some(progress)),
        Sealed::Already(jobs) => unnoted("already", jobs),
        Sealed::FenceLost => answer("fence-lost"),
    }
}

pub(super) fn stored(told: &Stored) -> Answer {
    match told {
        Stored::New(jobs) => claimed("new", jobs, None),
        Stored::Already(jobs) => unnoted("already", jobs),
        Stored::FenceLost => answer("fence-lost"),
    }
}

pub(super) fn ended_job(told: &JobEnded) -> Answer {
    match told {
        JobEnded::Ended(jobs, progress) => claimed("ended", jobs, Some(progress)),
        JobEnded::Kept => answer("kept"),
        JobEnded::Unknown => answer("unknown"),
    }
}

pub(super) fn parked(told: &Parked) -> Answer {
    match told {
        Parked::Parked(progress) => progressed("parked", progress),
        Parked::Kept => answer("kept"),
    }
}

pub(super) fn loaded(told: &ReconcileLoad) -> Answer {
    match told {
        ReconcileLoad::Ready(_) => answer("ready"),
        ReconcileLoad::AlreadyReconciled(progress) => progressed("already", progress),
        ReconcileLoad::NoResult => answer("no-result"),
        ReconcileLoad::Unknown => answer("unknown"),
    }
}

pub(super) fn committed(told: &Committed) -> Answer {
    match told {
        Committed::Committed(progress) => claimed("committed", &[], progress.as_deref()),
        Committed::AlreadyReconciled(progress) => progressed("already", progress),
        Committed::Conflict => answer("conflict"),
        Committed::NoResult => answer("no-result"),
    }
}

pub(super) fn cancelled(told: &Cancelled) -> Answer {
    answer(match told {
        Cancelled::Now(_) => "now",
        Cancelled::WasOver(_) => "was-over",
        Cancelled::Unknown => "unknown",
    })
}
