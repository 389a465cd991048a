//! Figures and times as people read them.

use crate::output::one_line;

/// A rate: three digits.
pub(super) fn rate(rate: f64) -> String {
    match rate {
        it if it <= 0.0 => "0".to_owned(),
        it if it < 0.05 => "<0.1".to_owned(),
        it if it < 10.0 => format!("{it:.1}"),
        it => count_of(it),
    }
}

/// A count: `950`, `12.3k`, `4.5M`.
pub(super) fn count(number: u64) -> String {
    #[allow(clippy::cast_precision_loss, reason = "three digits are shown")]
    let number = number as f64;
    count_of(number)
}

fn count_of(number: f64) -> String {
    let (mut number, mut unit) = (number, "");
    for next in ["k", "M", "G", "T"] {
        if number < 9_999.5 && unit.is_empty() || number < 999.5 {
            break;
        }
        number /= 1000.0;
        unit = next;
    }
    match unit {
        "" => format!("{number:.0}"),
        unit if number < 99.95 => format!("{number:.1}{unit}"),
        unit => format!("{number:.0}{unit}"),
    }
}

/// A duration in milliseconds: `0.4 ms`, `12 ms`, `3.2 s`, `5 m`, `2 h`.
pub(super) fn duration(ms: f64) -> String {
    match ms {
        it if it <= 0.0 => "0 ms".to_owned(),
        it if it < 9.95 => format!("{it:.1} ms"),
        it if it < 999.5 => format!("{it:.0} ms"),
        it if it < 99_950.0 => format!("{:.1} s", it / 1000.0),
        it if it < 5_970_000.0 => format!("{:.0} m", it / 60_000.0),
        it if it < 172_800_000.0 => format!("{:.0} h", it / 3_600_000.0),
        it => format!("{:.0} d", it / 86_400_000.0),
    }
}

/// Whole milliseconds.
pub(super) fn millis(ms: u64) -> String {
    #[allow(clippy::cast_precision_loss, reason = "three digits are shown")]
    let ms = ms as f64;
    duration(ms)
}

/// A number of bytes: `512 B`, `13.5 MB`.
pub(super) fn bytes(number: u64) -> String {
    #[allow(clippy::cast_precision_loss, reason = "three digits are shown")]
    let mut number = number as f64;
    let mut unit = "B";
    for next in ["kB", "MB", "GB", "TB"] {
        if number < 999.5 {
            break;
        }
        number /= 1000.0;
        unit = next;
    }
    if unit == "B" || number >= 99.95 {
        format!("{number:.0} {unit}")
    } else {
        format!("{number:.1} {unit}")
    }
}

/// A time of the day in UTC: `14:02:11`.
pub(super) fn clock(ms: u64) -> String {
    let seconds = ms / 1000 % 86_400;
    format!(
        "{:02}:{:02}:{:02}",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    )
}

/// The end of an id: the beginning is the same for all ids of a shard.
pub(super) fn short_id(id: &str) -> String {
    match id.rsplit_once('-') {
        Some((shard, number)) if shard.len() == 40 && shard.bytes().all(|b| b == b'0') => {
            format!("#{number}")
        }
        Some((shard, number)) if shard.len() == 40 && shard.is_ascii() => {
            format!("{}…#{number}", &shard[..6])
        }
        _ => one_line(id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_three_digits() {
        let rates = [0.0, 0.01, 0.5, 9.94, 12.4, 9999.0, 12_345.0, 1_234_567.0].map(rate);
        assert_eq!(
            rates,
            ["0", "<0.1", "0.5", "9.9", "12", "9999", "12.3k", "1.2M"]
        );
        let times = [
            0.0,
            0.44,
            9.94,
            12.3,
            999.0,
            1000.0,
            75_000.0,
            120_000.0,
            7_200_000.0,
        ]
        .map(duration);
        assert_eq!(
            times,
            [
                "0 ms", "0.4 ms", "9.9 ms", "12 ms", "999 ms", "1.0 s", "75.0 s", "2 m", "2 h"
            ]
        );
        assert_eq!(
            [512, 13_500_000, 999_900].map(bytes),
            ["512 B", "13.5 MB", "1.0 MB"]
        );
        assert_eq!(clock(3_723_000), "01:02:03");
    }

    #[test]
    fn ids_are_short() {
        let zeros = "0".repeat(40);
        assert_eq!(short_id(&format!("{zeros}-12")), "#12");
        assert_eq!(short_id(&format!("{}-7", "ab".repeat(20))), "ababab…#7");
        assert_eq!(short_id("x\u{1b}[2J"), "x\\x1b[2J");
    }
}
