//! The table of `compare()`: how many spans of the selection and of the rest have each value of an attribute.

use leptos::prelude::*;

use crate::charts::{CompareRow, compare_rows};
use crate::protocol::{CompareAttribute, CompareView, Condition, QueryChange, SeriesAnswer, SeriesView};
use crate::scene::format;
use crate::ui::actions;
use crate::ui::state::AppState;

/// Attributes that are listed, those that differ most; all are in the CSV figures.
const ATTRIBUTES_MAX: usize = 60;

/// The table.
pub(super) fn table(app: AppState, view: &SeriesView) -> Option<AnyView> {
    let SeriesAnswer::Compare(compared) = &view.answer else {
        return None;
    };
    let attributes = compared.attributes.iter().take(ATTRIBUTES_MAX).map(|attribute| body(app, compared, attribute));
    let more = compared.attributes.len().saturating_sub(ATTRIBUTES_MAX);
    let more = (more > 0).then(|| {
        let words = format!("{} that differ less are in the CSV figures.", format::counted(more as u64, "attribute"));
        view! { <p class="series__more">{words}</p> }
    });
    Some(
        view! {
            <div class="series__compare" role="region" aria-label="Values of the selection beside the rest" tabindex="0">
                <table class="series__table">
                    <thead>
                        <tr>
                            <th class="series__column" scope="col">"Value"</th>
                            <th class="series__column" scope="col">
                                {format!("Selection: {}", format::counted(compared.selected, "span"))}
                            </th>
                            <th class="series__column" scope="col">
                                {format!("Rest: {}", format::counted(compared.others, "span"))}
                            </th>
                        </tr>
                    </thead>
                    {attributes.collect_view()}
                </table>
                {more}
            </div>
        }
        .into_any(),
    )
}

fn body(app: AppState, compared: &CompareView, attribute: &CompareAttribute) -> AnyView {
    let rows = compare_rows(compared, attribute).into_iter().map(|row| value_row(app, compared, &attribute.name, &row));
    let more = (attribute.more > 0).then(|| {
        let words = format!("{} not listed", format::counted(u64::from(attribute.more), "value"));
        view! {
            <tr>
                <td class="series__more" colspan="3">{words}</td>
            </tr>
        }
    });
    view! {
        <tbody>
            <tr>
                <th class="series__attribute" scope="rowgroup" colspan="3">
                    {attribute.name.clone()}
                </th>
            </tr>
            {rows.collect_view()}
            {more}
        </tbody>
    }
    .into_any()
}

fn value_row(app: AppState, compared: &CompareView, name: &str, row: &CompareRow<'_>) -> AnyView {
    let (name, literal) = (name.to_owned(), row.literal.to_owned());
    let title = format!("{{ {name} = {literal} }}");
    let condition = Condition::Fields(vec![(name, literal)]);
    let narrow = move |_| actions::narrow(app, condition.clone(), QueryChange::Replace);
    let share = |(count, share): (u64, f64), of: u64, bar: &'static str| {
        view! {
            <td class="series__share">
                <span class="series__count">{format::count(count)}</span>
                <span class="series__percent">{format::percent(count, of)}</span>
                <span class="series__track" aria-hidden="true">
                    <span style:--share=format!("{share:.4}") class=bar></span>
                </span>
            </td>
        }
    };
    view! {
        <tr>
            <th class="series__value" scope="row">
                <button class="series__narrow" type="button" title=title on:click=narrow>
                    {row.words.to_string()}
                </button>
            </th>
            {share(row.selected, compared.selected, "series__bar series__bar--selected")}
            {share(row.others, compared.others, "series__bar series__bar--others")}
        </tr>
    }
    .into_any()
}
