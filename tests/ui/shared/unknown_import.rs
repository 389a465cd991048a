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

python_module! {
    several {
        import numpy
        import yaml
        import our_own
    }
}

#[gear_command(module = several)]
fn without_any(text: &str) -> String {
    python! { return str(yaml.safe_load(text)) }
}

#[gear_command(module = several, requirements = ["numpy"])]
fn with_one(text: &str) -> String {
    python! { return str(yaml.safe_load(text)) }
}

#[gear_command(module = several, allow = ["unknown-import"])]
fn allowed(text: &str) -> String {
    python! { return str(yaml.safe_load(text)) }
}

fn main() {}
