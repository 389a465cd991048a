use redgrease::prelude::*;

python_module! {
    helpers {
        def fetch(url):
            return url
    }
}

#[gear_command(module = helpers)]
fn misspelled(url: &str) -> String {
    python! {
        page = fech(url)
        return pag + fetch(url)
    }
}

#[gear_command(module = helpers)]
fn in_a_string(url: &str) -> String {
    python!(r#"
        return 'x' + fech(url)
    "#)
}

#[gear_command(module = helpers, on_registered = python! { prepare() })]
fn prepared(url: &str) -> String {
    python! { return f "{nothing}" }
}

fn main() {
    let _ = (misspelled::GEAR, in_a_string::GEAR, prepared::GEAR);
}
