//! Which handle `AgentOps::current` finds.

use agentops::{AgentOps, testing::Collector};
use tracing::{Dispatch, dispatcher, info_span, subscriber::with_default};
use tracing_subscriber::{Layer, Registry, layer::SubscriberExt as _, registry};

use crate::harness::to;

/// Two handles that can be told from each other: the second one has recorded more spans.
fn two(collector: &Collector) -> [AgentOps; 2] {
    [1, 2].map(|spans| {
        let agentops = to(collector).build().unwrap();
        with_default(registry().with(agentops.layer()), || {
            for _ in 0..spans {
                drop(info_span!("tool", agentops.kind = "tool"));
            }
        });
        assert_eq!(agentops.stats().recorded, spans);
        agentops
    })
}

/// How many spans the handle recorded that is found in the subscriber: the first of two, or the second.
fn found(subscriber: impl Into<Dispatch>) -> Option<u64> {
    dispatcher::with_default(&subscriber.into(), AgentOps::current).map(|handle| handle.stats().recorded)
}

#[test]
fn of_two_handles_in_one_registry_the_one_that_was_added_last_is_found() {
    let collector = Collector::start();
    let [first, second] = two(&collector);
    assert_eq!(found(registry()), None);
    assert_eq!(found(registry().with(first.layer())), Some(1));
    assert_eq!(found(registry().with(second.layer())), Some(2));
    assert_eq!(found(registry().with(first.layer()).with(second.layer())), Some(2));
    assert_eq!(found(registry().with(second.layer()).with(first.layer())), Some(1));
}

#[test]
fn behind_a_box_and_an_option_it_is_the_handle_of_the_layer_inside() {
    fn boxed<S: tracing::Subscriber>(
        layer: impl Layer<S> + Send + Sync + 'static,
    ) -> Box<dyn Layer<S> + Send + Sync + 'static> {
        Box::new(layer)
    }
    let collector = Collector::start();
    let [first, second] = two(&collector);
    for (handle, itself) in [(&first, 1), (&second, 2)] {
        assert_eq!(found(registry().with(boxed::<Registry>(handle.layer()))), Some(itself));
        assert_eq!(found(registry().with(Some(handle.layer()))), Some(itself));
        assert_eq!(
            found(registry().with(Some(boxed::<Registry>(handle.layer())))),
            Some(itself)
        );
    }
    assert_eq!(
        found(registry().with(first.layer()).with(boxed(second.layer()))),
        Some(2)
    );
    assert_eq!(
        found(registry().with(Some(second.layer())).with(Some(first.layer()))),
        Some(1)
    );
    let nobody = Some(second.layer()).filter(|_| false);
    assert_eq!(found(registry().with(first.layer()).with(nobody)), Some(1));
}

#[test]
fn inside_of_a_nested_subscriber_it_is_the_one_of_that() {
    let collector = Collector::start();
    let [first, second] = two(&collector);
    with_default(registry().with(first.layer()), || {
        assert_eq!(found(registry().with(second.layer())), Some(2));
        assert_eq!(
            AgentOps::current().unwrap().stats().recorded,
            1,
            "and again the one outside"
        );
    });
}
