//! Layers and filters beside ours, and what a layer may be wrapped in.

use agentops::{AgentOps, EndState, testing::Collector};
use tracing::{Dispatch, debug, dispatcher, info, level_filters::LevelFilter};
use tracing_subscriber::{EnvFilter, Layer, Registry, filter::filter_fn, fmt, layer::SubscriberExt as _, registry};

use super::writer::Page;
use crate::guest::{DEADLINE, assert_whole, program, to};

/// Runs the program under a subscriber that has the layer of the handle; everything arrives.
#[track_caller]
fn assert_arrives(subscriber: impl FnOnce(&AgentOps) -> Dispatch) {
    let collector = Collector::start();
    let agentops = to(&collector).build().unwrap();
    dispatcher::with_default(&subscriber(&agentops), || {
        assert!(AgentOps::current().is_some(), "the handle is found from the dispatcher");
        program();
    });
    agentops.shutdown(DEADLINE).unwrap();
    assert_whole(&collector.spans());
    assert_eq!(agentops.stats().open_spans, 0);
}

fn printing(page: &Page) -> fmt::Layer<Registry, fmt::format::DefaultFields, fmt::format::Format, Page> {
    fmt::layer().with_ansi(false).with_writer(page.clone())
}

#[test]
fn ours_alone_shows_the_whole_tree() {
    assert_arrives(|agentops| registry().with(agentops.layer()).into());
}

#[test]
fn a_printing_layer_sees_everything_and_takes_nothing_away() {
    let page = Page::default();
    assert_arrives(|agentops| registry().with(printing(&page)).with(agentops.layer()).into());
    let text = page.text();
    assert!(text.contains("request:planner") && text.contains("thinking"), "{text}");
    assert!(
        text.contains("not at the event level"),
        "ours filters for itself alone: {text}"
    );

    let page = Page::default();
    let above = fmt::layer().with_ansi(false).with_writer(page.clone());
    assert_arrives(|agentops| registry().with(agentops.layer()).with(above).into());
    assert_eq!(page.text().lines().count(), text.lines().count(), "{}", page.text());
}

#[test]
fn a_global_filter_that_lets_our_spans_through_takes_nothing_away() {
    for directives in ["info", "off,matrix=info"] {
        assert_arrives(|agentops| {
            registry()
                .with(EnvFilter::new(directives))
                .with(agentops.layer())
                .into()
        });
        assert_arrives(|agentops| {
            registry()
                .with(agentops.layer())
                .with(EnvFilter::new(directives))
                .into()
        });
    }
}

#[test]
fn under_a_global_filter_that_hides_our_spans_a_session_arrives_alone() {
    let collector = Collector::start();
    let agentops = to(&collector).build().unwrap();
    let subscriber = registry().with(EnvFilter::new("error")).with(agentops.layer());
    dispatcher::with_default(&subscriber.into(), || {
        let session = agentops.session("night").start();
        session.in_scope(program);
        session.end(EndState::Success);
    });
    agentops.shutdown(DEADLINE).unwrap();
    assert_eq!(collector.tree(), "night.session\n");
}

#[test]
fn layers_with_filters_of_their_own_each_see_their_part() {
    let (errors, ours, all) = (Page::default(), Page::default(), Page::default());
    assert_arrives(|agentops| {
        registry()
            .with(printing(&errors).with_filter(LevelFilter::ERROR))
            .with(
                fmt::layer()
                    .with_ansi(false)
                    .with_writer(ours.clone())
                    .with_filter(EnvFilter::new("off,matrix=info")),
            )
            .with(agentops.layer())
            .with(
                fmt::layer()
                    .with_ansi(false)
                    .with_writer(all.clone())
                    .with_filter(filter_fn(|callsite| {
                        callsite.is_span() || callsite.fields().field("message").is_some()
                    })),
            )
            .into()
    });
    assert_eq!(errors.text(), "");
    assert!(
        ours.text().contains("thinking") && !ours.text().contains("event level"),
        "{}",
        ours.text()
    );
    assert!(
        all.text().contains("event level") && !all.text().contains("return"),
        "{}",
        all.text()
    );
}

#[test]
fn a_layer_in_a_box_and_among_boxes_is_as_good_as_bare() {
    let boxed = |agentops: &AgentOps| -> Box<dyn Layer<Registry> + Send + Sync> { Box::new(agentops.layer()) };
    assert_arrives(|agentops| registry().with(boxed(agentops)).into());
    let page = Page::default();
    assert_arrives(|agentops| registry().with(vec![printing(&page).boxed(), boxed(agentops)]).into());
    assert!(page.text().contains("thinking"));
}

#[test]
fn a_layer_that_is_there_by_option_is_as_good_as_bare() {
    assert_arrives(|agentops| registry().with(Some(agentops.layer())).into());
    let page = Page::default();
    assert_arrives(|agentops| registry().with(printing(&page)).with(Some(agentops.layer())).into());
    assert!(page.text().contains("thinking"));
}

#[test]
fn a_layer_that_is_not_there_by_option_changes_nothing() {
    let collector = Collector::start();
    let agentops = to(&collector).build().unwrap();
    let page = Page::default();
    let ours = Some(agentops.layer()).filter(|_| false);
    dispatcher::with_default(&registry().with(printing(&page)).with(ours).into(), || {
        assert!(AgentOps::current().is_none());
        program();
        debug!("a detail");
        info!("an end");
    });
    assert_eq!(agentops.stats().recorded, 0);
    for line in ["thinking", "a detail", "an end"] {
        assert!(page.text().contains(line), "{line}: {}", page.text());
    }
}

#[test]
fn a_layer_that_was_added_twice_records_once() {
    assert_arrives(|agentops| registry().with(agentops.layer()).with(agentops.layer()).into());
}
