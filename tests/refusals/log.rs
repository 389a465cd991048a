//! The entries of `ACL LOG`.

use super::common::untyped;
use super::paths::{PATHS, is_in_script, register, walk};
use super::{REFUSED, is_refused_to_scripts, send, with_lim};
use redgrease_embedded::Server;
use std::collections::BTreeMap;

/// The entries, with their counts: what was denied, to which user.
fn entries(server: &Server) -> BTreeMap<String, String> {
    let mut con = super::plain_connection(server);
    let rows: Vec<BTreeMap<String, redis::Value>> = redis::cmd("ACL")
        .arg("LOG")
        .arg(1000)
        .query(&mut con)
        .unwrap();
    let text = |row: &BTreeMap<String, redis::Value>, field: &str| {
        redis::from_redis_value_ref::<String>(&row[field]).unwrap()
    };
    rows.iter()
        .map(|row| {
            let denied = ["reason", "object", "username"].map(|field| text(row, field));
            (denied.join(" "), text(row, "count"))
        })
        .collect()
}

#[test]
fn a_refused_command_is_logged_once_for_the_user_whose_rights_counted() {
    let Some((server, mut lim)) = with_lim() else {
        return;
    };
    for words in REFUSED {
        let _ = send(&mut lim, words);
    }
    let wanted = entries(&server);
    assert!(wanted.len() > 5, "{wanted:?}");
    register(&mut lim);
    let mut wrong = Vec::new();
    for &path in PATHS {
        untyped(&server, &["ACL", "LOG", "RESET"]);
        walk(&server, &mut lim, path);
        let found = entries(&server);
        let mut wanted = wanted.clone();
        wanted.retain(|denied, _| !is_in_script(path) || !is_refused_to_scripts(denied));
        if found != wanted {
            wrong.push(format!("{path:?}\n  wanted {wanted:?}\n  found  {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
