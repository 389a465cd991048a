//! The table of a setting.

use crate::Setting;
use crate::commands::{ALL, Command};
use crate::load::Measured;
use std::collections::BTreeMap;

/// Rounds that differ by more than this have no ratios.
const MOST: f64 = 4.0 / 3.0;

/// The figures of one server.
#[derive(Debug)]
pub(crate) struct Table {
    title: String,
    rounds: BTreeMap<&'static str, Vec<Measured>>,
}

/// The median of the rounds of a command.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Row {
    calls_a_second: f64,
    cpu: f64,
    median: f64,
    /// The greatest CPU time over the smallest one.
    spread: f64,
}

impl Table {
    pub(crate) fn new(title: String) -> Table {
        Table {
            title,
            rounds: BTreeMap::new(),
        }
    }

    pub(crate) fn add(&mut self, command: &Command, measured: Measured) {
        self.rounds.entry(command.name).or_default().push(measured);
    }

    fn row(&self, name: &str) -> Option<Row> {
        let rounds = self.rounds.get(name)?;
        let of = |figure: fn(&Measured) -> f64| rounds.iter().map(figure).collect::<Vec<f64>>();
        let cpu = of(|one| one.cpu);
        let most = cpu.iter().copied().fold(f64::MIN, f64::max);
        let least = cpu.iter().copied().fold(f64::MAX, f64::min);
        Some(Row {
            calls_a_second: median(of(|one| one.calls_a_second)),
            cpu: median(cpu),
            median: median(of(|one| one.median)),
            spread: most / least,
        })
    }

    pub(crate) fn print(&self, setting: Setting) {
        let Setting { clients, pipeline } = setting;
        println!("\n{}: {clients} clients, pipeline {pipeline}", self.title);
        println!(
            "{:<22} {:>10} {:>10} {:>9} {:>8} {:>9} {:>9} {:>9}",
            "command", "calls/s", "median us", "CPU us", "spread", "of PING", "of floor", "of Lua"
        );
        let mut differs = false;
        for command in ALL {
            let Some(row) = self.row(command.name) else {
                continue;
            };
            let ratio = |to: Option<&str>| match to.and_then(|name| self.row(name)) {
                Some(other) => {
                    ratio(other, row).map_or("?".to_owned(), |ratio| format!("{ratio:.2}"))
                }
                None => String::new(),
            };
            let ratios = [Some("PING"), command.floor, command.lua].map(ratio);
            differs |= ratios.iter().any(|one| one == "?");
            println!(
                "{:<22} {:>10.0} {:>10.1} {:>9.2} {:>7.0}% {:>9} {:>9} {:>9}",
                command.name,
                row.calls_a_second,
                row.median,
                row.cpu,
                (row.spread - 1.0) * 100.0,
                ratios[0],
                ratios[1],
                ratios[2]
            );
        }
        println!("Ratios are of CPU times: 0.50 is twice the CPU time of the other command.");
        if differs {
            println!("?: the rounds differ by more than a third. Repeat it on a quiet machine.");
        }
    }
}

/// The CPU time of a command over that of another one. `None` if the rounds of one of them differ too much.
fn ratio(to: Row, of: Row) -> Option<f64> {
    (to.spread <= MOST && of.spread <= MOST).then_some(to.cpu / of.cpu)
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_that_differ_have_no_ratio() {
        let row = |cpu, spread| Row {
            calls_a_second: 1.0,
            cpu,
            median: 1.0,
            spread,
        };
        assert_eq!(ratio(row(1.0, 1.1), row(2.0, 1.3)), Some(0.5));
        assert_eq!(ratio(row(1.0, 1.1), row(2.0, 1.4)), None);
        assert_eq!(ratio(row(1.0, 2.0), row(2.0, 1.0)), None);
    }

    #[test]
    fn the_middle_of_the_figures() {
        assert!((median(vec![3.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
    }
}
