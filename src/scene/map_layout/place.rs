//! Coordinates: layers side by side; in each, every item as near to its neighbors as order and sizes allow.

use super::crossings::{ItemIdx, Rows};
use super::{BEND_GAP, BoxIdx, BoxSize, LAYER_GAP, ROW_GAP};
use crate::base::{Column, Idx as _, IdxRange};

/// Sweeps over the layers: after a few, little moves.
const SWEEPS: u32 = 12;
/// How much more a bend is worth than a box: long lines run straight.
const BEND_WEIGHT: f64 = 4.0;

/// Where items are.
pub(super) struct Placed {
    pub(super) y: Column<ItemIdx, f64>,
    /// The layer of each item.
    pub(super) layer: Column<ItemIdx, u32>,
    /// Left and right side of each layer.
    pub(super) sides: Vec<(f64, f64)>,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Placed {
    /// The left and right side of an item's layer.
    pub(super) fn sides(&self, item: ItemIdx) -> (f64, f64) {
        self.sides.get(self.layer[item] as usize).copied().unwrap_or_default()
    }

    /// The middles of the boxes.
    pub(super) fn middles(&self, rows: &Rows, n_boxes: usize) -> Vec<(f64, f64)> {
        let items = IdxRange::new(0, crate::base::len_u32(n_boxes.min(rows.n_boxes)));
        items
            .iter()
            .map(|item: ItemIdx| {
                let (left, right) = self.sides(item);
                (f64::midpoint(left, right), self.y[item])
            })
            .collect()
    }
}

/// A run of items that stand as close as they may, and where their weighted mean wants to be.
struct Block {
    /// Weights, and weighted sum of where each member would have the block's offset.
    weight: f64,
    sum: f64,
    members: usize,
}

/// Places all items.
pub(super) fn placed(rows: &Rows, sizes: &Column<BoxIdx, BoxSize>) -> Placed {
    let n = rows.items.len();
    let mut placed = Placed {
        y: Column::from_vec(vec![0.0; n]),
        layer: Column::from_vec(vec![0; n]),
        sides: Vec::with_capacity(rows.layers.len()),
        width: 0.0,
        height: 0.0,
    };
    let size = |item: ItemIdx| sizes.row(BoxIdx(item.to_u32()));
    let height = |item: ItemIdx| size(item).map_or(0.0, |size| size.height);
    // From the middle of an item to that of the one below.
    let apart = |above: ItemIdx, below: ItemIdx| {
        let is_bend = |item: ItemIdx| size(item).is_none();
        let gap = if is_bend(above) && is_bend(below) { BEND_GAP } else { ROW_GAP };
        f64::midpoint(height(above), height(below)) + gap
    };

    let mut x = 0.0;
    for (layer, number) in rows.layers.iter().zip(0..) {
        let widest = rows.items.slice(*layer).iter().filter_map(|&item| size(item)).map(|size| size.width).fold(0.0, f64::max);
        placed.sides.push((x, x + widest));
        x += widest + LAYER_GAP;
        let mut y = 0.0;
        let mut last: Option<ItemIdx> = None;
        for &item in rows.items.slice(*layer) {
            y += last.map_or(0.0, |last| apart(last, item));
            placed.y[item] = y;
            placed.layer[item] = number;
            last = Some(item);
        }
    }
    placed.width = (x - LAYER_GAP).max(0.0);

    let mut blocks: Vec<Block> = Vec::new();
    let mut offsets: Vec<f64> = Vec::new();
    let n_layers = rows.layers.len();
    for sweep in 0..SWEEPS {
        for step in 0..n_layers {
            let at = if sweep % 2 == 0 { step } else { n_layers - 1 - step };
            let Some(&layer) = rows.layers.get(at) else { continue };
            let items = rows.items.slice(layer);
            // How far each item is below the first when all stand close: what is left is to keep order, which pooling does.
            offsets.clear();
            blocks.clear();
            let mut offset = 0.0;
            for (place, &item) in items.iter().enumerate() {
                if let Some(&above) = place.checked_sub(1).and_then(|place| items.get(place)) {
                    offset += apart(above, item);
                }
                offsets.push(offset);
                let (wish, weight) = wish(rows, &placed.y, item, sweep);
                let mut block = Block { weight, sum: weight * (wish - offset), members: 1 };
                while let Some(above) = blocks.pop_if(|above| block.sum / block.weight < above.sum / above.weight) {
                    block.weight += above.weight;
                    block.sum += above.sum;
                    block.members += above.members;
                }
                blocks.push(block);
            }
            let mut rest = items.iter().zip(&offsets);
            for block in &blocks {
                for (&item, offset) in rest.by_ref().take(block.members) {
                    placed.y[item] = block.sum / block.weight + offset;
                }
            }
        }
    }

    let edges = placed.y.iter().map(|(item, &y)| (y - height(item) / 2.0, y + height(item) / 2.0));
    let (top, bottom) = edges.fold((f64::MAX, f64::MIN), |(top, bottom), edge| (edge.0.min(top), edge.1.max(bottom)));
    for y in placed.y.as_mut_slice() {
        // Whole pixels, at the end: boxes are crisp, and no sum of small errors decides.
        *y = (*y - top).round();
    }
    placed.height = if top <= bottom { (bottom - top).ceil() + 1.0 } else { 0.0 };
    placed
}

/// Where an item wants to be, and how much: the mean of its neighbors on the side that one comes from, at last of both.
fn wish(rows: &Rows, y: &Column<ItemIdx, f64>, item: ItemIdx, sweep: u32) -> (f64, f64) {
    let (left, right) = (rows.left.of(item), rows.right.of(item));
    let is_last = SWEEPS <= sweep + 4;
    let (use_left, use_right) = match (left.is_empty(), right.is_empty()) {
        (true, true) => return (y[item], 0.01),
        (true, false) => (false, true),
        (false, true) => (true, false),
        (false, false) => (is_last || sweep.is_multiple_of(2), is_last || !sweep.is_multiple_of(2)),
    };
    let near = |side: &[ItemIdx], is_used: bool| {
        let sum: f64 = if is_used { side.iter().map(|&other| y[other]).sum() } else { 0.0 };
        (sum, if is_used { side.len() as f64 } else { 0.0 })
    };
    let (left, right) = (near(left, use_left), near(right, use_right));
    let is_bend = rows.n_boxes <= item.usize();
    ((left.0 + right.0) / (left.1 + right.1), if is_bend { BEND_WEIGHT } else { left.1 + right.1 })
}
