//! Parts that views are made of. They take props only and know no state.

pub mod column_edge;
pub mod icon;
pub mod menu;
pub mod segments;
pub mod service_dot;
pub mod sheet_frame;

pub use column_edge::ColumnEdge;
pub use icon::{Glyph, Icon};
pub use menu::{Menu, MenuOption};
pub use segments::Segments;
pub use service_dot::ServiceDot;
pub use sheet_frame::SheetFrame;
