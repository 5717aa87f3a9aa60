//! Attributes: keys, values and types; arrays and maps as trees that fold.

use std::collections::BTreeSet;
use std::sync::Arc;

use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, MouseEvent};

use crate::protocol::{AttributeNode, AttributeOwner, AttributeValue};
use crate::scene::format;
use crate::ui::acts::{self, Subject};
use crate::ui::parts::{Glyph, Icon};

use super::Panel;
use super::value::{plain_text, value_view};

/// Attributes of one owner, in pre-order.
#[derive(Clone)]
pub(super) struct Nodes(Arc<[AttributeNode]>, Option<AttributeOwner>);

impl Nodes {
    /// Those of an owner that a query can be about, or of another.
    pub(super) fn new(nodes: &[AttributeNode], owner: Option<AttributeOwner>) -> Self {
        Self(Arc::from(nodes), owner)
    }

    /// Positions of the nodes to show: those of the attributes that match, without what is folded away.
    fn visible(&self, folded: &BTreeSet<u32>, needle: &str) -> Vec<usize> {
        let needle = needle.trim().to_lowercase();
        let nodes = &*self.0;
        let mut shown = Vec::with_capacity(nodes.len());
        let mut at = 0;
        while let Some(first) = nodes.get(at) {
            let len = subtree_len(nodes, at, first.depth);
            let matches = needle.is_empty() || nodes.iter().skip(at).take(len).any(|node| node_contains(node, &needle));
            if matches {
                push_open(nodes, at, len, folded, &mut shown);
            }
            at += len;
        }
        shown
    }
}

/// How many nodes an attribute and what is in it take.
fn subtree_len(nodes: &[AttributeNode], at: usize, depth: u32) -> usize {
    1 + nodes.iter().skip(at + 1).take_while(|node| node.depth > depth).count()
}

fn push_open(nodes: &[AttributeNode], first: usize, len: usize, folded: &BTreeSet<u32>, shown: &mut Vec<usize>) {
    let mut hidden_below = None;
    for (at, node) in nodes.iter().enumerate().skip(first).take(len) {
        if hidden_below.is_some_and(|depth| node.depth > depth) {
            continue;
        }
        hidden_below = folded.contains(&node.node).then_some(node.depth);
        shown.push(at);
    }
}

fn node_contains(node: &AttributeNode, needle: &str) -> bool {
    node.key.to_lowercase().contains(needle) || plain_text(&node.value).is_some_and(|text| text.to_lowercase().contains(needle))
}

/// The attributes.
pub(super) fn attribute_list(panel: Panel, nodes: &Nodes) -> impl IntoView + use<> {
    // Big trees begin folded: their size says what is in them.
    let large = nodes
        .0
        .iter()
        .filter(|node| child_count(&node.value).is_some_and(|count| count > 20))
        .map(|node| node.node)
        .collect::<BTreeSet<_>>();
    let folded = RwSignal::new(large);
    let shown = {
        let nodes = nodes.clone();
        move || {
            let shown = folded.with(|folded| panel.needle.with(|needle| nodes.visible(folded, needle)));
            shown.into_iter().filter_map(|at| nodes.0.get(at).cloned()).collect::<Vec<_>>()
        }
    };
    let none_match = {
        let nodes = nodes.clone();
        move || {
            let none = !nodes.0.is_empty() && panel.needle.with(|needle| nodes.visible(&BTreeSet::new(), needle).is_empty());
            none.then(|| view! { <p class="attributes__none">"Nothing here matches the filter."</p> })
        }
    };
    let owner = nodes.1;
    (!nodes.0.is_empty()).then(|| {
        view! {
            <dl class="attributes">
                <For each=shown key=|node| node.node children=move |node| attribute(panel, folded, &node, owner)/>
            </dl>
            {none_match}
        }
    })
}

fn child_count(value: &AttributeValue) -> Option<u32> {
    match value {
        AttributeValue::Array { len } | AttributeValue::KvList { len } => Some(*len),
        AttributeValue::String { .. }
        | AttributeValue::Bool(_)
        | AttributeValue::Int(_)
        | AttributeValue::Double(_)
        | AttributeValue::Bytes { .. }
        | AttributeValue::Empty => None,
    }
}

fn type_name(value: &AttributeValue) -> &'static str {
    match value {
        AttributeValue::String { .. } => "string",
        AttributeValue::Bool(_) => "bool",
        AttributeValue::Int(_) => "int",
        AttributeValue::Double(_) => "double",
        AttributeValue::Bytes { .. } => "bytes",
        AttributeValue::Array { .. } => "array",
        AttributeValue::KvList { .. } => "map",
        AttributeValue::Empty => "empty",
    }
}

/// A key that may be broken after each dot and underscore. Nothing is added to its text, so it can be copied.
fn breakable(key: &str) -> Vec<AnyView> {
    key.split_inclusive(['.', '_', '/', '-']).map(|part| view! { {part.to_owned()} <wbr/> }.into_any()).collect()
}

fn attribute(panel: Panel, folded: RwSignal<BTreeSet<u32>>, node: &AttributeNode, owner: Option<AttributeOwner>) -> AnyView {
    let id = node.node;
    let key = node.key.clone();
    let is_tree = child_count(&node.value).is_some_and(|count| count > 0);
    let is_open = move || folded.with(|folded| !folded.contains(&id));
    let toggle = move |_| {
        folded.update(|folded| {
            if !folded.remove(&id) {
                folded.insert(id);
            }
        });
    };
    let label = format!("Contents of {key}");
    let key_view = if is_tree {
        view! {
            <button
                class="attributes__fold"
                type="button"
                aria-expanded=move || if is_open() { "true" } else { "false" }
                aria-label=label
                on:click=toggle
            >
                {breakable(&key)}
            </button>
        }
        .into_any()
    } else {
        view! { <span>{breakable(&key)}</span> }.into_any()
    };
    let count = child_count(&node.value).map(|count| format::counted(u64::from(count), "entry").replace("entrys", "entries"));
    view! {
        <div class="attributes__row" style:--attributes-depth=node.depth.to_string()>
            <dt class="attributes__key">{key_view}</dt>
            <dd class="attributes__value">
                {count.map(|count| view! { <span class="attributes__size">{count}</span> })}
                {value_view(panel, node.clone(), type_name(&node.value))}
                {acts_button(node, owner)}
            </dd>
        </div>
    }
    .into_any()
}

/// Opens what can be done with an attribute.
fn acts_button(node: &AttributeNode, owner: Option<AttributeOwner>) -> Option<AnyView> {
    let owner = owner.filter(|_| node.depth == 0 && !node.key.is_empty())?;
    let label = format!("Filter, group or column by {}", node.key);
    let (key, value) = (node.key.clone(), node.value.clone());
    let open = move |event: MouseEvent| {
        let at = (f64::from(event.client_x()), f64::from(event.client_y()));
        acts::open(Subject::attribute(owner, &key, &value).into_iter().collect(), at_button(&event).unwrap_or(at));
    };
    Some(
        view! {
            <button class="copy" type="button" aria-haspopup="menu" aria-label=label title="Filter, exclude, group, column" on:click=open>
                <Icon glyph=Glyph::Funnel/>
            </button>
        }
        .into_any(),
    )
}

/// Below the button that was pressed, be it by the keyboard.
pub(super) fn at_button(event: &MouseEvent) -> Option<(f64, f64)> {
    let button = event.current_target()?.dyn_into::<Element>().ok()?;
    let rect = button.get_bounding_client_rect();
    Some((rect.left(), rect.bottom() + 4.0))
}
