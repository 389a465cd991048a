//! Errors.

use super::{Column, Row, Text, Tone, Width};
use crate::live::model::Problem;
use crate::live::text::{clock, count};
use crate::output::one_line;

impl Row for Problem {
    #[allow(
        clippy::misnamed_getters,
        reason = "`id` is that of its registration, which may have several errors"
    )]
    fn id(&self) -> &str {
        &self.key
    }

    fn words(&self) -> Vec<&str> {
        let mut words = vec![&*self.name, &*self.traceback.text, &*self.id];
        words.extend(
            self.session
                .as_deref()
                .into_iter()
                .chain(self.script.as_deref()),
        );
        words
    }

    fn columns() -> &'static [Column<Self>] {
        &COLUMNS
    }
}

const COLUMNS: [Column<Problem>; 5] = [
    Column {
        title: "seen",
        rank: 2,
        width: Width::Text(9),
        cell: |it| {
            Text::dim(if it.is_old {
                "before".to_owned()
            } else {
                clock(it.at)
            })
        },
        order: |a, b| b.at.cmp(&a.at).then_with(|| b.count.cmp(&a.count)),
    },
    Column {
        title: "times",
        rank: 3,
        width: Width::Number(5),
        cell: |it| Text::plain(count(it.count)),
        order: |a, b| b.count.cmp(&a.count),
    },
    Column {
        title: "name",
        rank: 1,
        width: Width::Text(16),
        cell: |it| Text::new(one_line(&it.name), Tone::Name),
        order: |a, b| a.name.cmp(&b.name),
    },
    Column {
        title: "error",
        rank: 0,
        width: Width::Rest(16),
        cell: |it| {
            let tone = if it.is_current {
                Tone::Bad
            } else {
                Tone::Plain
            };
            Text::new(one_line(&it.traceback.summary), tone)
        },
        order: |a, b| a.traceback.summary.cmp(&b.traceback.summary),
    },
    Column {
        title: "where",
        rank: 4,
        width: Width::Text(20),
        cell: |it| {
            let own = it.traceback.frames.iter().rev().find(|it| it.is_own);
            let frame = own.or(it.traceback.frames.last());
            Text::dim(frame.map_or_else(String::new, |it| {
                one_line(&format!("{}:{}", it.file, it.line))
            }))
        },
        order: |a, b| b.at.cmp(&a.at),
    },
];
