//! Starts the worker that talks to servers; the page loads it when somebody connects to one.

#[cfg(target_arch = "wasm32")]
fn main() {
    // False only where this is not a worker, and then there is nobody to tell.
    spanwise::browser::worker::serve(spanwise::connect::Connector);
}

/// Natively there is no worker; the connector is used as a library.
#[cfg(not(target_arch = "wasm32"))]
fn main() {}
