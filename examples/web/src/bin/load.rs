//! Puts load on the service: many clients of fast gears, alone and beside slow gears.
//!
//! ```text
//! cargo run --release -p web --bin load -- [--clients 200] [--seconds 60] [--pause 100] [--slow report] [--slow-clients 4]
//! ```
//!
//! The clients run alone and beside slow ones in turns of ten seconds at most, `--seconds` of each in sum. Each client
//! sends one request after another: places on a leaderboard, carts, and pages that are in the cache. It waits `--pause`
//! milliseconds between them. The answers of the first second of a turn are not measured, because all clients connect
//! in it; an error is always counted. Slow clients ask for something that takes two seconds:
//!
//! - `report`: a gear that waits in a thread of the server,
//! - `page`: a coroutine that waits for a slow web site,
//! - `computed`: a gear that computes all the time, so that it holds the interpreter.

use redgrease::Policy;
use redgrease::embedded::Server;
use serde_json::json;
use std::collections::BTreeMap;
use std::env;
use std::error::Error;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use web::app::{App, Settings, serve};
use web::client::{Answer, Client};
use web::gears::carts;
use web::site::Site;

type Failure = Box<dyn Error + Send + Sync>;

#[derive(Debug, Clone)]
struct Load {
    clients: usize,
    seconds: u64,
    pause: u64,
    slow: String,
    slow_clients: usize,
}

/// What the clients of a phase have seen.
#[derive(Debug, Default)]
struct Seen {
    /// Of each kind of request, the times of all answers.
    times: BTreeMap<&'static str, Vec<Duration>>,
    errors: Vec<String>,
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let load = Load::parse(env::args().skip(1))?;
    let server = Server::start()?;
    let site = Site::start().await?;
    let mut settings = Settings::new(server.url(), site.url());
    settings.requests_per_minute = u32::MAX >> 1;
    let (app, _) = App::start(settings, Policy::IfNewer).await?;
    carts::deliver(&mut app.pool(), "lamp", 1).await?;
    let pool = app.pool();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(serve(listener, app, std::future::pending()));
    // The first call of each gear imports what it needs.
    let first = Client::new(&url, "first");
    for kind in KINDS {
        request(&first, kind, 0).await?;
    }

    println!(
        "{} clients for {} s, {} ms between requests; {} slow clients of the kind `{}`",
        load.clients, load.seconds, load.pause, load.slow_clients, load.slow
    );
    println!("phase   request     answers  errors      p50      p99      max   (ms)");
    let (mut alone, mut beside) = (Seen::default(), Seen::default());
    // In turns, so that other work of the machine meets both.
    for _ in 0..load.rounds() {
        alone.add(phase(&url, &load, 0).await?);
        beside.add(phase(&url, &load, load.slow_clients).await?);
    }
    alone.print("alone");
    beside.print("beside");
    for (name, share) in [("p50", 0.5), ("p99", 0.99)] {
        let of = |seen: &Seen| percentile(&seen.all_fast(), share).as_secs_f64();
        println!("ratio of {name}: {:.2}", of(&beside) / of(&alone));
    }
    println!("{:?}", pool.metrics());
    server.stop()?;
    let errors = alone.errors.len() + beside.errors.len();
    if errors > 0 {
        return Err(format!("{errors} errors").into());
    }
    Ok(())
}

impl Load {
    fn parse(words: impl Iterator<Item = String>) -> Result<Self, Failure> {
        let mut load = Load {
            clients: 200,
            seconds: 60,
            pause: 100,
            slow: "report".to_owned(),
            slow_clients: 4,
        };
        let words: Vec<String> = words.collect();
        for pair in words.chunks(2) {
            let [name, value] = pair else {
                return Err(format!("`{}` needs a value", pair[0]).into());
            };
            match name.as_str() {
                "--clients" => load.clients = value.parse()?,
                "--seconds" => load.seconds = value.parse()?,
                "--pause" => load.pause = value.parse()?,
                "--slow" if ["report", "page", "computed"].contains(&value.as_str()) => {
                    load.slow.clone_from(value);
                }
                "--slow-clients" => load.slow_clients = value.parse()?,
                _ => return Err(format!("`{name} {value}` is unknown").into()),
            }
        }
        Ok(load)
    }

    /// How often the clients run alone and beside slow ones.
    fn rounds(&self) -> u32 {
        let rounds = self.seconds.div_ceil(LONGEST).max(1);
        u32::try_from(rounds).unwrap_or(u32::MAX)
    }
}

