//! One row of the trace list.

use leptos::prelude::*;

use crate::protocol::TraceRow;
use crate::scene::format::{self, TimeDigits};
use crate::ui::notes;
use crate::ui::parts::ServiceDot;
use crate::ui::state::AppState;

/// So many services have a dot of their own.
const DOTS: usize = 8;

/// The cells of a row.
pub fn cells(app: AppState, row: &TraceRow, longest: u64) -> AnyView {
    let service = app.service_name(row.root_service);
    let address = app.route.with_untracked(|route| route.at_trace(&row.trace_id).to_hash());
    // A trace that lasts no time still has a bar to be seen.
    let share = format!("{:.4}", row.duration as f64 / longest.max(1) as f64);
    let name = if row.root_name.is_empty() { "(no name)".to_owned() } else { row.root_name.clone() };
    let hint = format!("{service}  {name}\n{}", row.trace_id);
    let missing_root = (!row.has_root).then(|| {
        view! {
            <span class="badge" title="The root span is not in the data; named after the first span whose parent is missing">
                "no root"
            </span>
        }
    });
    let orphans = (row.has_root && row.orphans > 0).then(|| {
        let title = format!("{} in this trace whose parent is not in the data", format::counted(u64::from(row.orphans), "span"));
        view! {
            <span class="badge" title=title>
                "incomplete"
            </span>
        }
    });
    let elsewhere = (!row.is_loaded).then(|| {
        view! {
            <span class="badge" title="A server told of it; opening it fetches its spans">
                "on server"
            </span>
        }
    });
    let spans = if row.spans == 0 { "?".to_owned() } else { format::count(u64::from(row.spans)) };
    let (errors_class, errors) = match row.errors {
        0 => ("trace-list__number trace-list__number--none", "–".to_owned()),
        errors => ("trace-list__number trace-list__number--errors", format::count(u64::from(errors))),
    };
    view! {
        <div class="trace-list__name" role="gridcell" title=hint>
            <ServiceDot color=app.service_color(row.root_service) />
            <span class="trace-list__service">{service}</span>
            <a class="trace-list__link" href=address tabindex="-1">
                {name}
            </a>
            {notes::list_mark(&row.trace_id)}
            {missing_root}
            {orphans}
            {elsewhere}
        </div>
        <div class="trace-list__duration" role="gridcell" title=format::duration_exact(row.duration)>
            <span class="trace-list__track" aria-hidden="true">
                <span class="trace-list__bar" style:--share=share style:--service=app.service_color(row.root_service)></span>
            </span>
            <span class="trace-list__figure">{format::duration(row.duration)}</span>
        </div>
        <div class="trace-list__number" role="gridcell">
            {spans}
        </div>
        {services(app, row)}
        <div role="gridcell" class=errors_class>
            {errors}
        </div>
        {start(app, row.start, row.coarse_ns)}
        {added(&row.cells)}
    }
    .into_any()
}

/// What stands in the columns that were added.
fn added(cells: &[String]) -> Option<AnyView> {
    if cells.is_empty() {
        return None;
    }
    let cells = cells.iter().map(|text| {
        view! {
            <div class="trace-list__field" role="gridcell" title=text.clone()>
                {text.clone()}
            </div>
        }
    });
    Some(cells.collect_view().into_any())
}

fn services(app: AppState, row: &TraceRow) -> AnyView {
    let names: Vec<String> = row.services.iter().map(|&service| app.service_name(service)).collect();
    // Those with the most spans are shown, in one order for all rows, so that rows can be compared.
    let mut dots: Vec<u32> = row.services.iter().copied().take(DOTS).collect();
    dots.sort_unstable();
    let shown = dots.into_iter().map(|service| {
        view! { <ServiceDot color=app.service_color(service) /> }
    });
    let shown_count = u32::try_from(row.services.len().min(DOTS)).unwrap_or(row.service_count);
    let rest = row.service_count.saturating_sub(shown_count);
    let title = if row.service_count as usize > names.len() { format!("{}, …", names.join(", ")) } else { names.join(", ") };
    let label = format!("{}: {title}", row.service_count);
    view! {
        <div class="trace-list__services" role="gridcell" title=title>
            <span class="visually-hidden">{label}</span>
            {shown.collect_view()}
            {(rest > 0).then(|| view! { <span class="trace-list__rest" aria-hidden="true">{format!("+{rest}")}</span> })}
        </div>
    }
    .into_any()
}

fn start(app: AppState, start: u64, unit: u32) -> AnyView {
    if start == 0 {
        return view! {
            <div class="trace-list__start" role="gridcell" title="No span of this trace has a start">
                "–"
            </div>
        }
        .into_any();
    }
    let offset = app.zone_offset_minutes(start);
    let date = format::date(start, offset);
    let time = format::time_of_day(start, offset, TimeDigits::Millis);
    let digits = TimeDigits::of_unit(unit, start);
    let mut exact = format!("{} {}", format::absolute(start, offset, digits), format::utc_offset(offset));
    if let Some(words) = format::unit_words(unit) {
        exact = format!("{exact}. {words}");
    }
    view! {
        <div class="trace-list__start" role="gridcell" title=exact>
            <span class="trace-list__date">{date}</span>
            {time}
        </div>
    }
    .into_any()
}
