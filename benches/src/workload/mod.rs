//! Deterministic records in the shapes people keep as JSON Lines.

use std::fmt::Write;

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

mod github;
mod tweets;

/// Mostly ASCII, with a few words of two and three bytes a character so that no peer gets by on ASCII alone.
const WORDS: [&str; 26] = [
    "the",
    "quick",
    "brown",
    "fox",
    "machine",
    "learning",
    "vector",
    "stream",
    "record",
    "parser",
    "value",
    "error",
    "retry",
    "network",
    "données",
    "naïve",
    "日本",
    "connection",
    "timeout",
    "cache",
    "user",
    "admin",
    "request",
    "response",
    "gradient",
    "token",
];

/// The first words of [`WORDS`], all ASCII: for tags and paths.
const LABELS: usize = 10;

const LEVELS: [&str; 4] = ["INFO", "WARN", "ERROR", "DEBUG"];
const STATUSES: [u16; 4] = [200, 201, 404, 500];
const DIMENSIONS: usize = 768;

/// The size of a record of [`Workload::Huge`], if there is room for it.
const HUGE: usize = 10 << 20;

/// What the records of a file look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workload {
    /// Five scalar fields, some 90 bytes.
    Small,
    /// A request log: eight fields, one of them nested, some 330 bytes.
    Log,
    /// A fine-tuning example: three messages, the answer long and with escapes, some 1.5 kB.
    Chat,
    /// A text and its vector of 768 numbers, some 9 kB.
    Embeddings,
    /// An event of GitHub as GH Archive keeps them: several types, deeply nested, 1 to 4 kB.
    GitHub,
    /// A status of Twitter's API 1.1: much text that is not ASCII, many escapes, many fields that nobody reads, 2 to 3 kB.
    Tweets,
    /// A sample with ten floats of full precision, some 350 bytes.
    Metrics,
    /// One number of up to three digits, some 10 bytes.
    Tiny,
    /// An object with one array of [`Workload::Log`] records, 10 MiB of them.
    Huge,
}

impl Workload {
    /// Generates whole lines, the last one terminated, until they fill `size` bytes; the same ones every time.
    ///
    /// [`Workload::Huge`] has one record of `size` bytes if that is less than 10 MiB.
    pub fn generate(self, size: usize) -> Vec<u8> {
        let write_record = match self {
            Self::Small => small,
            Self::Log => log,
            Self::Chat => chat,
            Self::Embeddings => embeddings,
            Self::GitHub => github::event,
            Self::Tweets => tweets::status,
            Self::Metrics => metric,
            Self::Tiny => tiny,
            Self::Huge => return wide(size, size.min(HUGE)),
        };
        generate(size, write_record)
    }
}

fn generate(
    size: usize,
    mut write_record: impl FnMut(&mut String, &mut ChaCha8Rng, u64) -> std::fmt::Result,
) -> Vec<u8> {
    // ChaCha rather than `StdRng`, which may change with the version of rand.
    let mut rng = ChaCha8Rng::seed_from_u64(42);
    let mut out = String::with_capacity(size + (64 << 10));
    let mut id = 0;
    while out.len() < size {
        id += 1;
        write_record(&mut out, &mut rng, id).expect("writing to a String does not fail");
        out.push('\n');
    }
    out.into_bytes()
}

/// Generates records of at least `record` bytes, each `{"rows":[...]}` over records of [`Workload::Log`], until they fill
/// `size` bytes.
pub fn wide(size: usize, record: usize) -> Vec<u8> {
    let mut id = 0;
    generate(size, |out, rng, _| {
        let start = out.len();
        out.push_str(r#"{"rows":["#);
        while out.len() - start < record {
            id += 1;
            log(out, rng, id)?;
            out.push(',');
        }
        out.pop();
        out.push_str("]}");
        Ok(())
    })
}

/// The same records with a space after each comma and colon, as Python's `json.dumps` writes them.
pub fn spaced(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 4);
    let (mut in_string, mut escaped) = (false, false);
    for &byte in bytes {
        out.push(byte);
        if !in_string && matches!(byte, b',' | b':') {
            out.push(b' ');
        }
        in_string ^= byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
    }
    out
}

