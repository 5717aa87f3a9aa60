//! The attribute keys that there are, by whose they are, with how much they tell.

use crate::base::{FastMap, Idx as _, IdxRange, StrId, len_u32, sort_few_by_key};
use crate::model::{AttributeIdx, Attributes, Dataset, Tag};
use crate::traceql::tree::Scope;

/// A key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) name: StrId,
    /// Whose it is: never `Any` nor a parent's.
    pub(super) scope: Scope,
    /// Spans that have it; of events, links and instrumentation scopes: how many of these.
    pub(super) count: u64,
    /// It has more than one value: a condition on it tells spans apart.
    pub(super) varies: bool,
}

/// The keys: those that tell spans apart first, then those that most have.
#[derive(Debug, Default)]
pub(in crate::engine) struct KeyTable {
    pub(super) keys: Vec<Key>,
}

/// Different sequences of keys that are told apart, at most; owners of further ones are counted key by key.
const MAX_SHAPES: usize = 1024;
/// Shapes that are found again without a hash of all their keys.
const GUESSES: usize = 64;

/// What is known of a key while they are counted.
#[derive(Clone, Copy)]
struct Tally {
    name: StrId,
    count: u64,
    first: Cell,
    varies: bool,
}

/// A value, by its type and its payload.
type Cell = (Tag, u64);

/// The keys of one kind of owner, while they are counted.
///
/// Most owners have the keys of one before, in the same order: such a sequence is a shape, and is counted as a whole.
struct Tallies<'a> {
    attributes: &'a Attributes,
    by_key: FastMap<StrId, Tally>,
    shapes: Vec<Shape>,
    /// Shapes by their keys.
    known: FastMap<&'a [StrId], usize>,
    /// The shape that was seen last, by little of its keys.
    guesses: [usize; GUESSES],
}

/// Owners with the same keys in the same order.
struct Shape {
    /// The attributes of the first.
    first: IdxRange<AttributeIdx>,
    /// How many there are.
    count: u64,
    /// Which of the keys have had one value in all of them, by place.
    constant: Vec<u32>,
}

impl<'a> Tallies<'a> {
    fn new(attributes: &'a Attributes) -> Self {
        Self {
            attributes,
            by_key: FastMap::default(),
            shapes: Vec::new(),
            known: FastMap::default(),
            guesses: [usize::MAX; GUESSES],
        }
    }

    fn add(&mut self, rows: IdxRange<AttributeIdx>, weight: u64) {
        let attributes = self.attributes;
        let Some(shape) = self.shape(rows) else {
            for (place, &name) in (0..).zip(attributes.key.slice(rows)) {
                self.tally(name, cell(attributes, rows, place), weight, false);
            }
            return;
        };
        shape.count += weight;
        let first = shape.first;
        shape.constant.retain(|&place| cell(attributes, first, place) == cell(attributes, rows, place));
    }

    /// The shape of an owner; none if there are too many.
    fn shape(&mut self, rows: IdxRange<AttributeIdx>) -> Option<&mut Shape> {
        let keys = self.attributes.key.slice(rows);
        let (first, last) = (keys.first()?.usize(), keys.last()?.usize());
        let guess = self.guesses.get_mut((first ^ last.rotate_left(3) ^ keys.len()) % GUESSES)?;
        if self.shapes.get(*guess).is_none_or(|shape| self.attributes.key.slice(shape.first) != keys) {
            *guess = match self.known.get(keys) {
                Some(&at) => at,
                None if self.shapes.len() >= MAX_SHAPES => return None,
                None => {
                    self.known.insert(keys, self.shapes.len());
                    self.shapes.push(Shape { first: rows, count: 0, constant: (0..len_u32(keys.len())).collect() });
                    self.shapes.len() - 1
                }
            };
        }
        self.shapes.get_mut(*guess)
    }

    fn tally(&mut self, name: StrId, value: Cell, weight: u64, varies: bool) {
        let tally = self.by_key.entry(name).or_insert(Tally { name, count: 0, first: value, varies });
        tally.varies |= varies || tally.first != value;
        tally.count += weight;
    }

    fn finish(mut self) -> impl Iterator<Item = Tally> {
        for Shape { first, count, constant } in std::mem::take(&mut self.shapes) {
            let mut constant = constant.into_iter().peekable();
            for (place, &name) in (0..).zip(self.attributes.key.slice(first)) {
                let varies = constant.next_if_eq(&place).is_none();
                self.tally(name, cell(self.attributes, first, place), count, varies);
            }
        }
        self.by_key.into_values()
    }
}

/// The value in a place of an owner's attributes.
fn cell(attributes: &Attributes, rows: IdxRange<AttributeIdx>, place: u32) -> Cell {
    let at = AttributeIdx(rows.start + place);
    (attributes.tag[at], attributes.payload[at])
}

impl KeyTable {
    /// One pass over all attributes.
    pub(super) fn of(dataset: &Dataset) -> Self {
        let mut of_resource = vec![0_u64; dataset.resources.attributes.len()];
        let mut of_scope = vec![0_u64; dataset.scopes.attributes.len()];
        for (&resource, &scope) in dataset.spans.resource.as_slice().iter().zip(dataset.spans.scope.as_slice()) {
            for (counts, at) in [(&mut of_resource, resource.usize()), (&mut of_scope, scope.usize())] {
                if let Some(count) = counts.get_mut(at) {
                    *count += 1;
                }
            }
        }
        let ones = std::iter::repeat(1);
        let mut keys = Vec::new();
        let mut add = |scope: Scope, owners: &mut dyn Iterator<Item = (IdxRange<AttributeIdx>, u64)>| {
            let mut tallies = Tallies::new(&dataset.attributes);
            for (rows, weight) in owners.filter(|&(_, weight)| weight != 0) {
                tallies.add(rows, weight);
            }
            keys.extend(tallies.finish().map(|Tally { name, count, varies, .. }| Key { name, scope, count, varies }));
        };
        let spans = dataset.spans.attributes.as_slice().iter().copied();
        add(Scope::Span, &mut spans.zip(ones.clone()));
        add(Scope::Resource, &mut dataset.resources.attributes.as_slice().iter().copied().zip(of_resource));
        add(Scope::Instrumentation, &mut dataset.scopes.attributes.as_slice().iter().copied().zip(of_scope));
        add(Scope::Event, &mut dataset.events.attributes.as_slice().iter().copied().zip(ones.clone()));
        add(Scope::Link, &mut dataset.links.attributes.as_slice().iter().copied().zip(ones));
        let place = |key: &Key| (!key.varies, std::cmp::Reverse(key.count), len_u32(key.scope as usize), key.name);
        sort_few_by_key(&mut keys, place);
        Self { keys }
    }
}
