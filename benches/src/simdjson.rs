//! The C++ library simdjson: its On-Demand API over the whole text (`iterate_many`), and its DOM to validate, on one thread.
//!
//! The queries are in `simdjson.cpp`.
#![allow(unsafe_code, reason = "calls into C++")]

use std::ffi::{CStr, c_char};

// Nothing of it is called; this links the library it builds.
use simdjson_sys as _;

use crate::validating::Verdict;

/// What is read from each record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Query {
    /// All fields of a small record.
    Small,
    /// All fields of a request log.
    Log,
    /// The level and the duration of a request log.
    LogProjection,
    /// The messages of a chat.
    Chat,
    /// All fields of an embedding.
    Embeddings,
    /// The head of a GitHub event.
    GitHub,
    /// The head of a tweet.
    Tweets,
    /// All fields of a metric.
    Metrics,
    /// The field `level` of a request log.
    GetLevel,
    /// The one field of a tiny record.
    Tiny,
    /// All fields of all the request logs in one record.
    Huge,
}

/// How many bytes must be readable behind the text.
pub const PADDING: usize = 64;

#[derive(Default)]
#[repr(C)]
struct Totals {
    records: u64,
    hash: u64,
}

unsafe extern "C" {
    fn simdjson_bench_read(
        query: u32,
        data: *const u8,
        len: usize,
        capacity: usize,
        check: bool,
        totals: *mut Totals,
    ) -> i32;
    fn simdjson_bench_validate(data: *const u8, len: usize, capacity: usize, by_line: bool, verdict: *mut Verdict);
    safe fn simdjson_bench_error(error: i32) -> *const c_char;
    safe fn simdjson_bench_description() -> *const c_char;
}

/// The version, the kernel that runs, and the one that On-Demand's own code is compiled for where that is another:
/// `simdjson 4.6.4, icelake (On-Demand: fallback)`.
pub fn description() -> String {
    text(simdjson_bench_description())
}

/// Reads all records of `padded[..len]`; returns how many there are and the checksum over them, or 0 without `check`.
///
/// simdjson passes over a record that is cut off at the end of the text; the number of records tells.
///
/// # Panics
///
/// When fewer than [`PADDING`] bytes follow the text, and on every error of simdjson.
pub fn read(query: Query, padded: &[u8], len: usize, check: bool) -> (u64, u64) {
    assert!(len.checked_add(PADDING).is_some_and(|needed| needed <= padded.len()), "no padding");
    let mut totals = Totals::default();
    // SAFETY: the slice is readable for its whole length, of which the text is all but the padding; `Totals` is the
    // same struct on both sides and writable; nothing is kept, and the function is `noexcept`.
    let error =
        unsafe { simdjson_bench_read(query as u32, padded.as_ptr(), len, padded.len(), check, &raw mut totals) };
    assert!(error == 0, "{query:?}: {}", text(simdjson_bench_error(error)));
    (totals.records, totals.hash)
}

/// Validates all records of `padded[..len]` with the DOM: the text as a whole, up to the first fault, or line by line.
///
/// # Panics
///
/// When fewer than [`PADDING`] bytes follow the text.
pub fn validate(padded: &[u8], len: usize, by_line: bool) -> Verdict {
    assert!(len.checked_add(PADDING).is_some_and(|needed| needed <= padded.len()), "no padding");
    let mut verdict = Verdict::default();
    // SAFETY: as above; `Verdict` is the same struct on both sides too.
    unsafe { simdjson_bench_validate(padded.as_ptr(), len, padded.len(), by_line, &raw mut verdict) };
    verdict
}

