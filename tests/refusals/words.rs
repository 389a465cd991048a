//! The words of refusals.

use super::paths::{PATHS, is_in_script, register, walk};
use super::{REFUSED, is_refused_to_scripts, send, with_lim};

/// Beginning and name that the words for a gear have, behind the words for a client.
const OBJECTS: &[(&str, &str)] = &[
    ("GET secret", "'get' with the key 'secret'"),
    ("MGET app:1 secret other", "'mget' with the key 'secret'"),
    (
        "RENAME app:1 se'cret key",
        "'rename' with the key 'se'cret key'",
    ),
    ("SET ro:1 v", "'set' with the key 'ro:1'"),
    ("GETSET wo:1 v", "'getset' with the key 'wo:1'"),
    ("SORT app:list STORE secret", "'sort' with the key 'secret'"),
    (
        "XREADGROUP GROUP g c STREAMS secret >",
        "'xreadgroup' with the key 'secret'",
    ),
    (
        "ZUNIONSTORE app:z 2 app:1 secret",
        "'zunionstore' with the key 'secret'",
    ),
    ("PUBLISH channel m", "'publish' with the channel 'channel'"),
];

#[test]
fn a_gear_gets_the_words_of_a_client_on_every_path() {
    let Some((server, mut lim)) = with_lim() else {
        return;
    };
    let wanted: Vec<String> = REFUSED
        .iter()
        .map(|words| match send(&mut lim, words) {
            Err(error) => match OBJECTS.iter().find(|one| one.0 == words.join(" ")) {
                Some((_, object)) => format!("{error}: {object}"),
                None => error.trim_end().to_owned(),
            },
            Ok(_) => "ran".to_owned(),
        })
        .collect();
    register(&mut lim);
    let mut wrong = Vec::new();
    for &path in PATHS {
        let found = walk(&server, &mut lim, path);
        for ((words, wanted), found) in REFUSED.iter().zip(&wanted).zip(found) {
            let is_other = is_in_script(path) && is_refused_to_scripts(words[0]);
            if *wanted != found && !is_other {
                wrong.push(format!(
                    "{path:?} {words:?}\n  wanted {wanted}\n  found  {found}"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
