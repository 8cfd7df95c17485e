//! Deterministic records in the shapes people keep as JSON Lines.

use std::fmt::Write;

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

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
}

impl Workload {
    /// Generates whole lines, the last one terminated, until they fill `size` bytes; the same ones every time.
    pub fn generate(self, size: usize) -> Vec<u8> {
        let write_record = match self {
            Self::Small => small,
            Self::Log => log,
            Self::Chat => chat,
            Self::Embeddings => embeddings,
        };
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
        let bytes = Workload::Small.generate(1);
        let expected = r#"{"id":1,"name":"learning","email":"learning6819@example.com","age":28,"active":false}"#;
        assert_eq!(String::from_utf8_lossy(&bytes), format!("{expected}\n"));
    }

    #[test]
    fn records_have_their_size() {
        use Workload::{Chat, Embeddings, Log, Small};
        for (workload, size) in [(Small, 75..100), (Log, 310..350), (Chat, 1300..1700), (Embeddings, 8500..10_000)] {
            let bytes = workload.generate(1 << 20);
            let records = bytes.iter().filter(|&&byte| byte == b'\n').count();
            assert!(size.contains(&(bytes.len() / records)), "{workload:?}: {}", bytes.len() / records);
        }
    }
}
