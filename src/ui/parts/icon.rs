//! Icons, drawn with lines on a grid of 16.

use leptos::prelude::*;

/// What there are icons for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glyph {
    /// Spanwise itself: three bars of a waterfall.
    Logo,
    /// A file, or several.
    Files,
    /// A folder.
    Folder,
    /// The clipboard.
    Paste,
    /// An address.
    Link,
    /// Something is wrong.
    Warning,
    /// Something failed.
    Error,
    /// All is well.
    Check,
    /// Worth knowing.
    Info,
    /// Away with it.
    Close,
    /// Light.
    Sun,
    /// Dark.
    Moon,
    /// As the system has it.
    System,
    /// Help.
    Help,
    /// Look for something.
    Search,
    /// Copy.
    Copy,
    /// To a file.
    Save,
    /// What else can be done.
    More,
    /// To the next.
    ChevronRight,
    /// Down.
    ChevronDown,
    /// Up.
    ChevronUp,
    /// Upwards, out of here.
    Back,
    /// Fold everything.
    FoldAll,
    /// Unfold everything.
    UnfoldAll,
    /// Closer.
    ZoomIn,
    /// Further away.
    ZoomOut,
    /// Narrow what is shown.
    Funnel,
    /// To be found again.
    Pin,
    /// Something written.
    Note,
}

impl Glyph {
    /// The outline, as SVG's path data.
    const fn path(self) -> &'static str {
        match self {
            Self::Logo => "M1.5 3h9M4.5 8h7M8.5 13h6",
            Self::Files => "M9 1.75H4.25v12.5h7.5V4.5ZM9 1.75V4.5h2.75M6.25 8h3.5M6.25 10.75h3.5",
            Self::Folder => "M1.75 12.75v-9.5H6L7.5 5h6.75v7.75Z",
            Self::Paste => "M5.5 2.75H3.75v11.5h8.5V2.75H10.5M5.75 1.5h4.5v2.75h-4.5ZM6 7.75h4M6 10.5h4",
            Self::Link => {
                "M6.75 9.25a2.75 2.75 0 0 0 3.9 0l2.3-2.3a2.75 2.75 0 0 0-3.9-3.9l-.8.8M9.25 6.75a2.75 2.75 0 0 0-3.9 0l-2.3 2.3a2.75 2.75 0 0 0 3.9 3.9l.8-.8"
            }
            Self::Warning => "M8 2 14.5 13.5h-13ZM8 6.25v3.5M8 11.5v.5",
            Self::Error => "M8 1.75a6.25 6.25 0 1 1 0 12.5a6.25 6.25 0 0 1 0-12.5ZM8 4.75v4M8 11v.5",
            Self::Check => "M2.75 8.5 6.25 12l7-8",
            Self::Info => "M8 1.75a6.25 6.25 0 1 1 0 12.5a6.25 6.25 0 0 1 0-12.5ZM8 7.25v4M8 4.5V5",
            Self::Close => "M3.5 3.5l9 9M12.5 3.5l-9 9",
            Self::Sun => {
                "M8 5a3 3 0 1 1 0 6a3 3 0 0 1 0-6ZM8 1v1.25M8 13.75V15M1 8h1.25M13.75 8H15M3.05 3.05l.9.9M12.05 12.05l.9.9M3.05 12.95l.9-.9M12.05 3.95l.9-.9"
            }
            Self::Moon => "M13.5 9.75A5.75 5.75 0 0 1 6.25 2.5a5.75 5.75 0 1 0 7.25 7.25Z",
            Self::System => "M1.75 2.75h12.5v8.5H1.75ZM5.5 14h5M8 11.25V14",
            Self::Help => "M5.25 5.75a2.75 2.75 0 1 1 4.1 2.4c-.9.5-1.35 1-1.35 2M8 12.75v.5",
            Self::Search => "M6.75 2a4.75 4.75 0 1 1 0 9.5a4.75 4.75 0 0 1 0-9.5ZM10.25 10.25 14 14",
            Self::Copy => "M5.75 5.75v-3.5h8v8h-3.5M2.25 5.75h8v8h-8Z",
            Self::Save => "M8 2v8M4.5 6.75 8 10.25l3.5-3.5M2.5 13.5h11",
            Self::More => "M3.5 8h.01M8 8h.01M12.5 8h.01",
            Self::Funnel => "M2.5 3.5h11L9.5 8.5v4.5l-3-1.5v-3z",
            Self::ChevronRight => "M6 3.5 10.5 8 6 12.5",
            Self::ChevronDown => "M3.5 6 8 10.5 12.5 6",
            Self::ChevronUp => "M3.5 10 8 5.5l4.5 4.5",
            Self::Back => "M13.5 8h-11M6.5 3.5 2 8l4.5 4.5",
            Self::FoldAll => "M2.5 3h11M2.5 13h11M5 7l3-3 3 3M5 9l3 3 3-3",
            Self::UnfoldAll => "M2.5 8h11M5 5l3-3 3 3M5 11l3 3 3-3",
            Self::ZoomIn => "M3 8h10M8 3v10",
            Self::ZoomOut => "M3 8h10",
            Self::Pin => "M5.25 1.75h5.5M6 1.75v5L4 9.75h8l-2-3v-5M8 9.75v4.5",
            Self::Note => "M2.75 2.75h10.5v7.5l-3 3h-7.5ZM13.25 10.25h-3v3M5.5 6h5M5.5 8.75h2.75",
        }
    }
}

/// An icon. It says nothing to screen readers: the words beside it, or the control's label, do.
#[component]
pub fn Icon(
    /// Which one.
    glyph: Glyph,
) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
            <path d=glyph.path() />
        </svg>
    }
    .into_any()
}
