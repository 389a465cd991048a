//! The statistics of registrations, added up over the shards of a cluster.

use super::elsewhere::{Replies, answered, missing, text};
use crate::redis::OwnedReply;
use std::collections::HashMap;

/// Numbers that are added up.
const SUMS: [&str; 8] = [
    "numTriggered",
    "numSuccess",
    "numFailures",
    "numAborted",
    "totalRunDurationMS",
    "numRetries",
    "numDeadLetters",
    "numDropped",
];
/// Values of which the greatest one is shown.
const GREATEST: [&str; 3] = [
    "lastRunDurationMS",
    "lastEstimatedLagMS",
    "avgEstimatedLagMS",
];

/// Names and values in turn.
#[derive(Debug, Clone)]
struct Fields(Vec<(Vec<u8>, OwnedReply)>);

impl Fields {
    fn of(items: Vec<OwnedReply>) -> Fields {
        let mut fields = Vec::new();
        let mut items = items.into_iter();
        while let (Some(OwnedReply::Text(name)), Some(value)) = (items.next(), items.next()) {
            fields.push((name, value));
        }
        Fields(fields)
    }

    fn get(&self, name: &str) -> Option<&OwnedReply> {
        let field = self.0.iter().find(|(one, _)| one == name.as_bytes());
        field.map(|(_, value)| value)
    }

    fn get_mut(&mut self, name: &str) -> Option<&mut OwnedReply> {
        let field = self.0.iter_mut().find(|(one, _)| one == name.as_bytes());
        field.map(|(_, value)| value)
    }

    fn number(&self, name: &str) -> i64 {
        match self.get(name) {
            Some(OwnedReply::Integer(number)) => *number,
            _ => 0,
        }
    }

    fn into_reply(self) -> OwnedReply {
        let items = self.0.into_iter();
        OwnedReply::Array(
            items
                .flat_map(|(name, value)| [OwnedReply::Text(name), value])
                .collect(),
        )
    }
}

/// A registration on all shards that have it.
struct Row {
    fields: Fields,
    statistics: Fields,
    shards: i64,
}

const STATISTICS: &str = "RegistrationData";

impl Row {
    fn of(reply: OwnedReply, shard: &str) -> Option<Row> {
        let OwnedReply::Array(items) = reply else {
            return None;
        };
        let mut fields = Fields::of(items);
        let place = fields.get_mut(STATISTICS)?;
        let OwnedReply::Array(items) = std::mem::replace(place, OwnedReply::Null) else {
            return None;
        };
        let mut statistics = Fields::of(items);
        if let Some(OwnedReply::Text(error)) = statistics.get_mut("lastError") {
            error.extend(format!(" (on the shard {shard})").bytes());
        }
        Some(Row {
            fields,
            statistics,
            shards: 1,
        })
    }

    fn id(&self) -> Vec<u8> {
        match self.fields.get("id") {
            Some(OwnedReply::Text(id)) => id.clone(),
            _ => Vec::new(),
        }
    }

    fn add(&mut self, other: &Row) {
        self.shards += other.shards;
        for (name, value) in &mut self.statistics.0 {
            let name = String::from_utf8_lossy(name);
            let Some(of_other) = other.statistics.get(&name) else {
                continue;
            };
            add_to(value, of_other, &name);
        }
        let runs = ["numSuccess", "numFailures"]
            .map(|name| self.statistics.number(name))
            .iter()
            .sum();
        let average = average(self.statistics.number("totalRunDurationMS"), runs);
        if let Some(value) = self.statistics.get_mut("avgRunDurationMS") {
            *value = text(&average.to_string());
        }
    }

    fn into_reply(mut self, missing: Option<[OwnedReply; 2]>) -> OwnedReply {
        if let Some(place) = self.fields.get_mut(STATISTICS) {
            *place = self.statistics.into_reply();
        }
        let shards = (b"shards".to_vec(), OwnedReply::Integer(self.shards));
        self.fields.0.push(shards);
        let mut reply = self.fields.into_reply();
        if let OwnedReply::Array(items) = &mut reply {
            items.extend(missing.into_iter().flatten());
        }
        reply
    }
}

