//! Connections that this device remembers: where and who, and the secret only where the reader wants that.

use crate::browser::storage;
use crate::protocol::{Access, Connection, Credentials, Secret};
use crate::route::{ServerAddress, percent_decode, percent_encode};

/// Where they are kept: one connection a line, each in the form of a query string.
const KEY: &str = "spanwise-servers";

/// A connection that is remembered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Saved {
    /// Where and who; the secret is empty where it is not remembered.
    pub access: Access,
}

impl Saved {
    /// Whether it can be used without asking for the secret.
    pub fn has_secret(&self) -> bool {
        !self.access.credentials.secret.0.is_empty()
    }

    /// The same server, organization and user: what is saved once.
    fn is_same(&self, access: &Access) -> bool {
        self.is_of(&access.connection) && self.access.credentials.user == access.credentials.user
    }

    /// The same server and organization.
    pub fn is_of(&self, connection: &Connection) -> bool {
        self.access.connection.base == connection.base && self.access.connection.org == connection.org
    }

    fn to_line(&self) -> String {
        let Access { connection, credentials } = &self.access;
        let address = ServerAddress { connection: connection.clone(), ..ServerAddress::default() };
        let mut line = format!("{}&user={}", address.to_query(), percent_encode(&credentials.user));
        if self.has_secret() {
            line.push_str("&secret=");
            line.push_str(&percent_encode(&credentials.secret.0));
        }
        line
    }

    fn from_line(line: &str) -> Self {
        let own = |name: &str| {
            let value = line.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
            value.map(percent_decode).unwrap_or_default()
        };
        let credentials = Credentials { user: own("user"), secret: Secret(own("secret")) };
        Self { access: Access { connection: ServerAddress::from_query(line).connection, credentials } }
    }
}

/// All of them, the one that was used last first.
pub fn read() -> Vec<Saved> {
    let lines = storage::get(KEY).unwrap_or_default();
    lines.lines().map(Saved::from_line).filter(|saved| !saved.access.connection.base.is_empty()).collect()
}

/// Remembers a connection that worked, in place of what was known of it.
pub fn keep(all: &mut Vec<Saved>, mut access: Access, with_secret: bool) {
    if !with_secret {
        access.credentials.secret = Secret::default();
    }
    all.retain(|saved| !saved.is_same(&access));
    all.insert(0, Saved { access });
    write(all);
}

/// Forgets one.
pub fn forget(all: &mut Vec<Saved>, access: &Access) {
    all.retain(|saved| !saved.is_same(access));
    write(all);
}

fn write(all: &[Saved]) {
    let lines: Vec<String> = all.iter().map(Saved::to_line).collect();
    if lines.is_empty() {
        storage::remove(KEY);
    } else {
        // A browser that keeps nothing forgets connections with the page, which is what its owner asked of it.
        _ = storage::set(KEY, &lines.join("\n"));
    }
}
