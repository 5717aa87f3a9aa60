//! Made-up traces of a web shop, the same for the same seed, and the encodings that producers write them in.
//!
//! Twelve services call each other; there are databases, a cache, queues with links between traces, exceptions with stack
//! traces, retries, one slow deployment and one failing dependency. Texts repeat as real ones do, beside ids that never do.
//! Tests, benches and `tools/sample.rs` share this file, so it uses nothing of the crates around it.

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, InstrumentationScope, KeyValue, KeyValueList};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status, TracesData};
use prost::Message as _;

/// What to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// An hour of the shop's traffic.
    Shop,
    /// One trace: a nightly job that places orders until there are enough spans.
    Job,
    /// One trace in which each span has one child.
    Chain,
    /// One trace in which all spans but one are children of the first.
    Flat,
}

/// How many, of what, and which.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// What.
    pub(crate) shape: Shape,
    /// At least so many spans, and not many more.
    pub(crate) spans: usize,
    /// Which.
    pub(crate) seed: u64,
}

/// An xorshift generator: enough for made-up traffic, the same on every machine.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    /// Seeded.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// Any number.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `limit`.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        (self.next() >> 16) % limit.max(1)
    }

    /// True so many times in a thousand.
    pub(crate) fn chance(&mut self, permille: u64) -> bool {
        self.below(1000) < permille
    }

    /// One of several.
    pub(crate) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[usize::try_from(self.below(choices.len() as u64)).unwrap_or(0)]
    }

    /// Puts a slice into another order.
    pub(crate) fn shuffle<T>(&mut self, slice: &mut [T]) {
        for at in (1..slice.len()).rev() {
            slice.swap(at, usize::try_from(self.below(at as u64 + 1)).unwrap_or(0));
        }
    }
}

/// The traces of a plan, as the export requests in which they would have come.
pub(crate) fn requests(plan: Plan) -> Vec<TracesData> {
    let mut all = Vec::new();
    send_requests(plan, &mut |request| all.push(request));
    all
}

/// The same, one after another: a million spans are gigabytes if all requests are held.
pub(crate) fn send_requests(plan: Plan, send: &mut dyn FnMut(TracesData)) {
    match plan.shape {
        Shape::Shop => Shop::open(plan, send).traffic(),
        Shape::Job => Shop::open(plan, send).job(),
        Shape::Chain => send(plain(plan, |at| at.checked_sub(1))),
        Shape::Flat => send(plain(plan, |at| (at != 0).then_some(0))),
    }
}

/// All requests as one.
pub(crate) fn joined(requests: &[TracesData]) -> TracesData {
    TracesData { resource_spans: requests.iter().flat_map(|request| request.resource_spans.clone()).collect() }
}

/// Requests as the collector's file exporter writes them: one JSON document a line.
pub(crate) fn json_lines(requests: &[TracesData]) -> Vec<u8> {
    let mut out = String::new();
    for request in requests {
        write_json(&mut out, request);
        out.push('\n');
    }
    out.into_bytes()
}

/// Requests as one JSON document.
pub(crate) fn json_document(requests: &[TracesData]) -> Vec<u8> {
    let mut out = String::new();
    write_json(&mut out, &joined(requests));
    out.into_bytes()
}

/// Requests as one bare protobuf message.
pub(crate) fn protobuf(requests: &[TracesData]) -> Vec<u8> {
    requests.iter().flat_map(TracesData::encode_to_vec).collect()
}

/// Requests as the collector's file exporter writes protobuf: each message behind its length.
pub(crate) fn protobuf_framed(requests: &[TracesData]) -> Vec<u8> {
    requests.iter().flat_map(|request| framed(&request.encode_to_vec())).collect()
}

/// A message behind its length, four bytes big-endian.
pub(crate) fn framed(message: &[u8]) -> Vec<u8> {
    let len = u32::try_from(message.len()).unwrap_or(u32::MAX);
    [&len.to_be_bytes(), message].concat()
}

// --- The shop ---

