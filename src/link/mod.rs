//! Both ends of the wire, without a browser.
