//! The waterfall's rows against a recursion over the tree that is too simple to be wrong.

use spanwise::engine::{Engine, Outcome};
use spanwise::model::{Dataset, SpanIdx};
use spanwise::protocol::{
    Answer, Find, Fold, GroupBy, GroupFold, LocateRequest, LocateView, Reply, Request, Row, RowsRequest, Step, StepDirection,
    StepRequest,
};

use crate::analysis::{Random, random_trace};

/// What [`random_trace`] calls its trace.
const TRACE: &str = "00000000000000000000000000000001";

struct Open {
    engine: Engine,
    epoch: u32,
}

impl Open {
    fn new(dataset: &Dataset) -> Self {
        let mut engine = Engine::default();
        let epoch = engine.adopt(dataset.clone()).epoch;
        Self { engine, epoch }
    }

    fn ask(&mut self, request: Request) -> Reply {
        let mut job = self.engine.begin(self.epoch, request);
        match self.engine.step(&mut job, &|| true) {
            Outcome::Done(Answer::Reply(reply)) => reply,
            outcome => panic!("{outcome:?}"),
        }
    }

    fn rows(&mut self, fold: &Fold, find: &Find) -> Vec<Row> {
        let (fold, find) = (fold.clone(), find.clone());
        let request = RowsRequest {
            trace_id: TRACE.to_owned(),
            fold,
            find,
            color: GroupBy::Nothing,
            adjusted: false,
            offset: 0,
            limit: 1000,
        };
        let Reply::Rows(view) = self.ask(Request::Rows(request)) else { panic!("not rows") };
        view.rows
    }

    fn locate(&mut self, span: SpanIdx, fold: &Fold, find: &Find) -> LocateView {
        let (fold, find) = (fold.clone(), find.clone());
        let request = LocateRequest { trace_id: TRACE.to_owned(), span_id: None, span: span.0, fold, find, log: None };
        let Reply::Locate(view) = self.ask(Request::Locate(request)) else { panic!("no place") };
        view
    }
}

/// A row as the recursion sees it: span or first member, whether it is a group, level, guides.
type Plain = (u32, bool, u32, u64);

struct Naive<'a> {
    dataset: &'a Dataset,
    fold: &'a Fold,
    /// The name to be shown alone, with what is above.
    only: Option<&'a str>,
    rows: Vec<Plain>,
}

impl Naive<'_> {
    fn all(&self) -> Vec<SpanIdx> {
        self.dataset.spans.id.range().iter().collect()
    }

    fn is_match(&self, span: SpanIdx) -> bool {
        self.only.is_none_or(|name| self.dataset.str(self.dataset.spans.name[span]) == name)
    }

    fn is_kept(&self, span: SpanIdx) -> bool {
        self.is_match(span) || self.children(Some(span)).into_iter().any(|child| self.is_kept(child))
    }

    fn children(&self, parent: Option<SpanIdx>) -> Vec<SpanIdx> {
        self.all().into_iter().filter(|&span| self.dataset.spans.parent(span) == parent).collect()
    }

    fn walk(&mut self, siblings: &[SpanIdx], level: u32, above: u64) {
        let siblings: Vec<SpanIdx> = siblings.iter().copied().filter(|&span| self.is_kept(span)).collect();
        let with_groups = self.only.is_none() && self.fold.groups == GroupFold::Folded;
        let spans = &self.dataset.spans;
        // Each sibling with those like it; only the first of a group stays.
        let like = |a: SpanIdx, b: SpanIdx| spans.name[a] == spans.name[b] && spans.parent_key(a) == spans.parent_key(b);
        let mut items: Vec<(SpanIdx, Vec<SpanIdx>)> = Vec::new();
        for &span in &siblings {
            let alike: Vec<SpanIdx> = siblings.iter().copied().filter(|&other| like(span, other)).collect();
            if with_groups && 5 <= alike.len() {
                if alike[0] == span {
                    items.push((span, alike));
                }
            } else {
                items.push((span, Vec::new()));
            }
        }
        for at in 0..items.len() {
            let (span, members) = items[at].clone();
            let guides = above | u64::from(at + 1 < items.len()) << (level - 1);
            self.rows.push((span.0, !members.is_empty(), level, guides));
            if members.is_empty() {
                self.below(span, level, guides);
            } else if self.fold.flipped_groups.contains(&span.0) {
                for (at, member) in members.iter().enumerate() {
                    let guides = guides | u64::from(at + 1 < members.len()) << level;
                    self.rows.push((member.0, false, level + 1, guides));
                    self.below(*member, level + 1, guides);
                }
            }
        }
    }

    fn below(&mut self, span: SpanIdx, level: u32, guides: u64) {
        let by_default = self.fold.level.is_none_or(|level| self.dataset.spans.depth[span] < level);
        if self.only.is_some() || by_default != self.fold.flipped.contains(&span.0) {
            self.walk(&self.children(Some(span)), level + 1, guides);
        }
    }
}

