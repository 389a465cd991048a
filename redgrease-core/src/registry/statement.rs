//! The statement that registers one gear.

use super::placed::Placed;
use crate::builder::literal::text as literal;
use crate::convert::Codec;
use crate::gear::{GearKind, GearSpec, KeysSpec, PythonModule, SourceForm, StreamSpec};
use crate::prelude::imports_redgrease;
use crate::profile::RedgreasePackage;
use std::fmt;

/// A statement of the script.
///
/// The hashed form of a statement contains no place in the source, so that a moved gear keeps its hash. It does not
/// contain the session either: the hash is stored in the session.
pub(super) struct Statement<'a> {
    placed: &'a Placed,
    session: &'a str,
    package: &'a RedgreasePackage,
    with_place: bool,
    with_path: bool,
}

impl<'a> Statement<'a> {
    pub(super) fn of(
        placed: &'a Placed,
        session: &'a str,
        package: &'a RedgreasePackage,
        with_place: bool,
    ) -> Self {
        Statement {
            placed,
            session,
            package,
            with_place,
            with_path: true,
        }
    }

    /// The hashed form without the path of the function, which changes when the function moves to another crate.
    pub(super) fn without_path(placed: &'a Placed, package: &'a RedgreasePackage) -> String {
        let statement = Statement {
            with_path: false,
            ..Statement::of(placed, "", package, false)
        };
        statement.to_string()
    }

    /// The expression that reads the arguments from a record.
    fn read(&self) -> String {
        let spec = self.placed.gear.spec();
        match &spec.kind {
            GearKind::Command { .. } => arguments(spec),
            GearKind::Keys(keys) => event(spec, &format!("_key_record({})", stored(keys.value))),
            GearKind::Stream(stream) => {
                let record = format!("_stream_record({})", stored(stream.value));
                if stream.batched {
                    event(spec, &format!("_batch_of({record})"))
                } else {
                    event(spec, &record)
                }
            }
            GearKind::Every(_) | GearKind::Function(_) => "_nothing()".to_owned(),
        }
    }

    /// The expression that converts the result.
    fn result(&self) -> String {
        let spec = self.placed.gear.spec();
        let codec = spec.ret.python();
        match spec.hook() {
            Some(hook) => format!("_reply({codec}, {})", literal(hook.command)),
            None => codec,
        }
    }

    /// The expression that registers the stub.
    fn register(&self) -> String {
        match &self.placed.gear.spec().kind {
            GearKind::Command {
                mode,
                in_order,
                hook,
                ..
            } => {
                let mut options = match hook {
                    Some(hook) => Options::default()
                        .text("hook", hook.command)
                        .optional_text("keyprefix", hook.key_prefix),
                    None => Options::default().text("trigger", &self.placed.key),
                };
                options = options.text("mode", mode.as_str());
                if *in_order {
                    options = options.raw("inorder", "True");
                }
                options.call("_command")
            }
            GearKind::Keys(keys) => keys_options(keys).call("_keys"),
            GearKind::Stream(stream) => stream_options(stream).call("_stream"),
            GearKind::Every(every) => {
                let options = Options::default()
                    .raw("seconds", &every.seconds.to_string())
                    .text("session", if self.with_place { self.session } else { "" })
                    .text(
                        "trigger",
                        if self.with_path { &self.placed.key } else { "" },
                    );
                let options = if every.per_shard {
                    options.raw("per_shard", "True")
                } else {
                    options
                };
                options.call("_every")
            }
            GearKind::Function(_) => String::new(),
        }
    }

    /// Whether one of the texts that run with the gear may import the module `redgrease` of this crate.
    fn needs_shim(&self) -> bool {
        let spec = self.placed.gear.spec();
        let imports = imports_redgrease(spec.source)
            || spec.module.is_some_and(|m| imports_redgrease(m.source))
            || spec
                .on_registered
                .is_some_and(|o| imports_redgrease(o.source));
        imports && self.package.is_bundled()
    }

    /// File and line as Python, empty in the hashed form.
    fn place(&self, file: &str, line: u32) -> (String, u32) {
        if self.with_place {
            (literal(file), line)
        } else {
            (literal(""), 0)
        }
    }

    /// The expression for the namespace of the gear, if other functions share it.
    fn space(&self) -> Option<String> {
        let spec = self.placed.gear.spec();
        if let Some(module) = spec.module {
            return Some(space_name(module));
        }
        let on_registered = spec.on_registered.as_ref()?;
        let mut names = [spec.names, on_registered.names].concat();
        names.sort_unstable();
        names.dedup();
        let names: Vec<String> = names.into_iter().map(literal).collect();
        let session = if self.with_place { self.session } else { "" };
        Some(format!(
            "_Space({}, {}, None, [{}])",
            literal(session),
            literal(&self.placed.label),
            names.join(", ")
        ))
    }
}

