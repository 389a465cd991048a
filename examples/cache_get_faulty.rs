//! A cache with mistakes in it, and what the caller in Rust gets to see.
//!
//! What can be seen in the text the compiler finds: a name that nothing defines, a bracket that is
//! missing, do not build. These mistakes show when the function runs: a cache that forgets to look
//! whether a key is there, and one that tells nobody what to do without the web site. An exception of
//! Python becomes a Rust error with the line of this file; the function stays registered, and its next
//! call has another chance.
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

/// Gets what the cache has. Wrong: it takes for granted that there is something.
#[gear_command]
fn cached(url: &str) -> Vec<u8> {
    python! {
        content = cmd.get(url)
        log("cached: " + url)
        return bytes(content)
    }
}

/// Gets a web resource through a cache. Wrong: a web site that is down is a surprise to it.
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

/// How long a resource is. Wrong: it promises a number and returns text.
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

    println!("The error as it is shown:");
    let error = failure(cached(&mut con, "http://example.org/nowhere"))?;
    println!("{error}\n");

    // The same as data: a program can tell what happened, and where.
    let raised = error.as_gear().ok_or("not an exception of Python")?;
    let frame = raised.frame().ok_or("an exception without a place")?;
    println!("trigger: {}", raised.trigger);
    println!("exception: {}", raised.exception);
    println!("line: {}", frame.source.as_deref().unwrap_or("?").trim());
    println!("in this file: {}\n", frame.file.ends_with(file!()));

    // It came from a library this time: the line is that of the gear which called it.
    let error = failure(cache_get_faulty(&mut con, "http://127.0.0.1:1/"))?;
    let ErrorKind::Gear(raised) = error.kind() else {
        return Err(error.into());
    };
    let frame = raised.frame().ok_or("an exception without a place")?;
    println!("exception: {}", raised.exception);
    println!("line: {}", frame.source.as_deref().unwrap_or("?").trim());
    println!(
        "frames in libraries: {}\n",
        raised.frames.iter().any(|frame| !frame.own)
    );

    // A value that is not what the function promises is an exception, too, and never another value.
    let error = failure(length(&mut con, "http://example.org/"))?;
    let raised = error.as_gear().ok_or("not an exception of Python")?;
    println!("exception: {}: {}\n", raised.exception, raised.message);

    // Nothing is broken: the next call may well succeed.
    let page = cached(&mut con, "http://example.org/")?;
    println!("The next call: {}", String::from_utf8(page)?);
    let stats = cached::GEAR.stats(&mut con)?.ok_or("not registered")?;
    println!(
        "The server counts {} calls, {} of them failed",
        stats.triggered, stats.failed
    );
    server.stop()?;
    Ok(())
}

/// The error of what was meant to fail.
fn failure<T>(result: redgrease::Result<T>) -> Result<redgrease::Error, &'static str> {
    result.err().ok_or("a faulty function succeeded")
}
