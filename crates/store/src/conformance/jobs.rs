//! Laws of job records: noting publishes, and reading jobs in pages.

use checkmate_domain::JobId;

use crate::conformance::Fixture;
use crate::conformance::findings::{reconcile, store_report};
use crate::conformance::given::{
    begin, create, expired, ids, job, new_scan, scan_id, sealed, specs, state, target, target_of, tick,
};
use crate::{AttemptEnd, JobState};

/// A noted publish moves a recorded job on and renews the time of a published one; nothing else.
pub async fn noting_a_publish_moves_recorded_jobs_only(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let (_, claimed) = sealed(&store, "a", 6, 5).await;
    let [one, running, stored, ended, untouched] = &ids(&claimed)[..] else { panic!() };
    begin(&store, running).await;
    store_report(&store, stored, 0).await;
    store.end_job(ended, &expired(), None).await.unwrap();
    let nobody = JobId::new("nobody").unwrap();
    let before = store.now().await.unwrap();
    let all = [one.clone(), running.clone(), nobody, stored.clone(), ended.clone(), one.clone()];
    store.mark_published(&all).await.unwrap();
    store.mark_published(&[]).await.unwrap();

    let first = job(&store, one).await;
    assert_eq!(first.state, JobState::Published);
    assert!(first.published_at.is_some_and(|at| at >= before), "{:?}", first.published_at);
    for (id, is) in [
        (running, JobState::Running),
        (stored, JobState::Stored),
        (ended, JobState::Ended),
        (untouched, JobState::Recorded),
    ] {
        assert_eq!(state(&store, id).await, is);
    }
    assert_eq!(job(&store, untouched).await.published_at, None);

    tick().await;
    store.mark_published(std::slice::from_ref(one)).await.unwrap();
    let again = job(&store, one).await;
    assert_eq!(again.state, JobState::Published);
    assert!(again.published_at > first.published_at, "a later publish has a later time");
    let attempt = begin(&store, one).await;
    assert_eq!(state(&store, one).await, JobState::Running);
    let end = AttemptEnd::GivenBack { retry_after: std::time::Duration::ZERO, why: None };
    store.end_attempt(&attempt.fence, &end).await.unwrap();
    assert_eq!(state(&store, one).await, JobState::Published);
}

/// Open jobs are what somebody may have to look after, in pages in id order.
pub async fn open_jobs_come_in_pages(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let (scan, discover) = create(&store, &new_scan("a", 20)).await;
    assert_eq!(store.open_jobs(&scan.id, None, 10).await, Ok(vec![discover.clone()]));
    let attempt = begin(&store, &discover.id).await;
    assert_eq!(ids(&store.open_jobs(&scan.id, None, 10).await.unwrap()), [discover.id]);
    let (claimed, _) = crate::conformance::given::seal(&store, &attempt.fence, specs(30)).await;
    let (_, other) = sealed(&store, "b", 3, 3).await;
    for n in [0, 1, 2, 3] {
        store_report(&store, &claimed[n].id, 0).await;
    }
    store.park_result(&claimed[1].id).await.unwrap();
    reconcile(&store, &claimed[2].id, 0).await;
    store.end_job(&claimed[5].id, &expired(), None).await.unwrap();
    begin(&store, &claimed[6].id).await;

    let all = store.scan_jobs(&scan.id, 0, 100).await.unwrap();
    let open = |state| {
        !matches!(state, JobState::Waiting | JobState::Parked | JobState::Reconciled | JobState::Ended)
    };
    let mut expected: Vec<_> = all.into_iter().filter(|job| open(job.state)).collect();
    expected.sort_by(|a, b| a.id.cmp(&b.id));
    assert_eq!(expected.len(), 22);
    for page_size in [1, 7, 22, 100] {
        let (mut read, mut after): (Vec<_>, Option<JobId>) = (Vec::new(), None);
        loop {
            let page = store.open_jobs(&scan.id, after.as_ref(), page_size).await.unwrap();
            assert!(page.len() as u64 <= page_size);
            let Some(last) = page.last() else { break };
            after = Some(last.id.clone());
            read.extend(page);
        }
        assert_eq!(read, expected, "in pages of {page_size}");
    }
    assert_eq!(store.open_jobs(&scan_id("b"), None, 100).await.unwrap().len(), other.len());
    assert_eq!(store.open_jobs(&scan_id("nobody"), None, 100).await, Ok(Vec::new()));
}

/// A scan's jobs are read in list order, the discover job first, the waiting ones too.
pub async fn scan_jobs_come_in_list_order(fixture: &dyn Fixture) {
    let store = fixture.store().await;
    let (record, discover) = create(&store, &new_scan("a", 4)).await;
    assert_eq!(store.scan_jobs(&record.id, 0, 10).await, Ok(vec![discover.clone()]));
    let attempt = begin(&store, &discover.id).await;
    let mut list = specs(9);
    list.reverse();
    let (claimed, _) = crate::conformance::given::seal(&store, &attempt.fence, list.clone()).await;
    store_report(&store, &claimed[2].id, 0).await;

    let jobs = store.scan_jobs(&record.id, 0, 100).await.unwrap();
    assert_eq!(jobs[0], job(&store, &discover.id).await);
    let specs: Vec<_> = jobs[1..].iter().map(|job| job.spec.clone().unwrap()).collect();
    assert_eq!(specs, list);
    let states: Vec<_> = jobs.iter().map(|job| job.state).collect();
    let mut expected = vec![JobState::Recorded; 5];
    expected[2] = JobState::Stored;
    expected.extend([JobState::Waiting; 4]);
    expected.insert(0, JobState::Ended);
    assert_eq!(states, expected);
    for known in &jobs[1..6] {
        assert_eq!(*known, job(&store, &known.id).await);
    }
    for waiting in &jobs[6..] {
        assert_eq!(waiting.id, JobId::derived(&record.id, "scan", target_of(waiting).as_str(), None));
        assert_eq!((&waiting.scan, &waiting.scope, waiting.lane), (&record.id, &record.scope, record.lane));
    }
    for (skip, limit) in [(0_usize, 1_usize), (0, 3), (1, 1), (3, 4), (9, 5), (10, 5), (50, 5), (0, 0)] {
        let page = store.scan_jobs(&record.id, skip as u64, limit as u64).await.unwrap();
        let mut expected = jobs.clone();
        expected.drain(..jobs.len().min(skip));
        expected.truncate(limit);
        assert_eq!(page, expected, "{limit} after {skip}");
    }
    assert_eq!(store.scan_jobs(&scan_id("nobody"), 0, 10).await, Ok(Vec::new()));
    assert_eq!(target_of(&jobs[1]), target("t00008"));
}
