//! Words and phrases that comments and documentation of this project do not use.

/// A spelling to replace, and what to write in its place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word {
    pub(super) wrong: &'static str,
    pub(super) right: &'static str,
}

const fn word(wrong: &'static str, right: &'static str) -> Word {
    Word { wrong, right }
}

/// The table. An entry matches whole words, as written or with a capital first letter.
#[rustfmt::skip]
pub(super) const WORDS: &[Word] = &[
    // Names.
    word("redis gears",  "RedisGears"),
    word("Redis Gears",  "RedisGears"),
    word("Redisgears",   "RedisGears"),
    word("Redgrease",    "RedGrease"),
    word("RedGREASE",    "RedGrease"),
    word("Red Grease",   "RedGrease"),
    word("Valkeys",      "Valkey"),
    word("PyPi",         "PyPI"),
    word("Pypi",         "PyPI"),
    word("Github",       "GitHub"),
    word("Pyo3",         "PyO3"),
    word("Openssl",      "OpenSSL"),
    word("MacOS",        "macOS"),
    word("Mac OS",       "macOS"),
    word("x86_64 Linux", "Linux on x86-64"),
    word("Linux x86_64", "Linux on x86-64"),
    word("Linux x86-64", "Linux on x86-64"),
    word("x64",          "x86-64"),
    word("Rustdoc",      "rustdoc"),
    word("Utf-8",        "UTF-8"),
    word("utf8",         "UTF-8"),
    // Misspellings.
    word("accross",      "across"),
    word("adress",       "address"),
    word("arguement",    "argument"),
    word("asynchronuous", "asynchronous"),
    word("begining",     "beginning"),
    word("calender",     "calendar"),
    word("commited",     "committed"),
    word("compatability", "compatibility"),
    word("definately",   "definitely"),
    word("dependancy",   "dependency"),
    word("existant",     "existent"),
    word("existance",    "existence"),
    word("explicitely",  "explicitly"),
    word("guarantied",   "guaranteed"),
    word("independant",  "independent"),
    word("lenght",       "length"),
    word("maintainance", "maintenance"),
    word("neccessary",   "necessary"),
    word("necesary",     "necessary"),
    word("occured",      "occurred"),
    word("occurence",    "occurrence"),
    word("ommited",      "omitted"),
    word("overriden",    "overridden"),
    word("paramter",     "parameter"),
    word("persistant",   "persistent"),
    word("prefered",     "preferred"),
    word("recieve",      "receive"),
    word("recieved",     "received"),
    word("refered",      "referred"),
    word("reponse",      "response"),
    word("retreive",     "retrieve"),
    word("seperate",     "separate"),
    word("seperately",   "separately"),
    word("succesful",    "successful"),
    word("succesfully",  "successfully"),
    word("sucess",       "success"),
    word("threshhold",   "threshold"),
    word("transfered",   "transferred"),
    word("unkown",       "unknown"),
    word("untill",       "until"),
    word("wich",         "which"),
    // Words written twice.
    word("a a",          "a"),
    word("and and",      "and"),
    word("in in",        "in"),
    word("is is",        "is"),
    word("it it",        "it"),
    word("of of",        "of"),
    word("or or",        "or"),
    word("that that",    "that"),
    word("the the",      "the"),
    word("to to",        "to"),
    // Roles without a name: say `the client`, `the caller`, `the registration`.
    word("whoever",      "the caller, the client or the user"),
    word("whomever",     "the caller, the client or the user"),
    word("somebody",     "the name of the role"),
    word("somebody's",   "the name of the role"),
    word("who works on", "engine developers"),
    word("For who",      "For engine developers, for users"),
    word("is none",      "is not a .."),
    word("is no more",   "no longer exists"),
    word("are no more",  "no longer exist"),
    word("once more",    "again"),
];

/// Texts in which the words of the table are right: correct phrases, and recorded texts of servers.
pub(super) const ALLOWED: &[&str] = &[
    "there is none",
    "There is none",
    "is none of",
    "Error occured when serialized a python callback",
];
