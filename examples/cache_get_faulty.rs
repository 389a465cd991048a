//! Errors in gears: faulty caches, and the errors that a Rust caller receives.
//!
//! The compiler finds mistakes in the text of a gear: an undefined name or a missing bracket does not
//! build. The gears here have mistakes that appear at run time: one does not check whether the key
//! exists, one does not handle a web site that is down, one returns the wrong type. Each Python
//! exception becomes a Rust error with the line of this file. The gears stay registered, and later
//! calls can succeed.
//!
//! ```text
//! cargo xtask setup
//! cargo run --example cache_get_faulty --features embedded
//! ```

use redgrease::ErrorKind;
use redgrease::embedded::Server;
use redgrease::prelude::*;
use redis::Commands;
use std::error::Error;

/// Reads a resource from the cache. Mistake: it does not check whether the key exists.
#[gear_command]
fn cached(url: &str) -> Vec<u8> {
    python! {
        content = cmd.get(url)
        log("cached: " + url)
        return bytes(content)
    }
}

/// Gets a web resource through a cache. Mistake: it does not handle a web site that is down.
#[gear_command(requirements = ["requests"])]
fn cache_get_faulty(url: &str) -> Vec<u8> {
    python! {
        import requests

        if cmd.exists(url):
            return bytes(cmd.get(url))
        response = requests.get(url, timeout=10)
        cmd.set(url, response.content)
        return response.content
    }
}

/// Returns the length of a resource. Mistake: it returns text instead of a number.
#[gear_command]
fn length(url: &str) -> usize {
    python! {
        return str(cmd.strlen(url))
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let server = Server::start()?;
    let mut con = redgrease::start(server.url())?;
    let () = con.set("http://example.org/", "a page")?;

    println!("The error as text:");
    let error = failure(cached(&mut con, "http://example.org/nowhere"))?;
    println!("{error}\n");

    // The same error as data, for programs.
    let raised = error.as_gear().ok_or("not a Python exception")?;
    let frame = raised.frame().ok_or("an exception without a location")?;
    println!("trigger: {}", raised.trigger);
    println!("exception: {}", raised.exception);
    println!("line: {}", frame.source.as_deref().unwrap_or("?").trim());
    println!("in this file: {}\n", frame.file.ends_with(file!()));

    // An exception raised in a library: the line is the call in the gear.
    let error = failure(cache_get_faulty(&mut con, "http://127.0.0.1:1/"))?;
    let ErrorKind::Gear(raised) = error.kind() else {
        return Err(error.into());
    };
    let frame = raised.frame().ok_or("an exception without a location")?;
    println!("exception: {}", raised.exception);
    println!("line: {}", frame.source.as_deref().unwrap_or("?").trim());
    println!(
        "frames in libraries: {}\n",
        raised.frames.iter().any(|frame| !frame.own)
    );

    // A result of the wrong type is an exception as well; it is never converted silently.
    let error = failure(length(&mut con, "http://example.org/"))?;
    let raised = error.as_gear().ok_or("not a Python exception")?;
    println!("exception: {}: {}\n", raised.exception, raised.message);

    // The gear is still registered, and the next call succeeds.
    let page = cached(&mut con, "http://example.org/")?;
    println!("The next call: {}", String::from_utf8(page)?);
    let stats = cached::GEAR.stats(&mut con)?.ok_or("not registered")?;
    println!(
        "The server has counted {} calls, {} of them failed",
        stats.triggered, stats.failed
    );
    server.stop()?;
    Ok(())
}

/// The error of a call that is expected to fail.
fn failure<T>(result: redgrease::Result<T>) -> Result<redgrease::Error, &'static str> {
    result.err().ok_or("a faulty gear succeeded")
}
