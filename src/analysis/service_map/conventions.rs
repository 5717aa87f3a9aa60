//! What a span's attributes tell of the other end, by the names of OpenTelemetry's semantic conventions, old and new.

use std::fmt::Write as _;

use crate::base::{Idx as _, IdxRange, StrId};
use crate::model::{AttributeIdx, Dataset, Value};

/// What an attribute can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fact {
    DatabaseSystem,
    Namespace,
    MessagingSystem,
    Destination,
    Operation,
    Peer,
    Address,
    Port,
    Url,
    Rpc,
    RpcService,
    HttpMethod,
}

const N_FACTS: usize = 12;

/// Keys by fact; of several for one fact, the one that stands first holds.
const KEYS: [(Fact, &str); 25] = [
    (Fact::DatabaseSystem, "db.system.name"),
    (Fact::DatabaseSystem, "db.system"),
    (Fact::Namespace, "db.namespace"),
    (Fact::Namespace, "db.name"),
    (Fact::MessagingSystem, "messaging.system"),
    (Fact::Destination, "messaging.destination.name"),
    (Fact::Destination, "messaging.destination"),
    (Fact::Operation, "messaging.operation.type"),
    (Fact::Operation, "messaging.operation"),
    (Fact::Peer, "service.peer.name"),
    (Fact::Peer, "peer.service"),
    (Fact::Address, "server.address"),
    (Fact::Address, "net.peer.name"),
    (Fact::Address, "net.sock.peer.name"),
    (Fact::Address, "http.host"),
    (Fact::Port, "server.port"),
    (Fact::Port, "net.peer.port"),
    (Fact::Url, "url.full"),
    (Fact::Url, "http.url"),
    (Fact::Rpc, "rpc.system.name"),
    (Fact::Rpc, "rpc.system"),
    (Fact::RpcService, "rpc.service"),
    (Fact::HttpMethod, "http.request.method"),
    (Fact::HttpMethod, "http.method"),
    (Fact::Address, "network.peer.address"),
];

/// Which keys of a data set tell something.
pub(super) struct Conventions<'a> {
    dataset: &'a Dataset,
    /// By symbol: the place in [`KEYS`] and one more, or 0. Keys come early in a file, so the table is short.
    known: Vec<u8>,
}

/// Where a span tells what.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Told {
    /// By fact: the place in [`KEYS`] and one more, and the attribute.
    facts: [(u8, AttributeIdx); N_FACTS],
}

/// What a client span calls, in words that live as long as the data set or the buffer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Named<'a> {
    /// What it is called.
    pub(super) name: &'a str,
    /// What is known beside.
    pub(super) detail: &'a str,
}

impl<'a> Conventions<'a> {
    pub(super) fn new(dataset: &'a Dataset) -> Self {
        let mut known = Vec::new();
        for ((_, key), place) in KEYS.iter().zip(1_u8..) {
            let Some(symbol) = dataset.strings.find(key) else { continue };
            if known.len() <= symbol.usize() {
                known.resize(symbol.usize() + 1, 0);
            }
            if let Some(slot) = known.get_mut(symbol.usize()) {
                *slot = place;
            }
        }
        Self { dataset, known }
    }

    /// What the attributes of a range tell.
    pub(super) fn told(&self, range: IdxRange<AttributeIdx>) -> Told {
        let mut told = Told::default();
        let keys = self.dataset.attributes.key.slice(range);
        for (key, at) in keys.iter().zip(range.iter()) {
            let Some(&place) = self.known.get(key.usize()).filter(|&&place| place != 0) else { continue };
            let Some((fact, _)) = KEYS.get(usize::from(place) - 1) else { continue };
            if let Some(slot) = told.facts.get_mut(*fact as usize)
                && (slot.0 == 0 || place < slot.0)
                && self.tells(at)
            {
                *slot = (place, at);
            }
        }
        told
    }

    /// An empty text tells nothing, and is no reason to overlook an older name.
    fn tells(&self, at: AttributeIdx) -> bool {
        match self.dataset.attributes.value(at) {
            Value::String(text) => text != StrId::EMPTY,
            Value::Int(_) => true,
            _ => false,
        }
    }

