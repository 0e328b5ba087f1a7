//! The laws of [`Store`], one function each, run unchanged against every implementation.
//!
//! An implementation states a [`Fixture`] and writes `checkmate_store::store_conformance!(FixtureOfIts::start().await);` in
//! a test module: one test per law, each with a fixture of its own. What the laws hold where the contract's methods do not
//! say it stands in the contract's docs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a law that does not hold fails the test it is run in"
)]

use std::sync::Arc;

use async_trait::async_trait;

use crate::Store;

mod drain;
mod findings;
mod given;

pub mod about;
pub mod approvals;
pub mod attempts;
pub mod audit;
pub mod budget;
pub mod dead;
pub mod decisions;
pub mod ends;
pub mod history;
pub mod installation;
pub mod jobs;
pub mod ledger;
pub mod lifecycle;
pub mod lists;
pub mod locks;
pub mod model;
pub mod parking;
pub mod pressure;
pub mod results;
pub mod scans;
pub mod schedules;

/// Where the store under test comes from.
#[async_trait]
pub trait Fixture: Send + Sync {
    /// A fresh, empty store. Each law asks once.
    async fn store(&self) -> Arc<dyn Store>;

    /// The same data as after a restart: `store` is given up (closed, where only one may hold the data) and another handle
    /// opened.
    async fn reopen(&self, store: Arc<dyn Store>) -> Arc<dyn Store>;
}

/// One `#[tokio::test]` per law. The expression makes a [`Fixture`](crate::conformance::Fixture) and may `.await`.
#[macro_export]
macro_rules! store_conformance {
    ($fixture:expr) => {
        $crate::store_laws! { ($fixture)
            scans {
                create_scan_is_idempotent
                the_first_discover_attempt_begins_the_scan
                an_empty_list_finishes_the_scan
                scans_are_listed_newest_first
                scans_are_unsettled_until_announced
                a_scan_is_cancelled_until_it_is_over
                a_cancelled_scan_releases_nothing_more
                results_of_a_cancelled_scan_are_still_reconciled
            }
            attempts {
                tokens_and_sequences_grow
                a_held_fence_keeps_others_out
                a_job_that_died_runs_alone
                a_job_that_keeps_dying_alone_is_condemned
                a_job_that_keeps_failing_is_condemned
                an_expired_job_is_condemned
                an_attempt_given_back_is_not_counted
                what_a_job_waits_for_is_told_until_its_next_attempt_ends
                what_is_over_is_not_begun
                an_unknown_or_waiting_job_is_not_begun
                what_is_done_is_told_with_what_may_be_unpublished
                an_old_fence_writes_nothing
                a_fence_ends_with_its_attempt
                a_fence_that_ran_out_but_was_not_taken_still_writes
            }
            lists {
                sealing_releases_the_window_in_list_order
                a_sealed_list_stands
                duplicates_count_once
                a_window_slot_is_freed_once
                a_job_may_split_into_parts
                topping_up_needs_room_and_the_lock
                a_lock_that_ran_out_guards_nothing
                the_newest_history_of_a_scope_stands
                a_scan_without_a_list_failed
            }
            results {
                a_result_is_stored_and_releases_the_next
                the_first_result_stands
                results_come_back_as_they_were
                a_job_ends_only_without_a_result
            }
            jobs {
                noting_a_publish_moves_recorded_jobs_only
                open_jobs_come_in_pages
                scan_jobs_come_in_list_order
            }
            ends {
                ten_thousand_jobs_go_through_the_window
                concurrent_claims_release_each_job_once
                a_scan_finishes_once_however_its_jobs_leave
                of_racing_ends_one_counts
            }
            lifecycle {
                a_commit_is_readable_at_once
                a_large_target_is_read_in_pages_of_one_version
                a_commit_on_an_old_version_is_refused_whole
                a_result_is_reconciled_once
                without_a_result_nothing_is_reconciled
                loads_are_counted_when_asked
                a_large_commit_is_whole_and_in_order
                a_commit_changes_what_it_names
                concurrent_commits_keep_targets_apart
                targets_with_findings_are_listed_in_order
            }
            parking {
                a_scan_does_not_wait_for_a_parked_result
                only_a_waiting_result_is_parked
                a_parked_result_is_reconciled_later_once
                parked_and_reconciled_in_time_is_finished
                parking_and_reconciling_at_once_counts_once
            }
            dead {
                a_dead_letter_comes_back_as_it_was
                dying_again_is_counted
                dead_letters_are_listed_newest_first
            }
            pressure {
                a_job_over_a_limit_is_put_off_and_not_counted
                without_a_limit_all_run
                a_dead_attempt_frees_its_place_with_its_fence
                never_more_than_the_limits_run_at_once
                a_lane_is_paused_until_it_is_resumed
                a_process_is_there_while_it_says_so
            }
            history {
                old_scans_go_and_what_is_needed_stays
                what_was_not_announced_stays
                positions_stay_good_when_the_log_is_cut
                old_dead_letters_go_and_are_counted
                nothing_goes_without_the_lock
            }
            locks {
                a_lock_has_one_holder
                the_token_of_a_lock_grows
                a_lock_is_renewed_or_lost
                only_the_holder_frees_a_lock
                of_many_one_gets_the_lock
            }
            installation {
                the_clock_goes_forward
                a_restart_keeps_everything
                the_first_key_is_kept
                the_last_time_a_queue_was_created_is_kept
                an_export_is_registered_under_one_path
            }
            audit {
                records_are_kept_in_order
                a_segment_only_grows_at_its_end
                checkpoints_follow_each_other
                old_segments_go_as_a_whole
            }
            ledger {
                a_row_is_written_on_its_version_only
                versions_only_grow
                due_rows_come_by_their_time
                rows_come_in_pages
                of_many_writers_one_gets_through
                a_scan_that_is_over_is_noted_until_it_is_planned
            }
            approvals {
                an_approval_is_written_on_its_version_only
                approvals_come_in_pages
                approvals_fall_due
                a_row_is_held_by_the_approval_as_it_was_read
                of_who_decides_and_who_expires_one_gets_through
            }
            decisions {
                a_decision_is_written_on_its_version_only
                decisions_come_in_pages
            }
            budget {
                a_pause_holds_until_it_is_over
                of_many_who_ask_at_once_one_is_let_through
            }
            about {
                a_lock_is_looked_at_without_taking_it
                the_key_is_looked_at_without_keeping_one
                a_store_says_what_it_is
            }
            schedules {
                a_schedule_is_written_on_its_version_only
                only_the_leader_fires
                names_are_those_of_all_live_processes
                requests_of_a_user_are_counted
                equal_requests_share_a_scan
            }
            model {
                random_steps_agree_with_a_naive_model
            }
        }
    };
}

