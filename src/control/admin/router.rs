//! Which page a request gets.

use super::page::Page;
use super::{connections, debug, fault, health, index};
use crate::control::metrics::{self, Facts};
use crate::control::settings::Settings;
use crate::control::state::State;
use hyper::{Method, Uri};
use std::cell::RefCell;
use std::rc::Rc;

/// Which pages an address serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pages {
    /// `/livez`, `/readyz` and `/metrics`.
    Health,
    All,
}

impl Pages {
    pub fn name(self) -> &'static str {
        match self {
            Pages::Health => "health",
            Pages::All => "admin",
        }
    }
}

/// Answers requests from what the control side knows.
pub struct Admin {
    state: Rc<RefCell<State>>,
    facts: Facts,
    fault_injection: bool,
}

impl Admin {
    pub fn new(state: Rc<RefCell<State>>, settings: Settings) -> Self {
        Admin {
            state,
            facts: Facts {
                build: settings.build,
                limits: settings.limits,
            },
            fault_injection: settings.fault_injection,
        }
    }

    /// A connection had to give way to another.
    pub fn note_displaced(&self) {
        self.state.borrow_mut().pages_displaced += 1;
    }

    /// The page at a target.
    pub async fn page(&self, pages: Pages, method: &Method, uri: &Uri) -> Page {
        let query = Query(uri.query().unwrap_or_default());
        if pages == Pages::All && self.fault_injection && uri.path() == "/debug/fault" {
            return match *method {
                Method::POST => fault::page(&self.state.borrow(), query),
                _ => Page::method_not_allowed("POST"),
            };
        }
        let reads = matches!(*method, Method::GET | Method::HEAD);
        match (self.find(pages, uri.path(), query).await, reads) {
            (None, _) => Page::not_found(),
            (Some(_), false) => Page::method_not_allowed("GET, HEAD"),
            (Some(page), true) => page,
        }
    }

    async fn find(&self, pages: Pages, path: &str, query: Query<'_>) -> Option<Page> {
        match (pages, path) {
            (_, "/livez") => Some(health::live(&self.state.borrow())),
            (Pages::All, "/readyz") if query.has("verbose") => {
                Some(health::verbose(&self.state.borrow()))
            }
            (_, "/readyz") => Some(health::ready(&self.state.borrow())),
            (_, "/metrics") => Some(metrics::page(&self.state.borrow(), &self.facts)),
            (Pages::Health, _) => None,
            (Pages::All, "/") => Some(index::page(&self.state.borrow())),
            (Pages::All, "/debug/routes") => Some(debug::routes(&self.state.borrow())),
            (Pages::All, "/debug/backends") => Some(debug::backends(&self.state.borrow())),
            (Pages::All, "/debug/workers") => Some(debug::workers(&self.state.borrow())),
            (Pages::All, "/debug/status") => {
                self.state.borrow_mut().render();
                Some(debug::status(&self.state.borrow()))
            }
            (Pages::All, "/debug/connections") => Some(connections::page(&self.state, query).await),
            (Pages::All, _) => None,
        }
    }
}

/// The query of a request: plain names and numbers, so nothing in it is percent-encoded.
#[derive(Clone, Copy, Debug)]
pub struct Query<'a>(pub &'a str);

impl<'a> Query<'a> {
    pub fn has(self, name: &str) -> bool {
        self.value(name).is_some()
    }

    /// The first value of a name, empty when it stands alone.
    pub fn value(self, name: &str) -> Option<&'a str> {
        self.0.split('&').find_map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (key == name).then_some(value)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_read_by_name() {
        let query = Query("verbose&worker=2&worker=3&kindly=x");
        assert!(query.has("verbose"));
        assert_eq!(query.value("worker"), Some("2"));
        assert_eq!(query.value("kind"), None);
        assert!(!Query("").has("verbose"));
    }
}
