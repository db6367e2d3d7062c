//! Notes of open spans.

use super::Scratch;
use crate::export::spool::{
    folder::{Folder, Name, Role},
    segment::{Header, Kind, Record, read},
    starts::{Opening, Starts},
    target::Target,
};

fn begin(number: u64) -> (Name, Header) {
    let name = Name {
        owner: 1,
        role: Role::Open,
        number,
    };
    let header = Header {
        owner: 1,
        target: Target([0; 16]),
        since: 0,
    };
    (name, header)
}

fn opening(span: u64, bytes: usize) -> Opening {
    Opening {
        span,
        request: vec![u8::try_from(span % 251).unwrap(); bytes].into(),
    }
}

/// The first bytes of the notes that were not taken back.
fn noted(scratch: &Scratch) -> Vec<u8> {
    let [path] = scratch.files("open").try_into().unwrap();
    let bytes = std::fs::read(path).unwrap();
    let contents = read(&bytes).unwrap();
    assert_eq!((contents.spoiled.len(), contents.torn_at), (0, None));
    let done: Vec<_> = contents.records.iter().filter_map(Record::about).collect();
    let open = contents
        .records
        .iter()
        .filter(|record| record.kind == Kind::Start && !done.contains(&record.offset));
    open.map(|record| record.payload[0]).collect()
}

#[test]
fn a_note_is_there_until_its_span_ends_and_is_not_lost_when_the_file_is_written_anew() {
    let scratch = Scratch::new();
    let mut folder = Folder::new(scratch.path().to_owned());
    folder.ensure().unwrap();
    let mut starts = Starts::default();
    starts
        .open(&mut folder, begin(1), &[opening(1, 100), opening(2, 100)], 0)
        .unwrap();
    assert_eq!(noted(&scratch), [1, 2]);
    starts.close(&mut folder, begin(2), &[1], 0).unwrap();
    assert_eq!(noted(&scratch), [2]);

    // Spans that come and go, until the file has been written anew some times.
    for number in 3..200 {
        starts
            .open(&mut folder, begin(number), &[opening(number, 40_000)], 0)
            .unwrap();
        starts.close(&mut folder, begin(number + 1_000), &[number], 0).unwrap();
        assert!(starts.bytes() < 2_000_000, "{} bytes for one open span", starts.bytes());
    }
    assert_eq!(noted(&scratch), [2]);
    assert_eq!(starts.len(), 1);
    starts.close(&mut folder, begin(9_000), &[2], 0).unwrap();
    starts.finish(&folder, &[]);
    assert_eq!(scratch.files("open").len(), 0, "nothing is open, and nothing is left");

    // Their notes could not be taken back, for the disk had no room; for the file to go it needs none.
    starts
        .open(&mut folder, begin(9_001), &[opening(1, 100), opening(2, 100)], 0)
        .unwrap();
    starts.finish(&folder, &[2]);
    assert_eq!(noted(&scratch), [1, 2], "one of them is open");
    starts.finish(&folder, &[2, 1]);
    assert_eq!(scratch.files("open").len(), 0);
}

#[test]
fn a_second_note_of_a_span_replaces_the_first() {
    let scratch = Scratch::new();
    let mut folder = Folder::new(scratch.path().to_owned());
    folder.ensure().unwrap();
    let mut starts = Starts::default();
    starts.open(&mut folder, begin(1), &[opening(1, 10)], 0).unwrap();
    starts.open(&mut folder, begin(2), &[opening(1, 20)], 0).unwrap();
    assert_eq!((starts.len(), noted(&scratch)), (1, vec![1]));
    starts.close(&mut folder, begin(3), &[1], 0).unwrap();
    assert_eq!((starts.len(), noted(&scratch).len()), (0, 0));
}
