//! Table and oracle give the same answer to every request, over random models.

use crate::model::{BIND, HEADERS, HOSTS, METHODS, PARAMETERS, model, path, sites};
use crate::oracle::{Answer, answer};
use crate::request::Request;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use ringress::ir::{Model, Protocol};
use ringress::table::{ListenerIndex, Outcome, RouteTable, Scratch};
use std::cell::RefCell;

/// The one bind's listeners are numbered from zero, so positions and indices are the same.
pub fn agree(model: &Model, table: &RouteTable, tls: Option<usize>, request: &Request) -> Answer {
    let expected = answer(model, &model.binds[0], tls, request);
    let tls = tls.map(|at| ListenerIndex(at as u32));
    // One for all tables of the thread, as a worker has it: nothing of one may show in another.
    thread_local!(static SCRATCH: RefCell<Scratch> = RefCell::default());
    let got = match SCRATCH.with_borrow_mut(|scratch| request.ask(table, BIND, tls, scratch)) {
        Outcome::Rule(hit) => Answer::Rule {
            rule: hit.rule.0,
            listener: hit.listener.0 as usize,
            matched_prefix: hit.matched_prefix,
        },
        Outcome::NoRoute { listener } => Answer::NoRoute {
            listener: listener.map(|index| index.0 as usize),
        },
        Outcome::Misdirected => Answer::Misdirected,
    };
    assert_eq!(got, expected, "{request:#?}");
    expected
}

fn request() -> impl Strategy<Value = Request> {
    let values = select(&["1", "2", "1, 2", "1,2", "3"]);
    let headers = vec((select(&HEADERS), values.prop_map(str::to_owned)), 0..4);
    let pair = (
        select(&PARAMETERS),
        select(&["=1", "=2", "", "=a+1", "=%61%201", "=3"]),
    );
    let query = vec(
        pair.prop_map(|(name, value)| format!("{name}{value}")),
        0..3,
    );
    let query = option::of(query.prop_map(|pairs| pairs.join("&")));
    (
        select(&HOSTS),
        path(),
        query,
        select(&METHODS),
        headers,
        any::<u64>(),
    )
        .prop_map(|(host, path, query, method, headers, case)| Request {
            host: host.to_owned(),
            path,
            query,
            method,
            headers,
            case,
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_answer_is_the_oracles(
        sites in sites(),
        requests in vec((request(), option::of(any::<Index>())), 40),
        seed in any::<u64>(),
    ) {
        let plain = model(Protocol::Http, sites.clone());
        let tls = model(Protocol::Https, sites);
        let plain_table = RouteTable::compile(&plain, None, seed);
        // Compiled after another, a table lends its patterns.
        let tls_table = RouteTable::compile(&tls, Some(&plain_table), seed);
        for (request, listener) in &requests {
            agree(&plain, &plain_table, None, request);
            let count = tls.binds[0].listeners.len();
            let listener = listener.as_ref().filter(|_| count > 0).map(|at| at.index(count));
            agree(&tls, &tls_table, listener, request);
        }
    }
}
