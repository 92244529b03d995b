//! The page at `/`: what there is to see, and how it stands.

use super::health::bind_text;
use super::page::Page;
use crate::control::state::State;
use crate::objects::Severity;
use crate::translate::report::Condition;
use std::fmt::Write;

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;\
padding:0 1rem;color:#1b1f24;background:#fff}h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}\
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.25rem .75rem .25rem 0;\
border-bottom:1px solid #d8dee4;vertical-align:top}code{font-family:ui-monospace,monospace}\
.bad{color:#b42318}.good{color:#1a7f37}\
@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}a{color:#4493f8}\
td,th{border-color:#30363d}.bad{color:#ff7b72}.good{color:#3fb950}}";

const LINKS: &[(&str, &str)] = &[
    (
        "/readyz?verbose",
        "whether traffic may be sent here, and why",
    ),
    ("/livez", "whether the process is worth keeping"),
    ("/metrics", "counters, for Prometheus"),
    (
        "/debug/status",
        "the status of every object, as it would stand in a cluster",
    ),
    ("/debug/routes", "binds, listeners and rules"),
    ("/debug/backends", "backends with their endpoints"),
    ("/debug/workers", "worker threads"),
    ("/debug/connections", "clients that are connected now"),
];

pub fn page(state: &State) -> Page {
    let mut html = String::new();
    html.push_str("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">");
    html.push_str("<meta name=\"viewport\" content=\"width=device-width\"><title>Ringress</title>");
    html.push_str(&format!(
        "<style>{STYLE}</style></head><body><h1>Ringress</h1>"
    ));
    html.push_str(&summary(state));
    html.push_str(&binds(state));
    html.push_str(&refusals(state));
    html.push_str("<h2>Pages</h2><table>");
    for (path, what) in LINKS {
        row(
            &mut html,
            format_args!("<a href=\"{path}\"><code>{path}</code></a>"),
            what,
        );
    }
    html.push_str("</table></body></html>\n");
    Page::html(html)
}

fn summary(state: &State) -> String {
    let (class, verdict) = match state.readiness() {
        Ok(()) => ("good", "ready".to_owned()),
        Err(why) => ("bad", format!("not ready: {}", escape(&why))),
    };
    let model = &state.model;
    format!(
        "<p class=\"{class}\">{verdict}</p><p>Revision {}: {} rules to {} backends, {} workers on {}.</p>",
        state.revision,
        model.rules.len(),
        model.backends.len(),
        state.fleet.statuses.len(),
        escape(&state.fleet.io_driver),
    )
}

fn binds(state: &State) -> String {
    let mut html = String::from("<h2>Listening</h2><table>");
    for (address, bind) in &state.binds {
        let (good, text) = bind_text(bind);
        let class = if good { "good" } else { "bad" };
        let text = format!("<span class=\"{class}\">{}</span>", escape(&text));
        row(&mut html, format_args!("<code>{address}</code>"), &text);
    }
    if state.binds.is_empty() {
        row(
            &mut html,
            format_args!("nowhere"),
            "no Gateway or Ingress asks for a port",
        );
    }
    html.push_str("</table>");
    html
}

/// What is refused of what the owners asked for.
fn refusals(state: &State) -> String {
    let mut html = String::new();
    for problem in state.objects.problems() {
        if problem.severity() == Severity::Refused {
            row(
                &mut html,
                format_args!("manifest"),
                &escape(&problem.to_string()),
            );
        }
    }
    let refused = |condition: &&Condition| condition.refuses();
    for line in state.report.lines() {
        if let Some(condition) = Some(line.condition).filter(refused) {
            let object = escape(&format!("{} {}", line.object, line.section));
            let text = format!("{}: {}", condition.reason, condition.message);
            row(&mut html, format_args!("{object}"), &escape(&text));
        }
    }
    for object in &state.report.objects {
        let notes = object.notes.iter();
        for note in notes.filter(|note| note.severity == Severity::Refused) {
            let name = escape(&object.object.to_string());
            let text = format!("{}: {}", note.field, note.message);
            row(&mut html, format_args!("{name}"), &escape(&text));
        }
    }
    match html.is_empty() {
        true => html,
        false => format!("<h2>Refused</h2><table>{html}</table>"),
    }
}

fn row(html: &mut String, left: std::fmt::Arguments<'_>, right: &str) {
    // A `String` takes whatever is written to it.
    if write!(html, "<tr><td>{left}</td><td>{right}</td></tr>").is_err() {
        html.push_str("</table>");
    }
}

fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            _ => safe.push(letter),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_others_is_no_markup() {
        assert_eq!(
            escape("<a href=\"x\">&'"),
            "&lt;a href=&quot;x&quot;&gt;&amp;&#39;"
        );
    }
}
