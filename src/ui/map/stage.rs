//! The picture on the screen: its elements, where it is scrolled to, and what of it is lit.
//!
//! Nodes and edges are put on the page once per answer. Panning, zooming, dragging and hovering set attributes of elements that are there,
//! once per frame, and run no view code.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlElement};

use crate::browser::frame::Repaint;
use crate::browser::theme;
use crate::protocol::{MapTarget, MapView, NodeId};
use crate::scene::map_view::{MapScene, Viewport};

use super::Drawn;
use super::memory::MapMemory;

/// Below this zoom labels are too small to be read, and go.
const FAR: f64 = 0.5;
/// From this zoom on there are figures at edges. Fitting comes not so close: at first sight the map is calm.
const NEAR: f64 = 1.45;
/// A picture narrower than this is on a phone.
const SMALL_CSS_PX: f64 = 640.0;
/// How long the view takes to where it is sent.
const GLIDE_MILLIS: f64 = 220.0;

/// A node or an edge, by its position in the view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hit {
    Node(usize),
    Edge(usize),
}

/// How much detail a zoom has room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Detail {
    /// Forms alone.
    Far,
    /// Labels.
    Middle,
    /// Figures at edges.
    Near,
}

impl Detail {
    fn of(zoom: f64) -> Self {
        match zoom {
            zoom if zoom < FAR => Self::Far,
            zoom if zoom < NEAR => Self::Middle,
            _ => Self::Near,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Far => "far",
            Self::Middle => "middle",
            Self::Near => "near",
        }
    }
}

#[derive(Clone, Copy)]
struct Glide {
    from: Viewport,
    to: Viewport,
    /// When its first frame was.
    since: Option<f64>,
}

/// The picture.
pub(super) struct Stage {
    /// The picture's element.
    pub svg: Element,
    world: Element,
    memory: MapMemory,
    /// Width and height on the screen.
    pub size: Cell<(f64, f64)>,
    port: Cell<Viewport>,
    /// Says whose viewport that is.
    key: RefCell<String>,
    glide: Cell<Option<Glide>>,
    detail: Cell<Option<Detail>>,
    view: RefCell<Arc<MapView>>,
    /// As drawn, dragged nodes included.
    pub scene: RefCell<MapScene>,
    nodes: RefCell<Vec<Element>>,
    edges: RefCell<Vec<Element>>,
    lit: RefCell<Vec<Element>>,
    marked: RefCell<Vec<Element>>,
    /// The node that the keyboard is at.
    pub active: Cell<usize>,
    dragged: Cell<Option<usize>>,
    repaint: RefCell<Option<Repaint>>,
    /// Called once the view rests, or shows another level of detail.
    on_rest: RefCell<Option<Box<dyn Fn()>>>,
}

impl Stage {
    /// A picture without anything on it yet.
    pub(super) fn new(svg: Element, world: Element, memory: MapMemory) -> Rc<Self> {
        let stage = Rc::new(Self {
            svg,
            world,
            memory,
            size: Cell::new((0.0, 0.0)),
            port: Cell::new(Viewport::default()),
            key: RefCell::new(String::new()),
            glide: Cell::new(None),
            detail: Cell::new(None),
            view: RefCell::new(Arc::new(MapView::default())),
            scene: RefCell::new(MapScene::default()),
            nodes: RefCell::new(Vec::new()),
            edges: RefCell::new(Vec::new()),
            lit: RefCell::new(Vec::new()),
            marked: RefCell::new(Vec::new()),
            active: Cell::new(0),
            dragged: Cell::new(None),
            repaint: RefCell::new(None),
            on_rest: RefCell::new(None),
        });
        let painted = Rc::downgrade(&stage);
        *stage.repaint.borrow_mut() = Some(Repaint::new(move |now| {
            if let Some(stage) = painted.upgrade() {
                stage.paint(now);
            }
        }));
        stage
    }

    /// Calls `rest` once the view rests after it moved.
    pub(super) fn on_rest(&self, rest: impl Fn() + 'static) {
        *self.on_rest.borrow_mut() = Some(Box::new(rest));
    }

