//! TraceQL as text: trees are the same when written and read again, any text gets an answer, and what is wrong says where.

use std::fmt::Write as _;

use spanwise::model::{SpanKind, StatusCode};
use spanwise::traceql::tree::{
    Aggregate, Arithmetic, Compare, Expr, ExprKind, Field, Form, Intrinsic, Kin, Literal, Measure, Metrics, MetricsExpr,
    Pipeline, Place, Query, Relation, Root, Scalar, Scope, Second, Spanset, Stage, Written,
};
use spanwise::traceql::words::{INTRINSICS, SCOPED_INTRINSICS};
use spanwise::traceql::{MAX_BYTES, MAX_DEPTH, Trouble, check, lexer, parse, print, read};

use super::generate::Random;
use super::source::root;
use super::traceql_conformance::lists;

/// Random trees, as parsing would make them.
struct Trees {
    random: Random,
}

impl Trees {
    fn below(&mut self, limit: u64) -> u64 {
        self.random.below(limit)
    }

    fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.below(of.len() as u64)).unwrap()].clone()
    }

    fn key(&mut self) -> String {
        let keys = [
            "a",
            "http.route",
            "a b",
            "",
            "span.x",
            "resource.y",
            "duration",
            "parent",
            "say \"hi\"",
            "back\\slash",
            "(=)",
            "ключ",
            "5",
            "a-b/c:d",
            "true",
        ];
        self.one(&keys).to_owned()
    }

    fn field(&mut self) -> Field {
        let scopes = [
            Scope::Any,
            Scope::Span,
            Scope::Resource,
            Scope::Event,
            Scope::Link,
            Scope::Instrumentation,
            Scope::Parent,
            Scope::ParentSpan,
            Scope::ParentResource,
        ];
        match self.below(4) {
            0 => Field::Intrinsic(self.one(&SCOPED_INTRINSICS).1),
            1 if self.below(2) == 0 => match self.one(&INTRINSICS).1 {
                Intrinsic::Parent => Field::Intrinsic(Intrinsic::Parent),
                other => Field::OfParent(other),
            },
            _ => Field::Attribute(self.one(&scopes), self.key()),
        }
    }

    fn number(&mut self) -> Literal {
        match self.below(6) {
            0 => Literal::Int(self.one(&[0, 1, -1, 42, i64::MAX, i64::MIN, i64::MIN + 1])),
            1 => Literal::Float(self.one(&[0.0, 0.5, -2.25, 1e300, 1e-300, -1e17, f64::MAX, f64::MIN_POSITIVE, 100.0])),
            2 => Literal::Duration(self.one(&[
                0,
                1,
                1_500,
                1_500_000,
                90_000_000_000,
                86_400_000_000_000,
                -5,
                i64::MAX,
                i64::MIN + 1,
            ])),
            _ => Literal::Int(i64::try_from(self.below(1000)).unwrap()),
        }
    }

    fn literal(&mut self) -> Literal {
        match self.below(6) {
            0 => Literal::String(self.one(&["", "x", "two\nlines\t\"quoted\" \\ \u{7} \u{1f600} é", "`", "\r"]).to_owned()),
            1 => Literal::Bool(self.below(2) == 0),
            2 => Literal::Status(self.one(&[StatusCode::Ok, StatusCode::Error, StatusCode::Unset])),
            3 => Literal::Kind(self.one(&[SpanKind::Server, SpanKind::Client, SpanKind::Unspecified, SpanKind::Consumer])),
            _ => self.number(),
        }
    }

    fn expr(&mut self, depth: u32) -> Expr {
        let kind = if depth == 0 { self.below(2) } else { self.below(9) };
        let deeper = depth.saturating_sub(1);
        let boxed = |expr: Expr| Box::new(expr);
        let is = match kind {
            0 => ExprKind::Literal(self.literal()),
            1 => ExprKind::Field(self.field()),
            2 => ExprKind::Not(boxed(self.expr(deeper))),
            3 => match self.expr(deeper) {
                // A negative constant is a constant.
                Expr { is: ExprKind::Literal(Literal::Int(_) | Literal::Float(_) | Literal::Duration(_)), .. } => {
                    ExprKind::Negative(boxed(at_all(ExprKind::Field(self.field()))))
                }
                of => ExprKind::Negative(boxed(of)),
            },
            4 | 5 => {
                let is_and = kind == 4;
                let n_items = 2 + self.below(5);
                let items = (0..n_items).map(|_| self.expr(deeper)).filter(|item| !is_chain(item, is_and)).collect::<Vec<_>>();
                return halved(&items, is_and).unwrap_or_else(|| at_all(ExprKind::Field(self.field())));
            }
            6 | 7 => {
                let by = self.one(&[
                    Compare::Equal,
                    Compare::NotEqual,
                    Compare::Less,
                    Compare::LessEqual,
                    Compare::Greater,
                    Compare::GreaterEqual,
                    Compare::Matches,
                    Compare::MatchesNot,
                ]);
                let left = self.expr(deeper);
                let is_equality = matches!(by, Compare::Equal | Compare::NotEqual);
                let right =
                    if is_equality && self.below(4) == 0 { at_all(ExprKind::Literal(Literal::Nil)) } else { self.expr(deeper) };
                ExprKind::Compare(by, boxed(left), boxed(right))
            }
            _ => {
                let by = self.arithmetic();
                let (left, right) = (self.expr(deeper), self.expr(deeper));
                // Constants are calculated while parsing.
                let left = if matches!(left.is, ExprKind::Literal(_)) { at_all(ExprKind::Field(self.field())) } else { left };
                ExprKind::Arithmetic(by, boxed(left), boxed(right))
            }
        };
        at_all(is)
    }

    fn arithmetic(&mut self) -> Arithmetic {
        use Arithmetic::{Add, Div, Mod, Mul, Power, Sub};
        self.one(&[Add, Sub, Mul, Div, Mod, Power])
    }

    fn spanset(&mut self, depth: u32, with_pipelines: bool) -> Spanset {
        if depth == 0 || self.below(3) == 0 {
            if with_pipelines && 0 < depth {
                let mut pipeline = self.pipeline(depth - 1);
                if let [Stage::Spanset(_)] = pipeline.stages.as_slice() {
                    pipeline.stages.push(Stage::Coalesce);
                }
                return Spanset::Pipeline(pipeline);
            }
            return Spanset::Filter(self.expr(2));
        }
        if self.below(2) == 0 {
            let forms = [Form::Right, Form::Not, Form::Union];
            let kins = [Kin::Child, Kin::Descendant, Kin::Parent, Kin::Ancestor, Kin::Sibling];
            let by = Relation::Tree(self.one(&kins), self.one(&forms));
            let (left, right) = (self.spanset(depth - 1, with_pipelines), self.spanset(depth - 1, with_pipelines));
            return Spanset::Both { left: Box::new(left), by, right: Box::new(right) };
        }
        let by = self.one(&[Relation::And, Relation::Or]);
        let n_items = 2 + self.below(4);
        let items = (0..n_items).map(|_| self.spanset(depth - 1, with_pipelines));
        let items = items.filter(|item| !matches!(item, Spanset::Both { by: own, .. } if *own == by)).collect::<Vec<_>>();
        halved_spansets(&items, by).unwrap_or_else(|| Spanset::Filter(self.expr(1)))
    }

    fn aggregate(&mut self) -> Scalar {
        use Aggregate::{Avg, Count, Max, Min, Sum};
        let by = self.one(&[Count, Avg, Max, Min, Sum]);
        let of = (by != Count).then(|| self.expr(2));
        Scalar::Aggregate { by, of, at: Place::default() }
    }

    fn scalar(&mut self, depth: u32) -> Scalar {
        if depth == 0 || self.below(2) == 0 {
            return self.aggregate();
        }
        let left = self.scalar(depth - 1);
        let right = if self.below(2) == 0 { Scalar::Literal(self.number()) } else { self.scalar(depth - 1) };
        let (left, right) = if self.below(2) == 0 { (left, right) } else { (right, left) };
        let left = if matches!((&left, &right), (Scalar::Literal(_), Scalar::Literal(_))) { self.aggregate() } else { left };
        Scalar::Both { left: Box::new(left), by: self.arithmetic(), right: Box::new(right), at: Place::default() }
    }

    fn scalars(&mut self) -> Stage {
        use Compare::{Equal, Greater, GreaterEqual, Less, LessEqual, NotEqual};
        let by = self.one(&[Equal, NotEqual, Less, LessEqual, Greater, GreaterEqual]);
        let left = self.scalar(2);
        let right = if self.below(2) == 0 { Scalar::Literal(self.number()) } else { self.scalar(1) };
        Stage::Scalars { left, by, right, at: Place::default() }
    }

    fn pipeline(&mut self, depth: u32) -> Pipeline {
        let with_pipelines = self.below(3) == 0;
        let first = self.spanset(depth.min(3), with_pipelines);
        let mut stages = vec![Stage::Spanset(first)];
        for _ in 0..self.below(4) {
            stages.push(match self.below(5) {
                0 => Stage::Spanset(self.spanset(1, false)),
                1 => self.scalars(),
                2 => Stage::By(self.expr(2)),
                3 => Stage::Coalesce,
                _ => Stage::Select((0..=self.below(3)).map(|_| self.field()).collect()),
            });
        }
        Pipeline { stages }
    }

    fn float(&mut self) -> f64 {
        self.one(&[0.0, 1.0, 100.0, 0.5, -3.0, 1e20, -1.5e-9, 9_007_199_254_740_992.0])
    }

    fn then(&mut self) -> Vec<Second> {
        (0..self.below(3))
            .map(|_| match self.below(3) {
                0 => Second::Top(7),
                1 => Second::Bottom(u32::MAX),
                _ => Second::Filter(self.one(&[Compare::Less, Compare::Equal, Compare::GreaterEqual]), self.float()),
            })
            .collect()
    }

    fn series(&mut self) -> MetricsExpr {
        let pipeline = self.pipeline(1);
        if self.below(5) == 0 {
            let range = (self.below(2) == 0).then_some((5, 1_700_000_000_000_000_000));
            return MetricsExpr::Compare { pipeline, selection: self.expr(2), top: 9, range };
        }
        let measure = match self.below(8) {
            0 => Measure::Rate,
            1 => Measure::Count,
            2 => Measure::Min(self.field()),
            3 => Measure::Max(self.field()),
            4 => Measure::Avg(self.field()),
            5 => Measure::Sum(self.field()),
            6 => Measure::Histogram(self.field()),
            _ => Measure::Quantiles(self.field(), vec![0.5, 1.0, 99.0]),
        };
        let by = (0..self.below(3)).map(|_| self.field()).collect();
        MetricsExpr::Series { pipeline, measure, by }
    }

    fn operand(&mut self, depth: u32) -> MetricsExpr {
        if depth == 0 || self.below(2) == 0 {
            return self.series();
        }
        if self.below(3) == 0 {
            let mut inner = match self.operand(depth - 1) {
                // Parentheses around parentheses say nothing.
                MetricsExpr::Inner(inner) => *inner,
                of => Metrics { of, then: Vec::new() },
            };
            inner.then.extend(self.then());
            return if inner.then.is_empty() { inner.of } else { MetricsExpr::Inner(Box::new(inner)) };
        }
        let (left, right) = match self.below(3) {
            0 => (self.operand(depth - 1), MetricsExpr::Number(self.float())),
            1 => (MetricsExpr::Number(self.float()), self.operand(depth - 1)),
            _ => (self.operand(depth - 1), self.operand(depth - 1)),
        };
        let by = self.one(&[Arithmetic::Add, Arithmetic::Sub, Arithmetic::Mul, Arithmetic::Div]);
        MetricsExpr::Both { left: Box::new(left), by, right: Box::new(right) }
    }

    fn query(&mut self) -> Query {
        let root = if self.below(2) == 0 {
            Root::Spans(self.pipeline(3))
        } else {
            let of = match self.operand(3) {
                // Parentheses around all say nothing.
                MetricsExpr::Inner(inner) => MetricsExpr::Both {
                    left: Box::new(MetricsExpr::Inner(inner)),
                    by: Arithmetic::Add,
                    right: Box::new(MetricsExpr::Number(1.0)),
                },
                of => of,
            };
            Root::Metrics(Metrics { of, then: self.then() })
        };
        let hints =
            (0..self.below(3)).map(|n| (format!("hint_{n}"), self.literal())).filter(|(_, value)| !is_negative(value)).collect();
        Query { text: Written::default(), root, hints }
    }
}

