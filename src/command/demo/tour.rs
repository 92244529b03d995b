//! The commands that the demo prints: each on one line, each works as printed.

use std::path::Path;

/// Where the gateway of the demo is.
#[derive(Clone, Copy, Debug)]
pub struct Places<'a> {
    /// Ports on 127.0.0.1.
    pub http: u16,
    pub https: u16,
    pub admin: u16,
    pub folder: &'a Path,
    /// The environment names a proxy, which curl must not ask for these addresses.
    pub proxied: bool,
}

/// What a command shows, and the command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    pub shows: &'static str,
    pub command: String,
}

/// Every stop, in the order of the tour.
pub fn stops(places: &Places<'_>) -> Vec<Stop> {
    let Places {
        http, https, admin, ..
    } = places;
    let folder = places.folder.display().to_string();
    let curl = if places.proxied {
        "curl --noproxy '*' -fsS"
    } else {
        "curl -fsS"
    };
    let ask = |host: &str, rest: &str| format!("{curl} -H 'Host: {host}' {rest}");
    let site = format!("http://127.0.0.1:{http}");
    let pages = format!("http://127.0.0.1:{admin}");
    let authority = quoted(&format!("{folder}/ca.crt"));
    let live = quoted(&format!("{folder}/live.yaml"));
    let stop = |shows, command| Stop { shows, command };
    vec![
        stop("host routing", ask("shop.example", &format!("{site}/"))),
        stop(
            "path routing",
            ask("shop.example", &format!("{site}/api/items")),
        ),
        stop(
            "method routing",
            ask("shop.example", &format!("-d 'one book' {site}/orders")),
        ),
        stop(
            "header routing",
            ask("shop.example", &format!("-H 'x-tester: yes' {site}/")),
        ),
        stop(
            "query routing",
            ask("shop.example", &format!("'{site}/?version=next'")),
        ),
        stop(
            "weighted split, 75 to 25",
            ask(
                "split.example",
                &format!("'{site}/?n=[1-100]' | grep ^backend | sort | uniq -c"),
            ),
        ),
        stop(
            "redirect",
            ask(
                "www.example",
                &format!("-o /dev/null -w '%{{http_code}} %{{redirect_url}}\\n' {site}/old/shoes"),
            ),
        ),
        stop(
            "rewrite",
            ask("www.example", &format!("{site}/catalogue/shoes")),
        ),
        stop(
            "Ingress",
            ask("classic.example", &format!("{site}/api/items")),
        ),
        stop(
            "HTTPS",
            format!(
                "{curl} --cacert {authority} --resolve shop.example:{https}:127.0.0.1 https://shop.example:{https}/"
            ),
        ),
        stop(
            "WebSocket: the handshake, and the server's first message",
            ask(
                "chat.example",
                &format!(
                    "-i -m 5 -H 'Connection: Upgrade' -H 'Upgrade: websocket' -H 'Sec-WebSocket-Version: 13' \
                     -H 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==' {site}/hello | grep -aoE '^HTTP.*[a-z]|hello from .*WebSocket'"
                ),
            ),
        ),
        stop(
            "live edit: a path that did not exist, within moments",
            format!(
                "sed -i 's|value: /before|value: /after|' {live}; for try in $(seq 50); do {}; done",
                ask(
                    "live.example",
                    &format!("{site}/after 2>/dev/null && break; sleep 0.1")
                )
            ),
        ),
        stop(
            "status of every object",
            format!("{curl} {pages}/debug/status"),
        ),
        stop(
            "metrics",
            format!("{curl} {pages}/metrics | grep ^ringress_connections"),
        ),
    ]
}

/// A word for a shell, as it is where it has no letter that a shell would read.
fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-+@%,:".contains(letter);
    if word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stop_is_one_line_with_the_ports_in_use() {
        let places = Places {
            http: 18080,
            https: 18443,
            admin: 19901,
            folder: Path::new("/a folder"),
            proxied: false,
        };
        for stop in stops(&places) {
            let command = &stop.command;
            assert!(!command.contains('\n'), "{command}");
            assert!(
                ["18080", "18443", "19901"]
                    .iter()
                    .any(|port| command.contains(port)),
                "{command}"
            );
            assert!(!command.contains(" /a folder"), "{command}");
        }
    }

    #[test]
    fn words_are_quoted_where_a_shell_would_read_them() {
        assert_eq!(quoted("/a/b.c"), "/a/b.c");
        assert_eq!(quoted("/a b"), "'/a b'");
        assert_eq!(quoted("/it's"), r"'/it'\''s'");
    }
}
