//! The time range of a search: up to now, or from one time to another, in the zone that the page shows times in.

use leptos::prelude::*;

use crate::browser::frame;
use crate::route::{ServerAddress, ServerRange};
use crate::scene::format::{self, TimeDigits};
use crate::scene::parse;
use crate::ui::reactive::show;
use crate::ui::state::{AppState, TimeZone};

use super::fields::{self, Field, Mistake};

/// Ranges up to now, in seconds as the options have them.
const RANGES: [(&str, &str); 8] = [
    ("300", "Last 5 minutes"),
    ("900", "Last 15 minutes"),
    ("3600", "Last 1 hour"),
    ("21600", "Last 6 hours"),
    ("86400", "Last 24 hours"),
    ("604800", "Last 7 days"),
    ("2592000", "Last 30 days"),
    (CUSTOM, "Custom"),
];

/// The option that shows the two times.
const CUSTOM: &str = "custom";

/// Names the choice in the page.
pub(super) const RANGE: &str = "server-range";
const EDGES: [&str; 2] = ["server-from", "server-to"];

/// What is known of the fields.
#[derive(Clone, Copy)]
pub(super) struct RangeFields {
    /// The two times are shown.
    custom: RwSignal<bool>,
    /// An address's own range up to now, where it is none of the list's.
    odd: RwSignal<Option<u64>>,
    /// What was written into the two fields, and the microseconds that it stands for: to the last, unless it is edited.
    written: StoredValue<[(String, u64); 2]>,
}

/// The time now, in nanoseconds.
pub(super) fn now_nanos() -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "milliseconds since the epoch")]
    let millis = js_sys::Date::now() as u64;
    millis.saturating_mul(1_000_000)
}

impl RangeFields {
    pub(super) fn new(app: AppState) -> Self {
        let range = Self { custom: RwSignal::new(false), odd: RwSignal::new(None), written: StoredValue::default() };
        range.follow_zone(app);
        range
    }

    /// The choice.
    pub(super) fn choice(self) -> AnyView {
        let odd = show(move || {
            let words = |seconds: u64| format!("Last {}", format::duration(seconds.saturating_mul(1_000_000_000)));
            self.odd.get().map(|seconds| view! { <option value=seconds.to_string()>{words(seconds)}</option> })
        });
        fields::select(RANGE.to_owned(), "Time range", &RANGES, odd)
    }

    /// The two times, while they are wanted.
    pub(super) fn edges(self, app: AppState, mistake: Mistake) -> AnyView {
        let zone = move || match app.time_zone.get() {
            TimeZone::Local => "local time",
            TimeZone::Utc => "UTC",
        };
        let [from, to] = EDGES.map(|id| {
            let label = if id == "server-from" { "From" } else { "To" };
            fields::field(Field { id: id.to_owned(), label, kind: "datetime-local", ..Field::default() }, mistake)
        });
        view! {
            <div class="server__edges" hidden=move || !self.custom.get()>
                {from}
                {to}
                <p class="server__hint">"Times are in " {zone}</p>
            </div>
        }
        .into_any()
    }

    /// Shows a range.
    pub(super) fn fill(self, app: AppState, range: ServerRange) {
        match range {
            ServerRange::Last { seconds } => {
                let text = seconds.to_string();
                let is_odd = !RANGES.iter().any(|&(value, _)| value == text);
                self.odd.set(is_odd.then_some(seconds));
                self.custom.set(false);
                if is_odd {
                    // Its option is there only once the page has followed.
                    frame::next(move |_| fields::put(RANGE, &text));
                } else {
                    fields::put(RANGE, &text);
                }
            }
            ServerRange::Between { from, to } => {
                self.custom.set(true);
                fields::put(RANGE, CUSTOM);
                self.write(app, [from, to]);
            }
        }
    }

    /// The reader edited a time: it is kept as what it means, whatever zone is shown next.
    pub(super) fn edited(self, app: AppState) {
        let mut written = self.written.get_value();
        for ((id, at), written) in EDGES.into_iter().zip(0..).zip(&mut written) {
            if let Some(micros) = self.edge(app, id, at) {
                *written = (fields::value(id), micros);
            }
        }
        self.written.set_value(written);
    }

    /// The reader chose another one: times begin as what was chosen before, up to now.
    pub(super) fn changed(self, app: AppState, before: ServerRange) {
        let is_custom = fields::value(RANGE) == CUSTOM;
        if is_custom && !self.custom.get_untracked() {
            let (from, to) = before.window(now_nanos());
            self.write(app, [from, to]);
        }
        self.custom.set(is_custom);
    }

    /// The range that the fields say.
    pub(super) fn read(self, app: AppState, mistake: Mistake) -> Option<ServerRange> {
        let chosen = fields::value(RANGE);
        if chosen != CUSTOM {
            return Some(chosen.parse().map_or_else(|_| ServerRange::default(), |seconds| ServerRange::Last { seconds }));
        }
        let mut times = [0; 2];
        for ((id, at), time) in EDGES.into_iter().zip(0..).zip(&mut times) {
            let Some(micros) = self.edge(app, id, at) else {
                mistake.set(Some((id, "Expected a date and a time".to_owned())));
                return None;
            };
            *time = micros;
        }
        let [from, to] = times;
        if from >= to {
            mistake.set(Some(("server-to", "Expected a time after the first one".to_owned())));
            return None;
        }
        Some(ServerRange::Between { from, to })
    }

    /// A field's time in microseconds.
    fn edge(self, app: AppState, id: &'static str, at: usize) -> Option<u64> {
        let shown = fields::value(id);
        let written = self.written.with_value(|written| {
            written.get(at).filter(|(text, _)| *text == shown && !shown.is_empty()).map(|&(_, micros)| micros)
        });
        written.or_else(|| untrack(|| parse::civil_at(&shown, |nanos| app.zone_offset_minutes(nanos))).map(|nanos| nanos / 1_000))
    }

    fn write(self, app: AppState, times: [u64; 2]) {
        let [from, to] = times;
        let written = [(EDGES[0], from), (EDGES[1], to)].map(|(id, micros)| {
            let nanos = micros.saturating_mul(1_000);
            let offset = untrack(|| app.zone_offset_minutes(nanos));
            fields::put(id, &format::absolute(nanos, offset, TimeDigits::Seconds).replace(' ', "T"));
            // Browsers write a time in the shortest way.
            (fields::value(id), micros)
        });
        self.written.set_value(written);
    }

    /// The zone changes: the same times, as the other clocks show them.
    fn follow_zone(self, app: AppState) {
        Effect::new(move |before: Option<TimeZone>| {
            let zone = app.time_zone.get();
            if before.is_some_and(|before| before != zone) && self.custom.get_untracked() {
                let times = self.written.with_value(|written| [written[0].1, written[1].1]);
                self.write(app, times);
            }
            zone
        });
    }
}

/// Whether a search goes on to what is new: one up to now does.
pub(super) fn is_up_to_now(address: &ServerAddress) -> bool {
    matches!(address.range, ServerRange::Last { .. })
}