struct Service {
    name: &'static str,
    language: &'static str,
    /// The stable release, and the one that is rolled out in the middle of the hour.
    versions: [&'static str; 2],
}

const fn service(name: &'static str, language: &'static str, versions: [&'static str; 2]) -> Service {
    Service { name, language, versions }
}

const SERVICES: [Service; 12] = [
    service("frontend", "nodejs", ["5.2.0", "5.2.0"]),
    service("user", "go", ["1.14.2", "1.14.2"]),
    service("catalog", "java", ["2.3.1", "2.4.0"]),
    service("cart", "dotnet", ["3.0.7", "3.0.7"]),
    service("checkout", "go", ["4.1.0", "4.1.0"]),
    service("payment", "java", ["1.9.9", "1.9.9"]),
    service("inventory", "rust", ["0.8.3", "0.8.3"]),
    service("shipping", "rust", ["0.5.1", "0.5.1"]),
    service("recommendation", "python", ["2.0.4", "2.0.4"]),
    service("ads", "java", ["1.2.0", "1.2.0"]),
    service("currency", "cpp", ["1.0.3", "1.0.3"]),
    service("email", "ruby", ["0.9.0", "0.9.0"]),
];

enum Step {
    /// Work of its own, seen as an internal span.
    Work(&'static str, u64),
    /// A database query.
    Query(&'static str, &'static str, u64),
    /// Several of the same query, one after another: the classic mistake.
    Queries(&'static str, &'static str, u64),
    /// A look into the cache.
    Cache(&'static str),
    /// A call of another operation.
    Call(usize),
    /// Several calls at the same time.
    Together(&'static [usize]),
    /// A message into a queue.
    Publish(&'static str),
    /// The bank, which is not ours and is not always there.
    Bank,
}

struct Operation {
    service: usize,
    name: &'static str,
    steps: &'static [Step],
}

const fn operation(service: usize, name: &'static str, steps: &'static [Step]) -> Operation {
    Operation { service, name, steps }
}

/// The first six are what people do, the rest is what the services do for each other.
const OPERATIONS: [Operation; 22] = [
    operation(0, "GET /", &[Step::Together(&[6, 15, 14]), Step::Call(8), Step::Work("render home", 2_000)]),
    operation(0, "GET /product/{id}", &[Step::Call(7), Step::Together(&[14, 15, 16]), Step::Work("render product", 1_500)]),
    operation(0, "POST /cart", &[Step::Call(18), Step::Call(9), Step::Work("render cart", 900)]),
    operation(0, "POST /checkout", &[Step::Call(18), Step::Call(10), Step::Work("render receipt", 1_100)]),
    operation(0, "GET /orders", &[Step::Call(18), Step::Call(19), Step::Work("render orders", 2_500)]),
    operation(0, "GET /search", &[Step::Call(20), Step::Call(15), Step::Work("render results", 1_800)]),
    operation(
        2,
        "CatalogService/List",
        &[
            Step::Cache("catalog:home"),
            Step::Query("products", "SELECT id, name, price FROM products WHERE featured ORDER BY rank LIMIT $1", 4_000),
        ],
    ),
    operation(
        2,
        "CatalogService/Get",
        &[Step::Cache("catalog:product"), Step::Query("products", "SELECT * FROM products WHERE id = $1", 1_200)],
    ),
    operation(3, "CartService/Get", &[Step::Cache("cart")]),
    operation(3, "CartService/Add", &[Step::Call(7), Step::Call(13), Step::Cache("cart")]),
    operation(
        4,
        "CheckoutService/Place",
        &[
            Step::Call(8),
            Step::Call(21),
            Step::Together(&[16, 17]),
            Step::Call(12),
            Step::Call(11),
            Step::Query("orders", "INSERT INTO orders (id, user_id, total, currency) VALUES ($1, $2, $3, $4)", 2_300),
            Step::Publish("orders.placed"),
        ],
    ),
    operation(
        5,
        "PaymentService/Charge",
        &[
            Step::Work("validate card", 700),
            Step::Bank,
            Step::Query("charges", "INSERT INTO charges (order_id, amount, state) VALUES ($1, $2, 'captured')", 1_900),
        ],
    ),
    operation(
        6,
        "InventoryService/Reserve",
        &[
            Step::Query("stock", "SELECT quantity FROM stock WHERE sku = $1 FOR UPDATE", 1_500),
            Step::Query("stock", "UPDATE stock SET quantity = quantity - $2 WHERE sku = $1", 1_700),
        ],
    ),
    operation(6, "InventoryService/Check", &[Step::Query("stock", "SELECT quantity FROM stock WHERE sku = $1", 900)]),
    operation(9, "AdService/Get", &[Step::Work("pick campaign", 400)]),
    operation(8, "RecommendationService/List", &[Step::Work("rank candidates", 6_000), Step::Call(6)]),
    operation(10, "CurrencyService/Convert", &[]),
    operation(7, "ShippingService/Quote", &[Step::Work("compute parcels", 300), Step::Call(16)]),
    operation(
        1,
        "UserService/Authenticate",
        &[Step::Cache("session"), Step::Query("users", "SELECT id, tier FROM users WHERE token_hash = $1", 800)],
    ),
    operation(
        4,
        "CheckoutService/ListOrders",
        &[
            Step::Query("orders", "SELECT id FROM orders WHERE user_id = $1", 1_100),
            Step::Queries("order_items", "SELECT sku, quantity, price FROM order_items WHERE order_id = $1", 600),
        ],
    ),
    operation(
        2,
        "CatalogService/Search",
        &[Step::Query(
            "products",
            "SELECT id, ts_rank(tsv, q) FROM products, plainto_tsquery($1) q WHERE tsv @@ q ORDER BY 2 DESC LIMIT 50",
            9_000,
        )],
    ),
    operation(6, "InventoryService/CheckAll", &[Step::Queries("stock", "SELECT quantity FROM stock WHERE sku = $1", 500)]),
];

const STACK: &str = "com.example.shop.payment.BankTimeoutException: no answer from api.bank.example within 2000 ms\n\tat com.example.shop.payment.BankClient.capture(BankClient.java:118)\n\tat com.example.shop.payment.ChargeHandler.charge(ChargeHandler.java:64)\n\tat com.example.shop.payment.grpc.PaymentService.charge(PaymentService.java:41)\n\tat io.grpc.stub.ServerCalls$UnaryServerCallHandler.onHalfClose(ServerCalls.java:182)\n\tat java.base/java.util.concurrent.ThreadPoolExecutor.runWorker(ThreadPoolExecutor.java:1144)\n\tat java.base/java.lang.Thread.run(Thread.java:1583)\nCaused by: java.net.SocketTimeoutException: Read timed out\n\tat java.base/sun.nio.ch.NioSocketImpl.timedRead(NioSocketImpl.java:278)\n\t... 9 more\n";

/// 2026-03-02 09:00 UTC: when the shop's hour begins.
const OPENING: u64 = 1_772_442_000_000_000_000;
const HOUR: u64 = 3_600_000_000_000;

/// A span waiting to be exported: (service, release, instance, scope) and the span.
type Exported = ((usize, usize, u64, usize), Span);

struct Shop<'a> {
    random: Random,
    plan: Plan,
    spans: Vec<Exported>,
    send: &'a mut dyn FnMut(TracesData),
    n_requests: usize,
    n_spans: usize,
    /// Producer spans whose messages wait: topic, trace id, span id, time.
    queue: Vec<(&'static str, Vec<u8>, Vec<u8>, u64)>,
    /// The trace that is being made.
    trace_id: Vec<u8>,
    request_id: String,
    user: u64,
    /// How many of the same query a careless operation makes now.
    repeats: u64,
}

/// What came of a call.
#[derive(Clone, Copy)]
struct Outcome {
    end: u64,
    failed: bool,
}

impl<'a> Shop<'a> {
    fn open(plan: Plan, send: &'a mut dyn FnMut(TracesData)) -> Self {
        Self {
            random: Random::new(plan.seed),
            plan,
            spans: Vec::new(),
            send,
            n_requests: 0,
            n_spans: 0,
            queue: Vec::new(),
            trace_id: Vec::new(),
            request_id: String::new(),
            user: 0,
            repeats: 3,
        }
    }

    fn traffic(mut self) {
        // 20 spans a trace on average, so the hour is parted evenly.
        let n_traces = (self.plan.spans / 20).max(1) as u64;
        let mut n = 0;
        while self.n_spans < self.plan.spans {
            let between = HOUR / n_traces;
            let at = OPENING + (between * n + self.random.below(between / 1000) * 1000) % HOUR;
            self.begin_trace();
            let action = match self.random.below(100) {
                0..=29 => 0,
                30..=49 => 1,
                50..=63 => 2,
                64..=85 => 3,
                87..=91 => 4,
                _ => 5,
            };
            // Once an hour somebody with 300 orders looks at them.
            let is_heavy = n == n_traces / 3;
            self.repeats = if is_heavy { 300 } else { 2 + self.random.below(4) };
            let before = self.spans.len();
            self.serve(if is_heavy { 4 } else { action }, &[], at);
            if self.random.chance(40) {
                // Not every span arrives: here the server's side of a call is lost, and what is below it stands alone.
                let servers: Vec<_> = (before..self.spans.len()).filter(|&at| self.spans[at].1.kind == 2).collect();
                let lost = self.random.pick(&servers);
                self.spans.remove(lost);
            }
            if self.queue.len() >= 4 {
                self.consume(at);
            }
            n += 1;
            if n % 30 == 0 {
                self.export();
            }
        }
        self.export();
    }

    fn job(mut self) {
        self.begin_trace();
        self.trace_id = vec![0xab; 16];
        let root = self.span_id();
        let mut at = OPENING + 1_000_000;
        let mut n = 0;
        while self.n_spans + 1 < self.plan.spans {
            let batch = self.span_id();
            let begin = at;
            for _ in 0..50 {
                if self.plan.spans <= self.n_spans + 2 {
                    break;
                }
                self.repeats = 2 + self.random.below(6);
                at = self.call(4, &batch, 10, at).end + self.random.below(300) * 1000;
                n += 1;
            }
            self.internal(4, &batch, &root, "reorder batch", (begin, at), vec![int("app.batch.first", n - 50)]);
            if self.n_requests * 1000 < self.n_spans {
                self.export();
            }
        }
        self.internal(4, &root, &[], "nightly reorder", (OPENING, at + 500_000), vec![int("app.orders", n)]);
        self.export();
    }

    fn begin_trace(&mut self) {
        self.trace_id = [self.random.next().to_be_bytes(), self.random.next().to_be_bytes()].concat();
        self.request_id = format!("{:016x}-{:08x}", self.random.next(), self.random.below(1 << 32));
        self.user = self.random.below(20_000);
    }

    fn span_id(&mut self) -> Vec<u8> {
        (self.random.next() | 1).to_be_bytes().to_vec()
    }

    /// A time around `usual_us`, with the long tail that latencies have.
    fn takes(&mut self, usual_us: u64) -> u64 {
        let tail = if self.random.chance(20) { 2 + self.random.below(8) } else { 1 };
        // Whole microseconds: no producer's clock ticks faster.
        usual_us * (600 + self.random.below(800)) / 1000 * 1000 * tail
    }

    /// Which release answers: the new catalog is rolled out in the middle of the hour, and rolled back.
    fn release(service: usize, at: u64) -> usize {
        let minute = at.saturating_sub(OPENING) / 60_000_000_000;
        usize::from(service == 2 && (25..38).contains(&minute))
    }

    /// The server side of an operation.
    fn serve(&mut self, number: usize, parent: &[u8], at: u64) -> Outcome {
        let operation = &OPERATIONS[number];
        let id = self.span_id();
        let mut now = at + self.takes(50);
        let mut failed = false;
        let release = Self::release(operation.service, at);
        for step in operation.steps {
            let outcome = self.step(operation.service, &id, step, now);
            now = outcome.end + self.random.below(60) * 1000;
            if release == 1 {
                now += self.takes(45_000);
            }
            failed |= outcome.failed;
            if failed {
                break;
            }
        }
        let end = now + self.takes(120);
        let is_http = operation.service == 0;
        let mut attributes =
            if is_http { self.http_attributes(operation.name, failed) } else { self.rpc_attributes(operation, failed) };
        if number == 10 {
            attributes.push(text(
                "app.order",
                &format!(
                    "{{\"id\":\"{:x}\",\"items\":[{{\"sku\":\"S-{}\",\"n\":2}}],\"total\":{}.95}}",
                    self.random.next(),
                    self.random.below(5000),
                    self.random.below(400)
                ),
            ));
            attributes.push(map(
                "app.cart",
                vec![
                    int("items", i64::try_from(self.random.below(9)).unwrap_or(0)),
                    boolean("gift", self.random.chance(100)),
                    double("weight_kg", 1.25),
                ],
            ));
        }
        let mut span = self.span(&id, parent, operation.name, 2, (at, end), attributes);
        if failed {
            span.status = Some(Status {
                code: 2,
                message: if is_http { String::new() } else { "payment failed: bank timeout".to_owned() },
            });
        }
        if is_http && self.random.chance(300) {
            span.trace_state = format!("shop=t:{};r:1", self.user % 7);
        }
        if self.random.chance(8) {
            span.dropped_attributes_count = 3;
            span.dropped_events_count = 1;
        }
        self.push(operation.service, usize::from(!is_http), span, at);
        Outcome { end, failed }
    }

    /// The client side of a call, and with it the server's.
    fn call(&mut self, caller: usize, parent: &[u8], number: usize, at: u64) -> Outcome {
        let id = self.span_id();
        let wire = self.takes(180);
        let outcome = self.serve(number, &id, at + wire);
        let end = outcome.end + self.takes(150);
        let operation = &OPERATIONS[number];
        let attributes = self.rpc_attributes(operation, outcome.failed);
        let mut span = self.span(&id, parent, operation.name, 3, (at, end), attributes);
        if outcome.failed {
            span.status = Some(Status { code: 2, message: "13 INTERNAL: payment failed: bank timeout".to_owned() });
        }
        self.push(caller, 1, span, at);
        Outcome { end, failed: outcome.failed }
    }

    fn step(&mut self, service: usize, parent: &[u8], step: &Step, at: u64) -> Outcome {
        let end = match step {
            Step::Work(name, usual_us) => {
                let end = at + self.takes(*usual_us);
                let id = self.span_id();
                let thread = vec![int("thread.id", 12), text("code.function.name", name), double("app.score", 0.75)];
                self.internal(service, &id, parent, name, (at, end), thread);
                end
            }
            Step::Query(table, statement, usual_us) => self.query(service, parent, table, statement, *usual_us, at),
            Step::Queries(table, statement, usual_us) => {
                let mut now = at;
                for _ in 0..self.repeats {
                    now = self.query(service, parent, table, statement, *usual_us, now) + self.random.below(90) * 1000;
                }
                now
            }
            Step::Cache(prefix) => self.cache(service, parent, prefix, at),
            Step::Call(number) => return self.call(service, parent, *number, at),
            Step::Together(numbers) => {
                let mut all = Outcome { end: at, failed: false };
                for &number in *numbers {
                    let begin = at + self.random.below(40) * 1000;
                    let outcome = self.call(service, parent, number, begin);
                    all = Outcome { end: all.end.max(outcome.end), failed: all.failed || outcome.failed };
                }
                return all;
            }
            Step::Publish(topic) => self.publish(service, parent, topic, at),
            Step::Bank => return self.bank(service, parent, at),
        };
        Outcome { end, failed: false }
    }

    fn query(&mut self, service: usize, parent: &[u8], table: &str, statement: &str, usual_us: u64, at: u64) -> u64 {
        let id = self.span_id();
        let end = at + self.takes(usual_us);
        let verb = statement.split(' ').next().unwrap_or_default();
        let attributes = vec![
            text("db.system.name", "postgresql"),
            text("db.namespace", SERVICES[service].name),
            text("db.collection.name", table),
            text("db.operation.name", verb),
            text("db.query.text", statement),
            text("db.query.parameter.0", &self.random.below(1_000_000).to_string()),
            int("db.response.returned_rows", i64::try_from(self.random.below(40)).unwrap_or(0)),
            text("server.address", "postgres-primary.shop.svc"),
            int("server.port", 5432),
            text("network.peer.address", "10.8.0.12"),
            int("thread.id", 17 + i64::try_from(self.user % 16).unwrap_or(0)),
            text("app.request.id", &self.request_id.clone()),
        ];
        let span = self.span(&id, parent, &format!("{verb} {table}"), 3, (at, end), attributes);
        self.push(service, 2, span, at);
        end
    }

    fn cache(&mut self, service: usize, parent: &[u8], prefix: &str, at: u64) -> u64 {
        let id = self.span_id();
        let end = at + self.takes(220);
        let hit = self.random.chance(850);
        let attributes = vec![
            text("db.system.name", "redis"),
            text("db.operation.name", "GET"),
            text("app.cache.key", &format!("{prefix}:{}", self.random.below(9000))),
            boolean("app.cache.hit", hit),
            text("server.address", "redis.shop.svc"),
            int("server.port", 6379),
            text("network.peer.address", "10.8.0.40"),
            int("db.namespace.index", 0),
            text("app.request.id", &self.request_id.clone()),
        ];
        let mut span = self.span(&id, parent, "GET", 3, (at, end), attributes);
        if !hit {
            span.events.push(event("cache miss", at + (end - at) / 2, vec![text("app.cache.tier", "local")]));
        }
        self.push(service, 2, span, at);
        end
    }

    fn publish(&mut self, service: usize, parent: &[u8], topic: &'static str, at: u64) -> u64 {
        let id = self.span_id();
        let end = at + self.takes(900);
        let attributes = vec![
            text("messaging.system", "kafka"),
            text("messaging.destination.name", topic),
            text("messaging.operation.name", "send"),
            int("messaging.kafka.offset", i64::try_from(self.random.below(1 << 40)).unwrap_or(0)),
            bytes("messaging.message.key", &self.random.next().to_be_bytes()),
            text("app.request.id", &self.request_id.clone()),
        ];
        let span = self.span(&id, parent, &format!("send {topic}"), 4, (at, end), attributes);
        self.queue.push((topic, span.trace_id.clone(), id, end));
        self.push(service, 1, span, at);
        end
    }

    fn bank(&mut self, service: usize, parent: &[u8], at: u64) -> Outcome {
        let minute = at.saturating_sub(OPENING) / 60_000_000_000;
        let is_down = self.plan.shape == Shape::Shop && (40..52).contains(&minute);
        let mut now = at;
        for attempt in 0..3_u64 {
            let id = self.span_id();
            let failed = if is_down { self.random.chance(850) } else { self.random.chance(4) };
            let end = now + if failed { 2_000_000_000 + self.takes(900) } else { self.takes(38_000) };
            let attributes = vec![
                text("http.request.method", "POST"),
                text("url.full", "https://api.bank.example/v2/captures?merchant=shop-4711&currency=EUR&channel=web"),
                text("server.address", "api.bank.example"),
                int("server.port", 443),
                int("http.response.status_code", if failed { 504 } else { 201 }),
                int("http.request.resend_count", i64::try_from(attempt).unwrap_or(0)),
                strings("http.response.header.retry-after", if failed { &["2"] } else { &[] }),
                text("network.protocol.version", "1.1"),
                text("tls.protocol.version", "1.3"),
                text("app.request.id", &self.request_id.clone()),
            ];
            let mut span = self.span(&id, parent, "POST", 3, (now, end), attributes);
            if failed {
                span.status = Some(Status { code: 2, message: "no answer from api.bank.example within 2000 ms".to_owned() });
                let exception = vec![
                    text("exception.type", "com.example.shop.payment.BankTimeoutException"),
                    text("exception.message", "no answer from api.bank.example within 2000 ms"),
                    text("exception.stacktrace", STACK),
                    boolean("exception.escaped", true),
                ];
                span.events.push(event("exception", end - 20_000, exception));
            }
            self.push(service, 0, span, now);
            now = end;
            if !failed {
                return Outcome { end, failed: false };
            }
            now += 100_000_000 << attempt;
        }
        Outcome { end: now, failed: true }
    }

    /// A consumer takes what waits in the queue, in a trace of its own that links to the producers.
    fn consume(&mut self, at: u64) {
        let waiting = std::mem::take(&mut self.queue);
        self.begin_trace();
        let at = waiting.iter().map(|message| message.3).max().unwrap_or(at) + 3_000_000;
        let id = self.span_id();
        let mut now = at;
        for _ in &waiting {
            let end = now + self.takes(2_500);
            let inner = self.span_id();
            self.internal(11, &inner, &id, "render confirmation", (now, end), vec![text("app.template", "order-placed")]);
            now = end;
        }
        let attributes = vec![
            text("messaging.system", "kafka"),
            text("messaging.destination.name", waiting[0].0),
            text("messaging.operation.name", "process"),
            int("messaging.batch.message_count", i64::try_from(waiting.len()).unwrap_or(0)),
            text("messaging.consumer.group.name", "email"),
        ];
        let mut span = self.span(&id, &[], "process orders.placed", 5, (at, now + 40_000), attributes);
        span.links = waiting.into_iter().map(|(_, trace_id, span_id, _)| link(trace_id, span_id)).collect();
        self.push(11, 1, span, at);
    }

    fn internal(&mut self, service: usize, id: &[u8], parent: &[u8], name: &str, time: (u64, u64), attributes: Vec<KeyValue>) {
        let span = self.span(id, parent, name, 1, time, attributes);
        self.push(service, 0, span, time.0);
    }

    fn http_attributes(&mut self, name: &str, failed: bool) -> Vec<KeyValue> {
        let (method, route) = name.split_once(' ').unwrap_or(("GET", "/"));
        let path = route.replace("{id}", &self.random.below(5000).to_string());
        vec![
            text("http.request.method", method),
            text("http.route", route),
            text("url.path", &path),
            text("url.scheme", "https"),
            text("server.address", "shop.example"),
            int("server.port", 443),
            int("http.response.status_code", if failed { 502 } else { 200 }),
            text(
                "user_agent.original",
                self.random.pick(&[
                    "Mozilla/5.0 (X11; Linux x86_64; rv:147.0) Gecko/20100101 Firefox/147.0",
                    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_2 like Mac OS X) AppleWebKit/605.1.15",
                    "shop-app/7.4.1 (Android 16)",
                ]),
            ),
            text("client.address", &format!("198.51.100.{}", self.user % 250)),
            text("network.protocol.version", "2"),
            text("app.request.id", &self.request_id.clone()),
            text("enduser.id", &format!("u-{:05}", self.user)),
        ]
    }

    fn rpc_attributes(&mut self, operation: &Operation, failed: bool) -> Vec<KeyValue> {
        let (service, method) = operation.name.split_once('/').unwrap_or((operation.name, ""));
        let name = SERVICES[operation.service].name;
        vec![
            text("rpc.system.name", "grpc"),
            text("rpc.service", &format!("shop.v1.{service}")),
            text("rpc.method", method),
            int("rpc.grpc.status_code", if failed { 13 } else { 0 }),
            text("server.address", &format!("{name}.shop.svc.cluster.local")),
            int("server.port", 8080),
            text("network.peer.address", &format!("10.8.{}.{}", operation.service, self.random.below(4))),
            text("network.transport", "tcp"),
            int("thread.id", 17 + i64::try_from(self.user % 16).unwrap_or(0)),
            boolean("app.cached", false),
            text("app.request.id", &self.request_id.clone()),
            text("app.tenant", self.random.pick(&["eu", "us", "jp"])),
        ]
    }

    fn span(&self, id: &[u8], parent: &[u8], name: &str, kind: i32, time: (u64, u64), attributes: Vec<KeyValue>) -> Span {
        Span {
            trace_id: self.trace_id.clone(),
            span_id: id.to_vec(),
            parent_span_id: parent.to_vec(),
            name: name.to_owned(),
            kind,
            start_time_unix_nano: time.0,
            end_time_unix_nano: time.1,
            attributes,
            flags: 0x101,
            status: Some(Status::default()),
            ..Span::default()
        }
    }

    fn push(&mut self, service: usize, scope: usize, span: Span, at: u64) {
        let instance = (at / 7_000_000) % 2;
        self.spans.push(((service, Self::release(service, at), instance, scope), span));
        self.n_spans += 1;
    }

    /// Everything that waits becomes one request, by resource and scope.
    fn export(&mut self) {
        let mut waiting = std::mem::take(&mut self.spans);
        waiting.sort_by_key(|exported| exported.0);
        let mut request = TracesData::default();
        let mut last = None;
        for ((service, release, instance, scope), span) in waiting {
            if last != Some((service, release, instance)) {
                let resource = Some(resource(service, release, instance));
                let schema_url = "https://opentelemetry.io/schemas/1.37.0".to_owned();
                request.resource_spans.push(ResourceSpans { resource, scope_spans: Vec::new(), schema_url });
                last = Some((service, release, instance));
            }
            let scopes = request.resource_spans.last_mut().map(|last| &mut last.scope_spans);
            let Some(scopes) = scopes else { continue };
            let wanted = scope_of(service, scope);
            if scopes.last().is_none_or(|last| last.scope.as_ref() != Some(&wanted)) {
                scopes.push(ScopeSpans { scope: Some(wanted), ..ScopeSpans::default() });
            }
            if let Some(last) = scopes.last_mut() {
                last.spans.push(span);
            }
        }
        self.n_requests += 1;
        (self.send)(request);
    }
}

fn resource(number: usize, release: usize, instance: u64) -> Resource {
    let service = &SERVICES[number];
    let pod = format!(
        "{}-{}-{}",
        service.name,
        service.versions[release].replace('.', ""),
        ["k2x9p", "zz4wq"][usize::from(instance == 1)]
    );
    let attributes = vec![
        text("service.name", service.name),
        text("service.version", service.versions[release]),
        text("service.namespace", "shop"),
        text(
            "service.instance.id",
            &format!("{:08x}-shop", (number as u64 * 7919 + instance * 104_729 + release as u64) & 0xffff_ffff),
        ),
        text("deployment.environment.name", "production"),
        text("k8s.pod.name", &pod),
        text("k8s.node.name", ["node-a", "node-b"][usize::from(instance == 1)]),
        text("telemetry.sdk.name", "opentelemetry"),
        text("telemetry.sdk.language", service.language),
        text("telemetry.sdk.version", "1.58.0"),
        int("process.pid", 1),
        strings("process.command_args", &["/app/server", "--port=8080"]),
    ];
    Resource { attributes, ..Resource::default() }
}

fn scope_of(service: usize, scope: usize) -> InstrumentationScope {
    let name = format!("io.opentelemetry.contrib.{}.{}", SERVICES[service].language, ["http", "grpc", "db"][scope]);
    InstrumentationScope { name, version: "2.19.0".to_owned(), ..InstrumentationScope::default() }
}

/// One trace of bare spans, each under the one that `parent` says.
fn plain(plan: Plan, parent: impl Fn(usize) -> Option<usize>) -> TracesData {
    let id = |at: usize| (at as u64 + 1).to_be_bytes().to_vec();
    let n = plan.spans as u64;
    let spans = (0..plan.spans).map(|at| {
        let start = OPENING + at as u64 * 1000;
        let end = if plan.shape == Shape::Chain { OPENING + (2 * n - at as u64) * 1000 } else { start + 900 };
        Span {
            trace_id: vec![0xcd; 16],
            span_id: id(at),
            parent_span_id: parent(at).map(id).unwrap_or_default(),
            name: if at == 0 { "first".to_owned() } else { format!("level {}", at % 10) },
            kind: 1,
            start_time_unix_nano: start,
            end_time_unix_nano: if at == 0 { OPENING + 2 * n * 1000 } else { end },
            attributes: vec![int("n", i64::try_from(at).unwrap_or(0))],
            ..Span::default()
        }
    });
    let scope_spans = ScopeSpans { scope: Some(scope_of(0, 0)), spans: spans.collect(), ..ScopeSpans::default() };
    let resource_spans =
        ResourceSpans { resource: Some(resource(0, 0, 0)), scope_spans: vec![scope_spans], ..ResourceSpans::default() };
    TracesData { resource_spans: vec![resource_spans] }
}

fn attribute(key: &str, value: Value) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
}

fn text(key: &str, value: &str) -> KeyValue {
    attribute(key, Value::StringValue(value.to_owned()))
}

fn int(key: &str, value: i64) -> KeyValue {
    attribute(key, Value::IntValue(value))
}

fn double(key: &str, value: f64) -> KeyValue {
    attribute(key, Value::DoubleValue(value))
}

fn boolean(key: &str, value: bool) -> KeyValue {
    attribute(key, Value::BoolValue(value))
}

fn bytes(key: &str, value: &[u8]) -> KeyValue {
    attribute(key, Value::BytesValue(value.to_vec()))
}

fn map(key: &str, values: Vec<KeyValue>) -> KeyValue {
    attribute(key, Value::KvlistValue(KeyValueList { values }))
}

fn strings(key: &str, values: &[&str]) -> KeyValue {
    let values = values.iter().map(|text| AnyValue { value: Some(Value::StringValue((*text).to_owned())) }).collect();
    attribute(key, Value::ArrayValue(ArrayValue { values }))
}

fn event(name: &str, time_unix_nano: u64, attributes: Vec<KeyValue>) -> Event {
    Event { name: name.to_owned(), time_unix_nano, attributes, ..Event::default() }
}

fn link(trace_id: Vec<u8>, span_id: Vec<u8>) -> Link {
    Link { trace_id, span_id, flags: 0x101, attributes: vec![text("messaging.message.id", "m")], ..Link::default() }
}

// --- JSON, as the collector writes it: defaults left out, 64-bit integers as texts, ids in hex ---

/// Writes `{"key":value,…}` with commas where they belong.
struct Object<'a> {
    out: &'a mut String,
    is_first: bool,
}

impl<'a> Object<'a> {
    fn open(out: &'a mut String) -> Self {
        out.push('{');
        Object { out, is_first: true }
    }

    fn key(&mut self, key: &str) -> &mut String {
        if !self.is_first {
            self.out.push(',');
        }
        self.is_first = false;
        self.out.push('"');
        self.out.push_str(key);
        self.out.push_str("\":");
        self.out
    }

    fn text(&mut self, key: &str, text: &str) {
        if !text.is_empty() {
            write_text(self.key(key), text);
        }
    }

    fn number(&mut self, key: &str, number: impl Into<i64>) {
        let number = number.into();
        if number != 0 {
            let text = number.to_string();
            self.key(key).push_str(&text);
        }
    }

    fn quoted(&mut self, key: &str, number: u64) {
        if number != 0 {
            let text = format!("\"{number}\"");
            self.key(key).push_str(&text);
        }
    }

    fn list<T>(&mut self, key: &str, items: &[T], write: impl Fn(&mut String, &T)) {
        if !items.is_empty() {
            self.array(key, items, write);
        }
    }

    /// A list that is written even if there is nothing in it.
    fn array<T>(&mut self, key: &str, items: &[T], write: impl Fn(&mut String, &T)) {
        let out = self.key(key);
        out.push('[');
        for (n, item) in items.iter().enumerate() {
            out.push_str(if n == 0 { "" } else { "," });
            write(out, item);
        }
        out.push(']');
    }

    fn close(self) {
        self.out.push('}');
    }
}

fn write_json(out: &mut String, request: &TracesData) {
    let mut object = Object::open(out);
    object.list("resourceSpans", &request.resource_spans, |out, group| {
        let mut object = Object::open(out);
        if let Some(resource) = &group.resource {
            let mut inner = Object::open(object.key("resource"));
            inner.list("attributes", &resource.attributes, write_attribute);
            inner.number("droppedAttributesCount", resource.dropped_attributes_count);
            inner.close();
        }
        object.list("scopeSpans", &group.scope_spans, |out, group| {
            let mut object = Object::open(out);
            if let Some(scope) = &group.scope {
                let mut inner = Object::open(object.key("scope"));
                inner.text("name", &scope.name);
                inner.text("version", &scope.version);
                inner.list("attributes", &scope.attributes, write_attribute);
                inner.number("droppedAttributesCount", scope.dropped_attributes_count);
                inner.close();
            }
            object.list("spans", &group.spans, write_span);
            object.text("schemaUrl", &group.schema_url);
            object.close();
        });
        object.text("schemaUrl", &group.schema_url);
        object.close();
    });
    object.close();
}

fn write_span(out: &mut String, span: &Span) {
    let mut object = Object::open(out);
    object.text("traceId", &hex(&span.trace_id));
    object.text("spanId", &hex(&span.span_id));
    object.text("traceState", &span.trace_state);
    object.text("parentSpanId", &hex(&span.parent_span_id));
    object.number("flags", span.flags);
    object.text("name", &span.name);
    object.number("kind", span.kind);
    object.quoted("startTimeUnixNano", span.start_time_unix_nano);
    object.quoted("endTimeUnixNano", span.end_time_unix_nano);
    object.list("attributes", &span.attributes, write_attribute);
    object.number("droppedAttributesCount", span.dropped_attributes_count);
    object.list("events", &span.events, |out, event| {
        let mut object = Object::open(out);
        object.quoted("timeUnixNano", event.time_unix_nano);
        object.text("name", &event.name);
        object.list("attributes", &event.attributes, write_attribute);
        object.number("droppedAttributesCount", event.dropped_attributes_count);
        object.close();
    });
    object.number("droppedEventsCount", span.dropped_events_count);
    object.list("links", &span.links, |out, link| {
        let mut object = Object::open(out);
        object.text("traceId", &hex(&link.trace_id));
        object.text("spanId", &hex(&link.span_id));
        object.text("traceState", &link.trace_state);
        object.list("attributes", &link.attributes, write_attribute);
        object.number("droppedAttributesCount", link.dropped_attributes_count);
        object.number("flags", link.flags);
        object.close();
    });
    object.number("droppedLinksCount", span.dropped_links_count);
    if let Some(status) = &span.status {
        let mut inner = Object::open(object.key("status"));
        inner.text("message", &status.message);
        inner.number("code", status.code);
        inner.close();
    }
    object.close();
}

fn write_attribute(out: &mut String, attribute: &KeyValue) {
    let mut object = Object::open(out);
    write_text(object.key("key"), &attribute.key);
    if let Some(value) = &attribute.value {
        write_value(object.key("value"), value);
    }
    object.close();
}

fn write_value(out: &mut String, value: &AnyValue) {
    let mut object = Object::open(out);
    match &value.value {
        None => {}
        Some(Value::StringValue(text)) => write_text(object.key("stringValue"), text),
        Some(Value::BoolValue(flag)) => object.key("boolValue").push_str(if *flag { "true" } else { "false" }),
        Some(Value::IntValue(number)) => write_text(object.key("intValue"), &number.to_string()),
        Some(Value::DoubleValue(number)) if number.is_finite() => object.key("doubleValue").extend([format!("{number:?}")]),
        Some(Value::DoubleValue(number)) => {
            let name = if number.is_nan() {
                "NaN"
            } else if *number > 0.0 {
                "Infinity"
            } else {
                "-Infinity"
            };
            write_text(object.key("doubleValue"), name);
        }
        Some(Value::BytesValue(bytes)) => write_text(object.key("bytesValue"), &base64(bytes)),
        Some(Value::ArrayValue(array)) => {
            let mut inner = Object::open(object.key("arrayValue"));
            inner.array("values", &array.values, write_value);
            inner.close();
        }
        Some(Value::KvlistValue(list)) => {
            let mut inner = Object::open(object.key("kvlistValue"));
            inner.array("values", &list.values, write_attribute);
            inner.close();
        }
        Some(other) => unreachable!("a value of the profiles signal: {other:?}"),
    }
    object.close();
}

fn write_text(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            character if character < ' ' => out.extend([format!("\\u{:04x}", u32::from(character))]),
            character => out.push(character),
        }
    }
    out.push('"');
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect()
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let bits = group.iter().chain(&[0, 0]).take(3).fold(0_usize, |sum, &byte| sum << 8 | usize::from(byte));
        for place in 0..4 {
            text.push(if place <= group.len() { char::from(DIGITS[bits >> (18 - 6 * place) & 63]) } else { '=' });
        }
    }
    text
}
