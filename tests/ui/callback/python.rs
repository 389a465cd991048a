use redgrease::prelude::*;

fn main() {
    let _ = python!(lambda x: );
    let _ = python!(lambda value: valu + other);
    let _ = python! {
        def f(x):
            return cmd.blpop(x)
    };
    let _ = python!(r#"lambda x: x['a'"#);
    let _ = python!(1);
}