impl fmt::Display for Statement<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Placed { gear, label, .. } = self.placed;
        if let Some(chain) = &self.placed.chain {
            let trigger = self.placed.is_trigger.then_some(self.placed.key.as_str());
            return writeln!(f, "{}", chain.python(trigger));
        }
        let spec = gear.spec();
        let (file, line) = self.place(spec.source_file, spec.source_line);
        write!(
            f,
            "_gear(\n    name={}, label={}, read={}, result={},\n    register={},\n    source={},\n    module={}, \
             file={file}, line={line}, coroutine={}, description={}, python={:?}, needs_shim={}, doc={}, path={}",
            literal(gear.name()),
            literal(label),
            self.read(),
            self.result(),
            self.register(),
            literal(spec.source),
            boolean(spec.form == SourceForm::Module),
            boolean(spec.coroutine),
            spec.description.map_or("None".to_owned(), literal),
            spec.python,
            boolean(self.needs_shim()),
            literal(spec.doc.trim()),
            literal(if self.with_path { spec.path } else { "" }),
        )?;
        if spec.count_calls {
            f.write_str(", counted=True")?;
        }
        if let Some(space) = self.space() {
            write!(f, ", space={space}")?;
        }
        if let Some(on_registered) = &spec.on_registered {
            let (file, line) = self.place(on_registered.source_file, on_registered.source_line);
            let source = literal(on_registered.source);
            write!(f, ",\n    on_registered=({source}, {file}, {line})")?;
        }
        f.write_str(")\n")
    }
}

/// The Python variable that holds the namespace of shared Python.
pub(super) fn space_name(module: &PythonModule) -> String {
    let name: String = module
        .name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect();
    format!("_space_{name}")
}

fn arguments(spec: &GearSpec) -> String {
    let is_hook = spec.hook().is_some();
    let pair = |(name, codec): &(&str, Codec)| {
        let codec = codec.python();
        let name = literal(name);
        if is_hook {
            format!("({name}, _word({codec}))")
        } else {
            format!("({name}, {codec})")
        }
    };
    match spec.args.split_last() {
        Some((last, first)) if spec.rest => {
            let first: Vec<String> = first.iter().map(pair).collect();
            let item = match last.1 {
                Codec::List(item) => *item,
                // A list of `u8` has the codec of bytes; each argument is one number.
                Codec::Bytes => Codec::Int,
                other => other,
            };
            format!(
                "_arguments([{}], {})",
                first.join(", "),
                pair(&(last.0, item))
            )
        }
        _ => {
            let all: Vec<String> = spec.args.iter().map(pair).collect();
            format!("_arguments([{}])", all.join(", "))
        }
    }
}

/// The expression for the argument of an event handler. The macros refuse a handler with any other number of arguments.
fn event(spec: &GearSpec, decode: &str) -> String {
    let names: Vec<String> = spec.args.iter().map(|(name, _)| literal(name)).collect();
    format!("_event({}, {decode})", names.join(", "))
}

fn stored(value: Option<Codec>) -> String {
    value.map(|codec| codec.stored_python()).unwrap_or_default()
}

fn keys_options(keys: &KeysSpec) -> Options {
    let mut options = Options::default()
        .text("prefix", keys.prefix)
        .text("mode", keys.mode.as_str())
        .list("eventTypes", keys.events)
        .list("keyTypes", keys.key_types)
        .list("commands", keys.commands);
    if !keys.read_value {
        options = options.raw("readValue", "False");
    }
    options
}

fn stream_options(stream: &StreamSpec) -> Options {
    let mut options = Options::default()
        .raw("batched", boolean(stream.batched))
        .text("prefix", stream.stream)
        .text("mode", stream.mode.as_str())
        .raw("batch", &stream.batch.to_string())
        .raw("duration", &stream.duration_ms.to_string())
        .text("onFailedPolicy", stream.on_failed.as_str())
        .raw(
            "onFailedRetryInterval",
            &stream.retry_interval_s.to_string(),
        )
        .raw("trimStream", boolean(stream.trim));
    // Only what is set: RedisGears does not know these options.
    if let Some(retries) = stream.max_retries {
        options = options.raw("maxRetries", &retries.to_string());
    }
    if stream.backoff > 1.0 {
        options = options.raw("retryBackoff", &format!("{:?}", stream.backoff));
    }
    if let Some(seconds) = stream.max_interval_s {
        options = options.raw("maxRetryInterval", &seconds.to_string());
    }
    options.optional_text("deadLetter", stream.dead_letter)
}

fn boolean(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}

/// Keyword arguments.
#[derive(Debug, Default)]
struct Options(Vec<String>);

impl Options {
    fn raw(mut self, name: &str, python: &str) -> Self {
        self.0.push(format!("{name}={python}"));
        self
    }

    fn text(self, name: &str, value: &str) -> Self {
        let value = literal(value);
        self.raw(name, &value)
    }

    fn optional_text(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.text(name, value),
            None => self,
        }
    }

    /// Adds a list, unless it is empty: an empty list does not filter.
    fn list(self, name: &str, values: &[&str]) -> Self {
        if values.is_empty() {
            return self;
        }
        let values: Vec<String> = values.iter().map(|v| literal(v)).collect();
        self.raw(name, &format!("[{}]", values.join(", ")))
    }

    fn call(self, function: &str) -> String {
        format!("{function}({})", self.0.join(", "))
    }
}
