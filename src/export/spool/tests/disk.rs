//! Disks that are full, spoil what they have, or belong to somebody else. Time stands still, for a disk that takes a second
//! for a write, as one that others use may, is left alone for a while.

use std::{
    fs::{self, File},
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;

use super::{Scratch, agentops, drained, options, request, spool, tended, told};
use crate::export::{DropReason, spool::Spool};

#[tokio::test(start_paused = true)]
async fn what_is_kept_comes_back_in_order_and_leaves_no_file() {
    let scratch = Scratch::new();
    let mut spool = spool(&options(&scratch));
    // Requests that were under way together fail in any order.
    // The clock that stands still was read before the spool read the one that goes on.
    tokio::time::advance(Duration::from_secs(60)).await;
    let mut made = Vec::new();
    for text in ["first", "second", "third"] {
        tokio::time::advance(Duration::from_micros(10)).await;
        made.push(request(text, 1));
    }
    made.swap(0, 1);
    for request in made {
        spool.keep(request).unwrap();
    }
    assert_eq!((spool.own_spans(), told(&mut spool).spooled), (3, 3));
    assert_eq!(drained(&mut spool), ["first", "second", "third"]);
    spool.close_down();
    assert_eq!((spool.spans(), spool.bytes()), (0, 0));
    assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_dead_are_inherited_from_and_the_living_are_not() {
    let scratch = Scratch::new();
    let (mut first, mut second) = (spool(&options(&scratch)), spool(&options(&scratch)));
    first.keep(request("of the first", 2)).unwrap();
    assert_eq!(tended(&mut second).recovered, 0, "the first one lives");
    drop(first);
    second.tend_at = Instant::now();
    assert_eq!(tended(&mut second).recovered, 2);
    assert_eq!((second.spans(), second.own_spans()), (2, 0));
    assert_eq!(scratch.files("lock").len(), 1, "the first one's is gone");

    drop(second);
    let mut third = spool(&options(&scratch));
    assert_eq!(tended(&mut third).recovered, 2, "and so on");
    assert_eq!(drained(&mut third), ["of the first"]);
}

#[tokio::test(start_paused = true)]
async fn what_was_settled_is_not_inherited() {
    let scratch = Scratch::new();
    let mut first = spool(&options(&scratch));
    for text in ["first", "second", "third"] {
        first.keep(request(text, 1)).unwrap();
    }
    let mut sent = first.next(1, Instant::now()).unwrap();
    first.settle(sent.take_receipt());
    drop(first);
    let mut second = spool(&options(&scratch));
    assert_eq!(tended(&mut second).recovered, 2);
    let mut sent = second.next(1, Instant::now()).unwrap();
    second.settle(sent.take_receipt());
    drop(second);
    let mut third = spool(&options(&scratch));
    assert_eq!(tended(&mut third).recovered, 1);
    assert_eq!(drained(&mut third), ["third"]);
}

#[tokio::test(start_paused = true)]
async fn another_key_leaves_it_alone_until_it_is_too_old() {
    let scratch = Scratch::new();
    let mut first = spool(&options(&scratch));
    first.keep(request("of key 1", 3)).unwrap();
    drop(first);

    let other = |options: &_| Spool::new(options, &agentops("key-2"), &Vec::new()).unwrap();
    let mut stranger = other(&options(&scratch));
    assert_eq!(tended(&mut stranger).recovered, 0);
    assert_eq!(drained(&mut stranger), [""; 0]);
    stranger.close_down();
    assert_eq!(scratch.files("spool").len(), 1);

    let mut heir = spool(&options(&scratch));
    assert_eq!(
        tended(&mut heir).recovered,
        3,
        "it is still there for the key it is meant for"
    );
    drop(heir);

    let mut hasty = options(&scratch);
    hasty.max_age = Duration::from_nanos(1);
    // A millisecond has passed: times on disk are no finer.
    let began = std::time::Instant::now();
    while began.elapsed().as_millis() < 3 {
        std::thread::yield_now();
    }
    let settled = tended(&mut other(&hasty));
    assert_eq!(
        (settled.recovered, settled.bygone),
        (3, vec![(DropReason::SpoolExpired, 3)])
    );
    assert_eq!(scratch.files("spool").len(), 0);
}

#[tokio::test(start_paused = true)]
async fn headers_and_endpoints_tell_destinations_apart() {
    let scratch = Scratch::new();
    let mut first = spool(&options(&scratch));
    first.keep(request("of key 1", 1)).unwrap();
    drop(first);
    let headers = vec![("x-tenant".to_owned(), crate::config::Secret::new("b"))];
    let mut tenant = Spool::new(&options(&scratch), &agentops("key-1"), &headers).unwrap();
    assert_eq!(tended(&mut tenant).recovered, 0);
    let elsewhere = crate::config::Destination::Otlp {
        traces: "http://127.0.0.1:1/v1/traces".parse().unwrap(),
    };
    let mut elsewhere = Spool::new(&options(&scratch), &elsewhere, &Vec::new()).unwrap();
    assert_eq!(tended(&mut elsewhere).recovered, 0);
    assert_eq!(tended(&mut spool(&options(&scratch))).recovered, 1);
}

#[tokio::test(start_paused = true)]
async fn beyond_its_size_the_oldest_go() {
    let scratch = Scratch::new();
    let mut small = options(&scratch);
    small.max_bytes = 8_000;
    let mut spool = spool(&small);
    let text = |number: usize| format!("{number:01000}");
    for number in 0..50 {
        spool.keep(request(&text(number), 1)).unwrap();
        assert!(spool.bytes() <= small.max_bytes);
        let on_disk: u64 = scratch
            .files("spool")
            .iter()
            .map(|path| path.metadata().unwrap().len())
            .sum();
        assert_eq!(on_disk, spool.bytes());
    }
    let evicted = told(&mut spool).dropped;
    let left = drained(&mut spool);
    assert_eq!(evicted, [(DropReason::SpoolEvicted, 50 - left.len() as u64)]);
    assert!(left.len() >= 4, "only {} of 8 are left", left.len());
    assert_eq!(left, (50 - left.len()..50).map(text).collect::<Vec<_>>(), "the newest");
    let too_large = spool.keep(request(&text(9_000), 1));
    assert!(too_large.is_ok());
    let too_large = request(&"x".repeat(9_000), 1);
    assert!(spool.keep(too_large).is_err(), "what never fits stays in memory");
}

#[tokio::test(start_paused = true)]
async fn a_file_that_is_no_segment_is_counted_and_one_of_a_later_version_stays() {
    let scratch = Scratch::new();
    let mut first = spool(&options(&scratch));
    first.keep(request("first", 1)).unwrap();
    drop(first);
    let [path] = scratch.files("spool").try_into().unwrap();
    let bytes = fs::read(&path).unwrap();
    let beside = |name: &str| scratch.path().join(format!("{:016x}-{:016x}.{name}", 7, 1));
    fs::write(beside("spool"), &bytes[..20]).unwrap();
    let mut later = bytes;
    later[8] = 9;
    fs::write(&path, later).unwrap();
    fs::write(scratch.path().join("README.txt"), "not ours").unwrap();

    let settled = tended(&mut spool(&options(&scratch)));
    assert_eq!((settled.recovered, settled.damaged_segments), (0, 1));
    assert!(path.exists() && !beside("spool").exists());
    assert!(scratch.path().join("README.txt").exists());
}

#[tokio::test(start_paused = true)]
async fn a_full_disk_takes_nothing_by_halves_and_is_tried_again_later() {
    let scratch = Scratch::new();
    let room = Arc::new(AtomicUsize::new(300));
    let mut spool = spool(&options(&scratch));
    let left = Arc::clone(&room);
    spool.folder = spool.folder.writing(Box::new(move |file: &mut File, bytes: &[u8]| {
        let fits = left.load(Ordering::Relaxed).min(bytes.len());
        file.write_all(&bytes[..fits])?;
        left.fetch_sub(fits, Ordering::Relaxed);
        if fits < bytes.len() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }));
    spool.keep(request("first", 1)).unwrap();
    let refused = spool.keep(request(&"x".repeat(400), 1)).unwrap_err();
    let trouble = told(&mut spool).spool_trouble.unwrap();
    assert!(
        trouble.contains(&scratch.path().display().to_string()) && trouble.contains("has room"),
        "{trouble}"
    );

    room.store(usize::MAX, Ordering::Relaxed);
    let refused = spool.keep(refused).unwrap_err();
    assert_eq!(
        told(&mut spool).spool_trouble,
        None,
        "the disk rests, and nothing is said twice"
    );
    tokio::time::advance(Duration::from_secs(1)).await;
    spool.keep(refused).unwrap();
    spool.keep(request("third", 1)).unwrap();
    assert_eq!(
        drained(&mut spool),
        ["first".to_owned(), "x".repeat(400), "third".to_owned()]
    );
}

#[tokio::test(start_paused = true)]
async fn a_slow_disk_gets_a_tenth_of_the_time() {
    let scratch = Scratch::new();
    let mut spool = spool(&options(&scratch));
    let began = Instant::now();
    tokio::time::advance(Duration::from_secs(2)).await;
    spool.judge(Ok(()), began);
    assert!(told(&mut spool).spool_trouble.unwrap().contains("is slow"));
    let refused = spool.keep(request("first", 1)).unwrap_err();
    tokio::time::advance(Duration::from_secs(19)).await;
    let refused = spool.keep(refused).unwrap_err();
    tokio::time::advance(Duration::from_secs(1)).await;
    spool.keep(refused).unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_directory_that_vanishes_loses_what_was_in_it_and_is_made_again() {
    let scratch = Scratch::new();
    let mut spool = spool(&options(&scratch));
    spool.keep(request("first", 2)).unwrap();
    fs::remove_dir_all(scratch.path()).unwrap();
    spool.keep(request("second", 1)).unwrap();
    assert_eq!(told(&mut spool).dropped, [(DropReason::SpoolCorrupt, 2)]);
    assert_eq!(drained(&mut spool), ["second"]);
}

#[tokio::test(start_paused = true)]
async fn one_request_that_always_fails_holds_up_no_other_and_is_given_up() {
    let scratch = Scratch::new();
    let mut spool = spool(&options(&scratch));
    for text in ["bad", "first", "second"] {
        spool.keep(request(text, 1)).unwrap();
    }
    let now = Instant::now();
    let later = now + Duration::from_secs(3600);
    let mut sent = Vec::new();
    let mut gave_up = false;
    // A new request is delivered after each failure, as it is where it is the request that is bad.
    for _ in 0..20 {
        let Some(mut request) = spool.next(1, later) else { break };
        let text = String::from_utf8(request.body().to_vec()).unwrap();
        if text != "bad" || spool.gives_up(&request) {
            gave_up |= text == "bad";
            spool.settle(request.take_receipt());
        } else {
            spool.failed(now, None);
            spool.keep(request).unwrap();
            spool.delivered();
        }
        sent.push(text);
    }
    assert_eq!(
        sent[..4],
        ["bad", "bad", "first", "second"],
        "the others come first once it is known"
    );
    assert!(gave_up, "{sent:?}");
    assert_eq!(spool.spans(), 0);
}

#[cfg(unix)]
#[tokio::test(start_paused = true)]
async fn only_the_owner_of_the_process_can_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let scratch = Scratch::new();
    let mut spool = spool(&options(&scratch));
    spool.keep(request("first", 1)).unwrap();
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(scratch.path()), 0o700);
    let files: Vec<_> = [scratch.files("spool"), scratch.files("lock")].concat();
    assert_eq!(files.len(), 2);
    assert!(files.iter().all(|path| mode(path) == 0o600), "{files:?}");
}

#[cfg(unix)]
#[tokio::test(start_paused = true)]
async fn files_of_others_that_cannot_be_read_keep_nobody_from_the_rest() {
    let scratch = Scratch::new();
    let mut dead = spool(&options(&scratch));
    dead.keep(request("of the dead", 2)).unwrap();
    drop(dead);
    // Owners before and after it whose locks are no files that anybody could open.
    for owner in ["0000000000000001", "ffffffffffffffff"] {
        fs::create_dir(scratch.path().join(format!("{owner}.lock"))).unwrap();
    }
    let mut heir = spool(&options(&scratch));
    let settled = tended(&mut heir);
    assert_eq!(settled.recovered, 2);
    let trouble = settled.spool_trouble.unwrap();
    assert!(trouble.contains("cannot be taken over"), "{trouble}");
    heir.keep(request("our own", 1)).unwrap();
    assert_eq!(drained(&mut heir), ["of the dead", "our own"]);
}
