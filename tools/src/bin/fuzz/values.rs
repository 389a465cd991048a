//! Unusual Python values in every place of a gear.

use crate::target::{Counts, Target};
use redgrease_tools::{Outcome, Random};

/// Classes and functions that the values use.
const HELPERS: &str = r"
class Hostile:
    def __init__(self, how): self.how = how
    def refuse(self):
        if self.how == 0: raise ValueError('hostile')
        if self.how == 1: raise SystemExit(3)
        if self.how == 2: raise KeyboardInterrupt()
        if self.how == 3: return 5
        if self.how == 4: return '\ud800'
        return 'x' * 100000
    def __str__(self): return self.refuse()
    def __repr__(self): return self.refuse()
    def __eq__(self, other): return self.refuse()
    def __hash__(self): return 1 if self.how == 5 else self.refuse()
    def __bool__(self): return self.refuse()
    def __len__(self): return -1
    def __iter__(self): return self.refuse()
    def __del__(self):
        if self.how == 0: raise ValueError('at the end')
class Text(str):
    def __str__(self): raise ValueError('no text')
    def __eq__(self, other): raise ValueError('not equal')
    def __hash__(self): raise ValueError('no hash')
class Items(list):
    def __len__(self): return 1 << 40
    def __getitem__(self, i): raise IndexError(i)
    def __iter__(self): raise ValueError('no items')
class Number(int):
    def __index__(self): raise ValueError('no index')
    def __int__(self): raise ValueError('no int')
    def __str__(self): raise ValueError('no text')
class Real(float):
    def __float__(self): raise ValueError('no float')
class Data(bytes):
    def __bytes__(self): raise ValueError('no bytes')
class Meta(type):
    def __str__(cls): raise ValueError('no name')
    __repr__ = __str__
class Odd(metaclass=Meta): pass
class Failure(Exception):
    def __str__(self): raise ValueError('no message')
class Named(Exception):
    def __str__(self): return '\ud800\r\n-ERR \x00'
def recursive():
    items = [1]
    items.append(items)
    return items
def deep(count):
    items = []
    for _ in range(count): items = [items]
    return items
def failing(value):
    yield value
    raise ValueError('in the middle')
async def later(value): return value
def shrinking():
    items = []
    class Shrinks:
        def __str__(self):
            items.clear()
            return 'gone'
    items.extend([Shrinks(), 1, 2, 3])
    return items
";

const LEAVES: [&str; 48] = [
    "0",
    "-1",
    "True",
    "None",
    "(1 << 63) - 1",
    "1 << 63",
    "-(1 << 63) - 1",
    "1 << 4000",
    "1 << 20000",
    "1.5",
    "float('nan')",
    "-float('nan')",
    "float('inf')",
    "1e308",
    "-0.0",
    "5e-324",
    "''",
    "'+'",
    "'-'",
    "'+OK'",
    "'-ERR no'",
    r"'-\r\n+x'",
    r"'a\x00b'",
    r"'\ud800'",
    r"'+\udfff'",
    r"'-\udfff'",
    "'\u{1f600}'",
    "'x' * 100000",
    "b''",
    r"b'\xff\x00'",
    "bytearray(b'x')",
    "memoryview(b'x')",
    "Text('t')",
    "Text('-t')",
    "Items([1, 2])",
    "Number(5)",
    "Number(1 << 70)",
    "Real(1.5)",
    "Data(b'd')",
    "Odd",
    "Odd()",
    "recursive()",
    "deep(100)",
    "deep(3000)",
    "shrinking()",
    "object()",
    "(lambda: 1)",
    "failing(1)",
];

