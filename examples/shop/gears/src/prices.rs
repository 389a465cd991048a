//! What articles cost.

use redgrease::prelude::*;
use redgrease::{CommandRegister, Mode};

/// Sets the price of an article, in cents; what it was before.
#[gear_command(module = "python/money.py")]
pub async fn set_price(article: &str, cents: u32) -> Option<u32> {
    python! {
        before = price_of(cmd, article)
        cmd.hset("prices", article, cents)
        return before
    }
}

/// The price list, for whoever asks: `RG.TRIGGER catalogue`. One line for each article.
#[gear]
pub fn catalogue() -> Registration {
    CommandReader::new()
        .flatmap(python!(
            def lines(_):
                prices = cmd.hgetall("prices")
                return ["%s: %s cents" % (name.decode(), cents.decode()) for name, cents in prices.items()]
        ))
        .sort_asc()
        .register(CommandRegister::new("catalogue").mode(Mode::AsyncLocal))
}
