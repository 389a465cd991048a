//! Registrations.

use super::{Column, Row, Text, Tone, Width, greatest};
use crate::live::model::RegistrationView;
use crate::live::text::{count, duration, millis, rate, short_id};
use crate::output::one_line;

impl Row for RegistrationView {
    fn id(&self) -> &str {
        &self.id
    }

    fn words(&self) -> Vec<&str> {
        let optional = [&self.session, &self.script, &self.description, &self.status];
        let mut words = vec![&*self.name, &*self.reader, &*self.mode, &*self.id];
        words.extend(optional.into_iter().flatten().map(String::as_str));
        words
    }

    fn columns() -> &'static [Column<Self>] {
        &COLUMNS
    }
}

const COLUMNS: [Column<RegistrationView>; 12] = [
    Column {
        title: "name",
        rank: 0,
        width: Width::Rest(12),
        cell: |it| Text::new(one_line(&it.name), Tone::Name),
        order: |a, b| a.name.cmp(&b.name),
    },
    Column {
        title: "reader",
        rank: 3,
        width: Width::Text(8),
        cell: |it| {
            Text::dim(one_line(
                it.reader.strip_suffix("Reader").unwrap_or(&it.reader),
            ))
        },
        order: |a, b| a.reader.cmp(&b.reader).then_with(|| a.name.cmp(&b.name)),
    },
    Column {
        title: "from",
        rank: 5,
        width: Width::Rest(12),
        cell: |it| Text::dim(one_line(place(it).unwrap_or("-"))),
        order: |a, b| place(a).cmp(&place(b)).then_with(|| a.name.cmp(&b.name)),
    },
    Column {
        title: "runs/s",
        rank: 1,
        width: Width::Number(7),
        cell: |it| Text::figure(rate(it.rate), it.rate > 0.0),
        order: |a, b| greatest(a.rate, b.rate).then_with(|| b.triggered.cmp(&a.triggered)),
    },
    Column {
        title: "fail/s",
        rank: 2,
        width: Width::Number(6),
        cell: |it| {
            Text::new(
                rate(it.failure_rate),
                if it.failure_rate > 0.0 {
                    Tone::Bad
                } else {
                    Tone::Dim
                },
            )
        },
        order: |a, b| {
            greatest(a.failure_rate, b.failure_rate).then_with(|| b.failed.cmp(&a.failed))
        },
    },
    Column {
        title: "now",
        rank: 4,
        width: Width::Number(7),
        cell: |it| match it.recent_ms {
            Some(ms) => Text::plain(duration(ms)),
            None => Text::dim("-"),
        },
        order: |a, b| greatest(a.recent_ms.unwrap_or(-1.0), b.recent_ms.unwrap_or(-1.0)),
    },
    Column {
        title: "mean",
        rank: 2,
        width: Width::Number(7),
        cell: |it| Text::figure(duration(it.mean_ms), it.mean_ms > 0.0),
        order: |a, b| greatest(a.mean_ms, b.mean_ms),
    },
    Column {
        title: "last",
        rank: 6,
        width: Width::Number(7),
        cell: |it| Text::figure(millis(it.last_ms), it.last_ms > 0),
        order: |a, b| b.last_ms.cmp(&a.last_ms),
    },
    Column {
        title: "lag",
        rank: 3,
        width: Width::Number(7),
        cell: |it| match it.lag_ms {
            Some(ms) if ms >= 1000.0 => Text::new(duration(ms), Tone::Warn),
            Some(ms) => Text::plain(duration(ms)),
            None => Text::dim("-"),
        },
        order: |a, b| greatest(a.lag_ms.unwrap_or(-1.0), b.lag_ms.unwrap_or(-1.0)),
    },
    Column {
        title: "runs",
        rank: 3,
        width: Width::Number(6),
        cell: |it| Text::figure(count(it.triggered), it.triggered > 0),
        order: |a, b| b.triggered.cmp(&a.triggered),
    },
    Column {
        title: "failed",
        rank: 1,
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
        title: "state",
        rank: 3,
        width: Width::Text(8),
        cell: state,
        order: |a, b| {
            state(a)
                .text
                .cmp(&state(b).text)
                .then_with(|| short_id(&a.id).cmp(&short_id(&b.id)))
        },
    },
];

/// Where it comes from: the end of the path of its script, or its session.
fn place(row: &RegistrationView) -> Option<&str> {
    let Some(path) = row.script.as_deref() else {
        return row.session.as_deref();
    };
    let folder = path.rmatch_indices('/').nth(1);
    Some(folder.map_or(path, |(at, _)| &path[at + 1..]))
}

/// The state of a stream reader, and otherwise whether the last run has failed.
fn state(row: &RegistrationView) -> Text {
    match row.status.as_deref() {
        Some("PAUSED") => Text::new("paused", Tone::Warn),
        Some("ABORTED") => Text::new("stopped", Tone::Bad),
        Some("WAITING_FOR_RETRY_ON_FAILURE") => Text::new("retrying", Tone::Bad),
        Some(other) if other != "OK" => Text::new(one_line(other), Tone::Warn),
        _ if row.is_failing => Text::new("failing", Tone::Bad),
        _ => Text::new("ok", Tone::Good),
    }
}
