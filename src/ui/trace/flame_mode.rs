//! The trace as a flame graph: in time order, or its like spans merged by path.

use leptos::prelude::*;

use crate::protocol::{Find, FlameFrame, FlameLayout, FlameSource};
use crate::route::FlameAddress;
use crate::ui::flame::flame_view;
use crate::ui::flame::state::{FlameGraph, FlameHome, TimeWindow};

use super::state::TraceState;

/// How a trace can be laid out.
const LAYOUTS: &[(FlameLayout, &str)] =
    &[(FlameLayout::Time, "Time order"), (FlameLayout::Total, "Total time"), (FlameLayout::SelfTime, "Self time")];

/// The graph: made once per trace, so that it is there at once when the reader comes back to it.
pub(super) fn flame_graph(state: TraceState) -> FlameGraph {
    let app = state.app();
    let trace_id = state.trace_id();
    // What is sought in the trace is sought in all its views; an older address may say it of the graph alone.
    let address = Memo::new(move |_| {
        app.route.with(|route| {
            let mut address = route.trace.flame.clone();
            if address.find.is_empty() {
                address.find.clone_from(&route.trace.find.text);
            }
            address
        })
    });
    let home = FlameHome {
        source: Signal::stored(FlameSource::Trace { trace_id }),
        address: address.into(),
        layouts: LAYOUTS,
        time: Some(TimeWindow {
            range: state.range,
            set: Callback::new(move |range| state.set_range(range)),
            duration: state.duration(),
        }),
        go: Callback::new(move |(mut address, range): (FlameAddress, _)| {
            let text = std::mem::take(&mut address.find);
            state.set_find(Find { text, only: state.find.with_untracked(|find| find.only) });
            state.go_in_flame(address, range);
        }),
        pick: Callback::new(move |frame: FlameFrame| {
            if !frame.is_many {
                state.show_span(&frame.span_id);
            }
        }),
        picked: Signal::derive(move || {
            state.selected.with(|selected| selected.as_ref().map(|selected| selected.span_id.clone()))
        }),
        has_examples: false,
        adjusted: state.adjusted().into(),
    };
    FlameGraph::new(app, home)
}

/// The graph on the page.
pub(super) fn flame_mode(graph: FlameGraph) -> impl IntoView {
    view! { <div class="trace-flame">{flame_view(graph)}</div> }
}
