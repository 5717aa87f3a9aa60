//! What is hidden stays hidden: in every format, packed or not, wherever it stood.

use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, InstrumentationScope, KeyValue, KeyValueList};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status, TracesData};
use prost::Message as _;
use spanwise::encode::{Format, MASK, Redaction, Rule, Shown, SpanRows};
use spanwise::model::Dataset;

use super::{LOSSLESS, survey, told, written};
use crate::generate::Random;
use crate::notation;
use crate::read::open_bytes;

const KEY: [u8; 16] = *b"0123456789abcdef";

fn redacted(dataset: &Dataset, redaction: &Redaction, format: Format, is_gzip: bool) -> Vec<u8> {
    let rows = SpanRows::all(dataset);
    let (masks, _) = survey(dataset, &rows, redaction);
    written(&Shown::through(dataset, &masks), &rows, format, is_gzip)
}

/// A text as a rule leaves it, as the name of a span.
fn masked(rules: &[Rule], text: &str) -> String {
    let span = Span {
        name: text.to_owned(),
        trace_id: vec![1; 16],
        span_id: vec![2; 8],
        start_time_unix_nano: 1,
        end_time_unix_nano: 2,
        ..Span::default()
    };
    let dataset = open_bytes(&request(Resource::default(), InstrumentationScope::default(), vec![span]));
    let redaction = Redaction { rules: rules.to_vec(), ..Redaction::default() };
    let again = open_bytes(&redacted(&dataset, &redaction, Format::OtlpJson, false));
    again.str(again.spans.name.as_slice()[0]).to_owned()
}

fn request(resource: Resource, scope: InstrumentationScope, spans: Vec<Span>) -> Vec<u8> {
    let scope_spans = vec![ScopeSpans { scope: Some(scope), spans, schema_url: String::new() }];
    TracesData { resource_spans: vec![ResourceSpans { resource: Some(resource), scope_spans, schema_url: String::new() }] }
        .encode_to_vec()
}