    /// The text of a fact; none where it is no text.
    pub(super) fn text(&self, told: &Told, fact: Fact) -> Option<&'a str> {
        match self.dataset.attributes.value(told.at(fact)?) {
            Value::String(text) => Some(self.dataset.str(text)),
            _ => None,
        }
    }

    /// A port, where it is one that tells more than the protocol does.
    fn port(&self, told: &Told) -> Option<u16> {
        let port = match self.dataset.attributes.value(told.at(Fact::Port)?) {
            Value::Int(number) => u16::try_from(number).ok(),
            Value::String(text) => self.dataset.str(text).parse().ok(),
            _ => None,
        };
        port.filter(|port| ![0, 80, 443].contains(port))
    }

    /// Whether it takes messages out of a queue: a client span that polls, say.
    pub(super) fn receives(&self, told: &Told) -> bool {
        told.has_queue() && matches!(self.text(told, Fact::Operation), Some("receive" | "process" | "deliver"))
    }

    /// Whether it only says that messages were dealt with.
    pub(super) fn settles(&self, told: &Told) -> bool {
        told.has_queue() && matches!(self.text(told, Fact::Operation), Some("settle"))
    }

    /// The queue that a message goes through, where its destination is named.
    pub(super) fn destination(&self, told: &Told) -> Option<Named<'a>> {
        let name = self.text(told, Fact::Destination)?;
        Some(Named { name, detail: self.text(told, Fact::MessagingSystem).unwrap_or_default() })
    }

    /// The queue, named by its system where that is all there is.
    pub(super) fn queue(&self, told: &Told) -> Option<Named<'a>> {
        self.destination(told)
            .or_else(|| self.text(told, Fact::MessagingSystem).map(|system| Named { name: system, detail: system }))
    }

    /// The database. `buffer` holds names that are put together.
    pub(super) fn database<'b>(&self, told: &Told, buffer: &'b mut String) -> Option<Named<'b>>
    where
        'a: 'b,
    {
        if !told.has_database() {
            return None;
        }
        let system = self.text(told, Fact::DatabaseSystem).unwrap_or_default();
        let namespace = self.text(told, Fact::Namespace);
        let is_name = |text: &&str| !text.bytes().all(|byte| byte.is_ascii_digit());
        let name = match (namespace, self.text(told, Fact::Address)) {
            (Some(namespace), _) if is_name(&namespace) => namespace,
            (_, Some(address)) => address,
            (Some(number), None) if !system.is_empty() => {
                buffer.clear();
                buffer.extend([system, "/", number]);
                buffer.as_str()
            }
            (Some(number), None) => number,
            (None, None) if !system.is_empty() => system,
            // Its system is a number: not worth a name.
            (None, None) => return None,
        };
        Some(Named { name, detail: system })
    }

    /// The service that a span says it calls: by name, or by the address of a Kubernetes service ("DNS for Services and Pods").
    pub(super) fn services(&self, told: &Told) -> impl Iterator<Item = &'a str> {
        let address = self.text(told, Fact::Address);
        let in_cluster = address.and_then(|address| {
            let mut labels = address.split('.');
            let name = labels.next()?;
            (labels.nth(1) == Some("svc")).then_some(name)
        });
        [self.text(told, Fact::Peer), address, in_cluster].into_iter().flatten()
    }

    /// The host. `buffer` holds names that are put together.
    pub(super) fn host<'b>(&self, told: &Told, buffer: &'b mut String) -> Option<Named<'b>>
    where
        'a: 'b,
    {
        let url = self.text(told, Fact::Url);
        let is_http = url.is_some() || told.at(Fact::HttpMethod).is_some();
        let detail = self.text(told, Fact::Rpc).unwrap_or(if is_http { "http" } else { "" });
        let address = self.text(told, Fact::Address);
        let name = if let Some(peer) = self.text(told, Fact::Peer) {
            peer
        } else if let Some(address) = address {
            match self.port(told) {
                Some(port) if !address.contains(':') => {
                    buffer.clear();
                    buffer.push_str(address);
                    buffer.push(':');
                    write!(buffer, "{port}").unwrap_or_default();
                    buffer.as_str()
                }
                _ => address,
            }
        } else {
            url.and_then(host_of_url).or_else(|| self.text(told, Fact::RpcService))?
        };
        Some(Named { name, detail })
    }
}

impl Told {
    fn at(&self, fact: Fact) -> Option<AttributeIdx> {
        self.facts.get(fact as usize).filter(|(place, _)| *place != 0).map(|(_, at)| *at)
    }

    /// Whether it is about a database.
    pub(super) fn has_database(&self) -> bool {
        self.at(Fact::DatabaseSystem).is_some() || self.at(Fact::Namespace).is_some()
    }

    /// Whether it is about messages.
    pub(super) fn has_queue(&self) -> bool {
        self.at(Fact::MessagingSystem).is_some() || self.at(Fact::Destination).is_some()
    }
}

/// Host and port of an address, without what a browser would not show either: names of users, ports that go without saying.
fn host_of_url(url: &str) -> Option<&str> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let usual = match scheme {
        "http" => ":80",
        "https" => ":443",
        _ => "",
    };
    Some(host.strip_suffix(usual).unwrap_or(host)).filter(|host| !host.is_empty())
}

#[cfg(test)]
mod tests {
    use super::host_of_url;

    #[test]
    fn hosts_of_urls() {
        for (url, host) in [
            ("https://api.bank.example/v1?x=a@b", Some("api.bank.example")),
            ("http://me:secret@h:8080/", Some("h:8080")),
            ("https://h:443", Some("h")),
            ("http://[::1]:9/x", Some("[::1]:9")),
            ("file:///etc/hosts", None),
            ("/relative", None),
        ] {
            assert_eq!(host_of_url(url), host, "{url}");
        }
    }
}