const PLACES: [&str; 22] = [
    "GB('ShardsIDReader').map(lambda x: VALUE).run(convertToStr=False)",
    "GB('ShardsIDReader').map(lambda x: VALUE).run()",
    "GB('ShardsIDReader').flatmap(lambda x: VALUE).run(convertToStr=False)",
    "GB('ShardsIDReader').filter(lambda x: VALUE).run()",
    "GB('ShardsIDReader').foreach(lambda x: VALUE).run()",
    "GB('ShardsIDReader').map(lambda x: VALUE).countby().run(convertToStr=False)",
    "GB('ShardsIDReader').countby(lambda x: VALUE).run()",
    "GB('ShardsIDReader').groupby(lambda x: VALUE, lambda k, a, r: VALUE).run()",
    "GB('ShardsIDReader').batchgroupby(lambda x: VALUE, lambda k, rs: VALUE).run()",
    "GB('ShardsIDReader').accumulate(lambda a, r: VALUE).run(convertToStr=False)",
    "GB('ShardsIDReader').flatmap(lambda x: [VALUE, VALUE]).sort().run()",
    "GB('ShardsIDReader').flatmap(lambda x: [VALUE, VALUE]).distinct().run()",
    "GB('ShardsIDReader').flatmap(lambda x: [VALUE, VALUE]).avg(lambda x: x).run()",
    "GB('ShardsIDReader').aggregate(VALUE, lambda a, r: a, lambda a, r: VALUE).run()",
    "GB('ShardsIDReader').repartition(lambda x: VALUE).run()",
    "GB('ShardsIDReader').map(lambda x: execute('echo', VALUE)).run(convertToStr=False)",
    "GB('ShardsIDReader').map(lambda x: execute(VALUE, 'x')).run()",
    "GB('ShardsIDReader').map(lambda x: log(VALUE)).run()",
    "GB('PythonReader').run(lambda: (value for value in [VALUE, VALUE]))",
    "GB('PythonReader').run(lambda: failing(VALUE), convertToStr=False)",
    "GB('ShardsIDReader').map(lambda x: later(VALUE)).run(convertToStr=False)",
    "log(VALUE)",
];

/// Exceptions to raise in place of a value.
const RAISED: [&str; 9] = [
    "ValueError(VALUE)",
    "Failure()",
    "Named()",
    "SystemExit(VALUE)",
    "KeyboardInterrupt()",
    "StopIteration(VALUE)",
    "GeneratorExit()",
    "RecursionError()",
    "MemoryError()",
];

/// Runs `count` scripts with such values.
pub(crate) fn run(target: &mut Target, random: &mut Random, count: usize) -> Outcome<Counts> {
    let mut counts = Counts::default();
    for number in 0..count {
        let script = script(random);
        let words = if random.once_in(4) {
            triggered(target, &script, number, random, &mut counts)?
        } else {
            vec![b"RG.PYEXECUTE".to_vec(), script.into_bytes()]
        };
        counts.note(&target.input(&words)?);
    }
    Ok(counts)
}

/// Registers the gear as a command, and returns the call that triggers it.
fn triggered(
    target: &mut Target,
    script: &str,
    number: usize,
    random: &mut Random,
    counts: &mut Counts,
) -> Outcome<Vec<Vec<u8>>> {
    let mode = *random.one_of(&["sync", "async", "async_local"]);
    let as_text = *random.one_of(&["True", "False"]);
    let register = format!(".register(trigger='v{number}', mode='{mode}', convertToStr={as_text})");
    let script = match script.rsplit_once(".run(") {
        Some((gear, _)) => format!("{gear}{register}"),
        None => script.to_owned(),
    };
    let script = script
        .replace("'ShardsIDReader'", "'CommandReader'")
        .replace("'PythonReader'", "'CommandReader'");
    let words = [b"RG.PYEXECUTE".to_vec(), script.into_bytes()];
    counts.note(&target.input(&words)?);
    let trigger = format!("v{number}").into_bytes();
    Ok(vec![b"RG.TRIGGER".to_vec(), trigger, b"x".to_vec()])
}

fn script(random: &mut Random) -> String {
    let mut place = random.one_of(&PLACES).to_string();
    if random.once_in(6) {
        let raised = random.one_of(&RAISED);
        place = place.replacen("VALUE", &format!("(_ for _ in ()).throw({raised})"), 1);
    }
    while place.contains("VALUE") {
        let value = value(random, 0);
        place = place.replacen("VALUE", &value, 1);
    }
    format!("{HELPERS}\n{place}\n")
}

fn value(random: &mut Random, depth: usize) -> String {
    if depth < 3 && random.once_in(3) {
        let items: Vec<String> = (0..random.below(4))
            .map(|_| value(random, depth + 1))
            .collect();
        let items = items.join(", ");
        return match random.below(5) {
            0 => format!("({items},)").replace("(,)", "()"),
            1 => format!("dict(enumerate([{items}]))"),
            2 => format!("Items([{items}])"),
            3 => format!("iter([{items}])"),
            _ => format!("[{items}]"),
        };
    }
    if random.once_in(6) {
        return format!("Hostile({})", random.below(6));
    }
    (*random.one_of(&LEAVES)).to_owned()
}
