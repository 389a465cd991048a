use redgrease::AsyncGearsCommands;
use redgrease::{AsyncCon, AsyncConfig, AsyncConnection, Pool};
use redgrease::{connect_async, start_async, start_async_with};
use redgrease::{
    orphans_async, register_all_async, register_all_async_with, unregister_orphans_async,
};

fn main() {
    let _ = redgrease::Pool::start("redis://127.0.0.1/");
}