#[test]
fn patterns_find_what_they_are_for_and_nothing_else() {
    for (rule, text, expected) in [
        (Rule::Emails, "mail to jane.doe+x@mail.example.com, please", "mail to •••, please"),
        (Rule::Emails, "?to=jane%40example.org&x", "?to=•••&x"),
        (Rule::Emails, "user@host git@v2 a @ b.c", "user@host git@v2 a @ b.c"),
        (Rule::Emails, "zoë@exämple.de", "•••"),
        (Rule::IpAddresses, "from 10.1.2.3:8080 to [2001:db8::1]:443", "from •••:8080 to [•••]:443"),
        (Rule::IpAddresses, "std::vec 1.2.3 at 12:30:45 300.1.2.3 v1.2.3.4.5", "std::vec 1.2.3 at 12:30:45 300.1.2.3 v1.2.3.4.5"),
        (Rule::IpAddresses, "it is 192.168.0.1.", "it is •••."),
        (Rule::IpAddresses, "::1 and fe80::1%eth0", "••• and •••%eth0"),
        (Rule::PhoneNumbers, "call +49 (30) 1234-5678 or (555) 123-4567", "call ••• or •••"),
        (Rule::PhoneNumbers, "2024-01-02 10:20 id 1234567890 1.5e+10", "2024-01-02 10:20 id 1234567890 1.5e+10"),
        (Rule::CardNumbers, "card 4111 1111 1111 1111 of 123-45-6789", "card ••• of •••"),
        (Rule::CardNumbers, "4111 1111 1111 1112 1700000000000000000", "4111 1111 1111 1112 1700000000000000000"),
        (Rule::UrlQueries, "GET https://x.io/a?name=jane&flag&id=7#top", "GET https://x.io/a?name=•••&flag&id=•••#top"),
        (Rule::UrlQueries, "SELECT a FROM t WHERE b=? AND c=?", "SELECT a FROM t WHERE b=? AND c=?"),
        (Rule::PrivateKeys, "k -----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY----- l", "k ••• l"),
        (Rule::PrivateKeys, "-----BEGIN EC PRIVATE KEY-----\ncut", "•••"),
        (Rule::PrivateKeys, "-----BEGIN CERTIFICATE-----\nabc", "-----BEGIN CERTIFICATE-----\nabc"),
        (Rule::Jwts, "t=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.s-_1 x", "t=••• x"),
        (Rule::Jwts, "eyJ eyJhbGci", "eyJ eyJhbGci"),
        (Rule::KnownKeys, "AKIAIOSFODNN7EXAMPLE ghp_0123456789abcdefABCDEF", "••• •••"),
        (Rule::KnownKeys, "AKIA short task-force sk-1", "AKIA short task-force sk-1"),
        (Rule::Credentials, "Authorization: Bearer abc123.def basic QWxhZGRpbjpvcGVu", "Authorization: Bearer ••• basic •••"),
        (Rule::Credentials, "token expired, basic authentication", "token expired, basic authentication"),
        (Rule::UrlLogins, "postgres://bob:p@ss@db.local:5432/x", "postgres://•••@db.local:5432/x"),
        (Rule::UrlLogins, "https://x.io/a@b", "https://x.io/a@b"),
        (Rule::Assignments, r#"{"password": "a \"b\" c", "n": 1}"#, r#"{"password": "•••", "n": 1}"#),
        (Rule::Assignments, r#"{\"api_key\":\"abc\",\"n\":1}"#, r#"{\"api_key\":\"•••\",\"n\":1}"#),
        (Rule::Assignments, "DB_PASSWORD=hunter2; x=1 client_secret: s3", "DB_PASSWORD=•••; x=1 client_secret: •••"),
        (Rule::Assignments, "/cb?code=abc&state=x&page=2", "/cb?code=•••&state=•••&page=2"),
        (Rule::Assignments, "max_tokens=512 code: 404 key: v", "max_tokens=512 code: 404 key: v"),
        (Rule::Assignments, "Cookie: a=b; c=d\nHost: x", "Cookie: •••\nHost: x"),
        (Rule::MaskText("Acme".to_owned()), "ACME sells acme", "••• sells •••"),
        (Rule::MaskText(String::new()), "as it is", "as it is"),
    ] {
        assert_eq!(masked(std::slice::from_ref(&rule), text), expected, "{rule:?}");
    }
}

#[test]
fn rules_do_not_hide_things_from_each_other() {
    let all: Vec<Rule> = Rule::PERSONAL.into_iter().chain(Rule::SECRETS).collect();
    assert_eq!(
        masked(&all, "https://bob:pw@10.0.0.1/a?token=jane@example.com&x=Bearer%20abc"),
        "https://•••@•••/a?token=•••&x=•••"
    );
    // Found by both in part: all of it goes.
    let texts = [Rule::MaskText("abcd".to_owned()), Rule::MaskText("cdef".to_owned())];
    assert_eq!(masked(&texts, "xabcdefx"), "x•••x");
}

const KEYS: &str = "
resource web#1  @service.name=\"web\" @user.name=\"jane\"
trace a1
  web#1  GET  0..5ms  server  id=1 @enduser.id=77 @db.password=true @gone.x={\"deep\": \"secret\"} @safe={\"user.email\": \"jane\", \"n\": 1} @http.request.header.cookie=[\"a=b\"]
";

#[test]
fn keys_hide_values_of_any_type() {
    let dataset = notation::dataset(KEYS);
    let rules = vec![Rule::PersonalKeys, Rule::SecretKeys, Rule::DropKey("gone.*".to_owned())];
    let redaction = Redaction { rules, ..Redaction::default() };
    for format in LOSSLESS {
        let again = told(&open_bytes(&redacted(&dataset, &redaction, format, false)));
        assert!(again.contains("@user.name=\"•••\""), "{again}");
        assert!(
            again.contains("@enduser.id=\"•••\" @db.password=\"•••\" @safe={\"user.email\": \"•••\", \"n\": 1} @http.request.header.cookie=\"•••\""),
            "{again}"
        );
    }
    let (_, findings) = survey(&dataset, &SpanRows::all(&dataset), &redaction);
    assert_eq!(findings.hits, [3, 2, 1]);
    let changes: Vec<String> = findings
        .changes
        .iter()
        .map(|change| {
            format!("{} {}: {} → {}", change.rule, change.key, change.before, change.after.as_deref().unwrap_or("nothing"))
        })
        .collect();
    assert_eq!(
        changes,
        [
            "0 user.name: jane → •••",
            "0 enduser.id: 77 → •••",
            "1 db.password: true → •••",
            "2 gone.x: {\n  \"deep\": \"secret\"\n} → nothing",
            "1 http.request.header.cookie: [\n  \"a=b\"\n] → •••",
            "0 user.email: jane → •••",
        ]
    );
}

#[test]
fn equal_texts_are_told_only_where_that_is_asked_for() {
    let dataset = notation::dataset(
        "trace a1\n  a  \"to x@y.de and z@y.de\"  0..5ms  id=1 @email=\"x@y.de\"\n    a  \"x@y.de\"  1..2ms  id=2 @email=5\n",
    );
    let names = |tells_equal| {
        let rules = vec![Rule::Emails, Rule::PersonalKeys];
        let redaction = Redaction { rules, tells_equal, ..Redaction::default() };
        let again = open_bytes(&redacted(&dataset, &redaction, Format::OtlpProto, false));
        told(&again)
            .lines()
            .skip(1)
            .map(|line| line.split("  ").filter(|part| part.contains(MASK)).collect::<Vec<_>>().join("  "))
            .collect::<Vec<_>>()
    };
    assert_eq!(names(false), ["to ••• and •••  id=1 @email=\"•••\"", "•••  id=2 @email=\"•••\""].map(str::to_owned));
    assert_eq!(names(true), ["to •••1 and •••2  id=1 @email=\"•••1\"", "•••1  id=2 @email=\"•••3\""].map(str::to_owned));
}

#[test]
fn hashed_ids_keep_the_tree_and_need_their_key() {
    let dataset = notation::dataset(
        "trace a1\n  a  root  0..9ms  @ref=\"trace 000000000000000000000000000000a1 span 0000000000000002\"\n    b  one  1..2ms\n      b  two  1..2ms\n    | link a1/1\ntrace \"text-id\" at 5\n  a  alone  0..1ms @ref=\"text-id\"\n",
    );
    let hashed = |key: [u8; 16], format| {
        let redaction = Redaction { ids_key: Some(key), ..Redaction::default() };
        open_bytes(&redacted(&dataset, &redaction, format, false))
    };
    for format in LOSSLESS {
        let again = hashed(KEY, format);
        let shape = |dataset: &Dataset| -> Vec<(String, u32)> {
            let spans = &dataset.spans;
            spans.id.range().iter().map(|span| (dataset.str(spans.name[span]).to_owned(), spans.depth[span])).collect()
        };
        assert_eq!(shape(&again), shape(&dataset));
        let text = told(&again);
        assert!(!text.contains("text-id") && !text.contains("id=2") && !text.contains("trace a1"), "{text}");
        assert!(text.contains("leads to \"root\""), "{text}");
        // What a text says of an id is still said of that id.
        let spanwise::model::TraceKey::Regular(number) = again.traces.key[again.spans.trace[spanwise::model::SpanIdx(1)]] else {
            panic!("no regular id")
        };
        assert!(text.contains(&format!("trace {number:032x} span ")), "{text}");
        assert_eq!(told(&hashed(KEY, format)), text, "the same key gives other ids");
        assert_ne!(told(&hashed([7; 16], format)), text, "another key gives the same ids");
    }
}

/// What is looked for in the output, and what was planted so that it must not be there.
struct Plant {
    random: Random,
    needles: Vec<String>,
    regular_ids: Vec<Vec<u8>>,
}

impl Plant {
    fn marker(&mut self) -> String {
        let marker = format!("q{:016x}z", self.random.next());
        self.needles.push(marker.clone());
        marker
    }

    /// A secret of a kind that a preset knows, or that the own text `marker` names.
    fn secret(&mut self) -> String {
        let before = self.random.pick(&["", "see ", "a=", "\"", "{\"x\":\"", "ü"]);
        let marker = self.marker();
        let secret = match self.random.below(9) {
            0 => format!("{marker}@example.com"),
            1 => format!("eyJhbGciOiJIUzI1NiJ9.{marker}.sig"),
            2 => format!("ghp_{marker}"),
            3 => format!("Bearer {marker}"),
            4 => format!("https://user:{marker}@host/"),
            5 => format!("https://host/?q={marker}"),
            6 => format!("password={marker}"),
            7 => format!("-----BEGIN PRIVATE KEY-----\n{marker}\n-----END PRIVATE KEY-----"),
            _ => format!("OWN{marker}"),
        };
        // The own rule is for whole texts: its marker must be its text.
        let secret = if secret.starts_with("OWN") { "OWN-WORD".to_owned() } else { secret };
        format!("{before}{secret} tail")
    }

    fn value(&mut self, depth: u32) -> AnyValue {
        let value = match self.random.below(if depth == 0 { 3 } else { 5 }) {
            0 | 1 => Any::StringValue(self.secret()),
            2 => Any::BytesValue(self.secret().into_bytes()),
            3 => Any::ArrayValue(ArrayValue { values: vec![self.value(depth - 1), self.value(depth - 1)] }),
            _ => Any::KvlistValue(KeyValueList { values: self.attributes(depth - 1) }),
        };
        AnyValue { value: Some(value) }
    }

    fn attributes(&mut self, depth: u32) -> Vec<KeyValue> {
        let mut all = vec![KeyValue { key: self.secret(), value: Some(self.value(depth)), ..KeyValue::default() }];
        let key = self.random.pick(&["user.name", "enduser.id", "db.password", "x.token", "http.request.header.authorization"]);
        let hidden = match self.random.below(3) {
            0 => Any::StringValue(self.marker()),
            1 => {
                let number = i64::try_from(self.random.next() >> 2).unwrap();
                self.needles.push(number.to_string());
                Any::IntValue(number)
            }
            _ => Any::ArrayValue(ArrayValue { values: vec![AnyValue { value: Some(Any::StringValue(self.marker())) }] }),
        };
        all.push(KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(hidden) }), ..KeyValue::default() });
        all.push(KeyValue {
            key: format!("drop.{}", self.marker()),
            value: Some(AnyValue { value: Some(Any::StringValue(self.marker())) }),
            ..KeyValue::default()
        });
        all
    }

    fn id(&mut self, len: usize) -> Vec<u8> {
        let bytes: Vec<u8> = std::iter::repeat_with(|| self.random.next().to_be_bytes()).take(2).flatten().take(len).collect();
        self.needles.push(spanwise::base::text::hex_from_bytes(&bytes));
        self.regular_ids.push(bytes.clone());
        bytes
    }

    fn span(&mut self, trace_id: &[u8], parent: &[u8]) -> Span {
        Span {
            trace_id: trace_id.to_vec(),
            // Now and then an id that is too short, and is kept as text.
            span_id: if self.random.chance(200) { self.id(6) } else { self.id(8) },
            parent_span_id: parent.to_vec(),
            trace_state: self.secret(),
            name: self.secret(),
            kind: i32::try_from(self.random.below(6)).unwrap(),
            start_time_unix_nano: 1_700_000_000_000_000_000 + self.random.below(1000),
            end_time_unix_nano: 1_700_000_000_000_002_000 + self.random.below(1000),
            attributes: self.attributes(3),
            events: vec![Event {
                name: self.secret(),
                attributes: self.attributes(2),
                time_unix_nano: 1,
                dropped_attributes_count: 0,
            }],
            links: vec![Link {
                trace_id: self.id(16),
                span_id: self.id(8),
                trace_state: self.secret(),
                attributes: self.attributes(1),
                ..Link::default()
            }],
            status: Some(Status { message: self.secret(), code: 2 }),
            ..Span::default()
        }
    }

    fn data(&mut self) -> TracesData {
        let mut resource_spans = Vec::new();
        for _ in 0..4 {
            let trace_id = self.id(16);
            let mut spans = vec![self.span(&trace_id, &[])];
            for _ in 0..5 {
                let parent = spans[usize::try_from(self.random.below(spans.len() as u64)).unwrap()].span_id.clone();
                spans.push(self.span(&trace_id, &parent));
            }
            let mut attributes = self.attributes(2);
            attributes.push(KeyValue {
                key: "service.name".to_owned(),
                value: Some(AnyValue { value: Some(Any::StringValue(self.secret())) }),
                ..KeyValue::default()
            });
            let scope = InstrumentationScope {
                name: self.secret(),
                version: self.secret(),
                attributes: self.attributes(2),
                dropped_attributes_count: 0,
            };
            let scope_spans = vec![ScopeSpans { scope: Some(scope), spans, schema_url: self.secret() }];
            let resource = Resource { attributes, ..Resource::default() };
            resource_spans.push(ResourceSpans { resource: Some(resource), scope_spans, schema_url: self.secret() });
        }
        TracesData { resource_spans }
    }
}

