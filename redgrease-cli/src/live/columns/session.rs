//! Sessions.

use super::{Column, Row, Text, Tone, Width, greatest};
use crate::live::model::SessionView;
use crate::live::text::{count, rate};
use crate::output::one_line;

impl Row for SessionView {
    fn id(&self) -> &str {
        &self.id
    }

    fn words(&self) -> Vec<&str> {
        let mut words = vec![&*self.id];
        words.extend(self.description.as_deref());
        words.extend(self.requirements.iter().map(String::as_str));
        words
    }

    fn columns() -> &'static [Column<Self>] {
        &COLUMNS
    }
}

const COLUMNS: [Column<SessionView>; 7] = [
    Column {
        title: "session",
        rank: 0,
        width: Width::Rest(12),
        cell: |it| Text::new(one_line(&it.id), Tone::Name),
        order: |a, b| a.id.cmp(&b.id),
    },
    Column {
        title: "registrations",
        rank: 1,
        width: Width::Number(13),
        cell: |it| Text::figure(count(it.registrations as u64), it.registrations > 0),
        order: |a, b| b.registrations.cmp(&a.registrations),
    },
    Column {
        title: "runs/s",
        rank: 2,
        width: Width::Number(7),
        cell: |it| Text::figure(rate(it.rate), it.rate > 0.0),
        order: |a, b| greatest(a.rate, b.rate).then_with(|| a.id.cmp(&b.id)),
    },
    Column {
        title: "failed",
        rank: 2,
        width: Width::Number(6),
        cell: |it| {
            Text::new(
                count(it.failed),
                if it.failed > 0 { Tone::Bad } else { Tone::Dim },
            )
        },
        order: |a, b| b.failed.cmp(&a.failed),
    },
    Column {
        title: "packages",
        rank: 3,
        width: Width::Number(8),
        cell: |it| {
            Text::figure(
                count(it.requirements.len() as u64),
                !it.requirements.is_empty(),
            )
        },
        order: |a, b| b.requirements.len().cmp(&a.requirements.len()),
    },
    Column {
        title: "state",
        rank: 3,
        width: Width::Text(12),
        cell: |it| match it {
            SessionView {
                not_restored: Some(_),
                ..
            } => Text::new("not restored", Tone::Bad),
            SessionView { is_dead: true, .. } => Text::new("replaced", Tone::Warn),
            _ => Text::new("ok", Tone::Good),
        },
        order: |a, b| b.not_restored.is_some().cmp(&a.not_restored.is_some()),
    },
    Column {
        title: "description",
        rank: 6,
        width: Width::Rest(12),
        cell: |it| Text::dim(one_line(it.description.as_deref().unwrap_or("-"))),
        order: |a, b| a.description.cmp(&b.description),
    },
];
