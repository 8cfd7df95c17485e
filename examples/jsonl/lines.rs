//! What needs no JSON: counting records, and the first and the last lines.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

use simd_jsonl::Lines;

use crate::input::{Input, Inputs};
use crate::output::{self, Stdout};
use crate::{Failure, Outcome};

/// Bytes that are read at once.
const BLOCK: usize = 64 << 10;

pub fn count(inputs: Inputs, worst: &mut Outcome) -> io::Result<()> {
    let are_many = inputs.are_many();
    let mut counts = Vec::new();
    let mut buffer = vec![0; BLOCK];
    inputs.each(worst, |mut input, _| {
        let mut records = Records { number: 0, is_blank: true };
        records.count(&input.skip_mark()?);
        while let block @ [_, ..] = input.fill(&mut buffer)? {
            records.count(block);
        }
        counts.push((records.number, std::mem::take(&mut input.name)));
        Ok(())
    })?;
    if are_many {
        counts.push((counts.iter().map(|(number, _)| number).sum(), "total".to_string()));
    }
    let width = counts.last().map_or(0, |(number, _)| number.to_string().len());
    let mut out = output::stdout();
    for (number, name) in counts {
        writeln!(out, "{number:width$} {name}")?;
    }
    out.flush()
}

/// Counts lines that are not blank, in blocks that end anywhere.
struct Records {
    number: u64,
    /// Whether nothing but white space was seen yet of the line that goes on.
    is_blank: bool,
}

impl Records {
    fn count(&mut self, block: &[u8]) {
        let [first, behind_first @ ..] = block else { return };
        let lines = Lines::new(block);
        // without branches, so that many bytes are compared at once
        let begins_white =
            block.iter().zip(behind_first).fold(false, |any, (a, b)| any | ((*a == b'\n') & (*b <= b' ')));
        if begins_white || (self.is_blank && *first <= b' ') {
            for line in lines {
                if self.is_blank && !line.as_bytes().iter().all(|c| matches!(c, b' ' | b'\t' | b'\r')) {
                    self.is_blank = false;
                    self.number += 1;
                }
                self.is_blank |= line.terminated();
            }
        } else {
            // each line is a record; the first may have been counted
            self.number += lines.count() as u64 - u64::from(!self.is_blank);
            self.is_blank = block.ends_with(b"\n");
        }
    }
}

pub fn head(inputs: Inputs, number: usize, worst: &mut Outcome) -> io::Result<()> {
    let mut out = LineOutput::new();
    let mut buffer = vec![0; BLOCK];
    inputs.each(worst, |mut input, _| {
        out.next_file();
        if number == 0 {
            return Ok(());
        }
        let mut missing = number;
        let start = input.skip_mark()?;
        let mut block = &start[..];
        loop {
            match memchr::memchr_iter(b'\n', block).nth(missing - 1) {
                Some(end) => {
                    out.write(&block[..=end])?;
                    break;
                }
                None => {
                    missing -= memchr::memchr_iter(b'\n', block).count();
                    out.write(block)?;
                }
            }
            block = input.fill(&mut buffer)?;
            if block.is_empty() {
                break;
            }
        }
        Ok(())
    })?;
    out.finish()
}

pub fn tail(inputs: Inputs, number: usize, worst: &mut Outcome) -> io::Result<()> {
    let mut out = LineOutput::new();
    inputs.each(worst, |mut input, _| {
        out.next_file();
        if number == 0 {
            return Ok(());
        }
        // what the system says is empty may be a file that it makes up while it is read
        match input.metadata.is_file() && input.metadata.len() > 0 {
            true => tail_of_file(&mut input, number, &mut out)?,
            false => tail_of_stream(&mut input, number, &mut out)?,
        }
        Ok(())
    })?;
    out.finish()
}

