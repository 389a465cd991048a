//! Reads the keys of the attributes, as in `#[gear_command(key = value)]`.
//!
//! | module | purpose |
//! |---|---|
//! | `table` | the table of all keys |
//! | `value` | reads one value |

mod table;
mod value;

use super::{Block, Kind};
use crate::report::Errors;
use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use redgrease_syntax::{Mistake, nearest};
use syn::LitStr;
use value::Value;
pub(in crate::parse) use value::{at_commas, krate};

/// A string with its span.
pub(crate) type Text = LitStr;

/// A word, a number or a flag with its span.
#[derive(Clone, Copy)]
pub(crate) struct WithSpan<T> {
    pub(crate) value: T,
    pub(crate) span: Span,
}

/// The value of `mode`: where a gear runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Sync,
    AsyncLocal,
    Async,
}

/// The value of `on_failed`: the reaction to an exception in a stream handler.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnFailed {
    Continue,
    Abort,
    Retry,
}

/// The value of `trigger`: the name by which clients call a command.
pub(crate) enum Trigger {
    Named(Text),
    /// `trigger = unique`: made of the crate, the path and the name of the function.
    Unique(Span),
}

/// The value of `module`: Python that is shared with other gears.
pub(crate) enum Module {
    /// The path of a `python_module!`.
    Item(syn::Path),
    /// A Python file.
    File(Block),
}

/// All keys of an attribute. A key is empty if it was not given or could not be read.
#[derive(Default)]
pub(crate) struct Keys {
    /// The string in front of the keys: the name of a stream, or an interval.
    pub(crate) subject: Option<Text>,
    /// The subject was given, but not as a string. An error about that has been added.
    pub(crate) wrong_subject: bool,
    pub(crate) trigger: Option<Trigger>,
    pub(crate) requirements: Vec<Text>,
    pub(crate) mode: Option<WithSpan<Mode>>,
    pub(crate) description: Option<Text>,
    pub(crate) allow: Vec<Text>,
    pub(crate) on_registered: Option<Block>,
    pub(crate) module: Option<Module>,
    pub(crate) python: Option<Text>,
    pub(crate) replace: Option<WithSpan<bool>>,
    pub(crate) handle: Option<Ident>,
    /// The path of the crate `redgrease`.
    pub(crate) krate: Option<syn::Path>,
    pub(crate) hook: Option<Text>,
    pub(crate) keyprefix: Option<Text>,
    pub(crate) inorder: Option<WithSpan<bool>>,
    pub(crate) count_calls: Option<WithSpan<bool>>,
    pub(crate) prefix: Option<Text>,
    pub(crate) events: Vec<Text>,
    pub(crate) key_types: Vec<Text>,
    pub(crate) commands: Vec<Text>,
    pub(crate) read_value: Option<WithSpan<bool>>,
    pub(crate) batch: Option<WithSpan<u64>>,
    pub(crate) duration: Option<Text>,
    pub(crate) on_failed: Option<WithSpan<OnFailed>>,
    pub(crate) retry_interval: Option<Text>,
    pub(crate) max_retries: Option<WithSpan<u64>>,
    pub(crate) dead_letter: Option<Text>,
    pub(crate) backoff: Option<WithSpan<f64>>,
    pub(crate) max_interval: Option<Text>,
    pub(crate) trim: Option<WithSpan<bool>>,
    pub(crate) per_shard: Option<WithSpan<bool>>,
}

/// Reads the keys. A mistake in one key does not hide mistakes in the others.
pub(super) fn keys(kind: Kind, attribute: TokenStream, errors: &mut Errors) -> Keys {
    let mut keys = Keys::default();
    let mut seen: Vec<String> = Vec::new();
    for (position, entry) in at_commas(attribute).into_iter().enumerate() {
        if position == 0
            && matches!(kind, Kind::Stream | Kind::Every)
            && let Some(text) = value::text(&entry.iter().cloned().collect())
        {
            keys.subject = Some(text);
            continue;
        }
        if position == 0
            && kind == Kind::Keys
            && let Some(text) = value::text(&entry.iter().cloned().collect())
        {
            keys.prefix = Some(text);
            seen.push("prefix".to_owned());
            continue;
        }
        if position == 0
            && let Some(mistake) = subject_not_text(kind, &entry)
        {
            errors.on(&entry.into_iter().collect::<TokenStream>(), mistake);
            keys.wrong_subject = true;
            continue;
        }
        let Some((key, value)) = entry_of(kind, &entry, errors) else {
            continue;
        };
        let name = key.to_string();
        if seen.contains(&name) {
            errors.at(key.span(), Mistake::KeyTwice { name });
            continue;
        }
        keys.set(&name, Value::new(&key, example(kind, &name), value), errors);
        seen.push(name);
    }
    keys
}

