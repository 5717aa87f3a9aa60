//! A data set as text, in the [`notation`](super::notation) that tests are written in: everything that the file said, in the
//! order of the sealed rows. Two ways to read the same spans must give the same text; derived facts stand in comments.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use spanwise::base::StrId;
use spanwise::base::text::base64_from_bytes;
use spanwise::model::{
    AttributeIdx, Dataset, ImportReport, ResourceIdx, ScopeIdx, SpanIdx, SpanKey, SpanKind, SpanMark, StatusCode, TraceIdx,
    TraceKey, Value,
};

use super::notation::ORIGIN;

type Attributes = spanwise::base::IdxRange<AttributeIdx>;

/// The data set as text that reads back as the same data set.
pub(crate) fn dump(dataset: &Dataset) -> String {
    let labels = Labels::of(dataset);
    let mut out = labels.definitions.clone();
    for (trace, &key) in dataset.traces.key.iter() {
        write_trace(&mut out, dataset, &labels, trace, key);
    }
    out
}

/// What the import met, by kind. Without offsets and lines, so that it is the same for every way to write the same spans.
pub(crate) fn findings(report: &ImportReport) -> String {
    let mut out = String::new();
    for (kind, finding) in report.findings() {
        writeln!(out, "{} {}", kind.slug(), finding.count).unwrap();
    }
    out
}

/// The marks that a span can have, as they are called in comments.
const MARKS: [(SpanMark, &str); 11] = [
    (SpanMark::Orphan, "orphan"),
    (SpanMark::SelfParent, "self-parent"),
    (SpanMark::CycleCut, "cycle-cut"),
    (SpanMark::Merged, "merged"),
    (SpanMark::Unfinished, "unfinished"),
    (SpanMark::EndBeforeStart, "end-before-start"),
    (SpanMark::NoStart, "no-start"),
    (SpanMark::StartsBeforeParent, "starts-before-parent"),
    (SpanMark::EndsAfterParent, "ends-after-parent"),
    (SpanMark::IrregularId, "irregular-id"),
    (SpanMark::ExtraRoot, "extra-root"),
];

/// Names for resources and scopes, given in the order in which the sealed rows need them.
struct Labels {
    resources: BTreeMap<ResourceIdx, String>,
    scopes: BTreeMap<ScopeIdx, String>,
    definitions: String,
}

impl Labels {
    fn of(dataset: &Dataset) -> Self {
        let mut new = Self { resources: BTreeMap::new(), scopes: BTreeMap::new(), definitions: String::new() };
        for (_, &resource) in dataset.spans.resource.iter() {
            new.name_resource(dataset, resource);
        }
        for (_, &scope) in dataset.spans.scope.iter() {
            new.name_scope(dataset, scope);
        }
        new
    }

    fn name_resource(&mut self, dataset: &Dataset, at: ResourceIdx) {
        if self.resources.contains_key(&at) {
            return;
        }
        let table = &dataset.resources;
        let (rows, url, dropped) = (table.attributes[at], table.schema_url[at], table.dropped_attributes[at]);
        let service = dataset.str(table.service[at]);
        let is_plain = url == StrId::EMPTY && dropped == 0;
        let label = if is_plain && rows.is_empty() {
            "-".to_owned()
        } else if is_plain && rows.len() == 1 && !service.is_empty() {
            column(service)
        } else {
            let label = column(&format!("{service}#{}", self.resources.len() + 1));
            write!(self.definitions, "resource {label}").unwrap();
            if !rows.is_empty() {
                self.definitions.push(' ');
            }
            write_attributes(&mut self.definitions, dataset, rows);
            write_tail(&mut self.definitions, dataset, url, dropped);
            label
        };
        self.resources.insert(at, label);
    }

    fn name_scope(&mut self, dataset: &Dataset, at: ScopeIdx) {
        if self.scopes.contains_key(&at) {
            return;
        }
        let table = &dataset.scopes;
        let (rows, url, dropped) = (table.attributes[at], table.schema_url[at], table.dropped_attributes[at]);
        let (name, version) = (dataset.str(table.name[at]), dataset.str(table.version[at]));
        let label = if rows.is_empty() && url == StrId::EMPTY && dropped == 0 && version.is_empty() {
            name.to_owned()
        } else {
            let label = format!("{name}#{}", self.scopes.len() + 1);
            write!(self.definitions, "scope {}  {} {}", column(&label), quoted(name), quoted(version)).unwrap();
            write_attributes(&mut self.definitions, dataset, rows);
            write_tail(&mut self.definitions, dataset, url, dropped);
            label
        };
        self.scopes.insert(at, if label.contains([' ', '"', '\\']) { quoted(&label) } else { label });
    }
}

