//! Executions.

use super::{Column, Row, Text, Tone, Width};
use crate::live::model::ExecutionView;
use crate::live::text::{count, millis, short_id};
use crate::output::one_line;

impl Row for ExecutionView {
    fn id(&self) -> &str {
        &self.id
    }

    fn words(&self) -> Vec<&str> {
        let mut words = vec![&*self.id, &*self.status, started_by(self)];
        words.extend(self.shard.as_deref());
        words
    }

    fn columns() -> &'static [Column<Self>] {
        &COLUMNS
    }
}

const COLUMNS: [Column<ExecutionView>; 7] = [
    Column {
        title: "execution",
        rank: 0,
        width: Width::Rest(10),
        cell: |it| Text::new(short_id(&it.id), Tone::Name),
        order: |a, b| sequence(b).cmp(&sequence(a)),
    },
    Column {
        title: "state",
        rank: 0,
        width: Width::Text(9),
        cell: |it| {
            let tone = match &*it.status {
                "running" => Tone::Good,
                "aborted" => Tone::Warn,
                "done" => Tone::Dim,
                _ => Tone::Plain,
            };
            Text::new(one_line(&it.status.replace('_', " ")), tone)
        },
        order: |a, b| {
            a.is_over
                .cmp(&b.is_over)
                .then_with(|| b.duration_ms.cmp(&a.duration_ms))
        },
    },
    Column {
        title: "time",
        rank: 1,
        width: Width::Number(8),
        cell: |it| match it.duration_ms {
            ms if ms > 10_000 && !it.is_over => Text::new(millis(ms), Tone::Warn),
            ms => Text::figure(millis(ms), ms > 0),
        },
        order: |a, b| b.duration_ms.cmp(&a.duration_ms),
    },
    Column {
        title: "results",
        rank: 3,
        width: Width::Number(7),
        cell: |it| match it.results {
            Some(results) => Text::plain(count(results)),
            None => Text::dim("-"),
        },
        order: |a, b| b.results.cmp(&a.results),
    },
    Column {
        title: "errors",
        rank: 2,
        width: Width::Number(6),
        cell: |it| {
            let tone = if it.errors.is_empty() {
                Tone::Dim
            } else {
                Tone::Bad
            };
            Text::new(count(it.errors.len() as u64), tone)
        },
        order: |a, b| b.errors.len().cmp(&a.errors.len()),
    },
    Column {
        title: "started by",
        rank: 3,
        width: Width::Text(12),
        cell: |it| Text::dim(started_by(it)),
        order: |a, b| a.registered.cmp(&b.registered),
    },
    Column {
        title: "shard",
        rank: 4,
        width: Width::Text(8),
        cell: |it| {
            let shard = it
                .shard
                .as_deref()
                .map(|shard| shard.chars().take(8).collect::<String>());
            Text::dim(one_line(shard.as_deref().unwrap_or("-")))
        },
        order: |a, b| a.shard.cmp(&b.shard),
    },
];

fn started_by(row: &ExecutionView) -> &'static str {
    if row.registered {
        "registration"
    } else {
        "script"
    }
}

/// The number of an execution.
fn sequence(row: &ExecutionView) -> u64 {
    let number = row.id.rsplit_once('-').map(|(_, number)| number.parse());
    number.and_then(Result::ok).unwrap_or_default()
}