fn small(out: &mut String, rng: &mut ChaCha8Rng, id: u64) -> std::fmt::Result {
    let name = words(rng, 1);
    let (number, age, active) = (rng.random_range(1..10_000), rng.random_range(18..90), rng.random_bool(0.5));
    write!(out, r#"{{"id":{id},"name":"{name}","email":"{name}{number}@example.com","age":{age},"active":{active}}}"#)
}

fn log(out: &mut String, rng: &mut ChaCha8Rng, id: u64) -> std::fmt::Result {
    let (day, hour, minute) = (rng.random_range(1..29), rng.random_range(0..24), rng.random_range(0..60));
    let (second, milli) = (rng.random_range(0..60), rng.random_range(0..1000));
    write!(out, r#"{{"ts":"2025-01-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z","#)?;

    let (level, service) = (pick(rng, &LEVELS), rng.random_range(1..50));
    let count = rng.random_range(3..14);
    let message = words(rng, count).replace("fox", r#"\"fox\""#);
    write!(out, r#""level":"{level}","service":"svc-{service}","msg":"{message}","#)?;

    let (label, status) = (pick(rng, &WORDS[..LABELS]), pick(rng, &STATUSES));
    let [a, b, c] = rng.random::<[u8; 3]>();
    write!(out, r#""req":{{"method":"GET","path":"/api/v1/{label}/{id}","status":{status},"#)?;
    write!(out, r#""ua":"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36","ip":"10.{a}.{b}.{c}"}},"#)?;

    let (duration, bytes) = (rng.random::<f64>() * 1000.0, rng.random_range(100..1_000_000));
    let (first, second) = (pick(rng, &WORDS[..LABELS]), pick(rng, &WORDS[..LABELS]));
    write!(out, r#""dur_ms":{duration:.3},"bytes":{bytes},"tags":["{first}","{second}"]}}"#)
}

fn chat(out: &mut String, rng: &mut ChaCha8Rng, _id: u64) -> std::fmt::Result {
    let (asked, answered) = (rng.random_range(5..40), rng.random_range(50..300));
    let question = words(rng, asked);
    let answer = words(rng, answered).replace("record ", r"record.\n").replace("value ", r#"\"value\" "#);
    write!(out, r#"{{"messages":[{{"role":"system","content":"You are a helpful assistant."}},"#)?;
    write!(out, r#"{{"role":"user","content":"{question}?"}},{{"role":"assistant","content":"{answer}"}}]}}"#)
}

fn embeddings(out: &mut String, rng: &mut ChaCha8Rng, id: u64) -> std::fmt::Result {
    let text = words(rng, 20);
    let vector: Vec<f32> = (0..DIMENSIONS).map(|_| rng.random_range(-0.2..0.2)).collect();
    // The shortest digits that read back as the same f32, as every JSON writer prints them.
    let vector = serde_json::to_string(&vector).expect("finite numbers");
    write!(out, r#"{{"id":"doc_{id}","text":"{text}","embedding":{vector},"model":"text-embedding-ada-002"}}"#)
}

fn metric(out: &mut String, rng: &mut ChaCha8Rng, id: u64) -> std::fmt::Result {
    let (ts, host) = (1_700_000_000_000 + 137 * id, rng.random_range(1..100));
    let name = pick(rng, &["http.latency", "cpu.load", "disk.read", "queue.depth", "heap.used"]);
    write!(out, r#"{{"ts":{ts},"host":"web-{host}","name":"{name}""#)?;
    for key in ["value", "min", "max", "mean", "stddev"] {
        write!(out, r#","{key}":{}"#, float(rng))?;
    }
    write!(out, r#","delta":{},"quantiles":["#, rng.random_range(-5_000_000_i64..5_000_000))?;
    for i in 0..5 {
        write!(out, "{}{}", if i > 0 { "," } else { "" }, float(rng))?;
    }
    out.push_str("]}");
    Ok(())
}

/// The shortest digits that read back as the same random f64: a third of them negative, a quarter with exponents.
fn float(rng: &mut ChaCha8Rng) -> String {
    let sign = if rng.random_range(0..3) == 0 { "-" } else { "" };
    let fraction: f64 = rng.random();
    if rng.random_range(0..4) > 0 {
        return format!("{sign}{}", fraction * pick(rng, &[1.0, 100.0, 10_000.0]));
    }
    let exponent = rng.random_range(-12..22);
    let mantissa = 1.0 + 8.9 * fraction;
    // Some were rounded by who wrote them.
    let mantissa = if rng.random_range(0..4) == 0 { format!("{mantissa:.2}") } else { mantissa.to_string() };
    let plus = if exponent >= 0 && rng.random_bool(0.5) { "+" } else { "" };
    format!("{sign}{mantissa}e{plus}{exponent}")
}

fn tiny(out: &mut String, _rng: &mut ChaCha8Rng, id: u64) -> std::fmt::Result {
    write!(out, r#"{{"a":{}}}"#, id % 1000)
}

fn pick<T: Copy>(rng: &mut ChaCha8Rng, items: &[T]) -> T {
    items[rng.random_range(0..items.len())]
}

fn words(rng: &mut ChaCha8Rng, count: usize) -> String {
    let mut text = String::new();
    for i in 0..count {
        if i > 0 {
            text.push(' ');
        }
        let word = pick(rng, &WORDS);
        // Non-ASCII words stay rare, as in real English logs and chats.
        text.push_str(if word.is_ascii() || rng.random_range(0..8) == 0 { word } else { "plain" });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_stay_the_same() {
        use Workload::{Chat, Embeddings, Log, Small};
        let hashes = [
            (Small, 0xa6da_7954_cc2a_beaa),
            (Log, 0x4e11_18d7_66bc_d44b),
            (Chat, 0xe804_976c_398c_9a58),
            (Embeddings, 0x4938_1e35_c3ba_ec8f),
        ];
        for (workload, expected) in hashes {
            let fnv = |hash: u64, &byte: &u8| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
            let hash = workload.generate(1 << 20).iter().fold(0xcbf2_9ce4_8422_2325, fnv);
            assert_eq!(hash, expected, "{workload:?}");
        }
    }

    #[test]
    fn records_have_their_size() {
        use Workload::{Chat, Embeddings, GitHub, Log, Metrics, Small, Tiny, Tweets};
        let sizes = [(Small, 75..100), (Log, 310..350), (Chat, 1300..1700), (Embeddings, 8500..10_000)];
        let more = [(GitHub, 1500..3500), (Tweets, 2000..3000), (Metrics, 300..400), (Tiny, 9..11)];
        for (workload, size) in sizes.into_iter().chain(more) {
            let bytes = workload.generate(1 << 20);
            let records = bytes.iter().filter(|&&byte| byte == b'\n').count();
            assert!(size.contains(&(bytes.len() / records)), "{workload:?}: {}", bytes.len() / records);
        }
    }

    #[test]
    fn all_records_are_objects() {
        use Workload::{GitHub, Huge, Metrics, Tiny, Tweets};
        for workload in [GitHub, Tweets, Metrics, Tiny, Huge] {
            for line in workload.generate(100_000).strip_suffix(b"\n").unwrap().split(|&byte| byte == b'\n') {
                let record: serde_json::Value = serde_json::from_slice(line).expect("valid JSON");
                assert!(record.is_object(), "{workload:?}");
            }
        }
    }

    #[test]
    fn events_are_of_their_size() {
        let bytes = Workload::GitHub.generate(1 << 20);
        let sizes: Vec<usize> = bytes.split(|&byte| byte == b'\n').map(<[u8]>::len).filter(|&size| size > 0).collect();
        assert!(
            sizes.iter().all(|size| (900..4500).contains(size)),
            "{:?} {:?}",
            sizes.iter().min(),
            sizes.iter().max()
        );
    }

    #[test]
    fn floats_have_full_precision() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let floats: Vec<String> = (0..10_000).map(|_| float(&mut rng)).collect();
        let share = |is: &dyn Fn(&&String) -> bool| floats.iter().filter(is).count() / 100;
        assert!((32..35).contains(&share(&|text| text.starts_with('-'))));
        assert!((24..27).contains(&share(&|text| text.contains('e'))));
        assert!(share(&|text| text.bytes().filter(u8::is_ascii_digit).count() >= 15) > 85);
    }

    #[test]
    fn spaces_stay_out_of_strings() {
        let bytes = br#"{"a":"b,\"c:\\","d":[1,2]}"#;
        assert_eq!(spaced(bytes), br#"{"a": "b,\"c:\\", "d": [1, 2]}"#);
    }
}
