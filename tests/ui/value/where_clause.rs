use redgrease::prelude::*;

#[derive(serde::Serialize, serde::Deserialize, GearValue)]
struct Fine<T>
where
    T: Clone,
{
    value: T,
}

#[derive(serde::Serialize, serde::Deserialize, GearValue)]
#[serde(bound(deserialize = ""))]
struct TooMuch<T>
where
    Vec<T>: Clone + serde::Serialize + for<'a> serde::Deserialize<'a>,
{
    value: Vec<T>,
}

fn main() {}