    /// Takes over what has been put on the page. `key` says which map it is: another one is shown whole, the same one stays where it is.
    pub(super) fn adopt(&self, drawn: &Drawn, key: String) {
        *self.view.borrow_mut() = Arc::clone(&drawn.view);
        *self.scene.borrow_mut() = drawn.scene.clone();
        *self.nodes.borrow_mut() = elements(&self.world, ".map-node");
        *self.edges.borrow_mut() = elements(&self.world, ".map-edge");
        self.lit.borrow_mut().clear();
        self.marked.borrow_mut().clear();
        self.detail.set(None);
        set_flag(&self.svg, "data-lit", false);
        self.set_active(0);
        let kept = self.memory.port().get_value().filter(|(of, _)| *of == key);
        *self.key.borrow_mut() = key;
        match kept {
            Some((_, port)) => self.go(port),
            None => self.open(),
        }
    }

    /// Shows a map at first: all of it, or on a small screen, where that could not be read, its beginning.
    fn open(&self) {
        let (width, height) = self.size.get();
        let bounds = self.scene.borrow().bounds();
        match (self.fitting(), bounds) {
            (Some(port), Some((left, top, _, bottom))) if width < SMALL_CSS_PX && port.zoom < FAR => {
                let port = Viewport { zoom: FAR * 1.3, ..port }.centered((left, f64::midpoint(top, bottom)), width, height);
                self.go(port.panned(12.0 - width / 2.0, 0.0));
            }
            (Some(port), _) => self.go(port),
            (None, _) => {}
        }
    }

    /// What is drawn.
    pub(super) fn view(&self) -> Arc<MapView> {
        Arc::clone(&self.view.borrow())
    }

    /// What part of the map is on the screen.
    pub(super) fn port(&self) -> Viewport {
        self.port.get()
    }

    /// Shows another part of the map, in the next frame.
    pub(super) fn go(&self, port: Viewport) {
        let (width, height) = self.size.get();
        let bounds = self.scene.borrow().bounds();
        self.port.set(bounds.map_or(port, |bounds| port.kept(bounds, width, height)));
        self.glide.set(None);
        self.request();
    }

    /// Goes there smoothly, unless the reader asked for less motion.
    pub(super) fn glide(&self, to: Viewport) {
        if theme::is_motion_reduced() {
            self.go(to);
            return;
        }
        self.glide.set(Some(Glide { from: self.port.get(), to, since: None }));
        self.request();
    }

    /// All of the map.
    pub(super) fn fitting(&self) -> Option<Viewport> {
        let (width, height) = self.size.get();
        let bounds = self.scene.borrow().bounds()?;
        (width > 0.0 && height > 0.0).then(|| Viewport::fit(bounds, width, height))
    }

    /// Closer or further, about the middle or a place on the screen.
    pub(super) fn zoom(&self, factor: f64, at: Option<(f64, f64)>) {
        let (width, height) = self.size.get();
        let port = self.port.get().zoomed(factor, at.unwrap_or((width / 2.0, height / 2.0)));
        if at.is_some() { self.go(port) } else { self.glide(port) }
    }

    /// Brings a node to the middle, close enough to be read.
    pub(super) fn center(&self, node: usize) {
        let (width, height) = self.size.get();
        let Some(point) = self.scene.borrow().nodes.get(node).map(|mark| (mark.area.x, mark.area.y)) else {
            return;
        };
        let port = self.port.get();
        let port = Viewport { zoom: port.zoom.max(0.9), ..port };
        self.glide(port.centered(point, width, height));
    }

    /// Brings a node onto the screen, if it is not.
    pub(super) fn reveal(&self, node: usize) {
        let (width, height) = self.size.get();
        let Some(point) = self.scene.borrow().nodes.get(node).map(|mark| (mark.area.x, mark.area.y)) else {
            return;
        };
        let (x, y) = self.port.get().screen_from_map(point);
        if !(30.0..=width - 30.0).contains(&x) || !(30.0..=height - 30.0).contains(&y) {
            self.glide(self.port.get().centered(point, width, height));
        }
    }

    /// Where that is on the screen, in the picture.
    pub(super) fn screen(&self, point: (f64, f64)) -> (f64, f64) {
        self.port.get().screen_from_map(point)
    }

    /// How much detail there is room for.
    pub(super) fn detail(&self) -> Detail {
        Detail::of(self.port.get().zoom)
    }

    /// The middle of a node.
    pub(super) fn middle(&self, node: usize) -> Option<(f64, f64)> {
        self.scene.borrow().nodes.get(node).map(|mark| (mark.area.x, mark.area.y))
    }

