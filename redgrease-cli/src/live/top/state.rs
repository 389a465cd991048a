//! What is shown, and what the keys do.

use super::in_background;
use super::panes::{List, Pane};
use crate::live::action::{Action, Verb};
use crate::live::columns::{Row, Tone};
use crate::live::model::{ExecutionView, RegistrationView, View};
use crate::live::poller::State;
use crate::live::text::short_id;
use crate::output::one_line;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

pub(super) struct Top {
    url: String,
    pub(super) is_read_only: bool,
    pub(super) state: State,
    /// The picture stays as it is.
    pub(super) is_held: bool,
    pub(super) pane: Pane,
    lists: [List; 6],
    pub(super) mode: Mode,
    message: Option<(Instant, String, Tone)>,
    outcomes: (Sender<Outcome>, Receiver<Outcome>),
}

/// What an action has come to.
type Outcome = (String, Tone);

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Mode {
    List,
    /// The search is written.
    Search,
    /// All about a row, from this line on.
    Detail(usize),
    Help(usize),
    /// A question, and what follows from `y`.
    Ask(String, Action),
}

#[derive(Debug, PartialEq)]
pub(super) enum After {
    GoOn,
    Redraw,
    Suspend,
    Quit,
}

/// How long a message is shown.
const SHOWN: Duration = Duration::from_secs(6);

/// Calls a function with the rows and the list of the pane.
macro_rules! with_rows {
    ($top:expr, $view:expr, |$rows:ident, $list:ident| $body:expr) => {{
        let view = $view;
        let pane = $top.pane;
        let $list = &mut $top.lists[pane as usize];
        match pane {
            Pane::Registrations => {
                let $rows = $list.rows(&view.registrations);
                $body
            }
            Pane::Executions => {
                let $rows = $list.rows(&view.executions);
                $body
            }
            Pane::Sessions => {
                let $rows = $list.rows(&view.sessions);
                $body
            }
            Pane::Requirements => {
                let $rows = $list.rows(&view.requirements);
                $body
            }
            Pane::Shards => {
                let $rows = $list.rows(&view.shards);
                $body
            }
            Pane::Problems => {
                let $rows = $list.rows(&view.problems);
                $body
            }
        }
    }};
}

impl Top {
    pub(super) fn new(url: String, is_read_only: bool) -> Self {
        Top {
            url,
            is_read_only,
            state: State::default(),
            is_held: false,
            pane: Pane::Registrations,
            lists: Pane::ALL.map(List::of),
            mode: Mode::List,
            message: None,
            outcomes: channel(),
        }
    }

    /// Takes what is known. Returns whether it is news.
    pub(super) fn show(&mut self, state: State) -> bool {
        let is_news = state.version != self.state.version || state.trouble != self.state.trouble;
        if self.is_held {
            self.state.trouble = state.trouble;
        } else {
            self.state = state;
        }
        is_news
    }

    /// Shows what actions have come to. Returns whether there was one.
    pub(super) fn take_outcomes(&mut self) -> bool {
        let outcomes: Vec<Outcome> = self.outcomes.1.try_iter().collect();
        let is_any = !outcomes.is_empty();
        for (text, tone) in outcomes {
            self.say(text, tone);
        }
        is_any
    }

    pub(super) fn message(&self) -> Option<(&str, Tone)> {
        let (since, text, tone) = self.message.as_ref()?;
        (since.elapsed() < SHOWN).then_some((text.as_str(), *tone))
    }

    fn say(&mut self, text: impl Into<String>, tone: Tone) {
        self.message = Some((Instant::now(), text.into(), tone));
    }

    pub(super) fn list(&mut self) -> &mut List {
        &mut self.lists[self.pane as usize]
    }

    pub(super) fn key(&mut self, key: KeyEvent) -> After {
        if key.modifiers.contains(KeyModifiers::CONTROL) {
            return match key.code {
                KeyCode::Char('c') => After::Quit,
                KeyCode::Char('z') => After::Suspend,
                KeyCode::Char('l') => After::Redraw,
                _ => After::GoOn,
            };
        }
        match std::mem::replace(&mut self.mode, Mode::List) {
            Mode::List => return self.list_key(key.code),
            Mode::Search => self.search_key(key.code),
            Mode::Detail(line) => {
                self.mode = scrolled(key.code, line).map_or(Mode::List, Mode::Detail);
            }
            Mode::Help(line) => self.mode = scrolled(key.code, line).map_or(Mode::List, Mode::Help),
            Mode::Ask(_, action) => match key.code {
                KeyCode::Char('y' | 'Y') => self.perform(action),
                _ => self.say("nothing was changed", Tone::Dim),
            },
        }
        After::GoOn
    }

    fn list_key(&mut self, code: KeyCode) -> After {
        let page = isize::try_from(self.list().height.max(1)).unwrap_or(1);
        match code {
            KeyCode::Char('q') => return After::Quit,
            KeyCode::Char('?' | 'h') | KeyCode::F(1) => self.mode = Mode::Help(0),
            KeyCode::Char(digit @ '1'..='6') => {
                self.pane = Pane::ALL[digit as usize - '1' as usize];
            }
            KeyCode::Tab | KeyCode::Right => self.turn(1),
            KeyCode::BackTab | KeyCode::Left => self.turn(Pane::ALL.len() - 1),
            KeyCode::Down | KeyCode::Char('j') => self.go(1),
            KeyCode::Up | KeyCode::Char('k') => self.go(-1),
            KeyCode::PageDown => self.go(page),
            KeyCode::PageUp => self.go(-page),
            KeyCode::Home | KeyCode::Char('g') => self.go(isize::MIN),
            KeyCode::End | KeyCode::Char('G') => self.go(isize::MAX),
            KeyCode::Enter => {
                // The page stays with its row.
                self.go(0);
                self.mode = Mode::Detail(0);
            }
            KeyCode::Char('/') => self.mode = Mode::Search,
            KeyCode::Esc => self.list().search.clear(),
            KeyCode::Char('s') => self.next_order(),
            KeyCode::Char('r') => self.list().reverse(),
            KeyCode::Char(' ') => self.is_held ^= true,
            KeyCode::Char('p') => self.ask_pause(),
            KeyCode::Char('u') => self.ask_unregister(),
            KeyCode::Char('a') => self.ask_abort(),
            _ => {}
        }
        After::GoOn
    }

