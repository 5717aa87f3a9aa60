//! The address that the person typed: the one door through which calls leave.

/// A server's address, normal: scheme and host in lower case, no `/` at its end, nothing after the path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base(String);

/// What was typed is no address of a server.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected https://host or http://host, with a port and a path if need be, but found \"{0}\"")]
pub struct BadBase(pub String);
