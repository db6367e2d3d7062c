//! A program under the faults of a server that was not written here: `scripts/other-readers` runs it against one in Python,
//! which decodes what comes by itself.

use std::{env, thread, time::Duration};

use tracing::{info_span, subscriber::with_default};
use tracing_subscriber::layer::SubscriberExt as _;

use super::{
    case::{DEADLINE, to_endpoints},
    ends::{AUTH, ENDPOINT},
};

/// Says what it sent and what it counted as lost, for the other side to hold against what it received.
#[test]
#[ignore = "needs a server: scripts/other-readers"]
fn a_program_whose_server_stands_elsewhere() {
    let agentops = to_endpoints(&env::var(AUTH).unwrap(), &env::var(ENDPOINT).unwrap())
        // As most programs send.
        .with_compression(agentops::Compression::Gzip)
        // There are at least so many requests, however late the first one is.
        .with_max_export_batch_size(64)
        .build()
        .unwrap();
    let subscriber = tracing_subscriber::registry().with(agentops.layer());
    let sent = with_default(subscriber, || {
        let mut sent = 0_i64;
        // In several requests, small and large ones.
        for _ in 0..10 {
            for _ in 0..50 {
                let prompt = &"prompt ".repeat(300)[..if sent % 5 == 0 { 2_000 } else { 20 }];
                drop(info_span!(
                    "numbered",
                    agentops.kind = "tool",
                    t.serial = sent,
                    agentops.input = prompt
                ));
                sent += 1;
            }
            thread::sleep(Duration::from_millis(30));
        }
        sent
    });
    // What was lost is in the counters; whether all was is the other side's to say.
    drop(agentops.shutdown(DEADLINE));
    let stats = agentops.stats();
    println!(
        "\nelsewhere {{\"sent\": {sent}, \"counted\": {}, \"retries\": {}}}",
        stats.dropped.total(),
        stats.retries
    );
}
