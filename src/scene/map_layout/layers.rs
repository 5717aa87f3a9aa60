//! Layers: every edge leads to the right, but for those that close a cycle.

use std::collections::BTreeSet;

use super::BoxIdx;
use crate::base::{Column, Idx as _, IdxRange, len_u32, sort_few, sort_few_by_key};

/// The layer of each node.
pub(super) struct Layered {
    pub(super) layer: Column<BoxIdx, u32>,
    pub(super) n_layers: usize,
    /// Whether each edge was turned around.
    pub(super) is_back: Vec<bool>,
}

crate::define_index!(
    /// A place in the list of all neighbors.
    NeighborIdx
);

/// The neighbors of nodes, one list after the other.
struct Neighbors {
    first: Vec<u32>,
    of: Column<NeighborIdx, BoxIdx>,
}

impl Neighbors {
    /// From pairs of a node and its neighbor.
    fn new(n: usize, pairs: impl Iterator<Item = (BoxIdx, BoxIdx)>) -> Self {
        let mut pairs: Vec<(BoxIdx, BoxIdx)> = pairs.collect();
        sort_few(&mut pairs, Ord::cmp);
        let first = (0..=len_u32(n)).map(|node| len_u32(pairs.partition_point(|pair| pair.0.0 < node))).collect();
        Self { first, of: Column::from_vec(pairs.into_iter().map(|pair| pair.1).collect()) }
    }

    fn of(&self, node: BoxIdx) -> &[BoxIdx] {
        let at = |place: usize| self.first.get(place).copied().unwrap_or(0);
        self.of.slice(IdxRange::new(at(node.usize()), at(node.usize() + 1)))
    }
}

/// Gives each node a layer. Edges of a node to itself do not matter.
pub(super) fn layers(n: usize, ends: &[(BoxIdx, BoxIdx)]) -> Layered {
    let place = order(n, ends);
    let is_back: Vec<bool> = ends.iter().map(|&(from, to)| place[to] < place[from]).collect();
    let forward = || {
        let turned = ends.iter().zip(&is_back).filter(|((from, to), _)| from != to);
        turned.map(|(&(from, to), &is_back)| if is_back { (to, from) } else { (from, to) })
    };
    let after = Neighbors::new(n, forward());
    let before = Neighbors::new(n, forward().map(|(from, to)| (to, from)));

    let mut by_place: Vec<BoxIdx> = place.range().iter().collect();
    sort_few_by_key(&mut by_place, |&node| place[node]);
    let mut layer: Column<BoxIdx, u32> = Column::from_vec(vec![0; n]);
    for &node in &by_place {
        layer[node] = before.of(node).iter().map(|&caller| layer[caller] + 1).max().unwrap_or(0);
    }
    // Nodes that fewer edges lead to than from move to the right, as near to what they call as they may: edges get shorter.
    for &node in by_place.iter().rev() {
        if before.of(node).len() < after.of(node).len()
            && let Some(nearest) = after.of(node).iter().map(|&callee| layer[callee]).min()
        {
            layer[node] = layer[node].max(nearest - 1);
        }
    }
    let n_layers = layer.as_slice().iter().max().map_or(0, |&last| last as usize + 1);
    Layered { layer, n_layers, is_back }
}

/// A place in line for each node, so that few edges lead backwards: sinks go to the end, sources to the beginning, and where
/// there is neither, the node goes to the beginning that has the most callees beyond its callers. Ties go by node.
fn order(n: usize, ends: &[(BoxIdx, BoxIdx)]) -> Column<BoxIdx, u32> {
    let edges = || ends.iter().copied().filter(|(from, to)| from != to);
    let after = Neighbors::new(n, edges());
    let before = Neighbors::new(n, edges().map(|(from, to)| (to, from)));
    let mut out: Column<BoxIdx, i64> = Column::from_vec(vec![0; n]);
    let mut into: Column<BoxIdx, i64> = Column::from_vec(vec![0; n]);
    for (from, to) in edges() {
        out[from] += 1;
        into[to] += 1;
    }
    // Class, then rank within it: sinks, sources, all others.
    let key = |out: i64, into: i64, node: BoxIdx| match (out, into) {
        (0, _) => (0, 0, node),
        (_, 0) => (1, 0, node),
        (out, into) => (2, into - out, node),
    };
    let mut waiting: BTreeSet<(u8, i64, BoxIdx)> = out.range().iter().map(|node| key(out[node], into[node], node)).collect();
    let mut place: Column<BoxIdx, u32> = Column::from_vec(vec![u32::MAX; n]);
    let (mut first, mut last) = (0, len_u32(n));
    while let Some((class, _, node)) = waiting.pop_first() {
        place[node] = if class == 0 {
            last -= 1;
            last
        } else {
            first += 1;
            first - 1
        };
        for (&other, is_callee) in
            after.of(node).iter().map(|other| (other, true)).chain(before.of(node).iter().map(|other| (other, false)))
        {
            if place[other] != u32::MAX {
                continue;
            }
            waiting.remove(&key(out[other], into[other], other));
            if is_callee {
                into[other] -= 1;
            } else {
                out[other] -= 1;
            }
            waiting.insert(key(out[other], into[other], other));
        }
    }
    place
}
