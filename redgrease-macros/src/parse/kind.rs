//! The attributes that make a gear of a function.

use syn::Path;

/// What kind of gear an attribute makes.
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

    /// The kind whose attribute has this path, however it is qualified.
    pub(crate) fn of(path: &Path) -> Option<Kind> {
        let name = &path.segments.last()?.ident;
        Kind::ALL.into_iter().find(|kind| *name == kind.attribute())
    }

    /// A function the attribute can stand on.
    pub(crate) fn example(self) -> &'static str {
        match self {
            Kind::Command => "fn name(..) -> T { python! { .. } }",
            Kind::Keys => "fn name(record: KeyRecord) { python! { .. } }",
            Kind::Stream => "fn name(record: StreamRecord) { python! { .. } }",
            Kind::Every => "fn name() { python! { .. } }",
            Kind::Function => "fn name() -> Registration { .. }",
        }
    }

    /// What the function is, in a sentence.
    pub(crate) fn what(self) -> &'static str {
        match self {
            Kind::Command => "a hook",
            Kind::Keys => "a function that reacts to keys",
            Kind::Stream => "a function that reads a stream",
            Kind::Every => "a function that runs by the clock",
            Kind::Function => "a gear function",
        }
    }
}
