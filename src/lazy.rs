//! Values that are found and not decoded.

use crate::{
    cursor::{At, Cursor, Limits, Walk, is_white},
    de::{self, Failure, Origin, Value},
    error::{Error, Result},
};
use serde::de::{Deserialize, Error as _, IgnoredAny, Unexpected};
use std::{borrow::Cow, iter::FusedIterator};

/// A value in a record, found by its structure alone and not decoded.
///
/// Walking to a value checks the separators on the way and steps over the other values by their brackets; what they are made
/// of is checked when they are decoded. So `get` on a broken record may find a member that stands before the damage, and
/// decoding that member may succeed.
///
/// ```
/// use simd_jsonl::JsonlSlice;
///
/// let mut reader = JsonlSlice::new(br#"{"user":{"name":"Ann","tags":["a","b"]},"n":7}"#);
/// let record = reader.next_record()?.unwrap();
/// let user = record.get("user")?.unwrap();
/// assert_eq!(user.get("name")?.unwrap().as_str().as_deref(), Some("Ann"));
/// assert_eq!(user.raw()?, r#"{"name":"Ann","tags":["a","b"]}"#);
/// assert_eq!(record.pointer("/user/tags/1")?.unwrap().deserialize::<&str>()?, "b");
/// # Ok::<(), simd_jsonl::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct LazyValue<'a> {
    walk: Walk<'a>,
    at: At<'a>,
    /// How many containers may be opened from here on, this one included.
    depth: u32,
    origin: &'a Origin,
}

impl<'a> LazyValue<'a> {
    /// The value of the record `origin`.
    pub(crate) fn new(walk: Walk<'a>, at: At<'a>, origin: &'a Origin) -> Self {
        LazyValue { walk, at, depth: origin.limits.max_depth, origin }
    }