fn random_fold(random: &mut Random, n_spans: u64) -> Fold {
    let mut some = || (0..n_spans).filter(|_| random.below(4) == 0).map(|row| u32::try_from(row).unwrap()).collect();
    let (flipped, flipped_groups) = (some(), some());
    let level = [None, Some(1), Some(2), Some(3)][usize::try_from(random.below(4)).unwrap()];
    let groups = if random.below(2) == 0 { GroupFold::Folded } else { GroupFold::Open };
    Fold { level, flipped, groups, flipped_groups, logs: false }
}

fn plain(row: &Row) -> Plain {
    (row.span, row.group.is_some(), row.level, row.guides)
}

#[test]
fn rows_are_those_of_the_tree() {
    for seed in 0..200 {
        let dataset = random_trace(seed);
        let mut open = Open::new(&dataset);
        let mut random = Random(seed + 1000);
        for _ in 0..6 {
            let fold = random_fold(&mut random, dataset.spans.len() as u64);
            let only = ["a", ""][usize::try_from(random.below(2)).unwrap()];
            let mut naive =
                Naive { dataset: &dataset, fold: &fold, only: Some(only).filter(|only| !only.is_empty()), rows: Vec::new() };
            naive.walk(&naive.children(None), 1, 0);
            let rows = open.rows(&fold, &Find { text: only.to_owned(), only: true });
            assert_eq!(rows.iter().map(plain).collect::<Vec<_>>(), naive.rows, "seed {seed}, {fold:?}, only {only:?}");
        }
    }
}

#[test]
fn every_span_can_be_brought_to_light() {
    for seed in 0..60 {
        let dataset = random_trace(seed);
        let mut open = Open::new(&dataset);
        let fold = random_fold(&mut Random(seed + 2000), dataset.spans.len() as u64);
        for span in dataset.spans.id.range().iter() {
            let view = open.locate(span, &fold, &Find::default());
            let rows = open.rows(&view.fold, &Find::default());
            let row = &rows[view.position as usize];
            assert_eq!((row.span, row.group), (span.0, None), "seed {seed}, {fold:?}");
            assert_eq!(open.locate(span, &view.fold, &Find::default()), view, "seed {seed}: what shows already changed the fold");
            // Whatever showed before still shows, but for the group that was opened.
            let before = open.rows(&fold, &Find::default());
            let lost = before.iter().find(|old| !rows.iter().any(|row| (row.span, row.group) == (old.span, old.group)));
            assert!(lost.is_none(), "seed {seed}: {lost:?} is gone");
        }
    }
}

#[test]
fn steps_visit_all_matches_in_order_and_come_round() {
    for seed in 0..60 {
        let dataset = random_trace(seed);
        let mut open = Open::new(&dataset);
        let names = dataset.spans.name.iter();
        let matches: Vec<u32> = names.filter(|&(_, &name)| dataset.str(name) == "b").map(|(span, _)| span.0).collect();
        for direction in [StepDirection::Next, StepDirection::Previous] {
            let mut visited = Vec::new();
            let mut from = None;
            for _ in 0..=matches.len() {
                let (trace_id, step) = (TRACE.to_owned(), Step::Found);
                let find = Find { text: "B".to_owned(), only: false };
                let request = StepRequest { trace_id, step, direction, from, find, fold: Fold::default() };
                let Reply::Step(view) = open.ask(Request::Step(request)) else { panic!("not a step") };
                assert_eq!(view.total as usize, matches.len());
                from = view.at.map(|at| at.span.span);
                visited.extend(from.map(|span| (span, view.ordinal)));
            }
            let ordinals = 1..=u32::try_from(matches.len()).unwrap();
            let mut expected: Vec<(u32, u32)> = matches.iter().copied().zip(ordinals).collect();
            if direction == StepDirection::Previous {
                expected.reverse();
            }
            expected.extend(expected.first().copied());
            assert_eq!(visited, expected, "seed {seed}");
        }
    }
}
