//! Comments that allow a finding.

use super::{clean, findings};

#[test]
fn a_comment_above_a_statement_of_several_lines() {
    clean(
        "# redgrease: allow(unknown-command)\nreturn [\n    1,\n    execute(\"FROBNICATE\", url),\n]",
    );
    clean("# redgrease: allow(unknown-method)\nx = (cmd\n    .frobnicate(url))\nreturn x");
    clean(
        "# redgrease: allow(unknown-command)\nif (url and\n        execute(\"FROBNICATE\")):\n    pass",
    );
    // At the line itself, inside the statement.
    clean(
        "return [\n    # redgrease: allow(unknown-command)\n    execute(\"FROBNICATE\", url),\n]",
    );
    clean("return [\n    execute(\"FROBNICATE\", url),  # redgrease: allow(unknown-command)\n]");
    clean("# redgrease: allow(unknown-import)\nfrom numpy import (\n    array,\n)\nreturn array");
    // The statement ends, and with it the effect.
    for lines in [
        "# redgrease: allow(unknown-command)\nx = [\n    1,\n]\nexecute(\"FROBNICATE\")",
        "# redgrease: allow(unknown-command)\nif url:\n    execute(\"FROBNICATE\")",
        "# redgrease: allow(unknown-command)\ndef f(\n    a,\n):\n    execute(\"FROBNICATE\")",
        "# redgrease: allow(log-level)\nreturn [\n    1,\n    execute(\"FROBNICATE\", url),\n]",
    ] {
        assert_eq!(findings(lines).len(), 1, "{lines}");
    }
}

#[test]
fn other_comments_between_the_comment_and_the_code() {
    clean("# redgrease: allow(unknown-command)\n# The module has it.\nexecute(\"FROBNICATE\")");
    clean(
        "# redgrease: allow(unknown-command)\n\n# The module has it.\n# See there.\nreturn [\n    execute(\"FROBNICATE\")]",
    );
    clean(
        "# redgrease: allow(unknown-command)\n# redgrease: allow(log-level)\nlog(execute(\"FROBNICATE\"), level=\"x\")",
    );
    let after_code =
        "# redgrease: allow(unknown-command)\nx = 1\n# The module has it.\nexecute(\"FROBNICATE\")";
    assert_eq!(findings(after_code).len(), 1);
}
