//! Conditions on attributes, one a row.

use leptos::prelude::*;

use crate::browser::frame;
use crate::protocol::{AttributeCondition, Comparison};
use crate::route::{comparison_from_name, comparison_name};
use crate::ui::parts::{Glyph, Icon};

use super::fields::{self, Field, Mistake};

/// How they compare, in signs or words.
const OPERATORS: [(Comparison, &str); 6] = [
    (Comparison::Equal, "="),
    (Comparison::NotEqual, "≠"),
    (Comparison::Greater, ">"),
    (Comparison::Less, "<"),
    (Comparison::Contains, "contains"),
    (Comparison::Exists, "is there"),
];

/// The list that proposes columns.
pub(super) const COLUMNS: &str = "server-columns";

/// How the id of a row's first field begins.
pub(super) const KEY: &str = "server-key-";

/// The rows, each with a number of its own and what was in it at first.
pub(super) type Conditions = RwSignal<Vec<(u32, AttributeCondition)>>;

/// The rows.
pub(super) fn rows(conditions: Conditions, mistake: Mistake) -> AnyView {
    view! {
        <div class="server__conditions">
            <For
                each=move || conditions.get()
                key=|(number, _)| *number
                children=move |(number, condition)| row(conditions, mistake, number, condition)
            />
        </div>
    }
    .into_any()
}

fn row(conditions: Conditions, mistake: Mistake, number: u32, condition: AttributeCondition) -> AnyView {
    let AttributeCondition { key, operator, value } = condition;
    let id = |part: &str| format!("server-{part}-{number}");
    let operator_id = id("operator");
    let operators = OPERATORS.map(|(own, words)| {
        view! {
            <option value=comparison_name(own) selected=own == operator>
                {words}
            </option>
        }
    });
    let input = |part: &str, label, value| Field { id: id(part), label, kind: "text", value, ..Field::default() };
    let attribute = fields::field(Field { list: Some(COLUMNS), hint: "http.route", ..input("key", "Attribute", key) }, mistake);
    let value = fields::field(input("value", "Value", value), mistake);
    let remove = move |_| {
        conditions.update(|rows| rows.retain(|(own, _)| *own != number));
        fields::focus("server-add");
    };
    view! {
        <div class="server__condition" role="group" aria-label="Condition">
            {attribute} <div class="server__field">
                <label for=operator_id.clone()>"Operator"</label>
                <select id=operator_id class="field">
                    {operators}
                </select>
            </div> {value} <button class="button button--quiet button--icon" type="button" aria-label="Remove the condition" title="Remove the condition" on:click=remove>
                <Icon glyph=Glyph::Close />
            </button>
        </div>
    }
    .into_any()
}

/// Shows these instead of those that are there.
pub(super) fn fill(conditions: Conditions, wanted: &[AttributeCondition]) {
    // Those that are there already stay, with the keyboard where it is.
    if read(conditions) == wanted && conditions.with_untracked(Vec::len) == wanted.len() {
        return;
    }
    conditions.update(|rows| {
        let first = rows.last().map_or(0, |(number, _)| number.wrapping_add(1));
        *rows = (first..).zip(wanted.iter().cloned()).collect();
    });
}

/// Adds an empty one, and goes to it.
pub(super) fn add(conditions: Conditions) {
    let mut number = 0;
    conditions.update(|rows| {
        number = rows.last().map_or(0, |(number, _)| number.wrapping_add(1));
        rows.push((number, AttributeCondition::default()));
    });
    frame::next(move |_| fields::focus(&format!("{KEY}{number}")));
}

/// What the rows say; one without a key says nothing.
pub(super) fn read(conditions: Conditions) -> Vec<AttributeCondition> {
    conditions.with_untracked(|rows| {
        let all = rows.iter().map(|(number, _)| {
            let part = |part: &str| fields::value(&format!("server-{part}-{number}"));
            let operator = comparison_from_name(&part("operator")).unwrap_or_default();
            let value = if operator == Comparison::Exists { String::new() } else { part("value") };
            AttributeCondition { key: part("key"), operator, value }
        });
        all.filter(|condition| !condition.key.is_empty()).collect()
    })
}