    pub(crate) fn origin(&self) -> &'a Origin {
        self.origin
    }

    pub(crate) fn window(&self) -> &'a [u8] {
        self.walk.window()
    }

    /// The child at `at`. (`Children` has proved that this one may be opened.)
    fn child(&self, at: At<'a>) -> Self {
        LazyValue { at, depth: self.depth - 1, ..*self }
    }

    fn limits(&self) -> Limits {
        Limits { max_depth: self.depth, ..self.origin.limits }
    }

    #[inline]
    fn byte(&self) -> u8 {
        self.walk.byte(self.at)
    }

    /// Whether it begins like `null`. As with the others of its kind, nothing but the first byte is looked at.
    ///
    /// ```
    /// # use simd_jsonl::JsonlSlice;
    /// # let mut reader = JsonlSlice::new(b"null");
    /// assert!(reader.next_record()?.unwrap().as_lazy().is_null());
    /// # Ok::<(), simd_jsonl::Error>(())
    /// ```
    pub fn is_null(&self) -> bool {
        self.byte() == b'n'
    }

    /// Whether it begins like `true` or `false`.
    ///
    /// ```
    /// # use simd_jsonl::JsonlSlice;
    /// # let mut reader = JsonlSlice::new(b"true");
    /// assert!(reader.next_record()?.unwrap().as_lazy().is_bool());
    /// # Ok::<(), simd_jsonl::Error>(())
    /// ```
    pub fn is_bool(&self) -> bool {
        matches!(self.byte(), b't' | b'f')
    }

    /// Whether it begins like a number.
    ///
    /// ```
    /// # use simd_jsonl::JsonlSlice;
    /// # let mut reader = JsonlSlice::new(b"-1.5");
    /// assert!(reader.next_record()?.unwrap().as_lazy().is_number());
    /// # Ok::<(), simd_jsonl::Error>(())
    /// ```
    pub fn is_number(&self) -> bool {
        matches!(self.byte(), b'-' | b'0'..=b'9')
    }

    /// Whether it is a string.
    ///
    /// ```
    /// # use simd_jsonl::JsonlSlice;
    /// # let mut reader = JsonlSlice::new(br#""text""#);
    /// assert!(reader.next_record()?.unwrap().as_lazy().is_string());
    /// # Ok::<(), simd_jsonl::Error>(())
    /// ```
    pub fn is_string(&self) -> bool {
        self.byte() == b'"'
    }

    /// Whether it is an array.
    ///
    /// ```
    /// # use simd_jsonl::JsonlSlice;
    /// # let mut reader = JsonlSlice::new(b"[]");
    /// assert!(reader.next_record()?.unwrap().as_lazy().is_array());
    /// # Ok::<(), simd_jsonl::Error>(())
    /// ```
    pub fn is_array(&self) -> bool {
        self.byte() == b'['
    }

    /// Whether it is an object.
    ///
    /// ```
    /// # use simd_jsonl::JsonlSlice;
    /// # let mut reader = JsonlSlice::new(b"{}");
    /// assert!(reader.next_record()?.unwrap().as_lazy().is_object());
    /// # Ok::<(), simd_jsonl::Error>(())
    /// ```
    pub fn is_object(&self) -> bool {
        self.byte() == b'{'
    }

    /// The boolean, if it is one. (`deserialize::<bool>` says what is wrong if it is none.)
    ///
    /// ```
    /// # use simd_jsonl::JsonlSlice;
    /// # let mut reader = JsonlSlice::new(b"true");
    /// assert_eq!(reader.next_record()?.unwrap().as_lazy().as_bool(), Some(true));
    /// # Ok::<(), simd_jsonl::Error>(())
    /// ```
    pub fn as_bool(&self) -> Option<bool> {
        self.read()
    }

    /// The number, if it is an integer in range.
    ///
    /// ```
    /// # use simd_jsonl::JsonlSlice;
    /// # let mut reader = JsonlSlice::new(b"-7");
    /// assert_eq!(reader.next_record()?.unwrap().as_lazy().as_i64(), Some(-7));
    /// # Ok::<(), simd_jsonl::Error>(())
    /// ```
    pub fn as_i64(&self) -> Option<i64> {
        self.read()
    }

    /// The number, if it is an integer in range.
    ///
    /// ```
    /// # use simd_jsonl::JsonlSlice;
    /// # let mut reader = JsonlSlice::new(b"7");
    /// assert_eq!(reader.next_record()?.unwrap().as_lazy().as_u64(), Some(7));
    /// # Ok::<(), simd_jsonl::Error>(())
    /// ```
    pub fn as_u64(&self) -> Option<u64> {
        self.read()
    }

    /// The number, correctly rounded, if it is one in range.
    ///
    /// ```
    /// # use simd_jsonl::JsonlSlice;
    /// # let mut reader = JsonlSlice::new(b"1.5e3");
    /// assert_eq!(reader.next_record()?.unwrap().as_lazy().as_f64(), Some(1500.0));
    /// # Ok::<(), simd_jsonl::Error>(())
    /// ```
    pub fn as_f64(&self) -> Option<f64> {
        self.read()
    }

    /// The string, if it is one; borrowed unless it has escapes.
    ///
    /// ```
    /// # use simd_jsonl::JsonlSlice;
    /// # let mut reader = JsonlSlice::new(br#""a\tb""#);
    /// assert_eq!(reader.next_record()?.unwrap().as_lazy().as_str().unwrap(), "a\tb");
    /// # Ok::<(), simd_jsonl::Error>(())
    /// ```
    #[inline]
    pub fn as_str(&self) -> Option<Cow<'a, str>> {
        match self.walk.string(self.at) {
            Some((span, _)) => Some(Cow::Borrowed(self.walk.text(span))),
            None => de::decode(self.walk, self.at, false).map(|(text, _)| text),
        }
    }

    fn read<T: Deserialize<'a>>(&self) -> Option<T> {
        let mut scratch = String::new();
        let mut cursor = Cursor::new(self.walk, self.at, self.walk.window(), self.limits(), &mut scratch);
        T::deserialize(Value { cursor: &mut cursor, at: self.at }).ok()
    }

    /// Decodes it.
    ///
    /// # Errors
    /// If the value is not valid JSON, or does not fit `T`.
    ///
    /// ```
    /// # use simd_jsonl::JsonlSlice;
    /// # let mut reader = JsonlSlice::new(br#"{"a":[1,2]}"#);
    /// let numbers: Vec<u8> = reader.next_record()?.unwrap().get("a")?.unwrap().deserialize()?;
    /// assert_eq!(numbers, [1, 2]);
    /// # Ok::<(), simd_jsonl::Error>(())
    /// ```
    pub fn deserialize<T: Deserialize<'a>>(&self) -> Result<T> {
        if self.is_root() {
            return self.deserialize_whole();
        }
        self.decode(|cursor, at| cursor.at != at && cursor.unclosed.overrun.is_none())
    }

    /// Whether it is the record's value, behind which nothing may stand.
    fn is_root(&self) -> bool {
        let place = self.walk.place(self.at);
        place == self.origin.start || self.walk.window()[self.origin.start..place].iter().all(|c| is_white(*c))
    }

    /// The end of the value, behind which stands `after`: an error if it is the record's, and that is not the record's end.
    fn end(&self, after: At<'a>) -> Result<()> {
        match !self.is_root() || self.walk.is_end(after) {
            true => Ok(()),
            false => Err(self.broken(after)),
        }
    }

    /// Decodes it as a record: nothing may stand behind it.
    pub(crate) fn deserialize_whole<T: Deserialize<'a>>(&self) -> Result<T> {
        self.decode(|cursor, _| cursor.is_whole())
    }

    #[inline(always)]
    fn decode<T: Deserialize<'a>>(&self, is_done: impl FnOnce(&Cursor<'a, '_>, At<'_>) -> bool) -> Result<T> {
        let mut scratch = String::new();
        let mut cursor = Cursor::new(self.walk, self.at, self.walk.window(), self.limits(), &mut scratch);
        let result = T::deserialize(Value { cursor: &mut cursor, at: self.at });
        if result.is_ok() && is_done(&cursor, self.at) {
            return result;
        }
        Err(self.origin.explain(self.window(), cursor.failure(result.err(), self.at)))
    }

    /// What is wrong with the record, at the value at `at` at the latest.
    #[cold]
    #[inline(never)]
    fn broken(&self, at: At<'a>) -> Error {
        let failure = Failure { error: Some(Error::syntax()), place: self.walk.place(at), overrun: false };
        self.origin.explain(self.window(), failure)
    }

    fn wrong_type(&self, expected: &'static str) -> Error {
        let found = match self.byte() {
            b'"' => Unexpected::Other("string"),
            b'{' => Unexpected::Map,
            b'[' => Unexpected::Seq,
            b'n' => Unexpected::Unit,
            b't' | b'f' => Unexpected::Other("boolean"),
            _ => Unexpected::Other("number"),
        };
        let mut error = Error::invalid_type(found, &expected);
        let (line, offset) = (self.origin.line(self.window()), self.walk.place(self.at) - self.origin.start);
        error.locate(offset, line, self.origin.position);
        self.origin.complete(self.window(), error)
    }

    /// Its text in the record.
    ///
    /// # Errors
    /// If its brackets are not balanced, or something else than a comma stands behind it.
    ///
    /// ```
    /// # use simd_jsonl::JsonlSlice;
    /// # let mut reader = JsonlSlice::new(br#"{"a": [1, 2] , "b": 3}"#);
    /// assert_eq!(reader.next_record()?.unwrap().get("a")?.unwrap().raw()?, "[1, 2]");
    /// # Ok::<(), simd_jsonl::Error>(())
    /// ```
    pub fn raw(&self) -> Result<&'a str> {
        let after = self.skip()?;
        self.end(after)?;
        let text = self.walk.text(self.walk.value(self.at, after));
        // commas, colons and control characters are no entries; behind a value they would be taken for a part of it
        match text.as_bytes().last() {
            Some(0..=b' ' | b',' | b':') | None => Err(self.broken(after)),
            Some(_) => Ok(text),
        }
    }

    /// The entry behind it.
    fn skip(&self) -> Result<At<'a>> {
        de::skip_lax(self.walk, self.at, self.depth).ok_or_else(|| self.broken(self.at))
    }

    /// The value of its member `key`, the first of that name; `None` if it is no object or has no such member.
    ///
    /// # Errors
    /// If the record is not valid up to that member.
    ///
    /// ```
    /// # use simd_jsonl::JsonlSlice;
    /// # let mut reader = JsonlSlice::new(br#"{"a":{"b":1}}"#);
    /// let a = reader.next_record()?.unwrap().get("a")?.unwrap();
    /// assert_eq!(a.get("b")?.unwrap().as_u64(), Some(1));
    /// assert!(a.get("c")?.is_none());
    /// # Ok::<(), simd_jsonl::Error>(())
    /// ```
    #[inline]
    pub fn get(&self, key: &str) -> Result<Option<LazyValue<'a>>> {
        let walk = self.walk;
        let mut passed = None;
        if let Some(inside) = walk.open(self.at, b'{')
            && self.depth > 0
        {
            let mut at = inside;
            while let Some((name, value)) = walk.member(at) {
                if walk.text(name) == key && !is_end(walk.byte(value)) {
                    return Ok(Some(self.child(value)));
                }
                let after = match walk.string(value) {
                    Some((_, after)) => Some(after),
                    None => de::skip_lax(walk, value, self.depth - 1).filter(|after| walk.follows_value(*after)),
                };
                let Some(after) = after else { break };
                (passed, at) = (Some(value), after);
            }
        }
        self.get_behind(passed, key)
    }

    /// The same from the member on whose value was passed last: for what is not in the common forms, and to prove the end.
    #[inline(never)]
    fn get_behind(&self, passed: Option<At<'a>>, key: &str) -> Result<Option<LazyValue<'a>>> {
        if !self.is_object() {
            return self.no_object();
        }
        let members = match passed {
            None => self.object()?,
            unread => Members(Children { container: *self, unread, next: None, bracket: b'}' }),
        };
        for member in members {
            let (name, value) = member?;
            if name == key {
                return Ok(Some(value));
            }
        }
        Ok(None)
    }

    /// That it is no object: of a record that must be sure, so that what is spoilt at its start is not taken for another value.
    #[inline(never)]
    fn no_object(&self) -> Result<Option<LazyValue<'a>>> {
        if self.is_root() {
            match self.byte() {
                b'[' => self.array()?.try_for_each(|element| element.map(drop))?,
                _ => self.deserialize_whole().map(|IgnoredAny| ())?,
            }
        }
        Ok(None)
    }

    /// The value that a JSON Pointer (RFC 6901) names from here on: `/` before each key or index, `~1` for a `/` and `~0` for a
    /// `~` in a key; the empty pointer is the value itself. `None` if there is no such value.
    ///
    /// # Errors
    /// If the record is not valid up to that value.
    ///
    /// ```
    /// # use simd_jsonl::JsonlSlice;
    /// # let mut reader = JsonlSlice::new(br#"{"a/b":[1,{"c":2}]}"#);
    /// let record = reader.next_record()?.unwrap();
    /// assert_eq!(record.pointer("/a~1b/1/c")?.unwrap().as_u64(), Some(2));
    /// assert!(record.pointer("/a~1b/2")?.is_none());
    /// # Ok::<(), simd_jsonl::Error>(())
    /// ```
    pub fn pointer(&self, pointer: &str) -> Result<Option<LazyValue<'a>>> {
        let Some(tokens) = pointer.strip_prefix('/') else {
            return Ok(pointer.is_empty().then_some(*self));
        };
        let mut value = *self;
        for token in tokens.split('/') {
            let next = match value.byte() {
                b'{' if token.contains('~') => value.get(&token.replace("~1", "/").replace("~0", "~"))?,
                b'{' => value.get(token)?,
                b'[' => match array_index(token) {
                    Some(index) => {
                        let mut elements = value.array()?;
                        // `nth` would pass over an error
                        elements.by_ref().take(index).try_for_each(|element| element.map(drop))?;
                        elements.next().transpose()?
                    }
                    None => value.no_object()?,
                },
                _ => value.no_object()?,
            };
            match next {
                Some(next) => value = next,
                None => return Ok(None),
            }
        }
        Ok(Some(value))
    }

    /// The elements of the array.
    ///
    /// # Errors
    /// If it is no array. The iterator yields an error, and then ends, where the record is broken.
    ///
    /// ```
    /// # use simd_jsonl::JsonlSlice;
    /// # let mut reader = JsonlSlice::new(b"[1,2]");
    /// let mut elements = reader.next_record()?.unwrap().as_lazy().array()?;
    /// assert_eq!(elements.next().unwrap()?.as_u64(), Some(1));
    /// assert_eq!(elements.count(), 1);
    /// # Ok::<(), simd_jsonl::Error>(())
    /// ```
    pub fn array(&self) -> Result<Elements<'a>> {
        match self.is_array() {
            true => Ok(Elements(Children::new(*self, b']')?)),
            false => Err(self.wrong_type("an array")),
        }
    }

    /// The members of the object, in order, as keys and values.
    ///
    /// # Errors
    /// If it is no object. The iterator yields an error, and then ends, where the record is broken.
    ///
    /// ```
    /// # use simd_jsonl::JsonlSlice;
    /// # let mut reader = JsonlSlice::new(br#"{"a":1,"b":2}"#);
    /// for member in reader.next_record()?.unwrap().as_lazy().object()? {
    ///     let (key, value) = member?;
    ///     assert!(value.is_number(), "{key}");
    /// }
    /// # Ok::<(), simd_jsonl::Error>(())
    /// ```
    pub fn object(&self) -> Result<Members<'a>> {
        match self.is_object() {
            true => Ok(Members(Children::new(*self, b'}')?)),
            false => Err(self.wrong_type("an object")),
        }
    }
}

