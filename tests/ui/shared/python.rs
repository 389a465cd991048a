use redgrease::prelude::*;

python_module! {
    wrong {
        def f(x)
            return x
    }

    names {
        import json

        def f(x):
            return jsno.dumps(x)
    }

    statement {
        return 1
    }

    text(r#"
def f(x):
    return 'x' + y
"#)
}

// One mistake is enough.
#[gear_command(module = wrong)]
fn uses(x: i64) -> i64 {
    python! { return anything(x) }
}

fn main() {
    let _ = (names, statement, text, uses::GEAR);
}
