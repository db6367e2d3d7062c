//! Scoped subscribers. A global one is in `tests/global_subscriber.rs`.

use std::{sync::Barrier, thread};

use agentops::testing::Collector;
use tracing::{Dispatch, dispatcher};
use tracing_subscriber::{fmt, layer::SubscriberExt as _, registry};

use crate::guest::{DEADLINE, assert_whole, program, to};

#[test]
fn scoped_subscribers_on_many_threads_do_not_mix() {
    const THREADS: usize = 6;
    let barrier = Barrier::new(THREADS);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let collector = Collector::start();
                let agentops = to(&collector).build().unwrap();
                let subscriber: Dispatch = registry().with(agentops.layer()).into();
                barrier.wait();
                dispatcher::with_default(&subscriber, program);
                agentops.shutdown(DEADLINE).unwrap();
                assert_whole(&collector.spans());
            });
        }
    });
}

#[test]
fn inside_a_scope_only_the_innermost_subscriber_sees_anything() {
    let collectors = [Collector::start(), Collector::start()];
    let [outer, inner] = collectors.each_ref().map(|collector| to(collector).build().unwrap());
    let (in_outer, in_inner): (Dispatch, Dispatch) = (
        registry().with(outer.layer()).into(),
        registry().with(inner.layer()).into(),
    );
    dispatcher::with_default(&in_outer, || {
        program();
        dispatcher::with_default(&in_inner, program);
    });
    for handle in [outer, inner] {
        handle.shutdown(DEADLINE).unwrap();
    }
    for collector in collectors {
        assert_whole(&collector.spans());
    }
}

#[test]
fn one_handle_serves_several_subscribers_and_finds_the_request_in_each() {
    let collector = Collector::start();
    let agentops = to(&collector).with_auto_start_session(false).build().unwrap();
    let subscriber = || -> Dispatch {
        let printing = fmt::layer().with_writer(std::io::sink);
        registry().with(printing).with(agentops.layer()).into()
    };
    // The first stays alive while the second is used, and is gone when the third is.
    let (first, second) = (subscriber(), subscriber());
    dispatcher::with_default(&first, program);
    dispatcher::with_default(&second, program);
    drop((first, second));
    dispatcher::with_default(&subscriber(), program);
    agentops.shutdown(DEADLINE).unwrap();
    let one = "request.session\n  planner.agent\n    search.tool\n";
    assert_eq!(collector.tree(), [one; 3].join("\n"));
}
