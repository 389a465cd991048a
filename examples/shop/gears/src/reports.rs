//! What the owner wants to know.

use redgrease::Closed;
use redgrease::prelude::*;

/// Adds up what all customers have spent, every second.
#[gear_every("1s")]
pub fn add_up() {
    python! {
        spent = [int(cmd.hget(account, "cents")) for account in cmd.scan_iter(match="customer:*")]
        cmd.set("turnover", sum(spent))
    }
}

/// The customers who have spent most, with how many cents that was: a chain, which runs when it is sent.
pub fn best_customers(count: u64) -> Closed<(String, i64)> {
    KeysReader::new("customer:*")
        .records()
        .map(python!(lambda account: (int(account.value["cents"]), account.key.split(":", 1)[1])))
        .sort_desc()
        .limit(count)
        .map_to::<(String, i64)>(python!(lambda spent: (spent[1], spent[0])))
        .run()
}
