use redgrease::prelude::*;

python_module! {}
python_module! { name }
python_module! { a b { x = 1 } }
python_module! { { x = 1 } }
python_module! { from_file(file = "x.py") }
python_module! { list [1, 2] }

fn main() {}