impl std::fmt::Debug for LazyValue<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("LazyValue").field(&self.raw().unwrap_or("(broken)")).finish()
    }
}

/// Whether an entry with this byte is where something ends, not a value.
fn is_end(byte: u8) -> bool {
    matches!(byte, b']' | b'}' | b'\n')
}

/// An array index by RFC 6901: digits, no leading zero.
fn array_index(token: &str) -> Option<usize> {
    let valid = token.bytes().all(|c| c.is_ascii_digit()) && (token.len() == 1 || !token.starts_with('0'));
    token.parse().ok().filter(|_| valid)
}

/// The walk through a container.
#[derive(Clone, Debug)]
struct Children<'a> {
    container: LazyValue<'a>,
    /// The child whose end is not searched yet, because who got it may not want the next one.
    unread: Option<At<'a>>,
    /// Where the next one starts; `None` at the end.
    next: Option<At<'a>>,
    bracket: u8,
}

impl<'a> Children<'a> {
    fn new(container: LazyValue<'a>, bracket: u8) -> Result<Self> {
        let walk = container.walk;
        let Some(inside) = walk.open(container.at, bracket - 2).filter(|_| container.depth > 0) else {
            return Err(container.broken(container.at));
        };
        let mut next = Some(inside);
        if walk.byte(inside) == bracket {
            close(&container, inside, bracket)?;
            next = None;
        }
        Ok(Children { container, unread: None, next, bracket })
    }

