//! Calls a gear of `gears.rs`.

mod gears;

fn main() -> redgrease::Result<()> {
    let url = std::env::var("REDIS_URL").unwrap_or_else(|_| "redis://127.0.0.1/".to_owned());
    // Connects, and registers the gears of this program.
    let mut con = redgrease::start(url)?;
    let count = gears::visit(&mut con, "home")?;
    println!("Visits of the page `home`: {count}");
    Ok(())
}
