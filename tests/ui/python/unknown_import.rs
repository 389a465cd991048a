use redgrease::prelude::*;

#[gear_command]
fn page(url: &str) -> String {
    python! {
        import requests
        return requests.get(url).text
    }
}

#[gear_command(requirements = ["numpy"])]
fn settings(text: &str) -> String {
    python! {
        import numpy, yaml
        return str(numpy.array(yaml.safe_load(text)))
    }
}

#[gear_command]
fn own_file(text: &str) -> String {
    python! {
        from our_helpers import shout
        return shout(text)
    }
}

#[gear_command]
fn misspelt(text: &str) -> String {
    python! {
        import jsno
        return jsno.dumps(text)
    }
}

#[gear_command]
fn newer(text: &str) -> String {
    python! {
        import tomllib
        return str(tomllib.loads(text))
    }
}

#[gear_command(on_registered = python! {
    global model
    import joblib
    model = joblib.load("model")
})]
fn predict() -> f64 {
    python! { return model.predict() }
}

fn main() {}