fn text(c_string: *const c_char) -> String {
    // SAFETY: both functions that give one return a string that ends in NUL and is never freed.
    unsafe { CStr::from_ptr(c_string) }.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The steps of `Tally`, spelled out.
    struct Steps(u64);

    impl Steps {
        fn of(steps: impl FnOnce(&mut Self)) -> u64 {
            let mut hash = Self(0xcbf2_9ce4_8422_2325);
            steps(&mut hash);
            hash.0
        }

        fn word(&mut self, value: u64) -> &mut Self {
            self.0 = (self.0 ^ value).wrapping_mul(0x100_0000_01b3);
            self
        }

        fn text(&mut self, text: &str) -> &mut Self {
            self.word(text.len() as u64);
            text.bytes().fold(self, |hash, byte| hash.word(byte.into()))
        }

        fn f64(&mut self, value: f64) -> &mut Self {
            self.word(value.to_bits())
        }

        fn f32(&mut self, value: f32) -> &mut Self {
            self.word(value.to_bits().into())
        }

        fn log(&mut self, message: &str, duration: f64) -> &mut Self {
            self.text("2025").text("INFO").text("svc-1").text(message);
            self.text("GET").text("/a").word(404).text("M").text("10.0.0.1");
            self.f64(duration).word(7).word(2).text("x").text("日本")
        }
    }

    fn padded(text: &str) -> Vec<u8> {
        let mut bytes = text.as_bytes().to_vec();
        bytes.resize(text.len() + PADDING, b' ');
        bytes
    }

    #[track_caller]
    fn check(query: Query, text: &str, steps: impl FnOnce(&mut Steps)) {
        let records = text.lines().count() as u64;
        let bytes = padded(text);
        assert_eq!(read(query, &bytes, text.len(), true), (records, Steps::of(steps)));
        assert_eq!(read(query, &bytes, text.len(), false), (records, 0));
    }

    fn log(message: &str, duration: &str) -> String {
        let request = r#""req":{"method":"GET","path":"/a","status":404,"ua":"M","ip":"10.0.0.1"}"#;
        let head = format!(r#"{{"ts":"2025","level":"INFO","service":"svc-1","msg":"{message}",{request}"#);
        format!(r#"{head},"dur_ms":{duration},"bytes":7,"tags":["x","日本"]}}"#)
    }

    #[test]
    fn says_what_runs() {
        let description = description();
        assert!(description.starts_with("simdjson 4."), "{description}");
    }

    #[test]
    fn small() {
        let first = r#"{"id":1,"name":"a","email":"a@b","age":28,"active":false}"#;
        let second = r#"{"id":18446744073709551615,"name":"\"\u00e9","email":"","age":4294967295,"active":true}"#;
        check(Query::Small, &format!("{first}\n{second}\n"), |hash| {
            hash.word(1).text("a").text("a@b").word(28).word(0);
            hash.word(u64::MAX).text("\"é").text("").word(u32::MAX.into()).word(1);
        });
    }

    #[test]
    fn logs() {
        let text = format!("{}\n{}\n", log(r#"a \"fox\""#, "1.001"), log("", "999.5"));
        check(Query::Log, &text, |hash| {
            hash.log("a \"fox\"", 1.001).log("", 999.5);
        });
        check(Query::LogProjection, &text, |hash| {
            hash.text("INFO").f64(1.001).text("INFO").f64(999.5);
        });
        check(Query::GetLevel, &text, |hash| {
            hash.text("INFO").text("INFO");
        });
    }

    #[test]
    fn huge() {
        // Larger than a batch by default, which is 1 MB, and one after the other.
        let rows = vec![log("m", "0.25"); 6000].join(",");
        let text = format!("{{\"rows\":[{rows}]}}\n{{\"rows\":[]}}\n{{\"rows\":[{rows}]}}\n");
        check(Query::Huge, &text, |hash| {
            (0..6000).fold(hash.word(6000), |hash, _| hash.log("m", 0.25));
            hash.word(0);
            (0..6000).fold(hash.word(6000), |hash, _| hash.log("m", 0.25));
        });
    }

    #[test]
    fn chat() {
        let messages = r#"{"role":"user","content":"a\nb?"},{"role":"assistant","content":"\ud83d\ude00 c"}"#;
        check(Query::Chat, &format!("{{\"messages\":[{messages}]}}\n{{\"messages\":[]}}\n"), |hash| {
            hash.word(2).text("user").text("a\nb?").text("assistant").text("😀 c").word(0);
        });
    }

    #[test]
    fn embeddings() {
        let record = r#"{"id":"doc_1","text":"t","embedding":[-0.1,0.017453292,1e-7],"model":"m"}"#;
        check(Query::Embeddings, &format!("{record}\n"), |hash| {
            hash.text("doc_1").text("t").word(3).f32(-0.1).f32(0.017_453_292).f32(1e-7).text("m");
        });
    }

    #[test]
    fn github() {
        let actor = r#"{"id":7,"login":"x","display_login":"x","gravatar_id":"","url":"u","avatar_url":"v"}"#;
        let middle = r#""repo":{"id":8,"name":"x/y","url":"u"},"payload":{"id":9,"public":[{"id":1}]}"#;
        let head = format!(r#"{{"id":"123","type":"PushEvent","actor":{actor},{middle}"#);
        let with_org = format!(r#"{head},"public":true,"created_at":"2025","org":{{"id":1}}}}"#);
        let without = format!(r#"{head},"public":false,"created_at":"2026"}}"#);
        check(Query::GitHub, &format!("{with_org}\n{without}\n"), |hash| {
            for (public, created_at) in [(1, "2025"), (0, "2026")] {
                hash.text("123").text("PushEvent").word(7).text("x").word(8).text("x/y").word(public).text(created_at);
            }
        });
    }

    #[test]
    fn tweets() {
        let name = r#""id":5,"id_str":"5","name":"n","screen_name":"s","entities":{"url":{"urls":[]}}"#;
        let user = format!(r#"{{{name},"protected":false,"followers_count":6,"lang":null}}"#);
        let text = r#""text":"日本 \ud83d\ude00\n\"a\/b","source":"<a href=\"http:\/\/x\">"#;
        let head = format!(r#"{{"created_at":"Mon","id":4,"id_str":"4",{text}"#);
        let tail = r#""geo":null,"retweet_count":1,"favorite_count":2,"entities":{"urls":[]},"lang":"ja""#;
        check(Query::Tweets, &format!("{head}\",\"user\":{user},{tail}}}\n"), |hash| {
            hash.text("Mon").word(4).text("日本 😀\n\"a/b").word(5).text("s").word(6).word(1).word(2).text("ja");
        });
    }

    #[test]
    fn metrics() {
        let floats = r#""value":-1.2345678901234567e-7,"min":3.1e12,"max":5.4321e+20,"mean":0.1,"stddev":1"#;
        let tail = r#""delta":-3,"quantiles":[0.30000000000000004,2.5]"#;
        let record = format!(r#"{{"ts":1700000000123,"host":"web-12","name":"http.latency",{floats},{tail}}}"#);
        check(Query::Metrics, &format!("{record}\n"), |hash| {
            hash.word(1_700_000_000_123).text("web-12").text("http.latency");
            hash.f64(-1.234_567_890_123_456_7e-7).f64(3.1e12).f64(5.4321e20).f64(0.1).f64(1.0);
            hash.word((-3_i64).cast_unsigned()).word(2).f64(0.300_000_000_000_000_04).f64(2.5);
        });
    }

    #[test]
    fn tiny() {
        check(Query::Tiny, "{\"a\":1}\n{\"a\":999}\n", |hash| {
            hash.word(1).word(999);
        });
    }

    #[test]
    #[should_panic(expected = "no padding")]
    fn padding_is_required() {
        read(Query::Tiny, b"{\"a\":1}\n", 8, true);
    }

    #[test]
    #[should_panic(expected = "Tiny")]
    fn errors_panic() {
        read(Query::Tiny, &padded("{\"a\":-1}\n"), 9, true);
    }
}