    fn search_key(&mut self, code: KeyCode) {
        self.mode = Mode::Search;
        match code {
            KeyCode::Esc => {
                self.list().search.clear();
                self.mode = Mode::List;
            }
            KeyCode::Enter | KeyCode::Down | KeyCode::Up => self.mode = Mode::List,
            KeyCode::Backspace => drop(self.list().search.pop()),
            KeyCode::Char(c) => self.list().search.push(c),
            _ => {}
        }
    }

    fn turn(&mut self, by: usize) {
        self.pane = Pane::ALL[(self.pane as usize + by) % Pane::ALL.len()];
    }

    fn view(&self) -> Option<std::sync::Arc<View>> {
        self.state.view.clone()
    }

    fn go(&mut self, step: isize) {
        if let Some(view) = self.view() {
            with_rows!(self, &view, |rows, list| list.go(&rows, step));
        }
    }

    fn next_order(&mut self) {
        fn columns<T: Row>(_: &[&T]) -> usize {
            T::columns().len()
        }
        if let Some(view) = self.view() {
            with_rows!(self, &view, |rows, list| list.next_order(columns(&rows)));
        }
    }

    /// The place of the selected row among those that are shown, and their number.
    pub(super) fn selected<'a, T: Row>(&mut self, all: &'a [T]) -> Option<&'a T> {
        let list = self.list();
        let rows = list.rows(all);
        let place = list.place(&rows)?;
        Some(rows[place])
    }

    /// The registration that is meant: the selected one, or that of the selected error.
    fn registration<'a>(&mut self, view: &'a View) -> Option<&'a RegistrationView> {
        match self.pane {
            Pane::Registrations => self.selected(&view.registrations),
            Pane::Problems => {
                let problem = self.selected(&view.problems)?;
                view.registrations.iter().find(|it| it.id == problem.id)
            }
            _ => None,
        }
    }

    fn ask_pause(&mut self) {
        let Some(view) = self.changeable() else {
            return;
        };
        match self.registration(&view) {
            Some(row) if row.status.is_none() => {
                self.say("only registrations of streams can be paused", Tone::Warn);
            }
            Some(row) => {
                let is_paused = row.status.as_deref() == Some("PAUSED");
                self.ask(
                    if is_paused { Verb::Resume } else { Verb::Pause },
                    &row.id,
                    &row.name,
                );
            }
            None => self.say("select a registration first", Tone::Warn),
        }
    }

    fn ask_unregister(&mut self) {
        let Some(view) = self.changeable() else {
            return;
        };
        match self.registration(&view) {
            Some(row) => self.ask(Verb::Unregister, &row.id, &row.name),
            None => self.say("select a registration first", Tone::Warn),
        }
    }

    fn ask_abort(&mut self) {
        let Some(view) = self.changeable() else {
            return;
        };
        let selected: Option<&ExecutionView> = match self.pane {
            Pane::Executions => self.selected(&view.executions),
            _ => None,
        };
        match selected {
            Some(row) if row.is_over => self.say("the execution is over", Tone::Warn),
            Some(row) => self.ask(Verb::Abort, &row.id, &short_id(&row.id)),
            None => self.say("select an execution first", Tone::Warn),
        }
    }

    /// The view, if something may be changed.
    fn changeable(&mut self) -> Option<std::sync::Arc<View>> {
        if self.is_read_only {
            self.say(
                "nothing can be changed: start `redgrease top` without --read-only",
                Tone::Warn,
            );
            return None;
        }
        self.view()
    }

    fn ask(&mut self, verb: Verb, id: &str, name: &str) {
        // The question and its answers fit a small window.
        let name: String = one_line(name).chars().take(60).collect();
        let question = format!("{verb} {name}?");
        let id = id.to_owned();
        self.mode = Mode::Ask(question, Action { verb, id });
    }

    fn perform(&mut self, action: Action) {
        let (url, sender) = (self.url.clone(), self.outcomes.0.clone());
        self.say(format!("{} ..", action.verb), Tone::Dim);
        let run = move || {
            let outcome = match action.perform(&url) {
                Ok(()) => (
                    format!("{} {}: done", action.verb, short_id(&action.id)),
                    Tone::Good,
                ),
                Err(failure) => (one_line(&failure.to_string()), Tone::Bad),
            };
            // The program has ended meanwhile.
            let _ = sender.send(outcome);
        };
        if let Err(failure) = in_background(run) {
            self.say(failure.to_string(), Tone::Bad);
        }
    }
}

/// The line after a key that scrolls; `None` for a key that closes.
fn scrolled(code: KeyCode, line: usize) -> Option<usize> {
    match code {
        KeyCode::Down | KeyCode::Char('j') => Some(line + 1),
        KeyCode::Up | KeyCode::Char('k') => Some(line.saturating_sub(1)),
        KeyCode::PageDown | KeyCode::Char(' ') => Some(line + 10),
        KeyCode::PageUp => Some(line.saturating_sub(10)),
        KeyCode::Home | KeyCode::Char('g') => Some(0),
        KeyCode::End | KeyCode::Char('G') => Some(usize::MAX / 2),
        _ => None,
    }
}
