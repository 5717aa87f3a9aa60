//! Helpers: workers of this worker's own program that read slices of a source for it. One that does not start, is of another build
//! or dies is done without.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use js_sys::{Array, Uint8Array};
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{DedicatedWorkerGlobalScope, Event, MessageEvent, Worker, WorkerOptions, WorkerType};

use super::build;
use super::event::{Listener, Passive};
use crate::link::{Input, encode_from_worker};
use crate::protocol::FromWorker;

/// More would wait for the one who cuts and joins: that is a quarter to a third of the work.
const MAX_HELPERS: u32 = 4;
/// Cores that are not for helpers: the worker itself and the page have one each. With no more than these, a helper takes from them what it
/// gives, and handing slices over costs on top.
const OTHER_CORES: u32 = 2;

/// The helpers of one request. They end when this is dropped.
pub(super) struct Helpers {
    all: RefCell<Vec<Option<Helper>>>,
    /// How a helper of this build says that it is ready.
    ready: Vec<u8>,
    on_input: Box<dyn Fn(Input)>,
}

struct Helper {
    worker: Worker,
    is_ready: bool,
    /// The slices that it has.
    lent: Vec<u32>,
    _listeners: [Listener; 3],
}

impl Drop for Helper {
    fn drop(&mut self) {
        self.worker.terminate();
    }
}

impl Helpers {
    /// Starts as many as are of use; `on_input` hears what becomes of them.
    pub(super) fn start(scope: &DedicatedWorkerGlobalScope, on_input: impl Fn(Input) + 'static) -> Rc<Self> {
        let ready = encode_from_worker(&FromWorker::Ready { build: build::of_worker() });
        let helpers = Rc::new(Self { all: RefCell::new(Vec::new()), ready, on_input: Box::new(on_input) });
        let address = scope.location().href();
        let cores = scope.navigator().hardware_concurrency();
        for at in 1..=MAX_HELPERS {
            if f64::from(at + OTHER_CORES) <= cores {
                let helper = launch(&address, &Rc::downgrade(&helpers), at as usize - 1).ok();
                helpers.all.borrow_mut().push(helper);
            }
        }
        helpers
    }

    /// Gives a slice to the one who has the fewest.
    pub(super) fn give(&self, number: u32, start: u32, bytes: &[u8]) {
        let is_given = {
            let mut all = self.all.borrow_mut();
            let ready = all.iter_mut().flatten().filter(|helper| helper.is_ready);
            ready.min_by_key(|helper| helper.lent.len()).is_some_and(|helper| {
                helper.lent.push(number);
                post(number, start, bytes, |parts, moved| helper.worker.post_message_with_transfer(parts, moved)).is_ok()
            })
        };
        if !is_given {
            (self.on_input)(Input::SliceRead { number, read: Vec::new() });
        }
    }

    fn hear(&self, at: usize, data: &JsValue) {
        if let Some((number, _, read)) = slice_from_message(data) {
            if let Some(Some(helper)) = self.all.borrow_mut().get_mut(at) {
                helper.lent.retain(|&lent| lent != number);
            }
            (self.on_input)(Input::SliceRead { number, read });
        } else if Uint8Array::new(data).to_vec() == self.ready {
            if let Some(Some(helper)) = self.all.borrow_mut().get_mut(at) {
                helper.is_ready = true;
            }
            self.tell();
        } else {
            self.lose(at);
        }
    }

    fn lose(&self, at: usize) {
        let helper = self.all.borrow_mut().get_mut(at).and_then(Option::take);
        let Some(mut helper) = helper else { return };
        self.tell();
        for number in std::mem::take(&mut helper.lent) {
            (self.on_input)(Input::SliceRead { number, read: Vec::new() });
        }
    }

    fn tell(&self) {
        let ready = self.all.borrow().iter().flatten().filter(|helper| helper.is_ready).count();
        (self.on_input)(Input::Helpers(u32::try_from(ready).unwrap_or_default()));
    }
}

fn launch(address: &str, helpers: &Weak<Helpers>, at: usize) -> Result<Helper, JsValue> {
    let options = WorkerOptions::new();
    options.set_type(WorkerType::Module);
    options.set_name("helper");
    let worker = Worker::new_with_options(address, &options)?;
    let heard = Weak::clone(helpers);
    let lost = |name| {
        let helpers = Weak::clone(helpers);
        Listener::new(&worker, name, Passive::Yes, move |_: Event| {
            if let Some(helpers) = helpers.upgrade() {
                helpers.lose(at);
            }
        })
    };
    let listeners = [
        Listener::new(&worker, "message", Passive::Yes, move |event: MessageEvent| {
            if let Some(helpers) = heard.upgrade() {
                helpers.hear(at, &event.data());
            }
        }),
        lost("error"),
        lost("messageerror"),
    ];
    Ok(Helper { worker, is_ready: false, lent: Vec::new(), _listeners: listeners })
}

/// Posts a slice, or what was read of it, as `[number, start, bytes]`; the bytes are moved.
pub(super) fn post(
    number: u32,
    start: u32,
    bytes: &[u8],
    send: impl FnOnce(&JsValue, &JsValue) -> Result<(), JsValue>,
) -> Result<(), JsValue> {
    let buffer = Uint8Array::from(bytes).buffer();
    let parts = Array::of3(&number.into(), &start.into(), &buffer);
    send(&parts, &Array::of1(&buffer))
}

/// A message that [`post`] made; `None` for any other.
pub(super) fn slice_from_message(data: &JsValue) -> Option<(u32, u32, Vec<u8>)> {
    let parts = data.dyn_ref::<Array>()?;
    let number = |at| u32_from(parts.get(at).as_f64()?);
    Some((number(0)?, number(1)?, Uint8Array::new(&parts.get(2)).to_vec()))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it was made of one; the cast saturates")]
fn u32_from(number: f64) -> Option<u32> {
    (number >= 0.0).then_some(number as u32)
}
