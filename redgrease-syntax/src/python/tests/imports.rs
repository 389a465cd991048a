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
        "try:\n    import tomllib\nexcept ImportError:\n    import tomli as tomllib",
        "try:\n    import ujson\nexcept ImportError:\n    try:\n        import simplejson\n    except ImportError:\n        import json",
        "try:\n    try:\n        import ujson\n    except ImportError:\n        import simplejson\nexcept ImportError:\n    pass",
        "try:\n    import json\nexcept ImportError:\n    try:\n        import ujson\n    except ImportError:\n        import simplejson",
        "try:\n    import numpy\nexcept ImportError:\n    numpy = None\nelse:\n    import pandas",
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
        "try:\n    import ujson\nexcept ImportError:\n    import numpy",
        "try:\n    import json, ujson\nexcept ImportError:\n    import numpy",
        "try:\n    from . import own\nexcept ImportError:\n    import numpy",
        "try:\n    x = url()\nexcept ImportError:\n    import numpy",
        "try:\n    import json\nexcept ImportError:\n    pass\nexcept ValueError:\n    import numpy",
        "try:\n    import ujson\nexcept ImportError:\n    try:\n        import simplejson\n    except ImportError:\n        import numpy",
        "try:\n    import ujson\nexcept ImportError:\n    from . import own",
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

#[test]
fn a_handler_imports_what_a_requirement_provides() {
    let lines = "try:\n    import ujson\nexcept ImportError:\n    import simplejson";
    clean(lines, &["simplejson"]);
    clean(lines, &["ujson"]);
    assert_eq!(found(lines, &["numpy"], "3.9").len(), 1);
    let text = "try:\n    import ujson\nexcept ImportError:\n    import simplejson\n";
    assert_eq!(examine(&Source::shared("m", text)).unknown_imports, []);
}

#[test]
fn modules_in_packages_of_the_standard_library() {
    let allow = "if every server has it, end the line with `# redgrease: allow(unknown-import)`";
    for (lines, module, hint) in [
        (
            "import os.pth",
            "os.pth",
            "did you mean `os.path`?".to_owned(),
        ),
        (
            "from urllib.prase import quote",
            "urllib.prase",
            "did you mean `urllib.parse`?".to_owned(),
        ),
        (
            "import xml.nosuch.more",
            "xml.nosuch",
            format!(
                "Python's `xml` has no such module, write `from xml import nosuch` for a name in it; {allow}"
            ),
        ),
        (
            "import json.dumps as d",
            "json.dumps",
            format!(
                "Python's `json` has no such module, write `from json import dumps` for a name in it; {allow}"
            ),
        ),
    ] {
        let place = lines.split(' ').nth(1).unwrap();
        let expected = format!(
            "{place} -> no requirement of this gear provides the Python module `{module}`: {hint}"
        );
        for requirements in [&[][..], &["our-own-package"]] {
            let found = found(lines, requirements, "3.9");
            assert_eq!(found, [expected.as_str()], "{lines}");
        }
    }
    clean(
        "import os.path, xml.etree.ElementTree, concurrent.futures.thread, json._x, encodings.nosuch",
        &[],
    );
    clean("from os import pth\nfrom json import dumps", &[]);
    clean(
        "try:\n    import os.pth\nexcept ImportError:\n    pass",
        &[],
    );
    let shared = examine(&Source::shared("m", "import os.pth"));
    assert_eq!(shared.unknown_imports[0].module, "os.pth");
}

