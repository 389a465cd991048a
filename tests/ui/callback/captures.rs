use redgrease::prelude::*;

struct NotSerializable;

fn main() {
    let min = 1;
    let _ = python!(lambda _min: _min > 'min);
    let _ = python!(lambda x: x > 'missing);
    let other = NotSerializable;
    let _ = python!(lambda x: x == 'other);
}
