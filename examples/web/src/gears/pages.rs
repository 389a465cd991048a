//! Pages of another web site, through a cache next to the data.

use redgrease::prelude::*;

python_module! {
    downloads {
        import urllib.error
        import urllib.request

        # Without proxy: the site is near.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

        def download(url, seconds):
            try:
                with opener.open(url, timeout=seconds) as response:
                    return response.read()
            except urllib.error.HTTPError as error:
                if error.code == 404:
                    return None
                raise
    }
}

/// The page in the cache. Synchronous: it only reads, so it never waits for a gear that fetches.
#[gear_command(mode = "sync")]
pub async fn cached_page(url: &str) -> Option<Vec<u8>> {
    python! {
        return cmd.get("page:" + url)
    }
}

/// Fetches a page into the cache; `None` if the web site does not have it.
///
/// A coroutine: while it waits for the web site, it takes no thread of the executions. `to_thread` keeps the event loop
/// free, because `urllib` waits in the thread that calls it.
#[gear_command(module = downloads)]
pub async fn fetch_page(url: &str, expiry: u32) -> Option<Vec<u8>> {
    python! {
        import asyncio

        content = await asyncio.to_thread(download, url, 30)
        if content is not None:
            cmd.set("page:" + url, content, ex=expiry)
        return content
    }
}
