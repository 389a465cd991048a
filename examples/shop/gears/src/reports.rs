//! Reports for the owner.

use redgrease::Closed;
use redgrease::prelude::*;

/// Adds up the spending of all customers, every second. On each shard of a cluster, because one of them has the customers.
#[gear_every("1s", per_shard = true)]
pub fn add_up() {
    python! {
        spent = [int(cmd.hget(account, "cents")) for account in cmd.scan_iter(match="{shop}:customer:*")]
        if spent:
            cmd.set("{shop}:turnover", sum(spent))
    }
}

/// A chain that returns the customers with the highest spending, in cents.
pub fn best_customers(count: u64) -> Closed<(String, i64)> {
    KeysReader::new("{shop}:customer:*")
        .records()
        .map(python!(lambda account: (int(account.value["cents"]), account.key.rsplit(":", 1)[1])))
        .sort_desc()
        .limit(count)
        .map_to::<(String, i64)>(python!(lambda spent: (spent[1], spent[0])))
        .run()
}
