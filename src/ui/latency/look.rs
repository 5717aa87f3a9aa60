//! The charts' colors and font, read from the style sheet whenever the theme changes.

use std::sync::Arc;

use leptos::prelude::*;

use crate::browser::canvas::{self, pixel_ratio};
use crate::browser::event::Listener;
use crate::browser::theme::Resolved;
use crate::browser::{document, frame, theme};
use crate::charts::{Look, TEXT_CSS_PX};
use crate::ui::reactive::effect;

use super::page::Page;

/// Tokens by their place in the list of colors.
const TOKENS: [&str; 12] = [
    "--surface",
    "--ink",
    "--ink-muted",
    "--line-faint",
    "--line",
    "--chart-plain",
    "--error",
    "--chart-other",
    "--quantile-50",
    "--quantile-90",
    "--quantile-95",
    "--quantile-99",
];
/// Palette slots of `style/tokens.css`.
const SLOTS: usize = 16;
/// Stops of each ramp.
const STOPS: usize = 5;

/// Reads the look now, and again when the theme changes; hears of other pixel ratios.
pub(super) fn follow(page: Page) {
    let system = StoredValue::new_local(theme::on_system_change(move || read_in_next_frame(page)));
    let ratio = StoredValue::new_local(None::<Listener>);
    on_cleanup(move || {
        system.set_value(None);
        ratio.set_value(None);
    });
    effect(move |_| {
        page.app().theme.track();
        read_in_next_frame(page);
    });
    // A listener hears that one ratio is left; the next one is heard by another.
    effect(move |_| {
        page.ratio.track();
        ratio.set_value(canvas::on_ratio_change(move || {
            _ = page.ratio.try_set(pixel_ratio());
        }));
    });
}

/// The style sheet has a new theme's colors in force only after its attribute is set.
fn read_in_next_frame(page: Page) {
    frame::next(move |_| {
        if let Some(look) = read() {
            // The page may be gone by now, which `try_set` forgives.
            _ = page.look.try_set(Some(Arc::new(look)));
        }
    });
}

/// The look as the style sheet has it now.
pub(in crate::ui) fn read() -> Option<Look> {
    let body = document()?.body()?;
    let ramp = |name: &'static str| (0..STOPS).map(move |stop| format!("--{name}-{stop}"));
    let tokens = TOKENS.into_iter().map(str::to_owned).chain(ramp("heat")).chain(ramp("failed"));
    let Resolved { colors, font_family: font, .. } =
        theme::resolve(&body, "", tokens.chain((0..SLOTS).map(|slot| format!("--service-{slot}"))))?;
    let colors = canvas::colors(&colors);
    let (named, rest) = colors.split_at_checked(TOKENS.len())?;
    let &[surface, ink, muted, faint, line, plain, error, other, p50, p90, p95, p99] = named else {
        return None;
    };
    let (heat, rest) = rest.split_at_checked(STOPS)?;
    let (failed, groups) = rest.split_at_checked(STOPS)?;
    Some(Look {
        surface,
        ink,
        muted,
        faint,
        line,
        plain,
        error,
        other,
        quantiles: [p50, p90, p95, p99],
        heat: heat.to_vec(),
        failed: failed.to_vec(),
        groups: groups.to_vec(),
        font,
    })
}

/// The font as a canvas names it, for measuring.
pub(in crate::ui) fn font(look: &Look) -> String {
    format!("{TEXT_CSS_PX}px {}", look.font)
}