/// The mistake in a number or another literal where the name of a stream or an interval is expected.
fn subject_not_text(kind: Kind, entry: &[TokenTree]) -> Option<Mistake> {
    let [TokenTree::Literal(_)] = entry else {
        return None;
    };
    let (what, example) = match kind {
        Kind::Stream => ("the name of a stream", "#[gear_stream(\"name\")]"),
        Kind::Every => ("an interval", "#[gear_every(\"5m\")]"),
        Kind::Keys => ("the name of a key", "#[gear_keys(\"user:*\")]"),
        Kind::Command | Kind::Function => return None,
    };
    Some(Mistake::SubjectNotText {
        what: what.to_owned(),
        example: example.to_owned(),
    })
}

impl Keys {
    fn set(&mut self, name: &str, value: Value<'_>, errors: &mut Errors) {
        match name {
            "trigger" => self.trigger = value.trigger(errors),
            "requirements" => self.requirements = value.texts(errors),
            "mode" => self.mode = value.word(value::MODES, errors),
            "allow" => self.allow = value.texts(errors),
            "description" => self.description = value.text(errors),
            "on_registered" => self.on_registered = value.python(errors),
            "module" => self.module = value.module(errors),
            "python" => self.python = value.text(errors),
            "replace" => self.replace = value.flag(errors),
            "hook" => self.hook = value.text(errors),
            "keyprefix" => self.keyprefix = value.text(errors),
            "inorder" => self.inorder = value.flag(errors),
            "count_calls" => self.count_calls = value.flag(errors),
            "prefix" => self.prefix = value.text(errors),
            "events" => self.events = value.texts(errors),
            "key_types" => self.key_types = value.texts(errors),
            "commands" => self.commands = value.texts(errors),
            "read_value" => self.read_value = value.flag(errors),
            "batch" => self.batch = value.number(errors),
            "duration" => self.duration = value.text(errors),
            "on_failed" => self.on_failed = value.word(value::ON_FAILED, errors),
            "retry_interval" => self.retry_interval = value.text(errors),
            "max_retries" => self.max_retries = value.number(errors),
            "dead_letter" => self.dead_letter = value.text(errors),
            "backoff" => self.backoff = value.factor(errors),
            "max_interval" => self.max_interval = value.text(errors),
            "trim" => self.trim = value.flag(errors),
            "per_shard" => self.per_shard = value.flag(errors),
            "crate" => self.krate = value.krate(errors),
            _ => self.handle = value.ident(errors),
        }
    }
}

/// Splits `key = value`, if the attribute has this key.
fn entry_of(kind: Kind, tokens: &[TokenTree], errors: &mut Errors) -> Option<(Ident, TokenStream)> {
    let (first, rest) = tokens.split_first()?;
    let TokenTree::Ident(key) = first else {
        let text = value::text(&tokens.iter().cloned().collect());
        let example = match (kind, text) {
            (Kind::Command, Some(text)) => format!("trigger = {}", text.token()),
            (Kind::Keys, Some(text)) => format!("prefix = {}", text.token()),
            _ => "key = value".to_owned(),
        };
        errors.at(first.span(), Mistake::NotAKey { example });
        return None;
    };
    let name = key.to_string();
    if !table::keys(kind).any(|known| known.name == name) {
        let hint = unknown(kind, &name);
        errors.at(key.span(), Mistake::UnknownKey { name, hint });
        return None;
    }
    match rest {
        [TokenTree::Punct(equals), value @ ..] if equals.as_char() == '=' => {
            Some((key.clone(), value.iter().cloned().collect()))
        }
        _ => {
            let example = example(kind, &name).to_owned();
            errors.at(key.span(), Mistake::KeyWithoutValue { name, example });
            None
        }
    }
}

/// The hint for a key that this attribute does not have.
fn unknown(kind: Kind, name: &str) -> String {
    if let Some(known) = nearest(name, table::keys(kind).map(|key| key.name)) {
        return format!("did you mean `{known}`?");
    }
    let owners: Vec<String> = table::owners(name)
        .iter()
        .map(|owner| format!("`#[{}]`", owner.attribute()))
        .collect();
    match &owners[..] {
        [] => {}
        [only] => return format!("it belongs to {only}, remove it here"),
        [first @ .., last] => {
            return format!(
                "it belongs to {} and {last}, remove it here",
                first.join(", ")
            );
        }
    }
    let known: Vec<String> = table::keys(kind)
        .map(|key| format!("`{}`", key.name))
        .collect();
    match &known[..] {
        [only] => format!("the only key of `#[{}]` is {only}", kind.attribute()),
        _ => format!("the keys are {}", known.join(", ")),
    }
}

fn example(kind: Kind, name: &str) -> &'static str {
    table::keys(kind)
        .find(|key| key.name == name)
        .map_or("", |key| key.example)
}
