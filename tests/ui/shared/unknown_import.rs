use redgrease::prelude::*;

python_module! {
    helpers {
        import yaml

        def parsed(text):
            return yaml.safe_load(text)
    }
}

#[gear_command(module = helpers)]
fn settings(text: &str) -> String {
    python! { return str(parsed(text)) }
}

#[gear_command(module = helpers, requirements = ["pyyaml"])]
fn with_requirement(text: &str) -> String {
    python! { return str(parsed(text)) }
}

fn main() {}
