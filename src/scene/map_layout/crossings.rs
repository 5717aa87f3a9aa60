//! The order within layers: swept from left to right and back, each item to the middle of its neighbors, the best order kept.

use super::layers::Layered;
use super::{BoxIdx, Budget};
use crate::base::{Column, Idx as _, IdxRange, len_u32, sort_few};

/// Sweeps without a better order before one is content.
const PATIENCE: u32 = 6;
/// Sweeps at most.
const SWEEPS_MAX: u32 = 40;
/// Bends in all, at most: beyond, edges go straight from layer to layer, over what is there.
const BENDS_MAX: usize = 150_000;

crate::define_index!(
    /// What stands in a layer: first the boxes, then the bends of edges.
    pub(super) ItemIdx
);
crate::define_index!(
    /// A place in the list of all layers' items.
    pub(super) RowIdx
);

/// Layers with their items in order.
pub(super) struct Rows {
    pub(super) n_boxes: usize,
    /// The items of each layer, from the top, one layer after the other.
    pub(super) items: Column<RowIdx, ItemIdx>,
    pub(super) layers: Vec<IdxRange<RowIdx>>,
    /// Neighbors in the layer to the left, and in that to the right.
    pub(super) left: Links,
    pub(super) right: Links,
    /// The bends of each edge, from the left: a range of items.
    pub(super) bends: Vec<IdxRange<ItemIdx>>,
}

crate::define_index!(
    /// A place in the list of all links.
    LinkAt
);

/// Neighbors of items, one list after the other.
pub(super) struct Links {
    first: Column<ItemIdx, u32>,
    of: Column<LinkAt, ItemIdx>,
}

