//! Checks a file for fine-tuning a chat model, as OpenAI wants it: one conversation a line, which ends with the assistant.
//!
//! ```text
//! cargo run --example check_finetuning            # the sample, examples/data/finetuning.jsonl
//! cargo run --example check_finetuning -- FILE
//! ```

use std::error::Error;
use std::process::ExitCode;

use serde::Deserialize;
use serde::de::IgnoredAny;
use simd_jsonl::{Record, Validator};

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/finetuning.jsonl");

#[derive(Deserialize)]
struct Conversation {
    messages: Vec<Message>,
}

#[derive(Deserialize)]
struct Message {
    role: Role,
    content: Option<String>,
    tool_calls: Option<Vec<IgnoredAny>>,
}

#[derive(Deserialize, Clone, Copy, Debug, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Role {
    System,
    Developer,
    User,
    Assistant,
    Tool,
}

fn check(record: &Record<'_>) -> Result<(), Box<dyn Error + Send + Sync>> {
    let Conversation { messages } = record.deserialize()?;
    for (number, message) in (1..).zip(&messages) {
        if message.content.is_none() && message.tool_calls.is_none() {
            return Err(format!("message {number} has neither content nor tool calls").into());
        }
    }
    match messages.last().map(|message| message.role) {
        Some(Role::Assistant) => Ok(()),
        Some(role) => Err(format!("the last message is by {role:?}, not by the assistant").into()),
        None => Err("there are no messages".into()),
    }
}

fn main() -> ExitCode {
    let path = std::env::args_os().nth(1).unwrap_or_else(|| SAMPLE.into());
    match Validator::new().check(check).validate_path(path) {
        Ok(report) => {
            report.errors.iter().for_each(|error| println!("{error}"));
            println!("{}", report.summary);
            ExitCode::from(u8::from(!report.is_valid()))
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}