/// Writes the tests of [`store_conformance!`].
#[doc(hidden)]
#[macro_export]
macro_rules! store_laws {
    (($fixture:expr) $($group:ident { $($law:ident)+ })+) => {
        $($crate::store_laws! { @group $group ($fixture) $($law)+ })+
    };
    (@group $group:ident ($fixture:expr) $($law:ident)+) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $law() {
            $crate::conformance::$group::$law(&$fixture).await;
        }
    )+};
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_law_is_on_the_list() {
        let list = include_str!("mod.rs");
        let groups = [
            include_str!("about.rs"),
            include_str!("approvals.rs"),
            include_str!("attempts.rs"),
            include_str!("audit.rs"),
            include_str!("budget.rs"),
            include_str!("ledger.rs"),
            include_str!("dead.rs"),
            include_str!("decisions.rs"),
            include_str!("ends.rs"),
            include_str!("history.rs"),
            include_str!("installation.rs"),
            include_str!("jobs.rs"),
            include_str!("lifecycle.rs"),
            include_str!("lists.rs"),
            include_str!("locks.rs"),
            include_str!("model/mod.rs"),
            include_str!("parking.rs"),
            include_str!("pressure.rs"),
            include_str!("results.rs"),
            include_str!("scans.rs"),
            include_str!("schedules.rs"),
        ];
        let laws = groups.iter().flat_map(|group| group.split("pub async fn ").skip(1));
        let names: Vec<&str> = laws.filter_map(|law| law.split('(').next()).collect();
        assert!(names.len() > 60);
        for name in names {
            assert!(list.contains(&format!("                {name}\n")), "{name} is run by nobody");
        }
    }
}