#[test]
fn modules_in_namespaces() {
    let storage = &["google-cloud-storage"];
    clean(
        "from google.cloud import storage\nimport google.cloud.storage.blob\nfrom google.cloud.storage import nosuch\nimport google.auth, google\nfrom google.cloud import _helpers, exceptions\nfrom google.protobuf import message",
        storage,
    );
    clean(
        "from google.cloud import bigquery",
        &["google-cloud-bigquery"],
    );
    clean(
        "from ruamel import yaml\nimport ruamel.yaml",
        &["ruamel.yaml"],
    );
    for (lines, requirements, module, hint) in [
        (
            "import google.cloud.bigquery",
            &storage[..],
            "google.cloud.bigquery",
            "add `\"google-cloud-bigquery\"` to `requirements`",
        ),
        (
            "from google.cloud import storage, bigquery",
            storage,
            "google.cloud.bigquery",
            "add `\"google-cloud-bigquery\"` to `requirements`",
        ),
        (
            "from google.protobuf.message import Message",
            &[],
            "google.protobuf",
            "add `requirements = [\"protobuf\"]`",
        ),
        (
            "from google import protobuf",
            &["numpy"],
            "google.protobuf",
            "add `\"protobuf\"` to `requirements`",
        ),
        (
            "import requests.adapters",
            &[],
            "requests",
            "add `requirements = [\"requests\"]`",
        ),
    ] {
        let found = found(lines, requirements, "3.9");
        assert_eq!(found.len(), 1, "{found:?}");
        let expected = format!("provides the Python module `{module}`: {hint}; if every");
        assert!(found[0].contains(&expected), "{found:?}");
    }
    let modules = |text: &str| {
        let unknown = examine(&Source::shared("m", text)).unknown_imports;
        unknown
            .into_iter()
            .map(|one| one.module)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        modules("from google.cloud import storage, bigquery"),
        ["google.cloud.storage", "google.cloud.bigquery"]
    );
    assert_eq!(modules("import google, google.cloud"), [""; 0]);
    assert_eq!(modules("from numpy import array, zeros"), ["numpy"]);
}

#[test]
fn a_typing_error_in_the_name_of_a_package() {
    for (module, meant) in [
        ("reqests", "requests"),
        ("nunpy", "numpy"),
        ("jsno", "json"),
        ("pandsa", "pandas"),
    ] {
        let found = found(&format!("import {module}"), &[], "3.9");
        assert!(
            found[0].ends_with(&format!("`{module}`: did you mean `{meant}`?")),
            "{found:?}"
        );
    }
}

#[test]
fn names_of_the_module_redgrease() {
    for (lines, place, module, hint) in [
        (
            "from redgrease import cdm",
            "cdm",
            "redgrease",
            "did you mean `cmd`?",
        ),
        (
            "from redgrease import cmd, exeucte as e",
            "exeucte",
            "redgrease",
            "did you mean `execute`?",
        ),
        (
            "from redgrease.runtime import Err",
            "Err",
            "redgrease.runtime",
            "remove the import, every gear has `Err` without it",
        ),
        (
            "from redgrease import RedisGears",
            "RedisGears",
            "redgrease",
            "write a name of it, such as `cmd`, `execute` or `log`; if an installed package has more, end the line with `# redgrease: allow(unknown-import)`",
        ),
        (
            "from redgrease.runtime import lgo",
            "lgo",
            "redgrease.runtime",
            "did you mean `log`?",
        ),
    ] {
        assert_eq!(
            found(lines, &[], "3.9"),
            [format!(
                "{place} -> the module `{module}` of the server has no `{place}`: {hint}"
            )],
            "{lines}"
        );
    }
    for fine in [
        "from redgrease import cmd, execute, log, atomic, hashtag3, KeysReader, data, sugar, Err",
        "from redgrease.runtime import log, run, cmd",
        "from redgrease.data import nosuch",
        "from redgrease import nosuch  # redgrease: allow(unknown-import)",
        "try:\n    from redgrease import nosuch\nexcept ImportError:\n    pass",
    ] {
        clean(fine, &[]);
    }
    clean("from redgrease import Redis", &["redgrease"]);
    clean("from redgrease import Redis", &["our-own-package"]);
    let shared = examine(&Source::shared("m", "from redgrease import nosuch"));
    assert_eq!(shared.findings, []);
}