fn write_tail(out: &mut String, dataset: &Dataset, url: StrId, dropped: u32) {
    if url != StrId::EMPTY {
        write!(out, "  url={}", quoted(dataset.str(url))).unwrap();
    }
    if dropped != 0 {
        write!(out, "  dropped={dropped}").unwrap();
    }
    out.push('\n');
}

fn write_trace(out: &mut String, dataset: &Dataset, labels: &Labels, trace: TraceIdx, key: TraceKey) {
    let (table, strings) = (&dataset.traces, &dataset.strings);
    let origin = table.start[trace];
    write!(out, "trace {}", trace_id(key, strings)).unwrap();
    if origin != ORIGIN {
        write!(out, " at {origin}").unwrap();
    }
    let count = |n: u64, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    let spans = table.spans[trace];
    let root = dataset.str(dataset.spans.name[table.root[trace]]);
    write!(
        out,
        "  # {}, {}, {}, {}, depth {}, {}ns, named {}, services",
        count(u64::from(spans.len()), "span"),
        count(u64::from(table.errors[trace]), "error"),
        count(u64::from(table.roots[trace]), "root"),
        count(u64::from(table.orphans[trace]), "orphan"),
        table.depth[trace],
        table.duration(trace),
        quoted(root),
    )
    .unwrap();
    for &(service, n) in table.service_list.slice(table.services[trace]) {
        write!(out, " {} {n}", column(dataset.service_name(service))).unwrap();
    }
    out.push('\n');
    for span in spans.iter() {
        write_span(out, dataset, labels, span, origin);
    }
}

fn write_span(out: &mut String, dataset: &Dataset, labels: &Labels, span: SpanIdx, origin: u64) {
    let (spans, strings) = (&dataset.spans, &dataset.strings);
    let indent = "  ".repeat(spans.depth[span] as usize);
    let (label, scope) = (&labels.resources[&spans.resource[span]], &labels.scopes[&spans.scope[span]]);
    let interval = interval(spans.start[span], spans.end[span], origin);
    write!(out, "{indent}{label}  {}  {interval}", column(dataset.str(spans.name[span]))).unwrap();
    match (spans.unknown_kind.get(span), spans.kind[span]) {
        (Some(number), _) => write!(out, "  kind={number}").unwrap(),
        (None, SpanKind::Unspecified) => {}
        (None, kind) => write!(out, "  {}", format!("{kind:?}").to_lowercase()).unwrap(),
    }
    write!(out, "  id={}", span_id(spans.key(span), strings)).unwrap();
    let above = spans.parent(span).map_or(SpanKey::Missing, |parent| spans.key(parent));
    if spans.parent_key(span) != above {
        write!(out, "  parent={}", span_id(spans.parent_key(span), strings)).unwrap();
    }
    let message = spans.status_message.get(span).map(|id| quoted(dataset.str(id)));
    match (spans.status[span], message) {
        (StatusCode::Unset, None) => {}
        (status, message) => {
            write!(out, "  !{}", format!("{status:?}").to_lowercase()).unwrap();
            out.extend(message.iter().flat_map(|message| [" ", message]));
        }
    }
    if !scope.is_empty() {
        write!(out, "  scope={scope}").unwrap();
    }
    if let Some(state) = spans.trace_state.get(span) {
        write!(out, "  state={}", quoted(dataset.str(state))).unwrap();
    }
    if spans.flags[span] != 0 {
        write!(out, "  flags={}", spans.flags[span]).unwrap();
    }
    let dropped = [&spans.dropped_attributes, &spans.dropped_events, &spans.dropped_links];
    let dropped = dropped.map(|column| column.get(span).unwrap_or(0));
    if dropped != [0; 3] {
        write!(out, "  dropped={},{},{}", dropped[0], dropped[1], dropped[2]).unwrap();
    }
    write_attributes(out, dataset, spans.attributes[span]);
    let marks: Vec<_> = MARKS.iter().filter(|(mark, _)| spans.marks[span].has(*mark)).map(|(_, name)| *name).collect();
    if !marks.is_empty() {
        write!(out, "  # {}", marks.join(" ")).unwrap();
    }
    out.push('\n');
    for event in spans.events[span].iter() {
        let (name, time) = (dataset.str(dataset.events.name[event]), dataset.events.time[event]);
        write!(out, "{indent}| event {} {}", offset(time, origin), quoted(name)).unwrap();
        if let Some(dropped) = dataset.events.dropped_attributes.get(event) {
            write!(out, "  dropped={dropped}").unwrap();
        }
        write_attributes(out, dataset, dataset.events.attributes[event]);
        out.push('\n');
    }
    for link in spans.links[span].iter() {
        let table = &dataset.links;
        let (trace, other) = (trace_id(table.trace[link], strings), span_id(table.span[link], strings));
        write!(out, "{indent}| link {trace}/{other}").unwrap();
        if table.trace_state[link] != StrId::EMPTY {
            write!(out, "  state={}", quoted(dataset.str(table.trace_state[link]))).unwrap();
        }
        if table.flags[link] != 0 {
            write!(out, "  flags={}", table.flags[link]).unwrap();
        }
        if let Some(dropped) = table.dropped_attributes.get(link) {
            write!(out, "  dropped={dropped}").unwrap();
        }
        write_attributes(out, dataset, table.attributes[link]);
        if let Some(target) = dataset.link_target(link) {
            write!(out, "  # leads to {}", quoted(dataset.str(spans.name[target]))).unwrap();
        }
        out.push('\n');
    }
}

