//! A request as the tests write it, and its way through the real parser into the table.

use ringress::ir::BindAddress;
use ringress::table::{ListenerIndex, Outcome, RequestView, RouteTable, Scratch};
use ringress::wire::h1::parse::{Parse, parse_request};
use ringress::wire::head::RequestHead;
use ringress::wire::limits::HeadLimits;

/// What a client sends.
#[derive(Clone, Debug)]
pub struct Request {
    /// In lower case; the text that is sent varies it.
    pub host: String,
    pub path: String,
    pub query: Option<String>,
    pub method: &'static str,
    /// Name in lower case, value.
    pub headers: Vec<(&'static str, String)>,
    /// Letters of host and header names are sent in upper case at the positions of its one bits.
    pub case: u64,
}

impl Request {
    pub fn get(host: &str, path: &str) -> Self {
        let (path, query) = match path.split_once('?') {
            Some((path, query)) => (path, Some(query.to_owned())),
            None => (path, None),
        };
        Request {
            host: host.to_owned(),
            path: path.to_owned(),
            query,
            method: "GET",
            headers: Vec::new(),
            case: 0,
        }
    }

    pub fn method(self, method: &'static str) -> Self {
        Request { method, ..self }
    }

    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    fn vary(&self, text: &str) -> String {
        let upper = |at: usize| self.case >> (at % 64) & 1 == 1;
        text.chars()
            .enumerate()
            .map(|(at, c)| if upper(at) { c.to_ascii_uppercase() } else { c })
            .collect()
    }

    /// The message.
    pub fn text(&self) -> String {
        let query = self
            .query
            .iter()
            .map(|query| format!("?{query}"))
            .collect::<String>();
        let headers = self
            .headers
            .iter()
            .map(|(name, value)| format!("{}: {value}\r\n", self.vary(name)))
            .collect::<String>();
        let host = self.vary(&self.host);
        format!(
            "{} {}{query} HTTP/1.1\r\nhost: {host}\r\n{headers}\r\n",
            self.method, self.path
        )
    }

    /// Parses the message, which must be accepted whole and have a path in normal form.
    pub fn parse(&self, text: &str, head: &mut RequestHead) {
        let parsed = parse_request(text.as_bytes(), &HeadLimits::REQUEST, head);
        assert_eq!(parsed, Ok(Parse::Complete { len: text.len() }), "{text}");
        assert_eq!(
            head.path(text.as_bytes()),
            self.path.as_bytes(),
            "not in normal form"
        );
    }

    /// The table's answer.
    pub fn ask(
        &self,
        table: &RouteTable,
        bind: BindAddress,
        tls: Option<ListenerIndex>,
        scratch: &mut Scratch,
    ) -> Outcome {
        let text = self.text();
        let mut head = RequestHead::new();
        self.parse(&text, &mut head);
        let bind = table.bind(bind).expect("a bind of the model");
        table.lookup(bind, tls, &RequestView::of(text.as_bytes(), &head), scratch)
    }
}
