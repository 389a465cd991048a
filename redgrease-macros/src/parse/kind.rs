//! The kinds of gears and their attributes.

use syn::Path;

/// The kind of gear that an attribute makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `#[gear_command]`
    Command,
    /// `#[gear_keys]`
    Keys,
    /// `#[gear_stream]`
    Stream,
    /// `#[gear_every]`
    Every,
    /// `#[gear]`
    Function,
}

impl Kind {
    pub(crate) const ALL: [Kind; 5] = [
        Kind::Command,
        Kind::Keys,
        Kind::Stream,
        Kind::Every,
        Kind::Function,
    ];

    /// The name of the attribute.
    pub(crate) fn attribute(self) -> &'static str {
        match self {
            Kind::Command => "gear_command",
            Kind::Keys => "gear_keys",
            Kind::Stream => "gear_stream",
            Kind::Every => "gear_every",
            Kind::Function => "gear",
        }
    }

    /// The kind whose attribute has this path, qualified or not.
    pub(crate) fn of(path: &Path) -> Option<Kind> {
        let name = &path.segments.last()?.ident;
        Kind::ALL.into_iter().find(|kind| *name == kind.attribute())
    }

    /// An example of a function for the attribute.
    pub(crate) fn example(self) -> &'static str {
        match self {
            Kind::Command => "fn name(..) -> T { python! { .. } }",
            Kind::Keys => "fn name(record: KeyRecord) { python! { .. } }",
            Kind::Stream => "fn name(record: StreamRecord) { python! { .. } }",
            Kind::Every => "fn name() { python! { .. } }",
            Kind::Function => "fn name() -> Registration { .. }",
        }
    }

    /// A gear of this kind that Rust does not call, for messages.
    pub(crate) fn not_called(self) -> String {
        match self {
            Kind::Command => "a hook".to_owned(),
            _ => format!("a function with `#[{}]`", self.attribute()),
        }
    }
}