fn write_attributes(out: &mut String, dataset: &Dataset, rows: Attributes) {
    for (key, value) in dataset.attributes.entries(rows) {
        out.push_str(" @");
        let key = dataset.str(key);
        let is_plain = !key.is_empty() && !key.contains(|c: char| c == '=' || c == '"' || c == '\\' || is_odd(c) || c == ' ');
        out.push_str(&if is_plain { key.to_owned() } else { quoted(key) });
        out.push('=');
        write_value(out, dataset, value);
    }
}

fn write_value(out: &mut String, dataset: &Dataset, value: Value<'_>) {
    match value {
        Value::Empty => out.push_str("null"),
        Value::String(text) => out.push_str(&quoted(dataset.str(text))),
        Value::Bool(flag) => write!(out, "{flag}").unwrap(),
        Value::Int(number) => write!(out, "{number}").unwrap(),
        Value::Double(number) => write!(out, "{number:?}").unwrap(),
        Value::Bytes(bytes) => write!(out, "b64\"{}\"", base64_from_bytes(bytes)).unwrap(),
        Value::Array(rows) => {
            out.push('[');
            for (n, (_, value)) in dataset.attributes.entries(rows).enumerate() {
                out.push_str(if n == 0 { "" } else { ", " });
                write_value(out, dataset, value);
            }
            out.push(']');
        }
        Value::KvList(rows) => {
            out.push('{');
            for (n, (key, value)) in dataset.attributes.entries(rows).enumerate() {
                out.push_str(if n == 0 { "" } else { ", " });
                out.push_str(&quoted(dataset.str(key)));
                out.push_str(": ");
                write_value(out, dataset, value);
            }
            out.push('}');
        }
    }
}

fn trace_id(key: TraceKey, strings: &spanwise::base::Interner) -> String {
    match key {
        TraceKey::Missing => "-".to_owned(),
        TraceKey::Regular(number) => format!("{number:x}"),
        TraceKey::Text(text) => quoted(strings.get(text)),
    }
}

fn span_id(key: SpanKey, strings: &spanwise::base::Interner) -> String {
    match key {
        SpanKey::Missing => "-".to_owned(),
        SpanKey::Regular(number) => format!("{number:x}"),
        SpanKey::Text(text) => quoted(strings.get(text)),
    }
}

/// Both ends in the largest unit that holds them exactly.
fn interval(start: u64, end: u64, origin: u64) -> String {
    let distance = |time: u64| if time == 0 { 0 } else { i128::from(time) - i128::from(origin) };
    let (unit, name) = unit_of(&[distance(start), distance(end)]);
    let side = |time: u64| if time == 0 { "-".to_owned() } else { (distance(time) / unit).to_string() };
    let (first, last) = match (start, end) {
        (0, 0) => ("", ""),
        (_, 0) => (name, ""),
        (_, _) => ("", name),
    };
    format!("{}{first}..{}{last}", side(start), side(end))
}

fn offset(time: u64, origin: u64) -> String {
    if time == 0 {
        return "-".to_owned();
    }
    let distance = i128::from(time) - i128::from(origin);
    let (unit, name) = unit_of(&[distance]);
    format!("{}{name}", distance / unit)
}

