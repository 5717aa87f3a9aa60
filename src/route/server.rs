//! The address of a search on a server: where it is and what is sought, and never a secret.
//!
//! `#/openobserve?base=<url>&org=<id>&stream=<name>&last=<seconds>` or `&from=<µs>&to=<µs>`, then `service=`, `operation=`,
//! `status=`, `min=`, `max=` (nanoseconds), `sql=`, and `attr=<key>~<operator>~<value>` as often as there are conditions.

use super::percent::{self, Query};
use crate::protocol::{AttributeCondition, Comparison, Connection, ServerQuery, StatusCode};

/// The time that is sought in at first: the last hour.
const USUAL_SECONDS: u64 = 3_600;

/// A search on a server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerAddress {
    /// Where.
    pub connection: Connection,
    /// When.
    pub range: ServerRange,
    /// What.
    pub query: ServerQuery,
}

/// A stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerRange {
    /// Up to now.
    Last {
        /// How long.
        seconds: u64,
    },
    /// Microseconds since the epoch; the first included, the second not.
    Between {
        /// From.
        from: u64,
        /// To.
        to: u64,
    },
}

impl Default for ServerRange {
    fn default() -> Self {
        Self::Last { seconds: USUAL_SECONDS }
    }
}

impl ServerRange {
    /// The stretch, microseconds, if it is `now` (nanoseconds since the epoch).
    pub fn window(self, now: u64) -> (u64, u64) {
        match self {
            // What has just begun is in it.
            Self::Last { seconds } => {
                let to = (now / 1_000).saturating_add(1);
                (to.saturating_sub(seconds.saturating_mul(1_000_000)).max(1), to)
            }
            Self::Between { from, to } => (from, to),
        }
    }
}

const OPERATORS: [(Comparison, &str); 6] = [
    (Comparison::Equal, "eq"),
    (Comparison::NotEqual, "ne"),
    (Comparison::Greater, "gt"),
    (Comparison::Less, "lt"),
    (Comparison::Contains, "has"),
    (Comparison::Exists, "set"),
];

/// The name of a comparison in an address.
pub fn comparison_name(comparison: Comparison) -> &'static str {
    OPERATORS.iter().find_map(|&(known, name)| (known == comparison).then_some(name)).unwrap_or_default()
}

/// The comparison of that name.
pub fn comparison_from_name(name: &str) -> Option<Comparison> {
    OPERATORS.iter().find_map(|&(comparison, known)| (known == name).then_some(comparison))
}

const STATUSES: [(StatusCode, &str); 3] = [(StatusCode::Unset, "unset"), (StatusCode::Ok, "ok"), (StatusCode::Error, "error")];

impl ServerAddress {
    /// Whether a server is named.
    pub fn is_named(&self) -> bool {
        !self.connection.base.is_empty()
    }

    /// The address in a query string, without what leads it: to keep a connection in.
    pub fn to_query(&self) -> String {
        let mut query = Query::default();
        self.write(&mut query);
        query.finish()
    }

    /// The address that [`Self::to_query`] wrote.
    pub fn from_query(text: &str) -> Self {
        let mut address = Self::default();
        for (key, value) in percent::pairs(text.trim_start_matches('?')) {
            address.read(&key, &value);
        }
        address
    }

    /// Takes in a pair of the address. False if it is none of these.
    pub(super) fn read(&mut self, key: &str, value: &str) -> bool {
        let number = || value.parse::<u64>().ok();
        match key {
            "base" => value.clone_into(&mut self.connection.base),
            "org" => value.clone_into(&mut self.connection.org),
            "stream" => value.clone_into(&mut self.connection.stream),
            "last" => {
                if let Some(seconds) = number().filter(|&seconds| seconds != 0) {
                    self.range = ServerRange::Last { seconds };
                }
            }
            "from" => {
                if let Some(from) = number() {
                    let to = if let ServerRange::Between { to, .. } = self.range { to } else { u64::MAX };
                    self.range = ServerRange::Between { from, to };
                }
            }
            "to" => {
                if let Some(to) = number() {
                    let from = if let ServerRange::Between { from, .. } = self.range { from } else { 1 };
                    self.range = ServerRange::Between { from, to };
                }
            }
            "service" => value.clone_into(&mut self.query.service),
            "operation" => value.clone_into(&mut self.query.operation),
            "status" => self.query.status = STATUSES.iter().find_map(|&(status, name)| (name == value).then_some(status)),
            "min" => self.query.min_duration = number(),
            "max" => self.query.max_duration = number(),
            "sql" => value.clone_into(&mut self.query.sql),
            "attr" => self.query.attributes.extend(condition(value)),
            _ => return false,
        }
        true
    }

    pub(super) fn write(&self, query: &mut Query) {
        let Connection { base, org, stream } = &self.connection;
        query.text("base", base);
        query.text("org", org);
        query.text("stream", stream);
        match self.range {
            ServerRange::Last { seconds } => query.number("last", seconds),
            ServerRange::Between { from, to } => {
                query.number("from", from);
                query.number("to", to);
            }
        }
        let ServerQuery { service, operation, status, min_duration, max_duration, attributes, sql } = &self.query;
        query.text("service", service);
        query.text("operation", operation);
        if let Some(name) = status.and_then(|status| STATUSES.iter().find_map(|&(known, name)| (known == status).then_some(name)))
        {
            query.text("status", name);
        }
        for (key, bound) in [("min", min_duration), ("max", max_duration)] {
            if let Some(bound) = bound {
                query.number(key, *bound);
            }
        }
        query.text("sql", sql);
        for AttributeCondition { key, operator, value } in attributes {
            let name = comparison_name(*operator);
            // Keys may hold a `~`; encoded they do not.
            query.text("attr", &format!("{}~{name}~{value}", percent::encode(key).replace('~', "%7E")));
        }
    }
}

fn condition(text: &str) -> Option<AttributeCondition> {
    let (key, rest) = text.split_once('~')?;
    let (name, value) = rest.split_once('~')?;
    Some(AttributeCondition { key: percent::decode(key), operator: comparison_from_name(name)?, value: value.to_owned() })
}