fn at_all(is: ExprKind) -> Expr {
    Expr { at: Place::default(), is }
}

fn is_chain(expr: &Expr, is_and: bool) -> bool {
    matches!((&expr.is, is_and), (ExprKind::And(..), true) | (ExprKind::Or(..), false))
}

/// Hints have no sign before them.
fn is_negative(literal: &Literal) -> bool {
    match literal {
        Literal::Int(number) => *number < 0 && *number != i64::MIN,
        Literal::Duration(number) => *number < 0,
        Literal::Float(number) => *number < 0.0,
        _ => false,
    }
}

/// How many items stand left in a chain of so many: as many as the greatest power of two below.
fn half(n_items: usize) -> usize {
    n_items.next_power_of_two() / 2
}

/// A chain by halves: the oracle of the parser's way, which is two by two.
fn halved(items: &[Expr], is_and: bool) -> Option<Expr> {
    if let [one] = items {
        return Some(one.clone());
    }
    let (left, right) = items.split_at_checked(half(items.len())).filter(|(left, _)| !left.is_empty())?;
    let (left, right) = (Box::new(halved(left, is_and)?), Box::new(halved(right, is_and)?));
    Some(at_all(if is_and { ExprKind::And(left, right) } else { ExprKind::Or(left, right) }))
}

