//! `redgrease-syntax/src/methods/table.rs` and the methods of `cmd`.

use crate::common::untyped;
use redgrease_embedded::Server;
use redgrease_syntax::{Client, cmd_method};

/// Writes each method on a line: the name, the required parameters, the most positional arguments (or `*`), all parameters.
const SCRIPT: &str = "
import inspect
def methods(client):
    kinds = inspect.Parameter
    lines = []
    for name in sorted(dir(client)):
        method = inspect.getattr_static(client, name)
        if name.startswith('_') or name[0].isupper() or not inspect.isfunction(method):
            continue
        given = list(inspect.signature(method).parameters.values())[1:]
        placed = [p for p in given if p.kind in (kinds.POSITIONAL_ONLY, kinds.POSITIONAL_OR_KEYWORD)]
        required = [p.name for p in placed if p.default is kinds.empty]
        most = '*' if any(p.kind == kinds.VAR_POSITIONAL for p in given) else str(len(placed))
        named = [p.name for p in given if p.kind in (kinds.POSITIONAL_OR_KEYWORD, kinds.KEYWORD_ONLY)]
        if any(p.kind == kinds.VAR_KEYWORD for p in given):
            named.append('**')
        lines.append(';'.join([name, ' '.join(required), most, ' '.join(named)]))
    return lines
";

/// Compares the table with the methods of a client. Returns what is wrong.
fn compare(lines: &str, is_own: bool) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut count = 0;
    for line in lines.lines().filter(|line| line.contains(';')) {
        count += 1;
        let fields: Vec<&str> = line.split(';').collect();
        let [name, required, most, named] = fields[..] else {
            panic!("{line}");
        };
        let fits = cmd_method(name).is_some_and(|known| {
            let is_of_client = !is_own || known.client != Client::RedisPy;
            let fewest = required.split_whitespace().count();
            let mut needed = known.required().zip(required.split_whitespace());
            let most_fits = match (known.most(), most.parse::<usize>()) {
                (None, _) => true,
                (Some(known), Ok(most)) => known >= most,
                (Some(_), Err(_)) => false,
            };
            is_of_client
                && known.required().count() <= fewest
                && needed.all(|(known, name)| known.split('|').any(|one| one == name))
                && most_fits
                && named
                    .split_whitespace()
                    .all(|name| known.has_parameter(name))
        });
        if !fits {
            wrong.push(format!("{line} (the table has {:?})", cmd_method(name)));
        }
    }
    assert!(count > 100, "only {count} methods: {lines}");
    wrong
}

#[test]
fn the_methods_of_redis_py_are_known() {
    let server = Server::start().unwrap();
    let script = format!(
        "{SCRIPT}\nimport redis\nGB('ShardsIDReader').flatmap(lambda _: methods(redis.Redis)).run()"
    );
    let lines = untyped(&server, &["RG.PYEXECUTE", &script, "REQUIREMENTS", "redis"]);
    // Not run by gears: the engine refuses them.
    let wrong = compare(&lines, false);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
