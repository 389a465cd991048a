//! Shards of a cluster.

use super::{Column, Row, Text, Tone, Width};
use crate::live::model::ShardView;
use crate::live::text::{bytes, count};
use crate::output::one_line;

impl Row for ShardView {
    fn id(&self) -> &str {
        &self.id
    }

    fn words(&self) -> Vec<&str> {
        vec![&*self.id, &*self.address]
    }

    fn columns() -> &'static [Column<Self>] {
        &COLUMNS
    }
}

const COLUMNS: [Column<ShardView>; 7] = [
    Column {
        title: "shard",
        rank: 0,
        width: Width::Rest(16),
        cell: |it| Text::new(one_line(&it.address), Tone::Name),
        order: |a, b| a.address.cmp(&b.address),
    },
    Column {
        title: "state",
        rank: 0,
        width: Width::Text(6),
        cell: |it| match it.silent {
            Some(_) => Text::new("silent", Tone::Bad),
            None => Text::new("ok", Tone::Good),
        },
        order: |a, b| b.silent.is_some().cmp(&a.silent.is_some()),
    },
    Column {
        title: "slots",
        rank: 2,
        width: Width::Text(14),
        cell: |it| Text::plain(one_line(&it.slots)),
        order: |a, b| a.slots.cmp(&b.slots),
    },
    Column {
        title: "executions",
        rank: 1,
        width: Width::Number(10),
        cell: |it| Text::figure(count(it.executions as u64), it.executions > 0),
        order: |a, b| b.executions.cmp(&a.executions),
    },
    Column {
        title: "messages",
        rank: 3,
        width: Width::Number(8),
        cell: |it| Text::figure(count(it.pending_messages), it.pending_messages > 0),
        order: |a, b| b.pending_messages.cmp(&a.pending_messages),
    },
    Column {
        title: "python",
        rank: 3,
        width: Width::Number(8),
        cell: |it| {
            it.python_memory
                .map_or_else(|| Text::dim("-"), |it| Text::plain(bytes(it)))
        },
        order: |a, b| b.python_memory.cmp(&a.python_memory),
    },
    Column {
        title: "id",
        rank: 5,
        width: Width::Text(10),
        cell: |it| Text::dim(one_line(&it.id.chars().take(10).collect::<String>())),
        order: |a, b| a.id.cmp(&b.id),
    },
];
