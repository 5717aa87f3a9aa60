//! How far the clocks of a trace's processes are apart, told by children that stick out of their parents.
//!
//! ```text
//!   client    ├──────────────────┤          parent, by the clock of one process
//!   server  ├────────┤                      child, by the clock of another: it cannot have begun before it was asked for
//!              ├─→ low ──→ high             any shift from low to high puts it inside
//! ```
//! A call that waits for its answer bounds the shift of the callee's clock from below and, where the child is not longer than its
//! parent, from above. All calls between two processes must bear the same shift, so their bounds are met; what Jaeger's adjuster
//! does for each span by itself (centering it, `clockskew.go`) is done here once for each pair. A consumer need not run inside its
//! producer, so neither proves anything.
//!
//! *Invariant.* Raw times are the truth: what is found here is an estimate beside them.

use crate::base::{FastMap, IdxRange, sort_few};
use crate::model::{Dataset, ResourceIdx, SpanIdx, SpanKind};

/// Spans that a pair names as its proof, at most.
const MAX_PROOF: usize = 20;

/// The clocks of a trace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Skew {
    /// Pairs of processes whose clocks seem to be apart, those with the most spans that prove it first.
    pub pairs: Vec<ClockPair>,
    /// What must be added to the times of a process, nanoseconds, by process; to those of the others nothing.
    shifts: Vec<(ResourceIdx, i64)>,
}

/// Two processes whose clocks seem to be apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClockPair {
    /// The one nearer to the root.
    pub parent: ResourceIdx,
    /// The other.
    pub child: ResourceIdx,
    /// What must be added to the other's times for its clock to agree with the first's, nanoseconds.
    pub offset: i64,
    /// The least and the most that would put every call inside its parent, where the calls bound it.
    pub low: Option<i64>,
    /// See [`low`](Self::low).
    pub high: Option<i64>,
    /// No offset suits all calls: this is the median of what would center each.
    pub is_uncertain: bool,
    /// Calls between the two.
    pub calls: u32,
    /// Those that stick out.
    pub outside: u32,
    /// The first of these.
    pub proof: Vec<SpanIdx>,
}

/// What the calls between two processes say, in terms of what must be added to the second's clock.
#[derive(Clone, Debug, Default)]
struct Bounds {
    low: Option<i128>,
    high: Option<i128>,
    calls: u32,
    outside: u32,
    proof: Vec<SpanIdx>,
}

impl Bounds {
    fn narrow(&mut self, (low, high): (Option<i128>, Option<i128>)) {
        self.low = self.low.max(low);
        self.high = match (self.high, high) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
    }
}

impl Skew {
    /// Of the trace in these rows.
    pub fn of(dataset: &Dataset, rows: IdxRange<SpanIdx>) -> Self {
        let resources = dataset.spans.resource.slice(rows);
        let is_one_process = resources.first().is_none_or(|first| resources.iter().all(|resource| resource == first));
        if is_one_process {
            return Self::default();
        }
        let mut order: Vec<(ResourceIdx, ResourceIdx)> = Vec::new();
        let mut met: FastMap<(ResourceIdx, ResourceIdx), Bounds> = FastMap::default();
        for span in rows.iter() {
            let Some(call) = Call::of(dataset, span) else { continue };
            // Whichever of the two called first is the parent of the pair.
            let (key, is_turned) = if met.contains_key(&(call.child, call.parent)) {
                ((call.child, call.parent), true)
            } else {
                ((call.parent, call.child), false)
            };
            let bounds = met.entry(key).or_insert_with(|| {
                order.push(key);
                Bounds::default()
            });
            bounds.narrow(call.bounds(is_turned));
            bounds.calls += 1;
            if call.is_outside() {
                bounds.outside += 1;
                if bounds.proof.len() < MAX_PROOF {
                    bounds.proof.push(span);
                }
            }
        }
        let mut pairs: Vec<ClockPair> = order.into_iter().filter_map(|key| pair(dataset, rows, key, met.remove(&key)?)).collect();
        let shifts = if pairs.is_empty() { Vec::new() } else { shifts(dataset, rows, &pairs) };
        sort_few(&mut pairs, |a, b| b.outside.cmp(&a.outside));
        Self { pairs, shifts }
    }

    /// What must be added to a span's times, nanoseconds.
    pub fn shift(&self, dataset: &Dataset, span: SpanIdx) -> i64 {
        if self.shifts.is_empty() {
            return 0;
        }
        let shift_of = |resource: &ResourceIdx| self.shifts.binary_search_by_key(resource, |&(moved, _)| moved).ok();
        let at = dataset.spans.resource.row(span).and_then(shift_of);
        at.and_then(|at| self.shifts.get(at)).map_or(0, |&(_, shift)| shift)
    }
}

/// A call from one process to another that waits for its answer.
struct Call {
    parent: ResourceIdx,
    child: ResourceIdx,
    /// What must be added to the child's times for it not to begin before its parent, nor end after it.
    low: i128,
    high: i128,
    is_longer: bool,
}

