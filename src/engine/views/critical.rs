//! Where the time of a trace goes: its critical path, by service and operation.

use std::cmp::Reverse;

use super::{find_trace, owned, span_id, usize_of};
use crate::base::{Column, FastMap, StrId, len_u32, sort_few_by_key};
use crate::engine::caches::{Caches, TraceTables};
use crate::model::{Dataset, ServiceIdx, SpanIdx};
use crate::protocol::{CriticalRequest, CriticalRow, CriticalView, Failure};

/// Operations in an answer, at most.
const MAX_OPERATIONS: u32 = 1000;

/// An operation's part of the path.
#[derive(Clone, Copy)]
struct Share {
    service: ServiceIdx,
    name: StrId,
    time: u64,
    spans: u32,
    /// The span with the most time, the first of equal ones, and that time.
    most: (SpanIdx, u64),
}

/// The breakdown.
pub(in crate::engine) fn critical(
    dataset: &Dataset,
    caches: &mut Caches,
    request: &CriticalRequest,
) -> Result<CriticalView, Failure> {
    let trace = find_trace(dataset, &request.trace_id)?;
    let tables = TraceTables::by(dataset, caches, trace, request.adjusted);
    let path = &tables.critical;
    let mut of_service: Column<ServiceIdx, u64> = Column::from_vec(vec![0; dataset.services.name.len()]);
    let mut places: FastMap<(ServiceIdx, StrId), usize> = FastMap::default();
    let mut shares: Vec<Share> = Vec::new();
    let mut n_spans = 0;
    for span in tables.rows.iter() {
        let time = path.time_of(span);
        if time == 0 {
            continue;
        }
        let (service, name) = (dataset.service(span), dataset.spans.name[span]);
        n_spans += 1;
        of_service[service] += time;
        let place = *places.entry((service, name)).or_insert(shares.len());
        match shares.get_mut(place) {
            None => shares.push(Share { service, name, time, spans: 1, most: (span, time) }),
            Some(share) => {
                share.time += time;
                share.spans += 1;
                if share.most.1 < time {
                    share.most = (span, time);
                }
            }
        }
    }
    let operation_count = len_u32(shares.len());
    // Of equal ones, the one met first stays first.
    sort_few_by_key(&mut shares, |share| Reverse(share.time));
    shares.truncate(usize_of(request.limit.min(MAX_OPERATIONS)));
    let mut services: Vec<(u32, u64)> =
        of_service.iter().filter(|(_, time)| **time != 0).map(|(service, &time)| (service.0, time)).collect();
    sort_few_by_key(&mut services, |&(_, time)| Reverse(time));
    Ok(CriticalView {
        total: path.total(),
        duration: dataset.traces.duration(trace),
        operations: shares
            .into_iter()
            .map(|share| CriticalRow {
                service: share.service.0,
                name: owned(dataset, share.name),
                time: share.time,
                spans: share.spans,
                span_id: span_id(dataset, share.most.0),
            })
            .collect(),
        operation_count,
        services,
        spans: n_spans,
        outliving: path.outliving,
    })
}