#[allow(clippy::cast_precision_loss, reason = "an average in milliseconds")]
fn average(total: i64, runs: i64) -> f64 {
    if runs == 0 {
        0.0
    } else {
        total as f64 / runs as f64
    }
}

/// Adds the value of another shard to a field.
fn add_to(value: &mut OwnedReply, of_other: &OwnedReply, name: &str) {
    match (&mut *value, of_other) {
        (OwnedReply::Integer(own), OwnedReply::Integer(other)) if SUMS.contains(&name) => {
            *own = own.saturating_add(*other);
        }
        (OwnedReply::Integer(own), OwnedReply::Integer(other)) if GREATEST.contains(&name) => {
            *own = (*own).max(*other);
        }
        (OwnedReply::Text(own), OwnedReply::Text(other))
            if GREATEST.contains(&name) && number(other) > number(own) =>
        {
            own.clone_from(other);
        }
        (OwnedReply::Null, OwnedReply::Text(_)) if name == "lastError" => {
            value.clone_from(of_other);
        }
        // A registration of streams that is stopped or paused anywhere.
        (OwnedReply::Text(own), OwnedReply::Text(_)) if name == "status" && own == b"OK" => {
            value.clone_from(of_other);
        }
        _ => {}
    }
}

fn number(text: &[u8]) -> f64 {
    let text = std::str::from_utf8(text).ok();
    text.and_then(|text| text.parse().ok()).unwrap_or_default()
}

