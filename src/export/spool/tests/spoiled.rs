//! Records that a disk spoiled, or that a kill cut short.

use std::{fs, path::PathBuf};

use tokio::time::Instant;

use super::{Scratch, drained, options, request, spool, tended, told};
use crate::export::{
    DropReason,
    spool::{Spool, segment::RECORD},
};

/// Three requests of one, two and four spans, and the file that they are in.
fn with_three(scratch: &Scratch) -> (Spool, PathBuf) {
    let mut spool = spool(&options(scratch));
    for (text, spans) in [("first", 1), ("second", 2), ("third", 4)] {
        spool.keep(request(text, spans)).unwrap();
    }
    let [path] = scratch.files("spool").try_into().unwrap();
    (spool, path)
}

#[tokio::test(start_paused = true)]
async fn what_is_spoiled_is_left_out_and_counted() {
    let scratch = Scratch::new();
    let (first, path) = with_three(&scratch);
    drop(first);
    let mut bytes = fs::read(&path).unwrap();
    let at = bytes.windows(6).position(|window| window == b"second").unwrap();
    bytes[at] ^= 1;
    bytes.extend(b"half of a record");
    fs::write(&path, bytes).unwrap();

    let mut second = spool(&options(&scratch));
    let settled = tended(&mut second);
    assert_eq!((settled.recovered, settled.damaged_segments), (7, 1));
    assert_eq!(settled.bygone, [(DropReason::SpoolCorrupt, 2)]);
    let mut sent = second.next(1, Instant::now()).unwrap();
    assert_eq!(sent.body(), "first");
    second.settle(sent.take_receipt());
    drop(second);

    // What was torn was cut off before anything was appended, and what was spoiled is not told of again for ever.
    let mut third = spool(&options(&scratch));
    let settled = tended(&mut third);
    assert_eq!(settled.recovered, 4);
    assert_eq!(drained(&mut third), ["third"]);
}

#[tokio::test(start_paused = true)]
async fn what_is_spoiled_while_it_waits_is_lost_and_nothing_else() {
    let scratch = Scratch::new();
    let (mut spool, path) = with_three(&scratch);
    let mut bytes = fs::read(&path).unwrap();
    let at = bytes.windows(5).position(|window| window == b"first").unwrap();
    bytes[at] ^= 1;
    fs::write(&path, bytes).unwrap();
    assert_eq!(drained(&mut spool), ["second", "third"]);
    let settled = told(&mut spool);
    assert_eq!(settled.dropped, [(DropReason::SpoolCorrupt, 1)]);
    assert_eq!((settled.damaged_segments, spool.spans()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_last_record_that_a_kill_cut_short_costs_its_own_spans_and_they_are_counted() {
    let scratch = Scratch::new();
    let (first, path) = with_three(&scratch);
    drop(first);
    let whole = fs::read(&path).unwrap();
    let sound = whole.len() - RECORD - "third".len();
    for cut in sound + 1..whole.len() {
        fs::write(&path, &whole[..cut]).unwrap();
        let mut second = spool(&options(&scratch));
        let settled = tended(&mut second);
        // Its head says how many spans it has, where all of it was written.
        let known = cut >= sound + RECORD;
        let lost: &[_] = if known { &[(DropReason::SpoolCorrupt, 4)] } else { &[] };
        assert_eq!(settled.bygone, lost, "{cut}");
        assert_eq!(settled.recovered, if known { 7 } else { 3 }, "{cut}");
        assert_eq!(settled.damaged_segments, 1, "{cut}");
        assert_eq!(drained(&mut second), ["first", "second"], "{cut}");
    }
}
