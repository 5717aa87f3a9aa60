//! Charts of latency and of what metrics queries draw: figures and a frame in, strokes on any drawing backend of plotters out.
//!
//! A [`Chart`] is the geometry of one picture: which bin is where. Drawing, hit-testing, brushes, readouts and the keyboard's cursor all
//! read it, so that what is shown, what is said and what is selected are the same bins. Pictures are drawn in whole CSS pixels.
//!
//! *Invariants.* No DOM, no clock, no color of its own: colors come in a [`Look`], texts are measured by whoever can. The same
//! figures give the same strokes.

mod axis;
mod chart;
mod csv;
mod cursor;
mod draw;
mod draw_histogram;
mod draw_time;
mod export;
mod look;
mod readout;
mod series;
mod summary;

pub use axis::{Bins, DurationAxis, spread};
pub use chart::{Bounds, Cells, Chart, ChartKind, Figures, Frame, HeatBy};
pub use csv::{chart_csv, record};
pub use cursor::{Cursor, Move};
pub use draw::{DrawError, draw};
pub use export::{Heading, picture, picture_height, svg};
pub use look::{Look, Rgb, TEXT_CSS_PX, ramp};
pub use readout::{Readout, ReadoutRow, rate_words, rate_words_like};
pub use series::{
    CompareRow, DrawnCell, DrawnExemplar, DrawnLine, EXEMPLARS_MAX, HEAT_LEVELS, LINES_MAX, Mark, SeriesChart, Shown, ValueScale,
    compare_rows, label_words, last_values, path_text, series_csv, series_is_empty, series_picture_svg, series_summary,
    unit_words, value_words,
};
pub use summary::summary;