    /// What an element of the picture stands for.
    pub(super) fn hit_of(element: &Element) -> Option<Hit> {
        let at = element.closest("[data-at]").ok().flatten()?.get_attribute("data-at")?;
        let position = at.get(1..)?.parse().ok()?;
        Some(if at.starts_with('n') { Hit::Node(position) } else { Hit::Edge(position) })
    }

    /// The edge near a place on the screen.
    pub(super) fn edge_near(&self, at: (f64, f64)) -> Option<Hit> {
        let port = self.port.get();
        // As near as a finger can tell, however far away the map is.
        self.scene.borrow().edge_near(port.map_from_screen(at), 7.0 / port.zoom).map(Hit::Edge)
    }

    /// What a hit is, by name.
    pub(super) fn target_of(&self, hit: Hit) -> Option<MapTarget> {
        let view = self.view.borrow();
        match hit {
            Hit::Node(at) => view.nodes.get(at).map(|node| MapTarget::Node(node.id.clone())),
            Hit::Edge(at) => {
                let edge = view.edges.get(at)?;
                let end = |at: u32| view.nodes.get(at as usize).map(|node| node.id.clone());
                Some(MapTarget::Edge(end(edge.from)?, end(edge.to)?))
            }
        }
    }

    /// The position of a node.
    pub(super) fn position(&self, id: &NodeId) -> Option<usize> {
        self.view.borrow().nodes.iter().position(|node| node.id == *id)
    }

    /// Lights nodes and edges and dims all others; nothing given: all are lit.
    pub(super) fn light(&self, nodes: &[usize], edges: &[usize]) {
        for element in self.lit.borrow_mut().drain(..) {
            set_flag(&element, "data-lit", false);
        }
        set_flag(&self.svg, "data-lit", !nodes.is_empty() || !edges.is_empty());
        let mut lit = self.lit.borrow_mut();
        let (all_nodes, all_edges) = (self.nodes.borrow(), self.edges.borrow());
        let found = nodes.iter().filter_map(|&at| all_nodes.get(at)).chain(edges.iter().filter_map(|&at| all_edges.get(at)));
        for element in found {
            set_flag(element, "data-lit", true);
            lit.push(element.clone());
        }
    }

    /// A node with its neighbors, or an edge with its ends: nodes, edges.
    pub(super) fn around(&self, hit: Hit) -> (Vec<usize>, Vec<usize>) {
        let scene = self.scene.borrow();
        let edges: Vec<usize> = match hit {
            Hit::Node(at) => scene.edges_of(at).collect(),
            Hit::Edge(at) => vec![at],
        };
        let mut nodes: Vec<usize> =
            edges.iter().filter_map(|&at| scene.edges.get(at)).flat_map(|edge| [edge.from, edge.to]).collect();
        if let Hit::Node(at) = hit {
            nodes.push(at);
        }
        nodes.sort_unstable();
        nodes.dedup();
        (nodes, edges)
    }

    /// Marks what the panel shows.
    pub(super) fn mark(&self, target: Option<&MapTarget>) {
        for element in self.marked.borrow_mut().drain(..) {
            set_flag(&element, "data-selected", false);
        }
        let view = self.view.borrow();
        let position = |id: &NodeId| view.nodes.iter().position(|node| node.id == *id);
        let element = match target {
            None => None,
            Some(MapTarget::Node(id)) => position(id).and_then(|at| self.nodes.borrow().get(at).cloned()),
            Some(MapTarget::Edge(from, to)) => position(from).zip(position(to)).and_then(|(from, to)| {
                let at = view.edges.iter().position(|edge| (edge.from as usize, edge.to as usize) == (from, to))?;
                self.edges.borrow().get(at).cloned()
            }),
        };
        if let Some(element) = element {
            set_flag(&element, "data-selected", true);
            self.marked.borrow_mut().push(element);
        }
    }

    /// Makes a node the one that Tab comes to.
    pub(super) fn set_active(&self, node: usize) {
        let nodes = self.nodes.borrow();
        if let Some(before) = nodes.get(self.active.get()) {
            set(before, "tabindex", "-1");
        }
        if let Some(now) = nodes.get(node) {
            set(now, "tabindex", "0");
            self.active.set(node);
        }
    }

