//! Lines of the shape that a type expects, most of the time, made of a fuzzer's bytes.

use std::fmt::Write;

use libfuzzer_sys::arbitrary::Unstructured;

/// What the JSON of a type looks like.
pub enum Shape {
    /// Anything, of the words that the types know.
    Any,
    Null,
    Bool,
    Int,
    Float,
    Text,
    Char,
    /// One of these texts.
    Word(&'static [&'static str]),
    /// The same in quotes, as the keys of maps have it.
    Quoted(&'static Shape),
    /// Or null.
    Maybe(&'static Shape),
    Seq(&'static Shape),
    Tuple(&'static [Shape]),
    Map(&'static Shape, &'static Shape),
    /// An object with these fields, some left out, doubled or out of order, and some that are unknown.
    Struct(&'static [(&'static str, Shape)]),
    /// One of several.
    Or(&'static [Shape]),
    /// The shape itself, for those that hold themselves.
    See(fn() -> &'static Shape),
}

/// Names of fields and variants that any of the types has, and some that none has.
const NAMES: &[&str] = &[
    "a",
    "b",
    "c",
    "x",
    "y",
    "t",
    "id",
    "inner",
    "Unit",
    "New",
    "Tuple",
    "Struct",
    "zz",
    "",
    "\\u0061",
    "a key of more than thirty-two bytes, which no field has",
];

#[rustfmt::skip]
const INTS: &[&str] = &[
    "0", "-0", "1", "-1", "127", "128", "-128", "-129", "255", "256", "65535", "65536", "-32768", "2147483648", "-2147483649",
    "4294967295", "4294967296", "99999999", "100000000", "9007199254740993", "9223372036854775807", "9223372036854775808",
    "-9223372036854775808", "-9223372036854775809", "18446744073709551615", "18446744073709551616",
    "170141183460469231731687303715884105727", "170141183460469231731687303715884105728",
    "-170141183460469231731687303715884105728", "-170141183460469231731687303715884105729",
    "340282366920938463463374607431768211455", "340282366920938463463374607431768211456", "00", "01", "-", "+1", "1a",
];

#[rustfmt::skip]
const FLOATS: &[&str] = &[
    "0.0", "-0.0", "1.0", "-1.5", "0.1", "1e0", "1E+2", "1e-2", "3.4028236e38", "1.7976931348623157e308", "1e400", "-1e400",
    "1e-400", "5e-324", "1e-45", "2.2250738585072014e-308", "9007199254740993.0", "1.00000017881393432617187499",
    "123456789012345678901234567890", "12345678.87654321", ".5", "1.", "1e", "1.5.5", "NaN", "-Infinity",
];

#[rustfmt::skip]
const PIECES: &[&str] = &[
    "a", "plain text", "", " ", "é", "日本", "😀", "\u{7f}", "\u{2028}", "{}[],:", "\\n", "\\\"", "\\\\", "\\/", "\\u0041",
    "\\u00e9", "\\ud83d\\ude00", "\\u0000", "sixty-four bytes and some more, so that a block's edge lies within it",
    // and what is no string
    "\\ud83d", "\\ude00", "\\x", "\\u12", "\t", "\u{1}",
];

/// Whether a piece is one that no string may have.
const FIRST_BAD_PIECE: usize = 19;

/// How deep values nest.
const MAX_DEPTH: usize = 10;

pub struct Lines<'a, 'b> {
    bytes: &'b mut Unstructured<'a>,
    out: String,
    /// How much white space there is: none, as Python writes it, or any.
    style: usize,
}

impl<'a, 'b> Lines<'a, 'b> {
    pub fn new(bytes: &'b mut Unstructured<'a>) -> Self {
        Lines { bytes, out: String::new(), style: 0 }
    }

    /// A few lines of this shape.
    pub fn write(mut self, shape: &Shape) -> String {
        for _ in 0..8 {
            self.style = self.below(3);
            self.space(0);
            self.value(shape, 0);
            self.space(0);
            if self.bytes.is_empty() {
                break;
            }
            self.out.push('\n');
        }
        self.out
    }

    /// Below `n`; 0 once the bytes are used up.
    fn below(&mut self, n: usize) -> usize {
        self.bytes.int_in_range(0..=n - 1).unwrap_or(0)
    }

    /// Once in `n` times, and not once the bytes are used up.
    fn rarely(&mut self, n: usize) -> bool {
        self.below(n) == n - 1
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    fn space(&mut self, behind: u8) {
        match self.style {
            0 => {}
            1 => self.out.push_str(if behind == 0 { "" } else { " " }),
            _ => {
                let space = self.pick(&["", " ", "  ", "\t", "\r", " \t "]);
                self.out.push_str(space);
            }
        }
    }

    /// A token, or now and then another one, two or none.
    fn token(&mut self, token: char) {
        match self.below(200) {
            199 => {}
            198 => write!(self.out, "{token}{token}").expect("a string grows"),
            197 => {
                let other = self.pick(&['[', ']', '{', '}', ',', ':', '"', '\\', 'x', '\0', '\n']);
                self.out.push(other);
            }
            _ => self.out.push(token),
        }
        self.space(if matches!(token, ',' | ':') { 1 } else { 0 });
    }

    fn key(&mut self, name: &str) {
        self.out.push('"');
        match name.chars().next() {
            Some(c) if c.is_ascii() && self.rarely(32) => {
                write!(self.out, "\\u{:04x}{}", u32::from(c), &name[1..]).expect("a string grows");
            }
            _ => self.out.push_str(name),
        }
        self.out.push('"');
        self.space(0);
        self.token(':');
    }

    /// Elements between brackets, each written by `element`.
    fn list(&mut self, brackets: [char; 2], len: usize, mut element: impl FnMut(&mut Self, usize)) {
        self.token(brackets[0]);
        for i in 0..len {
            if i > 0 {
                self.token(',');
            }
            element(self, i);
            self.space(0);
        }
        self.out.push(brackets[1]);
    }

    fn value(&mut self, shape: &Shape, depth: usize) {
        // another type than expected, now and then
        let shape = if self.rarely(40) { &Shape::Any } else { shape };
        let inner = depth + 1;
        match shape {
            Shape::Any if depth >= MAX_DEPTH => self.value(&Shape::Null, inner),
            Shape::Any => {
                let any = &Shape::Any;
                match self.below(12) {
                    0 => self.value(&Shape::Null, inner),
                    1 => self.value(&Shape::Bool, inner),
                    2 | 3 => self.value(&Shape::Int, inner),
                    4 => self.value(&Shape::Float, inner),
                    5 | 6 => self.value(&Shape::Text, inner),
                    7 => self.value(&Shape::Word(NAMES), inner),
                    8 => self.value(&Shape::Seq(&Shape::Any), inner),
                    9 => self.value(&Shape::Map(&Shape::Text, &Shape::Any), inner),
                    _ => {
                        let len = self.below(5);
                        self.list(['{', '}'], len, |lines, _| {
                            let name = lines.pick(NAMES);
                            lines.key(name);
                            lines.value(any, inner);
                        });
                    }
                }
            }
            Shape::Null => self.out.push_str("null"),
            Shape::Bool => {
                let literal = self.pick(&["true", "false"]);
                self.out.push_str(literal);
            }
            Shape::Int => match self.below(4) {
                0 => {
                    let n = self.below(256);
                    write!(self.out, "{n}").expect("a string grows");
                }
                1 => {
                    let (n, shift) = (self.bytes.arbitrary::<i64>().unwrap_or(0), self.below(64));
                    write!(self.out, "{}", n >> shift).expect("a string grows");
                }
                _ => {
                    let int = self.pick(INTS);
                    self.out.push_str(int);
                }
            },
            Shape::Float => match self.below(4) {
                0 => {
                    let n = self.bytes.arbitrary::<i16>().unwrap_or(0);
                    write!(self.out, "{}", f64::from(n) / 100.0).expect("a string grows");
                }
                1 => {
                    let x = self.bytes.arbitrary::<f64>().unwrap_or(0.0);
                    write!(self.out, "{:e}", if x.is_finite() { x } else { 1.5 }).expect("a string grows");
                }
                2 => {
                    let x = self.bytes.arbitrary::<f32>().unwrap_or(0.0);
                    write!(self.out, "{:?}", if x.is_finite() { x } else { 1.5 }).expect("a string grows");
                }
                _ => {
                    let float = self.pick(FLOATS);
                    self.out.push_str(float);
                }
            },
            Shape::Text => {
                self.out.push('"');
                for _ in 0..self.below(4) {
                    let pieces = if self.rarely(16) { PIECES } else { &PIECES[..FIRST_BAD_PIECE] };
                    let piece = self.pick(pieces);
                    self.out.push_str(piece);
                }
                self.out.push('"');
            }
            Shape::Char => {
                let piece = self.pick(&["a", "é", "😀", "\\n", "\\u0041", "\\ud83d\\ude00", "", "ab"]);
                write!(self.out, "\"{piece}\"").expect("a string grows");
            }
            Shape::Word(words) => {
                let word = self.pick(words);
                write!(self.out, "\"{word}\"").expect("a string grows");
            }
            Shape::Quoted(shape) => {
                self.out.push('"');
                self.value(shape, inner);
                self.out.push('"');
            }
            Shape::Maybe(shape) => match self.below(4) {
                0 => self.out.push_str("null"),
                _ => self.value(shape, inner),
            },
            Shape::Seq(shape) => {
                let len = self.below(6);
                self.list(['[', ']'], len, |lines, _| lines.value(shape, inner));
            }
            Shape::Tuple(shapes) => {
                let len = if self.rarely(20) { self.below(shapes.len() + 2) } else { shapes.len() };
                self.list(['[', ']'], len, |lines, i| lines.value(shapes.get(i).unwrap_or(&Shape::Null), inner));
            }
            Shape::Map(key, shape) => {
                let len = self.below(5);
                self.list(['{', '}'], len, |lines, _| {
                    lines.value(key, inner);
                    lines.space(0);
                    lines.token(':');
                    lines.value(shape, inner);
                });
            }
            Shape::Struct(fields) => {
                // a struct may be an array too
                if self.rarely(20) {
                    let len = fields.len();
                    return self.list(['[', ']'], len, |lines, i| lines.value(&fields[i].1, inner));
                }
                let (first, extra) = (self.below(fields.len()), [0, 0, 0, 0, 1, 1, 2][self.below(7)]);
                let mut left_out = if self.rarely(4) { self.below(1 << 8) } else { 0 };
                let mut order: Vec<_> = (0..fields.len()).map(|i| (i + first) % fields.len()).collect();
                order.retain(|_| {
                    left_out >>= 1;
                    left_out & 1 == 0
                });
                for _ in 0..extra {
                    let at = self.below(order.len() + 1);
                    // one of them twice, or an unknown one
                    let what = if self.rarely(4) { self.below(fields.len()) } else { usize::MAX };
                    order.insert(at, what);
                }
                let len = order.len();
                self.list(['{', '}'], len, |lines, i| match fields.get(order[i]) {
                    Some((name, shape)) => {
                        lines.key(name);
                        lines.value(shape, inner);
                    }
                    None => {
                        let name = lines.pick(NAMES);
                        lines.key(name);
                        lines.value(&Shape::Any, inner);
                    }
                });
            }
            Shape::Or(shapes) => {
                let which = self.below(shapes.len());
                self.value(&shapes[which], inner);
            }
            Shape::See(shape) => {
                let shape = if depth < MAX_DEPTH { shape() } else { &Shape::Null };
                self.value(shape, inner);
            }
        }
    }
}
