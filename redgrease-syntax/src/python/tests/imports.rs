//! Imports and the requirements that provide them.

use super::body;
use crate::{PythonVersion, Source, examine};

fn found(lines: &str, requirements: &[&str], python: &str) -> Vec<String> {
    let text = body(lines);
    let python: PythonVersion = python.parse().unwrap();
    let source = Source::body("gear", &["url"], &text)
        .python(python)
        .requirements(requirements);
    examine(&source)
        .findings
        .into_iter()
        .map(|finding| format!("{} -> {finding}", &text[finding.range.clone()]))
        .collect()
}

#[track_caller]
fn clean(lines: &str, requirements: &[&str]) {
    assert_eq!(found(lines, requirements, "3.9"), [""; 0], "{lines}");
}

#[test]
fn a_package_that_no_requirement_provides() {
    let allow = "if every server has it, end the line with `# redgrease: allow(unknown-import)`";
    for (lines, requirements, module, hint) in [
        (
            "import requests",
            &[][..],
            "requests",
            "add `requirements = [\"requests\"]`",
        ),
        (
            "import yaml",
            &[],
            "yaml",
            "add `requirements = [\"pyyaml\"]`",
        ),
        (
            "import sklearn.tree as t",
            &["numpy"],
            "sklearn",
            "add `\"scikit-learn\"` to `requirements`",
        ),
        (
            "from PIL import Image",
            &["requests"],
            "PIL",
            "add `\"pillow\"` to `requirements`",
        ),
        (
            "def f():\n    import redis",
            &[],
            "redis",
            "add `requirements = [\"redis\"]`",
        ),
        (
            "import our_code",
            &[],
            "our_code",
            "name its package in `requirements`, or write the functions of your own file in a `python_module!`",
        ),
    ] {
        let place = lines
            .split_whitespace()
            .find(|word| word.starts_with(module))
            .unwrap();
        let expected = format!(
            "{place} -> no requirement of this gear provides the Python module `{module}`: {hint}; {allow}"
        );
        assert_eq!(found(lines, requirements, "3.9"), [expected], "{lines}");
    }
    assert_eq!(
        found("import tomllib", &[], "3.9"),
        [
            "tomllib -> no requirement of this gear provides the Python module `tomllib`: it comes with Python 3.11, set `python = \"3.11\"` if every server has that version"
        ]
    );
    assert_eq!(
        found("import jsno", &[], "3.9"),
        [
            "jsno -> no requirement of this gear provides the Python module `jsno`: did you mean `json`?"
        ]
    );
}

#[test]
fn modules_that_are_there() {
    clean(
        "import json, os.path, asyncio\nfrom collections import deque",
        &[],
    );
    clean("import __future__, _thread", &[]);
    clean(
        "import redgrease, redisgears, rg\nfrom redgrease.runtime import log",
        &[],
    );
    clean("import yaml", &["PyYAML>=6"]);
    clean(
        "import urllib3, certifi\nimport requests.exceptions",
        &["requests"],
    );
    clean(
        "import numpy as np\nfrom dateutil import parser",
        &["pandas"],
    );
    clean("import google.protobuf", &["protobuf"]);
    clean("import distutils, imp", &[]);
    clean("import anything", &["our-own-package"]);
    clean("import anything", &["git+https://example.org/x.git"]);
    clean("import anything", &["redis[hiredis]"]);
    assert_eq!(found("import tomllib", &[], "3.11"), [""; 0]);
    assert_eq!(
        found("import distutils", &[], "3.12").len(),
        1,
        "Python 3.12 has no distutils"
    );
}

#[test]
fn imports_that_may_fail() {
    for fine in [
        "try:\n    import ujson as json\nexcept ImportError:\n    import json",
        "try:\n    import numpy\nexcept (ValueError, ModuleNotFoundError):\n    numpy = None",
        "try:\n    import numpy\nexcept:\n    pass",
        "try:\n    import numpy\nexcept Exception:\n    pass",
        "try:\n    import json\nexcept ImportError:\n    import simplejson",
        "import typing\nif typing.TYPE_CHECKING:\n    import numpy",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from numpy import array",
        "import sys\nif sys.version_info >= (3, 11):\n    import tomllib\nelse:\n    import tomli",
        "import contextlib\nwith contextlib.suppress(ImportError):\n    import numpy",
        "import os\nif os.name == \"nt\":\n    import win32api",
        "import os\nif \"nt\" in os.name:\n    import win32api",
        "import sys\nif sys.implementation.name == \"pypy\":\n    import __pypy__, pypy_tools",
        "import sys\nif \"numpy\" in sys.modules:\n    import numpy",
        "import os\nif os.name != \"nt\":\n    return 1\nimport win32api",
        "import sys\nfor i in url:\n    if sys.platform == \"linux\":\n        continue\n    import win32api",
    ] {
        clean(fine, &[]);
    }
    for wrong in [
        "try:\n    import numpy\nexcept ValueError:\n    pass",
        "try:\n    pass\nfinally:\n    import numpy",
        "if url:\n    import numpy",
        "with open(url):\n    import numpy",
        "if url.name == 1:\n    import numpy",
        "if url:\n    return 1\nimport numpy",
        "import os\nif os.name == \"nt\":\n    x = 1\nimport numpy",
        "import os\ndef f():\n    if os.name == \"nt\":\n        return 1\nimport numpy",
    ] {
        assert_eq!(found(wrong, &[], "3.9").len(), 1, "{wrong}");
    }
}

#[test]
fn relative_imports() {
    let message = "a gear belongs to no Python package, so a relative import fails: write the functions in a `python_module!`, or in the file of `module = \"..\"`";
    assert_eq!(
        found("from . import helpers", &["anything"], "3.9"),
        [format!("from . import helpers -> {message}")]
    );
    assert_eq!(found("from .helpers import f", &[], "3.9").len(), 1);
    clean(
        "try:\n    from . import helpers\nexcept ImportError:\n    pass",
        &[],
    );
}

#[test]
fn a_shared_module_does_not_know_the_requirements() {
    let text = "import numpy\nimport json\nimport tomllib\nimport yaml  # redgrease: allow(unknown-import)\n";
    let report = examine(&Source::shared("helpers", text));
    assert_eq!(report.findings, []);
    let modules: Vec<&str> = report
        .unknown_imports
        .iter()
        .map(|one| one.module.as_str())
        .collect();
    assert_eq!(modules, ["numpy"]);
}
