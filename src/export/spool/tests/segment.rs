//! Whatever happens to a segment, it is read as far as it is sound, and what is not is known.

use proptest::prelude::*;

use crate::export::spool::{
    segment::{HEADER, Header, Kind, RECORD, append, append_done, payload, read},
    target::Target,
};

const HEAD: Header = Header {
    owner: 0x0123_4567_89ab_cdef,
    target: Target([7; 16]),
    since: 1_767_225_600_000,
};

/// A segment of these payloads, and where each record ends.
fn segment(payloads: &[Vec<u8>]) -> (Vec<u8>, Vec<usize>) {
    let mut bytes = HEAD.encode();
    assert_eq!(bytes.len(), HEADER);
    let ends = payloads.iter().zip(1..).map(|(payload, spans)| {
        assert!(append(&mut bytes, Kind::Request, spans, 1_000, payload));
        bytes.len()
    });
    let ends = ends.collect();
    (bytes, ends)
}

fn payloads() -> impl Strategy<Value = Vec<Vec<u8>>> {
    prop::collection::vec(prop::collection::vec(any::<u8>(), 0..64), 1..8)
}

#[test]
fn what_was_written_is_read_back() {
    let (mut bytes, ends) = segment(&[b"one".to_vec(), b"two".to_vec()]);
    append_done(&mut bytes, 48, 2_000);
    let contents = read(&bytes).unwrap();
    assert_eq!(contents.header, HEAD);
    let records: Vec<_> = contents
        .records
        .iter()
        .map(|record| (record.kind, record.spans, record.payload, record.about()))
        .collect();
    assert_eq!(
        records,
        [
            (Kind::Request, 1, b"one".as_slice(), None),
            (Kind::Request, 2, b"two".as_slice(), None),
            (Kind::Done, 0, 48_u64.to_le_bytes().as_slice(), Some(48)),
        ]
    );
    assert_eq!((contents.spoiled.len(), contents.torn_at), (0, None));
    assert_eq!(payload(&bytes[HEADER..ends[0]], Kind::Request), Some(b"one".as_slice()));
    assert_eq!(payload(&bytes[HEADER..ends[0]], Kind::Start), None);
}

#[test]
fn a_segment_of_another_version_is_none_of_ours() {
    let (mut bytes, _) = segment(&[b"one".to_vec()]);
    assert!(!crate::export::spool::segment::is_of_another_version(&bytes));
    bytes[8] = 2;
    assert!(read(&bytes).is_none());
    assert!(crate::export::spool::segment::is_of_another_version(&bytes));
}

proptest! {
    #[test]
    fn a_segment_that_is_cut_anywhere_has_the_records_before_the_cut(payloads in payloads(), cut in any::<prop::sample::Index>()) {
        let (bytes, ends) = segment(&payloads);
        let cut = cut.index(bytes.len() + 1);
        let Some(contents) = read(&bytes[..cut]) else {
            prop_assert!(cut < HEADER, "only a header that is cut makes it none");
            return Ok(());
        };
        let whole = ends.iter().filter(|end| **end <= cut).count();
        let read: Vec<_> = contents.records.iter().map(|record| record.payload).collect();
        prop_assert_eq!(read, payloads.iter().take(whole).map(Vec::as_slice).collect::<Vec<_>>());
        let sound = ends.get(whole.wrapping_sub(1)).copied().unwrap_or(HEADER);
        let torn = (cut > sound).then(|| u64::try_from(sound).unwrap());
        prop_assert_eq!(contents.torn_at, torn, "what follows is known to be torn");
        let head_is_whole = cut >= sound + RECORD;
        let spans: Vec<_> = contents.spoiled.iter().map(|spoiled| spoiled.spans).collect();
        let expected: Vec<u32> = if head_is_whole { vec![u32::try_from(whole + 1).unwrap()] } else { Vec::new() };
        prop_assert_eq!(spans, expected, "a head that is whole says what is lost");
    }

    #[test]
    fn a_byte_that_flips_anywhere_costs_one_record_or_what_follows_it(
        payloads in payloads(),
        at in any::<prop::sample::Index>(),
        flip in 1_u8..,
    ) {
        let (mut bytes, ends) = segment(&payloads);
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        let Some(contents) = read(&bytes) else {
            prop_assert!(at < HEADER);
            return Ok(());
        };
        prop_assert!(at >= HEADER, "a header that is spoiled is none");
        let hit = ends.iter().filter(|end| **end <= at).count();
        let start = hit.checked_sub(1).map_or(HEADER, |before| ends[before]);
        let in_head = at < start + RECORD;
        let left: Vec<_> = payloads
            .iter()
            .enumerate()
            .filter(|(number, _)| *number < hit || (!in_head && *number > hit))
            .map(|(_, payload)| payload.as_slice())
            .collect();
        let read: Vec<_> = contents.records.iter().map(|record| record.payload).collect();
        prop_assert_eq!(read, left);
        if in_head {
            prop_assert_eq!(contents.torn_at, Some(u64::try_from(start).unwrap()));
        } else {
            let spans: Vec<_> = contents.spoiled.iter().map(|spoiled| spoiled.spans).collect();
            prop_assert_eq!((spans, contents.torn_at), (vec![u32::try_from(hit + 1).unwrap()], None));
        }
    }

    #[test]
    fn no_bytes_at_all_are_a_reason_to_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..256), with_header in any::<bool>()) {
        if with_header {
            bytes.splice(0..0, HEAD.encode());
        }
        let contents = read(&bytes);
        prop_assert_eq!(contents.is_some(), with_header);
    }
}