    /// Where the next child starts; its separator is proved. After an error it is at the end.
    fn step(&mut self) -> Result<Option<At<'a>>> {
        let walk = self.container.walk;
        if let Some(unread) = self.unread.take() {
            self.next = None;
            let after = self.container.child(unread).skip()?;
            if !walk.follows_value(after) {
                return Err(self.container.broken(after));
            }
            if walk.byte(after) == self.bracket {
                close(&self.container, after, self.bracket)?;
                return Ok(None);
            }
            if !walk.follows_comma(after) {
                return Err(self.container.broken(after));
            }
            return Ok(Some(after));
        }
        Ok(self.next.take())
    }
}

/// Proves the end of `container`, whose closing bracket stands at `at`.
fn close<'a>(container: &LazyValue<'a>, at: At<'a>, bracket: u8) -> Result<()> {
    match container.walk.close(at, bracket) {
        Some(after) => container.end(after),
        None => Err(container.broken(at)),
    }
}

/// The elements of an array; see [`LazyValue::array`].
#[derive(Clone, Debug)]
pub struct Elements<'a>(Children<'a>);

impl<'a> Iterator for Elements<'a> {
    type Item = Result<LazyValue<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        let at = match self.0.step() {
            Ok(at) => at?,
            Err(error) => return Some(Err(error)),
        };
        let container = self.0.container;
        // a closing bracket behind a comma, or a bracket of the other kind
        if is_end(container.walk.byte(at)) {
            return Some(Err(container.broken(at)));
        }
        self.0.unread = Some(at);
        Some(Ok(container.child(at)))
    }
}

impl FusedIterator for Elements<'_> {}

/// The members of an object; see [`LazyValue::object`].
#[derive(Clone, Debug)]
pub struct Members<'a>(Children<'a>);

impl<'a> Iterator for Members<'a> {
    type Item = Result<(Cow<'a, str>, LazyValue<'a>)>;

    fn next(&mut self) -> Option<Self::Item> {
        let at = match self.0.step() {
            Ok(at) => at?,
            Err(error) => return Some(Err(error)),
        };
        let container = self.0.container;
        let Some((key, value)) = de::decode(container.walk, at, true) else { return Some(Err(container.broken(at))) };
        if is_end(container.walk.byte(value)) {
            return Some(Err(container.broken(value)));
        }
        self.0.unread = Some(value);
        Some(Ok((key, container.child(value))))
    }
}

impl FusedIterator for Members<'_> {}