/// Reads blocks backwards from the end until there are lines enough.
fn tail_of_file(input: &mut Input, number: usize, out: &mut LineOutput) -> Result<(), Failure> {
    let mut buffer = vec![0; BLOCK];
    let mut find = |file: &mut File| {
        // standard input may have been read in part
        let (origin, end) = (file.stream_position()?, file.seek(SeekFrom::End(0))?);
        let (mut start, mut search) = (end, LastLines::new(number));
        while start > origin {
            let block = &mut buffer[..(start - origin).min(BLOCK as u64) as usize];
            start = file.seek(SeekFrom::Start(start - block.len() as u64))?;
            file.read_exact(block)?;
            if let Some(place) = search.find(block) {
                start += place as u64;
                break;
            }
        }
        io::Result::Ok((file.seek(SeekFrom::Start(start))?, end))
    };
    let origin = input.file.stream_position();
    let (start, end) = match find(&mut input.file) {
        // the system makes it up, and not as much as it says; or it was cut off
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            let back = origin.and_then(|origin| input.file.seek(SeekFrom::Start(origin)));
            back.map_err(|error| input.unreadable(error))?;
            return tail_of_stream(input, number, out);
        }
        found => found.map_err(|error| input.unreadable(error))?,
    };
    input.progress.bar.set_position(start);

    if start == 0 {
        out.write(&input.skip_mark()?)?;
    }
    let place = input.file.stream_position().map_err(|error| input.unreadable(error))?;
    let mut left = end.saturating_sub(place);
    while left > 0 {
        let len = left.min(BLOCK as u64) as usize;
        match input.fill(&mut buffer[..len])? {
            [] => return Err(input.failure("was cut off while it was read")),
            block => {
                left -= block.len() as u64;
                out.write(block)?;
            }
        }
    }
    Ok(())
}

/// Keeps the last lines of what has come, and at most as much again or a few blocks.
fn tail_of_stream(input: &mut Input, number: usize, out: &mut LineOutput) -> Result<(), Failure> {
    let mut kept = input.skip_mark()?;
    let mut limit = 8 * BLOCK;
    loop {
        let came = input.by_ref().take(BLOCK as u64).read_to_end(&mut kept);
        let is_end = came.map_err(|error| input.unreadable(error))? == 0;
        if is_end || kept.len() >= limit {
            let start = LastLines::new(number).find(&kept).unwrap_or(0);
            kept.drain(..start);
            limit = (2 * kept.len()).max(8 * BLOCK);
        }
        if is_end {
            return out.write(&kept);
        }
    }
}

/// The search for the start of the last lines, in blocks from the end on.
struct LastLines {
    missing: usize,
    is_at_end: bool,
}

impl LastLines {
    /// Of at least one line.
    fn new(number: usize) -> LastLines {
        LastLines { missing: number, is_at_end: true }
    }

    /// Where in this block, which lies before those that were searched, the lines start; `None` if further ahead.
    fn find(&mut self, block: &[u8]) -> Option<usize> {
        let (last, before) = block.split_last()?;
        // the line feed at the very end begins no line
        let block = if std::mem::take(&mut self.is_at_end) && *last == b'\n' { before } else { block };
        for place in memchr::memrchr_iter(b'\n', block) {
            self.missing -= 1;
            if self.missing == 0 {
                return Some(place + 1);
            }
        }
        None
    }
}

/// Standard output for lines of several files, which stay lines where a file does not end in a line feed.
struct LineOutput {
    out: Stdout,
    /// Whether the last line was written without its line feed, and whether that was the end of its file.
    is_open: bool,
    is_between: bool,
}

impl LineOutput {
    fn new() -> LineOutput {
        LineOutput { out: output::stdout(), is_open: false, is_between: false }
    }

    fn next_file(&mut self) {
        self.is_between = self.is_open;
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let Some(last) = bytes.last() else { return Ok(()) };
        if std::mem::take(&mut self.is_between) {
            self.out.write_all(b"\n").map_err(Failure::Output)?;
        }
        self.is_open = *last != b'\n';
        self.out.write_all(bytes).map_err(Failure::Output)
    }

    fn finish(mut self) -> io::Result<()> {
        self.out.flush()
    }
}