/// The time at the start of a phase that is not measured.
const WARMING: Duration = Duration::from_secs(1);

/// The longest time of a phase.
const LONGEST: u64 = 10;

const KINDS: [&str; 4] = ["score", "leaders", "cart", "page"];

async fn request(client: &Client, kind: &str, number: usize) -> Result<Answer, Failure> {
    let answer = match kind {
        "score" => {
            let points = json!({"player": format!("p{}", number % 1000), "points": 1});
            client.post("/scores/load", &points).await?
        }
        "leaders" => client.get("/scores/load?count=10").await?,
        "cart" => {
            let item = json!({"article": "lamp", "pieces": 1});
            client.post(&format!("/carts/c{number}"), &item).await?
        }
        "page" => client.get("/pages/hello").await?,
        "slow page" => client.get(&format!("/pages/slow-2000-{number}")).await?,
        "slow computed" => client.get("/reports/computed-load").await?,
        _ => client.get("/reports/load").await?,
    };
    if answer.status.is_success() {
        return Ok(answer);
    }
    let body = String::from_utf8_lossy(&answer.body);
    Err(format!("{kind}: {} {body}", answer.status).into())
}

/// Lets all clients run for a while.
async fn phase(url: &str, load: &Load, slow_clients: usize) -> Result<Seen, Failure> {
    let ended = Arc::new(AtomicBool::new(false));
    let numbers = Arc::new(AtomicUsize::new(0));
    let warm = Instant::now() + WARMING;
    let mut clients = JoinSet::new();
    for number in 0..load.clients + slow_clients {
        let client = Client::new(url, &format!("client-{number}"));
        let ended = Arc::clone(&ended);
        let numbers = Arc::clone(&numbers);
        let slow = match load.slow.as_str() {
            "page" => "slow page",
            "computed" => "slow computed",
            _ => "slow report",
        };
        let is_slow = number >= load.clients;
        let pause = Duration::from_millis(load.pause);
        clients.spawn(async move {
            let mut seen = Seen::default();
            // So that not all clients ask for the same at the same time.
            let mut kinds = KINDS.iter().cycle().skip(number);
            while !ended.load(Ordering::Relaxed) {
                let kind = if is_slow { Some(&slow) } else { kinds.next() };
                let Some(&kind) = kind else { break };
                let one = match kind {
                    "cart" => number,
                    _ => numbers.fetch_add(1, Ordering::Relaxed),
                };
                let begun = Instant::now();
                match request(&client, kind, one).await {
                    Ok(_) if begun < warm => {}
                    Ok(_) => seen.times.entry(kind).or_default().push(begun.elapsed()),
                    Err(error) => seen.errors.push(error.to_string()),
                }
                if !is_slow && !pause.is_zero() {
                    tokio::time::sleep(pause).await;
                }
            }
            seen
        });
    }
    let measured = Duration::from_secs(load.seconds) / load.rounds();
    tokio::time::sleep(WARMING + measured).await;
    ended.store(true, Ordering::Relaxed);
    let mut all = Seen::default();
    while let Some(seen) = clients.join_next().await {
        all.add(seen?);
    }
    Ok(all)
}

impl Seen {
    fn add(&mut self, other: Seen) {
        for (kind, times) in other.times {
            self.times.entry(kind).or_default().extend(times);
        }
        self.errors.extend(other.errors);
    }

    fn all_fast(&self) -> Vec<Duration> {
        KINDS
            .iter()
            .filter_map(|kind| self.times.get(kind))
            .flatten()
            .copied()
            .collect()
    }

    fn print(&self, phase: &str) {
        let all = self.all_fast();
        let rows = self.times.iter().map(|(kind, times)| (*kind, times));
        for (kind, times) in rows.chain([("all fast", &all)]) {
            let errors = self
                .errors
                .iter()
                .filter(|error| error.starts_with(kind))
                .count();
            let shown = |share| percentile(times, share).as_secs_f64() * 1000.0;
            println!(
                "{phase:<7} {kind:<10} {:>8} {errors:>7} {:>8.2} {:>8.2} {:>8.2}",
                times.len(),
                shown(0.5),
                shown(0.99),
                shown(1.0)
            );
        }
        for error in self.errors.iter().take(5) {
            println!("{phase:<7} error: {error}");
        }
    }
}

/// The time within which this share of the answers came.
fn percentile(times: &[Duration], share: f64) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the place is in the list"
    )]
    let place = (sorted.len() as f64 * share) as usize;
    let last = sorted.len().saturating_sub(1);
    sorted.get(place.min(last)).copied().unwrap_or_default()
}
