//! The tables: selection, order and search of each.

use crate::live::columns::Row;
use crate::live::model::View;
use std::cmp::Ordering;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pane {
    Registrations,
    Executions,
    Sessions,
    Requirements,
    Shards,
    Problems,
}

impl Pane {
    pub(super) const ALL: [Pane; 6] = [
        Pane::Registrations,
        Pane::Executions,
        Pane::Sessions,
        Pane::Requirements,
        Pane::Shards,
        Pane::Problems,
    ];

    pub(super) fn title(self) -> &'static str {
        match self {
            Pane::Registrations => "Registrations",
            Pane::Executions => "Executions",
            Pane::Sessions => "Sessions",
            Pane::Requirements => "Packages",
            Pane::Shards => "Shards",
            Pane::Problems => "Errors",
        }
    }

    pub(super) fn count(self, view: &View) -> usize {
        match self {
            Pane::Registrations => view.registrations.len(),
            Pane::Executions => view.executions.len(),
            Pane::Sessions => view.sessions.len(),
            Pane::Requirements => view.requirements.len(),
            Pane::Shards => view.shards.len(),
            Pane::Problems => view.problems.len(),
        }
    }

    /// The column that orders the rows at first.
    fn order(self) -> usize {
        match self {
            Pane::Registrations => 3,
            Pane::Executions => 1,
            _ => 0,
        }
    }
}

/// One table.
#[derive(Debug, Clone, Default)]
pub(super) struct List {
    /// The column that orders the rows.
    pub(super) order: usize,
    pub(super) is_reversed: bool,
    pub(super) search: String,
    /// Id of the row that a person has selected. Rows move; the selection stays with its row. Without it, the selection stays
    /// at the top.
    selected: Option<String>,
    /// Where the selected row was last.
    at: usize,
    /// First row that is shown, and number of rows that fit.
    pub(super) offset: usize,
    pub(super) height: usize,
}

impl List {
    pub(super) fn of(pane: Pane) -> Self {
        List {
            order: pane.order(),
            ..List::default()
        }
    }

    /// The rows that match the search, in order.
    pub(super) fn rows<'a, T: Row>(&self, all: &'a [T]) -> Vec<&'a T> {
        let mut rows: Vec<&T> = all.iter().filter(|it| it.has(&self.search)).collect();
        if let Some(column) = T::columns().get(self.order) {
            let order = |a: &&T, b: &&T| -> Ordering {
                let order = (column.order)(a, b);
                if self.is_reversed {
                    order.reverse()
                } else {
                    order
                }
            };
            rows.sort_by(|a, b| order(a, b).then_with(|| a.id().cmp(b.id())));
        }
        rows
    }

    /// The place of the selected row. A row that is gone leaves the selection to its successor.
    pub(super) fn place<T: Row>(&mut self, rows: &[&T]) -> Option<usize> {
        let of_id = |id: &String| rows.iter().position(|it| it.id() == id);
        let place = self.selected.as_ref().and_then(of_id);
        let place = place.unwrap_or(self.at).min(rows.len().checked_sub(1)?);
        if self.selected.is_some() {
            self.choose(place, rows);
        }
        Some(place)
    }

    fn choose<T: Row>(&mut self, place: usize, rows: &[&T]) {
        self.at = place;
        self.selected = Some(rows[place].id().to_owned());
    }

    /// Selects the row that is so many rows away.
    pub(super) fn go<T: Row>(&mut self, rows: &[&T], step: isize) {
        if let Some(place) = self.place(rows) {
            let place = place.saturating_add_signed(step).min(rows.len() - 1);
            self.choose(place, rows);
        }
    }

    pub(super) fn next_order(&mut self, columns: usize) {
        self.order = (self.order + 1) % columns.max(1);
        self.is_reversed = false;
        self.go_to_top();
    }

    pub(super) fn reverse(&mut self) {
        self.is_reversed ^= true;
        self.go_to_top();
    }

    fn go_to_top(&mut self) {
        self.selected = None;
        self.at = 0;
    }

    /// Scrolls so that the selected row is visible.
    pub(super) fn scroll(&mut self, place: usize, rows: usize) {
        let height = self.height.max(1);
        self.offset = self
            .offset
            .min(place)
            .max((place + 1).saturating_sub(height));
        self.offset = self.offset.min(rows.saturating_sub(height));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::model::SessionView;

    fn sessions(ids: &[&str]) -> Vec<SessionView> {
        let of = |id: &&str| SessionView {
            id: (*id).to_owned(),
            ..SessionView::default()
        };
        ids.iter().map(of).collect()
    }

    fn selected(list: &mut List, all: &[SessionView]) -> Option<String> {
        let rows = list.rows(all);
        Some(rows[list.place(&rows)?].id.clone())
    }

    #[test]
    fn the_selection_stays_with_its_row() {
        let mut list = List::of(Pane::Sessions);
        let all = sessions(&["a", "b", "c"]);
        list.go(&list.rows(&all).clone(), 1);
        assert_eq!(selected(&mut list, &all).as_deref(), Some("b"));
        assert_eq!(
            selected(&mut list, &sessions(&["0", "a", "b", "c"])).as_deref(),
            Some("b")
        );
        // It is gone.
        assert_eq!(
            selected(&mut list, &sessions(&["0", "a", "c"])).as_deref(),
            Some("c")
        );
        assert_eq!(selected(&mut list, &[]), None);
        assert_eq!(selected(&mut list, &sessions(&["z"])).as_deref(), Some("z"));
    }

    #[test]
    fn without_a_choice_the_first_row_is_selected() {
        let mut list = List::of(Pane::Sessions);
        assert_eq!(
            selected(&mut list, &sessions(&["b", "c"])).as_deref(),
            Some("b")
        );
        assert_eq!(
            selected(&mut list, &sessions(&["a", "b"])).as_deref(),
            Some("a")
        );
        let all = sessions(&["a", "b"]);
        list.go(&list.rows(&all).clone(), 1);
        list.reverse();
        assert_eq!(selected(&mut list, &all).as_deref(), Some("b"));
        list.go(&list.rows(&all).clone(), 1);
        list.reverse();
        assert_eq!(selected(&mut list, &all).as_deref(), Some("a"));
    }

    #[test]
    fn a_search_needs_all_words() {
        let mut list = List::of(Pane::Sessions);
        let all = sessions(&["shop-one", "shop-two", "web"]);
        let found = |list: &List| {
            list.rows(&all)
                .iter()
                .map(|it| it.id.clone())
                .collect::<Vec<_>>()
        };
        list.search = "SHOP".to_owned();
        assert_eq!(found(&list), ["shop-one", "shop-two"]);
        list.search = "two shop".to_owned();
        assert_eq!(found(&list), ["shop-two"]);
        list.search.clear();
        list.is_reversed = true;
        assert_eq!(found(&list), ["web", "shop-two", "shop-one"]);
    }

    #[test]
    fn the_selected_row_is_visible() {
        let mut list = List {
            height: 3,
            ..List::default()
        };
        let offsets = [0, 2, 3, 9, 8, 0].map(|place| {
            list.scroll(place, 10);
            list.offset
        });
        assert_eq!(offsets, [0, 0, 1, 7, 7, 0]);
        list.height = 0;
        list.scroll(9, 10);
        assert_eq!(list.offset, 9);
    }
}