impl Links {
    fn new(n: usize, mut pairs: Vec<(ItemIdx, ItemIdx)>) -> Self {
        sort_few(&mut pairs, Ord::cmp);
        let mut first = vec![0; n + 1];
        for pair in &pairs {
            if let Some(count) = first.get_mut(pair.0.usize() + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for count in &mut first {
            sum += *count;
            *count = sum;
        }
        Self { first: Column::from_vec(first), of: Column::from_vec(pairs.into_iter().map(|pair| pair.1).collect()) }
    }

    pub(super) fn of(&self, item: ItemIdx) -> &[ItemIdx] {
        self.of.slice(IdxRange::new(self.first[item], self.first[ItemIdx(item.0 + 1)]))
    }
}

/// Orders the layers. Says too whether there was work enough left for it.
pub(super) fn rows(layered: &Layered, ends: &[(BoxIdx, BoxIdx)], budget: &mut Budget) -> (Rows, bool) {
    let n_boxes = layered.layer.len();
    let (mut rows, layer_of, mut is_whole) = with_bends(layered, ends);
    let mut position = Column::from_vec(vec![0_u32; layer_of.len()]);
    first_order(&mut rows, &layer_of, layered.n_layers, &mut position);

    let work = layer_of.len() + rows.left.of.len() * 2;
    let mut best = rows.items.clone();
    let mut scratch = Scratch::default();
    let mut best_count = crossings(&rows, &position, &mut scratch);
    let mut idle = 0;
    for sweep in 0..SWEEPS_MAX {
        if best_count == 0 || PATIENCE <= idle {
            break;
        }
        if !budget.take(work * 2) {
            is_whole = false;
            break;
        }
        one_sweep(&mut rows, &mut position, &mut scratch, sweep % 2 == 0);
        let count = crossings(&rows, &position, &mut scratch);
        if count < best_count {
            (best_count, idle) = (count, 0);
            best = rows.items.clone();
        } else {
            idle += 1;
        }
    }
    rows.items = best;
    rows.n_boxes = n_boxes;
    (rows, is_whole)
}

/// Puts bends into the layers that edges pass. Also gives the layer of each item, and whether all edges could have bends.
fn with_bends(layered: &Layered, ends: &[(BoxIdx, BoxIdx)]) -> (Rows, Column<ItemIdx, u32>, bool) {
    let mut layer_of: Column<ItemIdx, u32> = Column::from_vec(layered.layer.as_slice().to_vec());
    let n_boxes = layer_of.len();
    let mut bends = Vec::with_capacity(ends.len());
    let (mut leftward, mut rightward) = (Vec::new(), Vec::new());
    let mut is_whole = true;
    for (&(from, to), &is_back) in ends.iter().zip(&layered.is_back) {
        let (start, end) = if is_back { (to, from) } else { (from, to) };
        let first = layer_of.end();
        let passed = layered.layer[start] + 1..layered.layer[end];
        if layer_of.len() - n_boxes + passed.len() > BENDS_MAX {
            is_whole = false;
            bends.push(IdxRange::new(first.0, first.0));
            continue;
        }
        let mut last = ItemIdx(start.0);
        for layer in passed {
            let bend = layer_of.push(layer);
            rightward.push((last, bend));
            leftward.push((bend, last));
            last = bend;
        }
        if start != end {
            rightward.push((last, ItemIdx(end.0)));
            leftward.push((ItemIdx(end.0), last));
        }
        bends.push(IdxRange::new(first.0, layer_of.end().0));
    }
    let n = layer_of.len();
    let rows = Rows {
        n_boxes,
        items: Column::default(),
        layers: Vec::new(),
        left: Links::new(n, leftward),
        right: Links::new(n, rightward),
        bends,
    };
    (rows, layer_of, is_whole)
}

/// A first order: depth first from the boxes without callers, so that what belongs together stands together.
fn first_order(rows: &mut Rows, layer_of: &Column<ItemIdx, u32>, n_layers: usize, position: &mut Column<ItemIdx, u32>) {
    let mut visited: Column<ItemIdx, bool> = Column::from_vec(vec![false; layer_of.len()]);
    let mut by_visit: Vec<Vec<ItemIdx>> = vec![Vec::new(); n_layers];
    let mut pending: Vec<ItemIdx> = Vec::new();
    let starts = layer_of.range().iter().filter(|&item| rows.left.of(item).is_empty());
    for start in starts.collect::<Vec<_>>() {
        pending.push(start);
        while let Some(item) = pending.pop() {
            if std::mem::replace(&mut visited[item], true) {
                continue;
            }
            if let Some(layer) = by_visit.get_mut(layer_of[item] as usize) {
                layer.push(item);
            }
            pending.extend(rows.right.of(item).iter().rev().filter(|&&next| !visited[next]));
        }
    }
    for layer in by_visit {
        let start = rows.items.end().0;
        for (at, &item) in layer.iter().enumerate() {
            position[item] = len_u32(at);
            rows.items.push(item);
        }
        rows.layers.push(IdxRange::new(start, rows.items.end().0));
    }
}

/// Room that is used again.
#[derive(Default)]
struct Scratch {
    keyed: Vec<(f64, u32, ItemIdx)>,
    tree: Vec<u64>,
    ends: Vec<u32>,
}

/// Sorts each layer by the means of its items' neighbors on the side that one comes from. Items without any stay in place.
fn one_sweep(rows: &mut Rows, position: &mut Column<ItemIdx, u32>, scratch: &mut Scratch, rightwards: bool) {
    let n = rows.layers.len();
    for step in 1..n {
        let at = if rightwards { step } else { n - 1 - step };
        let Some(&layer) = rows.layers.get(at) else { continue };
        let side = if rightwards { &rows.left } else { &rows.right };
        scratch.keyed.clear();
        for &item in rows.items.slice(layer) {
            let near = side.of(item);
            let own = position[item];
            let mean = if near.is_empty() {
                f64::from(own)
            } else {
                near.iter().map(|&other| f64::from(position[other])).sum::<f64>() / near.len() as f64
            };
            scratch.keyed.push((mean, own, item));
        }
        scratch.keyed.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        for (place, (row, &(_, _, item))) in layer.iter().zip(&scratch.keyed).enumerate() {
            rows.items[row] = item;
            position[item] = len_u32(place);
        }
    }
}

/// Crossings between neighboring layers: inversions among the ends of links, counted with a Fenwick tree.
fn crossings(rows: &Rows, position: &Column<ItemIdx, u32>, scratch: &mut Scratch) -> u64 {
    let mut count = 0;
    for pair in rows.layers.windows(2) {
        let [layer, next] = pair else { continue };
        scratch.tree.clear();
        scratch.tree.resize(next.len() as usize + 1, 0);
        let mut seen = 0;
        for &item in rows.items.slice(*layer) {
            scratch.ends.clear();
            scratch.ends.extend(rows.right.of(item).iter().map(|&other| position[other]));
            for &end in &scratch.ends {
                // Links before this one that end above it, or with it, do not cross it.
                let mut at = end as usize + 1;
                let mut above = 0;
                while at != 0 {
                    above += scratch.tree.get(at).copied().unwrap_or(0);
                    at &= at - 1;
                }
                count += seen - above;
            }
            for &end in &scratch.ends {
                let mut at = end as usize + 1;
                while let Some(slot) = scratch.tree.get_mut(at) {
                    *slot += 1;
                    at += at & at.wrapping_neg();
                }
                seen += 1;
            }
        }
    }
    count
}