fn halved_spansets(items: &[Spanset], by: Relation) -> Option<Spanset> {
    if let [one] = items {
        return Some(one.clone());
    }
    let (left, right) = items.split_at_checked(half(items.len())).filter(|(left, _)| !left.is_empty())?;
    Some(Spanset::Both { left: Box::new(halved_spansets(left, by)?), by, right: Box::new(halved_spansets(right, by)?) })
}

#[test]
fn a_tree_is_the_same_when_it_is_written_and_read() {
    for seed in 0..3_000 {
        let tree = Trees { random: Random::new(seed) }.query();
        let text = print::text(&tree);
        match parse(&text) {
            Ok(again) => assert_eq!(again, tree, "seed {seed}: {text}"),
            Err(trouble) => panic!("seed {seed}: {text}\n{trouble}"),
        }
        // It says the same of the tree, be there a text or not.
        let again = parse(&text).unwrap();
        let stage = |query: &Query| check(query).map_err(|trouble| trouble.stage);
        assert_eq!(stage(&again), stage(&tree), "seed {seed}: {text}");
    }
}

#[test]
fn an_expression_is_the_same_by_itself() {
    for seed in 0..2_000 {
        let expr = Trees { random: Random::new(seed) }.expr(4);
        let text = format!("{{ {} }}", print::expr(&expr));
        let query = parse(&text).unwrap_or_else(|trouble| panic!("seed {seed}: {text}\n{trouble}"));
        let Root::Spans(Pipeline { stages }) = query.root else { panic!("{text}") };
        assert_eq!(stages, [Stage::Spanset(Spanset::Filter(expr))], "seed {seed}: {text}");
    }
}

