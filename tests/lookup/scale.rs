//! The same answers where the indexes are large.

use crate::agreement::agree;
use crate::model::{Route, Site, header, model, on_path, parameter};
use crate::oracle::Answer;
use crate::request::Request;
use ringress::ir::{Match, Protocol};
use ringress::table::RouteTable;

/// CVE-2026-27588: a host matcher that forgot to fold case above a hundred hosts.
#[test]
fn hundreds_of_hosts_and_paths_in_any_case() {
    let host = |n: usize| match n % 3 {
        0 => format!("h{n}.example.com"),
        1 => format!("*.w{n}.example.com"),
        _ => format!("+.o{n}.example.com"),
    };
    let routes = (0..400).map(|n| {
        let matches: Vec<Match> = (0..3)
            .map(|m| on_path(&format!("/p{}/{m}", (n * 7 + m) % 50)))
            .collect();
        Route::new(&[&host(n), &host(n + 9)], &matches).aged(Some(n as i64 % 5), "n", "r")
    });
    let model = model(Protocol::Http, vec![Site::new("", routes.collect())]);
    let table = RouteTable::compile(&model, None, 7);
    let mut taken = 0;
    for n in 0..400 {
        for front in ["", "x.", "y.x."] {
            for m in 0..3 {
                let name = host(n).replace("*.", front).replace("+.", front);
                let request = Request {
                    case: 0x5555_3333_0f0f_a5a5 << (n % 7),
                    ..Request::get(&name, &format!("/p{}/{m}/rest", (n * 7 + m) % 50))
                };
                let answer = agree(&model, &table, None, &request);
                taken += usize::from(matches!(answer, Answer::Rule { .. }));
            }
        }
    }
    assert!(taken > 1200, "only {taken} requests were routed at all");
}

/// Many rules under one host and path, told apart by method, headers and query alone.
#[test]
fn hundreds_of_conditions_under_one_path() {
    let methods = ["GET", "POST", "PUT"];
    let matches = (0..600).map(|n| {
        let mut matched = on_path(["/", "/a", "=/a"][n % 3]);
        matched.method = (n % 5 == 0).then(|| methods[n % 2].into());
        if n % 4 != 0 {
            let text = match n % 7 {
                0 => format!("~t{}.*", n % 50),
                1 => format!("t{}, t{}", n % 50, n % 20),
                _ => format!("t{}", n % 150),
            };
            matched
                .headers
                .push(header(["x-a", "accept", "x-b"][n % 3], &text));
        }
        if n % 11 == 0 {
            matched.headers.push(header("x-c", "1"));
        }
        if n % 4 != 1 {
            matched
                .query
                .push(parameter(["q", "r"][n % 2], &format!("v {}", n % 60)));
        }
        matched
    });
    let routes = vec![Route::new(&[], &matches.collect::<Vec<_>>())];
    let model = model(Protocol::Http, vec![Site::new("", routes)]);
    let table = RouteTable::compile(&model, None, 7);
    let mut taken = 0;
    for n in 0..600_usize {
        let path = format!(
            "{}?q=v+{}&r=v%20{}",
            ["/", "/a", "/a/b"][n % 3],
            n % 61,
            n % 67
        );
        let mut request = Request::get("h", &path).method(methods[n / 3 % 3]);
        if n % 2 == 0 {
            request = request.header("x-a", &format!("t{}", n % 151));
        }
        if n % 3 != 0 {
            request = request.header("accept", &format!("t{}", n % 50));
            request = request.header("accept", &format!("t{}", n % 20));
        }
        if n % 5 != 0 {
            request = request.header("x-b", &format!("t{}, t{}", n % 50, n % 20));
            request = request.header("x-c", "1");
        }
        let answer = agree(&model, &table, None, &request);
        taken += usize::from(matches!(answer, Answer::Rule { .. }));
    }
    assert!(taken > 200, "only {taken} requests were routed at all");
}