    /// Puts the focus on a node.
    pub(super) fn focus(&self, node: usize) {
        self.set_active(node);
        if let Some(element) = self.nodes.borrow().get(node) {
            // Elements of a picture can be focused too; browsers share the method, their types do not.
            let _unthrown = element.unchecked_ref::<HtmlElement>().focus();
        }
    }

    /// Drags a node by so much of the map. What follows is drawn in the next frame.
    pub(super) fn drag(&self, node: usize, offset: (f64, f64)) {
        let id = self.view.borrow().nodes.get(node).map(|node| node.id.clone());
        if let Some(id) = id {
            self.memory.moved().update_value(|moved| _ = moved.insert(id, offset));
            self.dragged.set(Some(node));
            self.request();
        }
    }

    /// How far a node has been dragged.
    pub(super) fn offset(&self, node: usize) -> (f64, f64) {
        let view = self.view.borrow();
        let id = view.nodes.get(node).map(|node| &node.id);
        self.memory.moved().with_value(|moved| id.and_then(|id| moved.get(id)).copied().unwrap_or_default())
    }

    /// Draws the next frame.
    pub(super) fn request(&self) {
        if let Some(repaint) = &*self.repaint.borrow() {
            repaint.request();
        }
    }

    fn paint(&self, now: f64) {
        if let Some(glide) = self.glide.get() {
            self.glide_on(glide, now);
        }
        if let Some(node) = self.dragged.take() {
            self.paint_dragged(node);
        }
        let port = self.port.get();
        set(&self.world, "transform", &port.transform());
        let detail = Detail::of(port.zoom);
        if self.detail.replace(Some(detail)) != Some(detail) {
            set(&self.svg, "data-detail", detail.name());
        }
        self.memory.port().set_value(Some((self.key.borrow().clone(), port)));
        if let Some(rest) = &*self.on_rest.borrow() {
            rest();
        }
    }

    fn glide_on(&self, glide: Glide, now: f64) {
        let since = glide.since.unwrap_or(now);
        let share = ((now - since) / GLIDE_MILLIS).clamp(0.0, 1.0);
        // Quick at first, slow at the end.
        let eased = 1.0 - (1.0 - share).powi(3);
        let between = |from: f64, to: f64| from + (to - from) * eased;
        let (from, to) = (glide.from, glide.to);
        // Zoom on its own scale, where doubling is one step.
        let zoom = between(from.zoom.ln(), to.zoom.ln()).exp();
        self.port.set(Viewport { zoom, x: between(from.x, to.x), y: between(from.y, to.y) });
        if share < 1.0 {
            self.glide.set(Some(Glide { since: Some(since), ..glide }));
            self.request();
        } else {
            self.port.set(to);
            self.glide.set(None);
        }
    }

    fn paint_dragged(&self, node: usize) {
        let view = self.view();
        let mut scene = self.scene.borrow_mut();
        let changed = self.memory.moved().with_value(|moved| scene.dragged(&view, node, moved));
        if let (Some(mark), Some(element)) = (scene.nodes.get(node), self.nodes.borrow().get(node)) {
            set(element, "transform", &place(mark.area.x, mark.area.y));
        }
        let edges = self.edges.borrow();
        for (mark, element) in changed.iter().filter_map(|&at| scene.edges.get(at).zip(edges.get(at))) {
            for path in elements(element, "path") {
                let is_head = path.class_list().contains("map-edge__head");
                set(&path, "d", if is_head { &mark.head } else { &mark.outline });
            }
        }
    }
}

/// As SVG's transform.
pub(super) fn place(x: f64, y: f64) -> String {
    format!("translate({x:.1} {y:.1})")
}

fn elements(within: &Element, selector: &str) -> Vec<Element> {
    let Ok(list) = within.query_selector_all(selector) else {
        return Vec::new();
    };
    (0..list.length()).filter_map(|at| list.get(at)).filter_map(|node| node.dyn_into().ok()).collect()
}

fn set(element: &Element, name: &str, value: &str) {
    // The names are valid, so this does not throw.
    let _unthrown = element.set_attribute(name, value);
}

fn set_flag(element: &Element, name: &str, on: bool) {
    let _unthrown = if on { element.set_attribute(name, "") } else { element.remove_attribute(name) };
}