impl Call {
    fn of(dataset: &Dataset, span: SpanIdx) -> Option<Self> {
        let spans = &dataset.spans;
        let above = spans.parent(span)?;
        let (parent, child) = (spans.resource[above], spans.resource[span]);
        let is_timed = |span: SpanIdx| spans.start[span] != 0 && spans.start[span] <= spans.end[span];
        let is_asynchronous = spans.kind[above] == SpanKind::Producer || spans.kind[span] == SpanKind::Consumer;
        if parent == child || is_asynchronous || !is_timed(above) || !is_timed(span) {
            return None;
        }
        let between = |from: u64, to: u64| i128::from(to) - i128::from(from);
        Some(Self {
            parent,
            child,
            low: between(spans.start[span], spans.start[above]),
            high: between(spans.end[span], spans.end[above]),
            is_longer: spans.duration(above) < spans.duration(span),
        })
    }

    /// Whether it sticks out. What is longer than its parent does so in any case; that it begins earlier is what tells.
    fn is_outside(&self) -> bool {
        0 < self.low || self.high < 0 && !self.is_longer
    }

    /// The bounds of the pair's second clock; of the first's, the other way round, where the call goes the other way.
    fn bounds(&self, is_turned: bool) -> (Option<i128>, Option<i128>) {
        let (low, high) = (Some(self.low), (!self.is_longer).then_some(self.high));
        if is_turned { (high.map(|high| -high), low.map(|low| -low)) } else { (low, high) }
    }

    /// What would put it in its parent's middle.
    fn center(&self) -> i128 {
        if self.is_longer { self.low } else { i128::midpoint(self.low, self.high) }
    }
}

fn pair(
    dataset: &Dataset,
    rows: IdxRange<SpanIdx>,
    (parent, child): (ResourceIdx, ResourceIdx),
    bounds: Bounds,
) -> Option<ClockPair> {
    let Bounds { low, high, calls, outside, proof } = bounds;
    if outside == 0 {
        return None;
    }
    let is_uncertain = low.zip(high).is_some_and(|(low, high)| high < low);
    let offset = match (low, high) {
        // Where most calls fit as they are and no offset suits the others, the others did not wait for each other.
        _ if is_uncertain && outside <= calls / 2 => return None,
        _ if is_uncertain => median_center(dataset, rows, (parent, child)),
        (Some(low), Some(high)) => i128::midpoint(low, high),
        // The least that suits.
        (Some(bound), None) | (None, Some(bound)) => bound,
        (None, None) => 0,
    };
    let [low, high] = [low, high].map(|bound| bound.map(clamped));
    Some(ClockPair { parent, child, offset: clamped(offset), low, high, is_uncertain, calls, outside, proof })
}

fn median_center(dataset: &Dataset, rows: IdxRange<SpanIdx>, (parent, child): (ResourceIdx, ResourceIdx)) -> i128 {
    let center = |call: Call| match (call.parent, call.child) {
        of if of == (parent, child) => Some(call.center()),
        of if of == (child, parent) => Some(-call.center()),
        _ => None,
    };
    let mut centers: Vec<i128> = rows.iter().filter_map(|span| center(Call::of(dataset, span)?)).collect();
    sort_few(&mut centers, Ord::cmp);
    centers.get(centers.len() / 2).copied().unwrap_or(0)
}

/// Clocks that are further apart than 292 years are no clocks.
fn clamped(offset: i128) -> i64 {
    i64::try_from(offset).unwrap_or(if offset < 0 { i64::MIN } else { i64::MAX })
}

/// The shift of each process, from the root's on, whose clock is the measure. What hangs on a process moves with it, whether or not
/// a call says so; calls are asked first.
fn shifts(dataset: &Dataset, rows: IdxRange<SpanIdx>, pairs: &[ClockPair]) -> Vec<(ResourceIdx, i64)> {
    let spans = &dataset.spans;
    let offsets: FastMap<(ResourceIdx, ResourceIdx), i64> = pairs
        .iter()
        .flat_map(|pair| {
            let (from, to) = (pair.parent, pair.child);
            [((from, to), pair.offset), ((to, from), pair.offset.saturating_neg())]
        })
        .collect();
    let mut known: FastMap<ResourceIdx, i64> = FastMap::default();
    if let Some(first) = rows.first() {
        known.insert(spans.resource[first], 0);
    }
    for only_calls in [true, false] {
        for span in rows.iter() {
            let resource = spans.resource[span];
            if known.contains_key(&resource) || only_calls && Call::of(dataset, span).is_none() {
                continue;
            }
            let above = spans.parent(span).map(|above| spans.resource[above]);
            let of_parent = match above {
                Some(above) => known.get(&above).copied(),
                None if only_calls => None,
                None => Some(0),
            };
            if let Some(of_parent) = of_parent {
                let own = above.and_then(|above| offsets.get(&(above, resource))).copied().unwrap_or(0);
                known.insert(resource, of_parent.saturating_add(own));
            }
        }
    }
    let mut shifts: Vec<(ResourceIdx, i64)> = known.into_iter().filter(|&(_, shift)| shift != 0).collect();
    sort_few(&mut shifts, Ord::cmp);
    shifts
}