/// The rows of `RG.DUMPREGISTRATIONS` of all shards as one list. Each row names the shards that have not answered. Without a row that
/// could name them, they are the error.
pub(super) fn added_up(replies: Replies) -> Result<OwnedReply, String> {
    let mut all: Vec<Row> = Vec::new();
    let mut places: HashMap<Vec<u8>, usize> = HashMap::new();
    let (answers, errors) = answered(replies);
    for (shard, reply) in answers {
        let rows = match reply {
            OwnedReply::Array(rows) => rows,
            _ => Vec::new(),
        };
        for row in rows.into_iter().filter_map(|row| Row::of(row, &shard)) {
            let next = all.len();
            let place = *places.entry(row.id()).or_insert(next);
            match all.get_mut(place) {
                Some(one) => one.add(&row),
                None => all.push(row),
            }
        }
    }
    if all.is_empty() && !errors.is_empty() {
        return Err(format!(
            "ERR the shards that have answered have no registrations: {}",
            errors.join("; ")
        ));
    }
    let rows = all.into_iter().map(|row| row.into_reply(missing(&errors)));
    Ok(OwnedReply::Array(rows.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(fields: &[(&str, OwnedReply)]) -> OwnedReply {
        let fields = fields.iter().cloned();
        let fields = fields.map(|(name, value)| (name.as_bytes().to_vec(), value));
        Fields(fields.collect()).into_reply()
    }

    /// A row with these statistics.
    fn row(id: &str, statistics: &[(&str, OwnedReply)]) -> OwnedReply {
        fields(&[
            ("id", text(id)),
            (STATISTICS, fields(statistics)),
            ("PD", text("of a session")),
        ])
    }

    fn added(rows: &[(&str, Vec<OwnedReply>)]) -> Vec<OwnedReply> {
        let replies = rows.iter().cloned();
        let replies = replies.map(|(shard, rows)| (shard.to_owned(), Ok(OwnedReply::Array(rows))));
        match added_up(replies.collect()) {
            Ok(OwnedReply::Array(rows)) => rows,
            other => panic!("{other:?}"),
        }
    }

    fn statistics(row: &OwnedReply) -> Fields {
        let OwnedReply::Array(items) = row else {
            panic!("{row:?}");
        };
        match Fields::of(items.clone()).get(STATISTICS) {
            Some(OwnedReply::Array(items)) => Fields::of(items.clone()),
            other => panic!("{other:?}"),
        }
    }

    use OwnedReply::{Integer, Null};

    #[test]
    fn numbers_are_added_up() {
        let of = |succeeded, failed, total, last| {
            row(
                "r-1",
                &[
                    ("mode", text("sync")),
                    ("numSuccess", Integer(succeeded)),
                    ("numFailures", Integer(failed)),
                    ("lastRunDurationMS", Integer(last)),
                    ("totalRunDurationMS", Integer(total)),
                    ("avgRunDurationMS", text("of one shard")),
                ],
            )
        };
        let all = added(&[
            ("a", vec![of(1, 2, 30, 7)]),
            ("b", vec![of(3, 0, 5, 9)]),
            ("c", vec![of(0, 0, 0, 0)]),
        ]);
        assert_eq!(all.len(), 1);
        let expected = fields(&[
            ("mode", text("sync")),
            ("numSuccess", Integer(4)),
            ("numFailures", Integer(2)),
            ("lastRunDurationMS", Integer(9)),
            ("totalRunDurationMS", Integer(35)),
            ("avgRunDurationMS", text(&(35.0 / 6.0).to_string())),
        ]);
        assert_eq!(statistics(&all[0]).into_reply(), expected);
        let OwnedReply::Array(items) = &all[0] else {
            panic!("{all:?}");
        };
        assert_eq!(items[6..], [text("shards"), Integer(3)]);
    }

    #[test]
    fn an_error_tells_its_shard_and_a_stopped_stream_is_seen() {
        let of = |error: OwnedReply, status: &str, lag: &str| {
            row(
                "r-1",
                &[
                    ("avgEstimatedLagMS", text(lag)),
                    ("lastError", error),
                    ("status", text(status)),
                ],
            )
        };
        let all = added(&[
            ("a", vec![of(Null, "OK", "9.5")]),
            ("b", vec![of(text("bad"), "PAUSED", "10")]),
            ("c", vec![of(text("worse"), "OK", "2")]),
        ]);
        let statistics = statistics(&all[0]);
        assert_eq!(
            statistics.get("lastError"),
            Some(&text("bad (on the shard b)"))
        );
        assert_eq!(statistics.get("status"), Some(&text("PAUSED")));
        assert_eq!(statistics.get("avgEstimatedLagMS"), Some(&text("10")));
    }

    #[test]
    fn a_registration_of_some_shards_only_is_seen() {
        let of = |id: &str| row(id, &[("numTriggered", Integer(1))]);
        let all = added(&[("a", vec![of("r-1")]), ("b", vec![of("r-2"), of("r-1")])]);
        let shards: Vec<OwnedReply> = all
            .iter()
            .map(|row| match row {
                OwnedReply::Array(items) => items[7].clone(),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(shards, [Integer(2), Integer(1)]);
    }

    #[test]
    fn shards_without_an_answer_are_named() {
        let errors = || {
            vec![
                ("b".to_owned(), Ok(OwnedReply::Error("NOPERM no".into()))),
                ("c".to_owned(), Err("ERR the shard c is late".to_owned())),
            ]
        };
        let mut replies = errors();
        replies.push(("a".to_owned(), Ok(OwnedReply::Array(vec![row("r-1", &[])]))));
        let Ok(OwnedReply::Array(rows)) = added_up(replies) else {
            panic!();
        };
        let named = ["b refuses: NOPERM no", "the shard c is late"];
        let OwnedReply::Array(fields) = &rows[0] else {
            panic!("{rows:?}");
        };
        let missing = OwnedReply::Array(named.iter().map(|one| text(one)).collect());
        assert!(fields.ends_with(&[text("missing"), missing]), "{fields:?}");
        let error = added_up(errors()).unwrap_err();
        assert!(named.iter().all(|one| error.contains(one)), "{error}");
    }
}