/// Any answer is good whose place lies in the text.
fn check_answer(text: &str) {
    let tokens = lexer::tokens(text);
    let mut end = 0;
    for token in &tokens {
        assert!(end <= token.at.start && token.at.start < token.at.end, "{text:?}: {token:?}");
        assert!(text.get(token.at.clone()).is_some(), "{text:?}: {token:?}");
        assert!(text[end..token.at.start].trim().is_empty(), "{text:?}: left out before {token:?}");
        end = token.at.end;
    }
    assert!(text.get(end..).is_some_and(|rest| rest.trim().is_empty()), "{text:?}");
    if let Err(trouble) = read(text) {
        let Trouble { at, line, column, token, message, .. } = &trouble;
        assert_eq!(text.get(at.clone()), Some(token.as_str()), "{text:?}: {trouble:?}");
        let before = &text[..at.start];
        assert_eq!(usize::try_from(*line).unwrap(), before.split('\n').count(), "{text:?}: {trouble:?}");
        let column_is = before.rsplit('\n').next().unwrap().chars().count() + 1;
        assert_eq!(usize::try_from(*column).unwrap(), column_is, "{text:?}: {trouble:?}");
        assert!(!message.is_empty() && trouble.to_string().contains(message), "{text:?}: {trouble:?}");
    }
}

fn queries() -> Vec<String> {
    let text = std::fs::read_to_string(root().join("tests/fixtures/traceql.yaml")).unwrap();
    lists(&text).into_iter().flat_map(|(_, queries)| queries).collect()
}

