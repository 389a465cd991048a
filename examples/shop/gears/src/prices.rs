//! Prices of articles.

use redgrease::prelude::*;
use redgrease::{CommandRegister, Mode};

/// Sets the price of an article, in cents, and returns the previous price.
#[gear_command(module = "python/money.py")]
pub async fn set_price(shop: &str, article: &str, cents: u32) -> Option<u32> {
    python! {
        before = price_of(cmd, shop, article)
        cmd.hset(shop + ":prices", article, cents)
        return before
    }
}

/// The price list, with one line for each article. Any client can get it with `RG.TRIGGER catalogue`: the chain runs on all shards of
/// a cluster, and that of the shop has the prices.
#[gear]
pub fn catalogue() -> Registration {
    CommandReader::new()
        .flatmap(python!(
            def lines(_):
                found = [cmd.hgetall(prices) for prices in cmd.scan_iter("{shop}:prices")]
                return ["%s: %s cents" % (name.decode(), cents.decode()) for prices in found for name, cents in prices.items()]
        ))
        .sort_asc()
        .register(CommandRegister::new("catalogue").mode(Mode::Async))
}
