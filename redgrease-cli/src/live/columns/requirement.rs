//! Python packages.

use super::{Column, Row, Text, Tone, Width};
use crate::live::model::RequirementView;
use crate::live::text::count;
use crate::output::one_line;

impl Row for RequirementView {
    fn id(&self) -> &str {
        &self.name
    }

    fn words(&self) -> Vec<&str> {
        vec![&*self.name, &*self.os]
    }

    fn columns() -> &'static [Column<Self>] {
        &COLUMNS
    }
}

const COLUMNS: [Column<RequirementView>; 4] = [
    Column {
        title: "package",
        rank: 0,
        width: Width::Rest(14),
        cell: |it| Text::new(one_line(&it.name), Tone::Name),
        order: |a, b| a.name.cmp(&b.name),
    },
    Column {
        title: "state",
        rank: 1,
        width: Width::Text(13),
        cell: |it| match it {
            RequirementView {
                is_installed: true, ..
            } => Text::new("installed", Tone::Good),
            RequirementView {
                is_downloaded: true,
                ..
            } => Text::new("downloaded", Tone::Warn),
            _ => Text::new("not installed", Tone::Bad),
        },
        order: |a, b| a.is_installed.cmp(&b.is_installed),
    },
    Column {
        title: "sessions",
        rank: 2,
        width: Width::Number(8),
        cell: |it| Text::figure(count(it.sessions), it.sessions > 0),
        order: |a, b| b.sessions.cmp(&a.sessions),
    },
    Column {
        title: "wheels",
        rank: 3,
        width: Width::Number(6),
        cell: |it| Text::figure(count(it.wheels.len() as u64), !it.wheels.is_empty()),
        order: |a, b| b.wheels.len().cmp(&a.wheels.len()),
    },
];