#[test]
fn no_original_that_is_masked_is_in_any_output() {
    for seed in 1..=6 {
        let mut plant = Plant { random: Random::new(seed), needles: vec!["OWN-WORD".to_owned()], regular_ids: Vec::new() };
        let dataset = open_bytes(&plant.data().encode_to_vec());
        assert_eq!(dataset.spans.len(), 24);
        let mut rules: Vec<Rule> = Rule::PERSONAL.into_iter().chain(Rule::SECRETS).collect();
        rules.extend([Rule::MaskText("own-word".to_owned()), Rule::DropKey("drop.*".to_owned())]);
        let all = rules.clone();
        for tells_equal in [false, true] {
            let redaction = Redaction { rules: all.clone(), ids_key: Some(KEY), tells_equal };
            for format in Format::ALL {
                // Each needle is there as long as nothing hides it, or the test would prove nothing.
                let plain = super::plain(&dataset, format);
                let n_plain = plant.needles.iter().filter(|needle| holds(&plain, needle)).count();
                // Of a trace's diagram there is one; of all others, everything.
                let least = if format == Format::Mermaid { 5 } else { plant.needles.len() / 5 };
                assert!(least <= n_plain, "{format:?}: {n_plain} of {}", plant.needles.len());
                for is_gzip in [false, true] {
                    let bytes = redacted(&dataset, &redaction, format, is_gzip);
                    for needle in &plant.needles {
                        assert!(
                            !holds(&bytes, needle),
                            "seed {seed}, {format:?}: {needle} in {}",
                            String::from_utf8_lossy(&bytes)
                        );
                    }
                    for id in &plant.regular_ids {
                        assert!(find(&bytes, id).is_none(), "seed {seed}, {format:?}: the bytes of an id");
                    }
                }
            }
        }
    }
}

/// Whether a text stands there, also in base64, whose groups may begin with any of its first three bytes.
pub(super) fn holds(bytes: &[u8], needle: &str) -> bool {
    let in_base64 = (0..3).any(|skip| {
        let tail = &needle.as_bytes()[skip.min(needle.len())..];
        let whole = tail.len() / 3 * 3;
        let text = spanwise::base::text::base64_from_bytes(&tail[..whole]);
        8 <= text.len() && find(bytes, text.as_bytes()).is_some()
    });
    in_base64 || find(bytes, needle.as_bytes()).is_some()
}

fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    memchr::memmem::find(bytes, needle)
}

#[test]
fn what_was_not_looked_at_is_masked() {
    let dataset = notation::dataset(KEYS);
    let redaction = Redaction { rules: vec![Rule::PersonalKeys], ..Redaction::default() };
    let masks = spanwise::encode::Masks::new(&redaction, &dataset);
    let rows = SpanRows::all(&dataset);
    for format in Format::ALL {
        let bytes = written(&Shown::through(&dataset, &masks), &rows, format, false);
        for original in ["jane", "GET", "secret", "web"] {
            assert!(!holds(&bytes, original), "{format:?}: {original} in {}", String::from_utf8_lossy(&bytes));
        }
    }
}
