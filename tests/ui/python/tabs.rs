use redgrease::prelude::*;

#[gear_command]
fn cache_get(url: &str) -> String {
	python! {
		if url:
			return "é" + oops
	}
}

fn main() {}