#[test]
fn every_beginning_of_a_query_gets_an_answer() {
    for query in queries() {
        for (end, _) in query.char_indices() {
            check_answer(&query[..end]);
            check_answer(&query[end..]);
        }
    }
}

#[test]
fn every_mutation_of_a_query_gets_an_answer() {
    let queries = queries();
    let mut random = Random::new(21);
    let mut below = |limit: usize| usize::try_from(random.below(limit as u64)).unwrap();
    for _ in 0..20_000 {
        let mut bytes = queries[below(queries.len())].clone().into_bytes();
        for _ in 0..=below(3) {
            let at = below(bytes.len() + 1);
            match below(4) {
                0 if at < bytes.len() => bytes[at] = u8::try_from(below(256)).unwrap(),
                1 if at < bytes.len() => _ = bytes.remove(at),
                2 => bytes.insert(at, b"{}()|&!<>=~\"`.:,-\\\n 5e"[below(22)]),
                _ => {
                    let other = queries[below(queries.len())].as_bytes();
                    let end = below(other.len() + 1);
                    bytes.splice(at..at, other[..end].iter().copied());
                }
            }
        }
        check_answer(&String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn bounds_are_kept_without_a_deep_stack() {
    // In less than the mebibyte that a worker has, so that recursion over the text would show.
    std::thread::Builder::new()
        .stack_size(768 * 1024)
        .spawn(|| {
            let repeated = |text: &str, n: usize| text.repeat(n);
            let depth = usize::try_from(MAX_DEPTH).unwrap();
            let is_read = |text: String| {
                let read = read(&text);
                if let Ok(query) = &read {
                    assert_eq!(parse(&print::text(query)).as_ref(), Ok(query));
                }
                read.is_ok()
            };
            // Long, and not deep.
            assert!(is_read(format!("{{ .a{} }}", repeated(" && .a", 5_000))));
            assert!(is_read(format!("{{ .a{} }}", repeated(" || .a = 1", 5_000))));
            assert!(is_read(format!("{{ .a }}{}", repeated(" && { .b }", 5_000))));
            assert!(is_read(format!("{{ .a }}{}", repeated(" || { .b }", 5_000))));
            assert!(is_read(format!("{{ .a }}{}", repeated(" | { .b }", 5_000))));
            assert!(is_read(format!("{{ .a }} | select(.a{})", repeated(", .a", 5_000))));
            assert!(is_read(format!("{{ .a }} | count() > 1{}", repeated(" + 1", 5_000))));
            assert!(is_read(format!("{{ 1{} = 1 }}", repeated(" + 1", 5_000))));
            // As deep as may be, and deeper.
            assert!(is_read(format!("{{ {}.a{} }}", repeated("(", depth), repeated(")", depth))));
            assert!(is_read(format!("{}{{ .a }}{}", repeated("(", depth), repeated(")", depth))));
            assert!(is_read(format!("{}{{ .a }}{}", repeated("(", depth), repeated(" | { .b })", depth))));
            assert!(is_read(format!("{}{{ .a }}{}", repeated("({ .b } > ", depth - 1), repeated(")", depth - 1))));
            assert!(is_read(format!("{}({{ }} | rate()){}", repeated("(1 + ", depth - 1), repeated(")", depth - 1))));
            assert!(is_read(format!("{{ {}.a{} }}", repeated("!(1 = 1 = ", depth / 3), repeated(")", depth / 3))));
            assert!(is_read(format!("{{ {}.a }}", repeated("!", depth))));
            assert!(is_read(format!("{{ .a{} = 1 }}", repeated(" + 1", depth - 1))));
            let deep = [
                format!("{{ {}.a{} }}", repeated("(", depth + 1), repeated(")", depth + 1)),
                format!("{{ {}.a{} }}", repeated("(", 20_000), repeated(")", 20_000)),
                format!("{}{{ .a }}{}", repeated("(", 20_000), repeated(")", 20_000)),
                format!("{{ {}.a }}", repeated("!", 20_000)),
                format!("{{ {}.a = 1 }}", repeated("-", 20_000)),
                format!("{{ .a{} = 1 }}", repeated(" + 1", depth + 1)),
                format!("{{ .a{} = 1 }}", repeated(" ^ .a", 10_000)),
                format!("{{ .a{} }}", repeated(" && .a || .a", 5_000)),
                format!("{{ .a{} }}", repeated(" = (.a", 200)),
                format!("{{ .a }}{}", repeated(" > { .b }", 5_000)),
                format!("{{ .a }}{}", repeated(" && { .a } || { .b }", 3_000)),
                format!("count(){} > 1", repeated(" + count()", 5_000)),
                format!("({{ }} | rate()){}", repeated(" + ({ } | rate())", 2_000)),
                format!("({{ }} | rate()){}", repeated(" - 1", 2_000)),
                repeated("({ } | ", 5_000),
            ];
            for text in deep {
                let trouble = read(&text).unwrap_err();
                assert!(trouble.message.contains("nested"), "{trouble}");
                check_answer(&text);
            }
        })
        .unwrap()
        .join()
        .unwrap();
    let long = format!("{{ .a = \"{}\" }}", "é".repeat(MAX_BYTES / 2));
    let trouble = parse(&long).unwrap_err();
    assert!(trouble.message.contains("65536 bytes"), "{trouble}");
    check_answer(&long);
}

#[test]
fn constants_are_calculated_as_they_are_read() {
    let cases = [
        ("1 + 2 * 3", "7"),
        ("7 / 2", "3"),
        ("-7 / 2", "-3"),
        ("7 / 2.0", "3.5"),
        ("7 % 4", "3"),
        ("2 ^ 3 ^ 2", "512"),
        ("2 ^ -1", "0.5"),
        ("-2 ^ 2", "4"),
        ("1h + 30m", "90m"),
        ("1s * 3", "3s"),
        ("1s / 3", "333333333ns"),
        ("1s / 2s", "0.5"),
        ("3 * 1.5s", "4500ms"),
        ("1.5 * 1s", "1500000000.0"),
        ("minInt", "minInt"),
        ("maxInt", "9223372036854775807"),
        ("maxInt + 1", "9223372036854775807 + 1"),
        ("1 / 0", "1 / 0"),
        ("0.0 / 0.0", "0.0 / 0.0"),
        ("1d", "1d"),
        ("1w", "7d"),
        ("1h30m15.25s", "5415250ms"),
        ("1y2w3d4h5m6s7ms", "33019506007ms"),
        ("0.000000001s", "1ns"),
        ("\"\\x41\\u00e9\\101\"", "\"AéA\""),
        ("`raw\\n`", "\"raw\\\\n\""),
    ];
    for (is, want) in cases {
        let query = parse(&format!("{{ .x = {is} }}")).unwrap_or_else(|trouble| panic!("{is}: {trouble}"));
        assert_eq!(print::text(&query), format!("{{ .x = {want} }}"), "{is}");
    }
}

#[test]
fn operators_bind_as_tempo_has_it() {
    let cases = [
        ("{ .a || .b && .c }", "{ (.a || .b) && .c }"),
        ("{ .a && .b || .c }", "{ (.a && .b) || .c }"),
        ("{ .a = 1 && .b = 2 }", "{ (.a = 1) && (.b = 2) }"),
        ("{ .a = .b = .c }", "{ (.a = .b) = .c }"),
        ("{ !.a = .b }", "{ (!.a) = .b }"),
        ("{ !.a + .b = 1 }", "{ ((!.a) + .b) = 1 }"),
        ("{ !.a * .b }", "{ !(.a * .b) }"),
        ("{ .a - .b - .c = 1 }", "{ ((.a - .b) - .c) = 1 }"),
        ("{ .a - .b * .c = 1 }", "{ (.a - (.b * .c)) = 1 }"),
        ("{ .a ^ .b ^ .c = 1 }", "{ (.a ^ (.b ^ .c)) = 1 }"),
        ("{ -.a ^ .b = 1 }", "{ ((-.a) ^ .b) = 1 }"),
        ("{ .a = nil && .b }", "{ (.a = nil) && .b }"),
        ("{ nil != .a }", "{ .a != nil }"),
        ("{ .a } && { .b } >> { .c }", "{ .a } && ({ .b } >> { .c })"),
        ("{ .a } >> { .b } && { .c }", "({ .a } >> { .b }) && { .c }"),
        ("{ .a } >> { .b } ~ { .c }", "({ .a } >> { .b }) ~ { .c }"),
        ("{ .a } || { .b } && { .c }", "({ .a } || { .b }) && { .c }"),
        ("{ .a } | { .b } && { .c }", "{ .a } | ({ .b } && { .c })"),
        ("count() + 1 * 2 > 3 - 1", "(count() + (1 * 2)) > (3 - 1)"),
        ("({ } | rate()) + ({ } | rate()) * 2", "({ } | rate()) + (({ } | rate()) * 2)"),
        ("({ } | rate()) - 1 - 2", "(({ } | rate()) - 1) - 2"),
    ];
    for (is, want) in cases {
        assert_eq!(parse(is), parse(want), "{is}");
        let reversed = parse(want).unwrap();
        assert_eq!(parse(&print::text(&reversed)), Ok(reversed), "{want}");
    }
}

#[test]
fn names_of_one_thing_are_one() {
    let cases = [
        ("duration", "span:duration"),
        ("name", "span:name"),
        ("status", "span:status"),
        ("statusMessage", "span:statusMessage"),
        ("kind", "span:kind"),
        ("rootName", "trace:rootName"),
        ("rootServiceName", "trace:rootService"),
        ("traceDuration", "trace:duration"),
        ("span.a", "span.\"a\""),
        (".a.b", ".\"a\".b"),
    ];
    for (one, other) in cases {
        assert_eq!(parse(&format!("{{ }} | select({one})")), parse(&format!("{{ }} | select({other})")), "{one}");
    }
}

#[test]
fn what_is_wrong_is_said_where_it_is() {
    let golden = root().join("tests/golden/traceql.txt");
    let mut out = String::new();
    for query in WRONG {
        let trouble = read(query).unwrap_err();
        for (n, line) in query.lines().enumerate() {
            _ = writeln!(out, "{line}");
            if u32::try_from(n + 1) == Ok(trouble.line) {
                let column = usize::try_from(trouble.column).unwrap() - 1;
                let width = trouble.token.lines().next().unwrap_or_default().chars().count().max(1);
                _ = writeln!(out, "{}{}", " ".repeat(column), "^".repeat(width));
            }
        }
        _ = writeln!(out, "{:?}: {trouble}\n", trouble.stage);
    }
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&golden, &out).unwrap();
    }
    let want = std::fs::read_to_string(&golden).unwrap_or_default();
    assert!(want == out, "UPDATE_GOLDEN=1 writes it anew. It is now:\n{out}");
}

/// Mistakes that people make.
const WRONG: [&str; 56] = [
    "",
    "{",
    "{ .a",
    "{ .a = ",
    "{ .a = 1",
    "{ .a = 1 && }",
    "{ (.a = 1 }",
    "{ .a = 1 } }",
    "{ .a .b }",
    "{ . }",
    "{ foo = 1 }",
    "{ service.name = \"cart\" }",
    "{ .a == 1 }",
    "{ .a = 'cart' }",
    "{ .a = \"cart }",
    "{ .a = \"\\q\" }",
    "{ .a = 5min }",
    "{ .a = 99999999999999999999 }",
    "{ .a > nil }",
    "{ trace:status = error }",
    "{ span.\"two words = 1 }",
    "{ .a & .b }",
    "{ .a }\n  && { .é = § }",
    "true",
    "{ .a } = { .b }",
    "{ .a } > 1",
    "{ .a } &&",
    "{ .a } && ({ .b } | count() > 1)",
    "{ .a } |",
    "{ .a } | count()",
    "{ .a } | mean(.b) > 1",
    "{ .a } | max(.b) > .c",
    "{ .a } | max(.b) > 1 / 0",
    "count() > 3 && { .a }",
    "coalesce() | { .a }",
    "3 = 2",
    "select(.a + 1)",
    "rate()",
    "{ } | rate() + 5",
    "({ } | rate()) % 2",
    "({ } | rate()) * 1s",
    "{ } | quantile_over_time(duration, .5)",
    "{ } | topk(5)",
    "{ name }",
    "{ duration > \"1s\" }",
    "{ status = \"error\" }",
    "{ name = 3 }",
    "{ status > ok }",
    "{ .a && 1 }",
    "{ .a =~ \"(\" }",
    "{ name = nil }",
    "{ } | by(1)",
    "{ } | rate() | topk(0)",
    "{ } | compare({ .a }) > 3",
    "{ .a && parent.b = 1 }",
    "{ } | max(.a) + 1 > 2",
];
