//! Wrong arguments of the operations of a chain.

use super::{raise, run};
use redgrease_embedded::Server;

#[test]
fn wrong_numbers_of_arguments_of_the_builder() {
    let server = Server::start().unwrap();
    for (method, good) in [
        ("map", "f"),
        ("filter", "f"),
        ("flatmap", "f"),
        ("foreach", "f"),
        ("accumulate", "f"),
        ("repartition", "f"),
        ("groupby", "f, f"),
        ("localgroupby", "f, f"),
        ("batchgroupby", "f, f"),
        ("limit", "1, 2"),
        ("collect", ""),
        ("count", ""),
        ("countby", "f"),
        ("distinct", ""),
        ("sort", "True"),
        ("avg", "f"),
        ("aggregate", "0, f, f"),
        ("aggregateby", "f, 0, f, f"),
    ] {
        let comma = if good.is_empty() { "" } else { ", " };
        let words = format!("wrong number of args to {method} function");
        let optional = ["collect", "count", "countby", "distinct", "sort", "avg"];
        if !optional.contains(&method) {
            raise(&server, &[(&format!("GB().{method}()"), &words)]);
        }
        raise(
            &server,
            &[(&format!("GB().{method}({good}{comma}1)"), &words)],
        );
        let named = run(
            &server,
            &format!("f = lambda *a: None\nGB().{method}({good}{comma}more=1)"),
        );
        assert!(
            named.contains(&format!("gears.error: {words}: ")) && named.contains("more"),
            "{named}"
        );
        // A chain of PyFlatExecution has the native operations only.
        if !["distinct", "sort", "avg", "aggregate", "aggregateby"].contains(&method) {
            let expression = format!("gearsCtx().{method}({good}{comma}1)");
            raise(&server, &[(&expression, &words)]);
        }
    }
    // By position and by name.
    let script = "
f = lambda *a: None
GB().map(f=f).filter(f=f).flatmap(f=f).foreach(f=f).accumulate(f=f).repartition(extractor=f)
GB().groupby(f, reducer=f).localgroupby(reducer=f, extractor=f).batchgroupby(extractor=f, reducer=f)
GB().limit(length=1).limit(1, start=2).countby(extractor=f).sort(reverse=False).avg(extractor=f)
GB().aggregate(zero=0, seqOp=f, combOp=f).aggregateby(f, 0, combOp=f, seqOp=f)
GB(reader='KeysReader', defaultArg='*', desc='x')
gearsCtx(reader='KeysReader', desc=None).map(f=f)
";
    assert_eq!(run(&server, script), "OK");
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table of words")]
fn wrong_kinds_of_arguments_of_the_builder() {
    let server = Server::start().unwrap();
    raise(
        &server,
        &[
            ("GB().map(1)", "map argument must be a function"),
            ("GB().map(str)", "map argument must be a function"),
            ("GB().map(None)", "map argument must be a function"),
            ("GB().filter('x')", "filter argument must be a function"),
            ("GB().flatmap(list)", "flatmap argument must be a function"),
            ("GB().foreach(f=5)", "foreach argument must be a function"),
            (
                "GB().accumulate([])",
                "accumulate argument must be a function",
            ),
            (
                "GB().repartition(1)",
                "repartition argument must be a function",
            ),
            (
                "GB().groupby(1, f)",
                "groupby extractor argument must be a function",
            ),
            (
                "GB().groupby(f, 1)",
                "groupby reducer argument must be a function",
            ),
            (
                "GB().localgroupby(1, f)",
                "groupby extractor argument must be a function",
            ),
            (
                "GB().batchgroupby(1, f)",
                "batchgroupby extractor argument must be a function",
            ),
            (
                "GB().batchgroupby(f, 1)",
                "batchgroupby reducer argument must be a function",
            ),
            ("GB().countby(1)", "countby argument must be a function"),
            ("GB().avg(1)", "avg argument must be a function"),
            (
                "GB().aggregate(0, 1, f)",
                "aggregate argument must be a function",
            ),
            (
                "GB().aggregate(0, f, None)",
                "aggregate argument must be a function",
            ),
            (
                "GB().aggregateby(f, 0, 1, f)",
                "aggregateby argument must be a function",
            ),
            (
                "GB().aggregateby(1, 0, f, f)",
                "groupby extractor argument must be a function",
            ),
            ("GB().limit('a')", "limit argument must be a number"),
            ("GB().limit(1.5)", "limit argument must be a number"),
            ("GB().limit(None)", "limit argument must be a number"),
            ("GB().limit(1, 'a')", "limit argument must be a number"),
            (
                "GB().limit(1, start=None)",
                "limit argument must be a number",
            ),
            ("GB(5)", "reader argument must be a string"),
            ("GB([])", "reader argument must be a string"),
            ("GB(None)", "reader argument must be a string"),
            (
                "GB(reader=b'KeysReader')",
                "reader argument must be a string",
            ),
            ("GB('KeysReader', '*', 5)", "desc argument must be a string"),
            ("GB(desc=5)", "desc argument must be a string"),
            ("GB('no')", "The given reader does not exists"),
            ("gearsCtx(5)", "reader argument must be a string"),
            (
                "gearsCtx('KeysReader', 5)",
                "desc argument must be a string",
            ),
            (
                "gearsCtx(1, 2, 3)",
                "wrong number of args to gearsCtx function",
            ),
            ("GB(defaultArg=5).run()", "regex argument must be a string"),
            ("GB().run(5)", "regex argument must be a string"),
            (
                "GB('KeysOnlyReader').run(5)",
                "regex argument must be a string",
            ),
            (
                "GB('PythonReader').run()",
                "pyreader argument must be a function",
            ),
            (
                "GB('PythonReader').run(5)",
                "pyreader argument must be a function",
            ),
            (
                "GB('PythonReader').run(iter)",
                "pyreader argument must be a function",
            ),
            (
                "GB('PythonReader').run('')",
                "pyreader argument must be a function",
            ),
        ],
    );
}
