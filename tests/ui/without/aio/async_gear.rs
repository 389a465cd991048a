use redgrease::prelude::*;

#[gear_command]
async fn length(url: &str) -> i64 {
    python! { return len(url) }
}

#[gear_command]
pub async fn result_and_docs(url: String) -> Result<Vec<i64>, String> {
    python! { raise Err(url) }
}

fn main() {
    let _ = |con: &mut redgrease::Con| {
        let _ = length(con, "a");
        let _ = length::call("a");
        let _ = result_and_docs(con, "a".to_owned());
    };
}
