//! Functions as bytes.

use super::error_text;
use crate::python::{Callback, Holder, check_picklable, pickle, unpickle};
use crate::testing::{eval, function, repr, run, with_python};

/// The result of a function that was stored and read again, for an argument.
fn back(statements: &str, name: &str, argument: &str) -> String {
    with_python(|py| {
        let stored = pickle(&Callback::new(&run(py, statements, name))).unwrap();
        let back = unpickle(&stored, Holder::Call).unwrap();
        repr(&back.call1(&eval(py, argument)).unwrap())
    })
}

#[test]
fn a_lambda_comes_back() {
    with_python(|py| {
        let back = unpickle(
            &pickle(&function(py, "lambda x: x + 1")).unwrap(),
            Holder::Call,
        )
        .unwrap();
        assert_eq!(repr(&back.call1(&eval(py, "1")).unwrap()), "2");
    });
}

#[test]
fn a_closure_comes_back_with_its_variables() {
    let source = "
def outer(n):
    items = [n]
    def inner(x):
        items.append(x)
        return items, n
    return inner
f = outer(1)
";
    assert_eq!(back(source, "f", "2"), "([1, 2], 1)");
}

#[test]
fn defaults_come_back() {
    assert_eq!(
        back("def f(x, y=[2], *, z='3'):\n    return x, y, z", "f", "1"),
        "(1, [2], '3')"
    );
}

#[test]
fn globals_come_back() {
    let source =
        "factor = 7\ndef times(x):\n    return x * factor\ndef f(x):\n    return times(x) + factor";
    assert_eq!(back(source, "f", "2"), "21");
}

#[test]
fn a_function_that_calls_itself_comes_back() {
    assert_eq!(
        back(
            "def f(n):\n    return 1 if n < 2 else n * f(n - 1)",
            "f",
            "5"
        ),
        "120"
    );
    let source = "
def outer():
    def inner(n):
        return 1 if n < 2 else n * inner(n - 1)
    return inner
f = outer()
";
    assert_eq!(back(source, "f", "5"), "120");
}

#[test]
fn modules_come_back_by_name() {
    assert_eq!(
        back(
            "import math\ndef f(x):\n    return math.floor(x)",
            "f",
            "1.5"
        ),
        "1"
    );
}

#[test]
fn names_of_the_runtime_are_found_where_the_function_is_read() {
    assert_eq!(
        back("def f(x):\n    return GearsBuilder.__name__, x", "f", "1"),
        "('GearsBuilder', 1)"
    );
}

#[test]
fn classes_of_a_script_come_back() {
    let source = "
import dataclasses

class Base:
    factor = 2
    def times(self, x):
        return x * self.factor

class Slotted(Base):
    __slots__ = ('n',)
    def __init__(self, n):
        self.n = n
    @property
    def doubled(self):
        return self.times(self.n)
    @classmethod
    def make(cls, n):
        return cls(n)
    @staticmethod
    def named():
        return 'named'

@dataclasses.dataclass
class Pair:
    left: int
    right: list = dataclasses.field(default_factory=list)

def f(x):
    made = Slotted.make(x)
    return made.doubled, made.named(), Pair(x), isinstance(made, Base)
";
    assert_eq!(
        back(source, "f", "4"),
        "(8, 'named', Pair(left=4, right=[]), True)"
    );
}

#[test]
fn an_async_function_comes_back() {
    let result = back("async def f(x):\n    return x", "f", "1");
    assert!(result.starts_with("<coroutine object f at "), "{result}");
}

#[test]
fn an_identity_function_keeps_its_short_cut() {
    with_python(|py| {
        let back = unpickle(&pickle(&function(py, "lambda x: x")).unwrap(), Holder::Call).unwrap();
        assert!(crate::python::shapes::of(back.bind(py)).is_some());
    });
}

#[test]
fn a_function_that_can_be_stored_passes_the_check() {
    with_python(|py| check_picklable(py, &function(py, "lambda x: x")).unwrap());
}

#[test]
fn a_function_that_can_not_leave_the_process_fails_the_check() {
    with_python(|py| {
        let source = "lock = threading.Lock()\ndef guarded(x):\n    return lock and x";
        let guarded = Callback::new(&run(py, source, "guarded"));
        let raised = check_picklable(py, &guarded).unwrap_err();
        let text = error_text(py, &raised);
        let start =
            "error: Error occured when serialized a python callback, callback=guarded error=";
        assert!(text.starts_with(start), "{text}");
        assert!(
            text.contains("cannot pickle '_thread.lock' object"),
            "{text}"
        );
        let refused = pickle(&guarded).unwrap_err();
        assert!(
            refused.contains("cannot pickle '_thread.lock' object"),
            "{refused}"
        );
    });
}

/// Another pickler may support such a class, so the check at registration lets it pass.
#[test]
fn a_class_with_a_metaclass_passes_the_check_and_is_not_stored() {
    with_python(|py| {
        let source = "
class Meta(type):
    pass
class Mine(metaclass=Meta):
    pass
def f(x):
    return Mine
";
        let callback = Callback::new(&run(py, source, "f"));
        check_picklable(py, &callback).unwrap();
        let refused = pickle(&callback).unwrap_err();
        assert!(
            refused.contains("cannot pickle the class Mine: its metaclass is Meta"),
            "{refused}"
        );
    });
}
