//! Charts, drawn with plotters on any backend: pixels on the page, SVG for exports and tests.
