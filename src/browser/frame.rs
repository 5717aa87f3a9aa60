//! The one animation-frame loop: whatever must happen before the next paint waits here, once per frame.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;

type Callback = Box<dyn FnOnce(f64)>;

#[derive(Default)]
struct Loop {
    waiting: Vec<Callback>,
    asked: bool,
    /// Made once, called for every frame.
    tick: Option<Closure<dyn FnMut(f64)>>,
}

thread_local! {
    static LOOP: RefCell<Loop> = RefCell::new(Loop::default());
}

/// Calls `callback` before the next paint, with the frame's time in milliseconds. One asked for during a frame waits for
/// the one after it.
pub fn next(callback: impl FnOnce(f64) + 'static) {
    LOOP.with_borrow_mut(|frames| {
        frames.waiting.push(Box::new(callback));
        if !frames.asked {
            frames.asked = true;
            let tick = frames.tick.get_or_insert_with(|| Closure::new(tick));
            request(tick);
        }
    });
}

/// Work that happens at most once per frame, however often it is asked for.
#[derive(Clone)]
pub struct Repaint(Rc<Inner>);

struct Inner {
    work: Box<dyn Fn(f64)>,
    asked: Cell<bool>,
}

impl std::fmt::Debug for Repaint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Repaint").field("asked", &self.0.asked).finish_non_exhaustive()
    }
}

impl Repaint {
    /// Work to be asked for later.
    pub fn new(work: impl Fn(f64) + 'static) -> Self {
        Self(Rc::new(Inner { work: Box::new(work), asked: Cell::new(false) }))
    }

    /// Asks for it in the next frame. Nothing happens if all handles are dropped before.
    pub fn request(&self) {
        if self.0.asked.replace(true) {
            return;
        }
        let inner = Rc::downgrade(&self.0);
        next(move |now| {
            if let Some(inner) = inner.upgrade() {
                inner.asked.set(false);
                (inner.work)(now);
            }
        });
    }
}

fn tick(now: f64) {
    let waiting = LOOP.with_borrow_mut(|frames| {
        frames.asked = false;
        std::mem::take(&mut frames.waiting)
    });
    for callback in waiting {
        callback(now);
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place where frames are asked for")]
fn request(tick: &Closure<dyn FnMut(f64)>) {
    if let Some(window) = super::window() {
        // Fails only in a document that is not shown, which has no next paint.
        let _no_paint = window.request_animation_frame(tick.as_ref().unchecked_ref());
    }
}