fn unit_of(distances: &[i128]) -> (i128, &'static str) {
    let fits = |unit: i128| distances.iter().all(|distance| distance % unit == 0);
    if fits(1_000_000_000) && distances.iter().any(|&distance| distance != 0) {
        (1_000_000_000, "s")
    } else if fits(1_000_000) {
        (1_000_000, "ms")
    } else if fits(1_000) {
        (1_000, "us")
    } else {
        (1, "ns")
    }
}

/// Characters that would not survive on a line, or not be seen there.
fn is_odd(character: char) -> bool {
    character.is_control() || character.is_whitespace() && character != ' ' || "\u{feff}\u{200b}\u{202e}".contains(character)
}

/// A text as a column: in quotes only where it must be.
pub(crate) fn column(text: &str) -> String {
    let is_plain = !text.is_empty()
        && text != "-"
        && !text.contains("  ")
        && !text.starts_with([' ', '"', '|', '#'])
        && !text.ends_with(' ')
        && !text.contains(is_odd);
    if is_plain { text.to_owned() } else { quoted(text) }
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            character if is_odd(character) => write!(out, "\\u{{{:x}}}", u32::from(character)).unwrap(),
            character => out.push(character),
        }
    }
    out.push('"');
    out
}

/// Reads the notation, seals, and compares with what is expected of the dump; both without leading indentation.
fn check_dump(text: &str, expected: &str) {
    let unindent = |text: &str| {
        let indent = text.lines().filter(|line| !line.trim().is_empty()).map(|line| line.len() - line.trim_start().len()).min();
        let lines = text.lines().map(|line| line.get(indent.unwrap_or(0)..).unwrap_or_default());
        lines.skip_while(|line| line.is_empty()).collect::<Vec<_>>().join("\n")
    };
    let found = dump(&super::notation::dataset(&unindent(text)));
    assert_eq!(found.trim_end(), unindent(expected).trim_end(), "\n{found}");
    assert_eq!(dump(&super::notation::dataset(&found)), found, "the dump reads back as something else");
}

#[test]
fn notation_and_dump_are_each_others_inverse() {
    check_dump(
        "
        resource cart#1  @service.name=\"cart\" @host=\"h 1\" url=\"https://x\" dropped=2
        trace a1
          frontend  GET /cart          0..120ms  server
            cart#1  Cart.audit        90..140ms  client
            | event 95ms \"exception\" @exception.type=\"Timeout\" @n=[1, 2.5, {\"k\": null}, b64\"AAE=\"]
            | link a1/1 state=\"k=v\" flags=256 dropped=1 @a=true
            cart#1  \"odd  \\\"name\\u{0}\"        10..80ms   client  !error \"timed out\" @big=9223372036854775807
              db    SELECT cart       20..70ms   kind=9  flags=257 dropped=1,0,3
              -     no service        30ms..-   ~orphan
        trace \"short\" at 0
          -  \"\"  -..-  id=- !ok
        ",
        "
        resource cart#2  @service.name=\"cart\" @host=\"h 1\"  url=\"https://x\"  dropped=2
        trace a1  # 5 spans, 1 error, 1 root, 1 orphan, depth 3, 140000000ns, named \"GET /cart\", services cart 2 unknown_service 1 db 1 frontend 1
          frontend  GET /cart  0..120ms  server  id=1
            cart#2  \"odd  \\\"name\\u{0}\"  10..80ms  client  id=3  !error \"timed out\" @big=9223372036854775807
              db  SELECT cart  20..70ms  kind=9  id=4  flags=257  dropped=1,0,3
            cart#2  Cart.audit  90..140ms  client  id=2  # ends-after-parent
            | event 95ms \"exception\" @exception.type=\"Timeout\" @n=[1, 2.5, {\"k\": null}, b64\"AAE=\"]
            | link a1/1  state=\"k=v\"  flags=256  dropped=1 @a=true  # leads to \"GET /cart\"
          -  no service  30ms..-  id=5  parent=deaddeaddeaddead  # orphan unfinished
        trace \"short\" at 0  # 1 span, 0 errors, 1 root, 0 orphans, depth 1, 0ns, named \"\", services unknown_service 1
          -  \"\"  -..-  id=-  !ok  # unfinished no-start irregular-id
        ",
    );
}

#[test]
fn findings_of_linking_are_listed_with_the_worst_first() {
    let dataset = super::notation::dataset(
        "trace a1\n  a  one  0..5ms  id=1\n  a  two  1..2ms  id=1\n  a  lost  3..4ms  ~orphan\n  a  self  4..3ms  id=9 parent=9\n",
    );
    assert_eq!(findings(&dataset.report), "conflicting-span 1\nself-parent 1\nend-before-start 1\norphan 1\n");
}
