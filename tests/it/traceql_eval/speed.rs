//! The small twin of `benches/queries`: its data and its naive answers, of enough spans that a sample of them is asked first.

use spanwise::traceql::eval::Evaluator;
use spanwise::traceql::read;

#[path = "../../../benches/queries/shop.rs"]
mod shop;

#[test]
fn the_benchmark_asks_what_it_answers() {
    let shop = shop::Shop::new(1400, 50);
    let mut evaluator = Evaluator::new(&shop.dataset);
    for question in shop::QUESTIONS {
        let matched = evaluator.matched(&shop.dataset, &read(question.query).unwrap()).unwrap();
        let naive = (question.naive)(&shop.rows);
        assert_eq!(matched.selected.count(&shop.dataset), naive, "{}, which has {} ms", question.name, question.budget);
        assert!(0 < naive && naive < shop.rows.len(), "{}: {naive}", question.query);
    }
}
