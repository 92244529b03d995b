//! What a lookup costs and a table weighs, counted, not timed: no allocation on the way of a
//! request, and at most a kilobyte a route.

use crate::model::{BIND, Route, Site, header, model, on_path, parameter};
use crate::request::Request;
use ringress::ir::Protocol;
use ringress::table::{Outcome, RequestView, RouteTable, Scratch};
use ringress::wire::head::RequestHead;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// The system's allocator, counting for each thread.
struct Counting;

thread_local! {
    static CALLS: Cell<u64> = const { Cell::new(0) };
    static BYTES: Cell<i64> = const { Cell::new(0) };
}

fn count(calls: u64, bytes: i64) {
    CALLS.set(CALLS.get() + calls);
    BYTES.set(BYTES.get() + bytes);
}

// SAFETY: every call is passed on to the system's allocator unchanged, and counting neither
// allocates (the cells are constants without destructor) nor unwinds.
unsafe impl GlobalAlloc for Counting {
    // SAFETY: the caller keeps to the contract of `GlobalAlloc::alloc`, which is `System`'s.
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(1, layout.size() as i64);
        // SAFETY: as above.
        unsafe { System.alloc(layout) }
    }

    // SAFETY: as for `alloc`; the memory came from `System`.
    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        count(0, -(layout.size() as i64));
        // SAFETY: as above.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Asks twice, for what a worker allocates once, and returns the second answer and its allocations.
fn second(request: &Request, table: &RouteTable, scratch: &mut Scratch) -> (Outcome, u64) {
    let text = request.text();
    let mut head = RequestHead::new();
    request.parse(&text, &mut head);
    let view = RequestView::of(text.as_bytes(), &head);
    let bind = table.bind(BIND).expect("a bind of the model");
    table.lookup(bind, None, &view, scratch);
    let before = CALLS.get();
    let outcome = table.lookup(bind, None, &view, scratch);
    (outcome, CALLS.get() - before)
}

#[test]
fn a_lookup_allocates_nothing() {
    let conditional = |n: usize| {
        let mut matched = on_path(["/a", "=/a/b", "~/a/[0-9]+"][n % 3]);
        let text = format!("{}t{n}", ["", "~", "x, "][n % 3]);
        matched.headers = vec![header(["x-a", "accept"][n % 2], &text)];
        matched.query = vec![parameter("q", ["1", "~[12]"][n % 2])];
        matched
    };
    let matches: Vec<_> = (0..60).map(conditional).chain([on_path("/")]).collect();
    let routes = ["", "*.a.b", "x.a.b", "+.a.b"].map(|name| {
        let names: &[&str] = if name.is_empty() { &[] } else { &[name] };
        Route::new(names, &matches)
    });
    let model = model(Protocol::Http, vec![Site::new("", routes.to_vec())]);
    let table = RouteTable::compile(&model, None, 3);
    let mut scratch = Scratch::default();
    let mut rules = std::collections::BTreeSet::new();
    for n in 0..120 {
        let path = ["/a", "/a/b", "/a/17", "/b/c/d?q=%31"][n % 4];
        let path = format!("{path}{}", if n % 4 < 3 { "?q=1" } else { "" });
        let request = Request::get(["x.a.b", "y.a.b", "z"][n % 3], &path)
            .header("x-a", &format!("t{}", n / 2))
            .header("accept", "x")
            .header("accept", &format!("t{}", n / 2));
        let (outcome, allocations) = second(&request, &table, &mut scratch);
        assert_eq!(allocations, 0, "{request:?}");
        if let Outcome::Rule(hit) = outcome {
            rules.insert(hit.rule);
        }
    }
    assert!(rules.len() > 30, "only {} rules were hit", rules.len());
}

#[test]
fn a_route_weighs_less_than_a_kilobyte() {
    type Shape = (&'static str, fn(usize) -> Route);
    let shapes: [Shape; 4] = [
        ("a host each", |n| {
            Route::new(&[&format!("h{n}.example.com")], &[on_path("/")])
        }),
        ("a path each", |n| {
            Route::new(&[], &[on_path(&format!("/teams/{}/apps/{n}", n % 90))])
        }),
        ("a header each", |n| {
            let mut matched = on_path("/");
            matched.headers = vec![header("x-tenant", &format!("tenant-{n}"))];
            Route::new(&[], &[matched])
        }),
        ("a host and four paths each", |n| {
            let matches = ["/", "/api", "=/health", "/static/files"].map(on_path);
            Route::new(&[&format!("h{n}.example.com")], &matches)
        }),
    ];
    let count = 5_000;
    for (shape, route) in shapes {
        let routes = (0..count).map(route).collect();
        let model = model(Protocol::Http, vec![Site::new("", routes)]);
        let before = BYTES.get();
        let table = RouteTable::compile(&model, None, 3);
        let each = (BYTES.get() - before) / count as i64;
        println!("{shape}: {each} bytes a route");
        let limit = 1024 * table.rules().len() as i64 / count as i64;
        assert!(
            each <= limit,
            "{shape}: {each} bytes a route, {limit} allowed"
        );
    }
}
