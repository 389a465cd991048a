//! The list of keys, for the help and the last line.

/// Keys, what they do, and whether they change something on the server.
pub(super) const KEYS: [(&str, &str, bool); 15] = [
    ("1 .. 6, tab", "another table", false),
    ("↑ ↓ j k", "another row", false),
    ("pgup pgdn", "a page up or down", false),
    ("home end g G", "the first or the last row", false),
    (
        "enter",
        "all about the row: arguments, traceback, source",
        false,
    ),
    ("/", "search; esc ends the search", false),
    ("s", "order by the next column", false),
    ("r", "reverse the order", false),
    ("space", "hold the picture, and go on", false),
    ("p", "pause or resume a registration of a stream", true),
    ("u", "unregister a registration", true),
    ("a", "abort an execution", true),
    ("ctrl-l", "draw again", false),
    ("ctrl-z", "back to the shell for a while", false),
    ("q, ctrl-c", "quit", false),
];

/// What the last line names, as far as it fits.
pub(super) const SHORT: [(&str, &str, bool); 9] = [
    ("q", "quit", false),
    ("?", "help", false),
    ("/", "search", false),
    ("enter", "details", false),
    ("s", "order", false),
    ("tab", "next table", false),
    ("p", "pause", true),
    ("u", "unregister", true),
    ("a", "abort", true),
];
