//! What becomes of bad records by each policy, the limits on how many may be bad, a source that fails, and the report.

use std::io::{self, Cursor};
use std::thread;

use crate::common::*;
use crate::verdicts::*;
use serde::de::IgnoredAny;
use simd_jsonl::ErrorKind::*;
use simd_jsonl::{ErrorPolicy, JsonlReader, Position, ReadReport, ReaderBuilder};

/// One transport of each sort of reader, without files.
fn in_memory() -> Vec<Transport> {
    let all = few_transports().into_iter();
    all.filter(|t| matches!(t, Transport::Slice | Transport::SliceRecords | Transport::ReadInto(_))).collect()
}

#[test]
fn the_bad_lines_are_bad_as_listed() {
    for (line, kind, column, lent) in BAD {
        let input = [b"{\"n\":1}\n", line, b"\n"].concat();
        let judged = judge::<Item>(&input, &NARROW);
        let bad = judged[1].bad().unwrap_or_else(|| panic!("not bad: {}", show(line)));
        assert_eq!((bad.fault.kind, bad.fault.column, bad.lent), (kind, column, lent), "{}", show(line));
        assert!(judged[0].good().is_some());
    }
}

/// First and last, one behind the other, between good ones, with CR LF, and without an end.
#[test]
fn every_policy_delivers_exactly_the_good_records() {
    for (bad, ..) in BAD {
        let good: Vec<_> = (0..6).map(good).collect();
        let mut input = Vec::new();
        for line in [bad, &good[0], &good[1], bad, bad, b"", &good[2], bad, &good[3]] {
            input.extend([line, b"\n"].concat());
        }
        for line in [bad, &good[4], b" ", bad, bad] {
            input.extend([line, b"\r\n"].concat());
        }
        let plans = [Plan::new(Sort::Skip), Plan::new(Sort::Quarantine)];
        check::<Item>(&few_transports(), &input, &NARROW, &sorts());
        check::<Item>(&in_memory(), &[&input, bad].concat(), &NARROW, &plans);
        check::<Item>(&in_memory(), bad, &NARROW, &sorts());
        check::<Item>(&in_memory(), &[bad, b"\n", &good[5]].concat(), &NARROW, &plans);
        check::<Item>(&in_memory(), &input, &Dialect { strict: true, ..NARROW }, &sorts());
    }
}

#[test]
fn every_policy_in_any_order_of_lines() {
    let mut random = Random(1);
    for round in 0..120 {
        let input = any_lines(&mut random, 30);
        let dialect = Dialect { strict: round % 3 == 0, ..NARROW };
        let plan = Plan::new(random.pick(&[Sort::Fail, Sort::Skip, Sort::Collect(3), Sort::Quarantine]));
        check::<Item>(&few_transports(), &input, &dialect, &[plan]);
        // who takes anything finds fewer faults, but no others
        check::<IgnoredAny>(&in_memory(), &input, &dialect, &[plan]);
        check::<serde_json::Value>(&in_memory(), &input, &dialect, &[plan]);
    }
}

/// Bytes that only look like JSON: whatever is wrong with them, they are told apart line by line.
#[test]
fn every_policy_with_any_bytes() {
    let mut random = Random(2);
    for round in 0..150 {
        let len = random.below(200);
        let input: Vec<u8> = (0..len).map(|_| random.pick(b"\n\n\n\r 1,:[]{}\"\"\\tn\0\xE2\xFF")).collect();
        let dialect = Dialect { strict: round % 3 == 0, max_record_len: 20, max_depth: 2 };
        let plan = Plan::new(random.pick(&[Sort::Fail, Sort::Skip, Sort::Collect(3), Sort::Quarantine]));
        check::<serde_json::Value>(&in_memory(), &input, &dialect, &[plan]);
    }
}

/// Windows full of nothing else are passed over at once, and end where the bad lines do.
#[test]
fn windows_full_of_bad_lines() {
    let read = || Transport::Read(ReadPlan::new([50_001], None));
    for kind in [UnclosedString, InvalidUtf8, TrailingComma, InvalidType, RecordTooLong] {
        let (bad, ..) = BAD.into_iter().find(|(_, k, ..)| *k == kind).unwrap();
        let many = [bad, b"\n"].concat().repeat(70_000 / (bad.len() + 1));
        let input = [&good(0), &b"\n"[..], &many, &good(1), b"\r\n", &many, bad].concat();
        let errors = 2 * count_lf(&many) + 1;
        let cases = [(Sort::Skip, Transport::Slice), (Sort::Collect(3), read()), (Sort::Quarantine, read())];
        for (sort, transport) in cases {
            let got = run::<Item>(&transport, &input, &NARROW.builder(), &Plan::new(sort));
            let numbers: Vec<_> = got.items.into_iter().map(|item| item.unwrap().n).collect();
            assert_eq!(numbers, [0, 1], "{kind:?}, {sort:?}");
            let ReadReport { records, errors_by_kind, bytes, .. } = &got.report;
            assert_eq!((*records, *bytes), (2, input.len() as u64), "{kind:?}, {sort:?}");
            assert_eq!(*errors_by_kind, [(kind, errors)].into(), "{sort:?}");
            if sort == Sort::Quarantine {
                let line = if kind == RecordTooLong { b"" } else { bad };
                assert!(got.lines == [line, b"\n"].concat().repeat(errors as usize), "{kind:?}");
                assert_eq!(got.rows.len() as u64, errors);
            }
        }
    }
}

/// What is counted, kept and yielded is the same error.
#[test]
fn collect_keeps_what_fail_yields() {
    let input: Vec<u8> = BAD.into_iter().flat_map(|(line, ..)| [line, b"\n"].concat()).collect();
    let fail = run::<Item>(&Transport::Path, &input, &NARROW.builder(), &Plan::new(Sort::Fail));
    let path = fail.path.unwrap();
    let yielded: Vec<_> = fail.items.iter().map(|item| item.as_ref().unwrap_err().to_string()).collect();
    assert_eq!(yielded.len(), BAD.len());
    for n in [0, 1, BAD.len() - 1, BAD.len(), BAD.len() + 1, usize::MAX] {
        let got = run::<Item>(&Transport::Path, &input, &NARROW.builder(), &Plan::new(Sort::Collect(n)));
        assert!(got.items.is_empty());
        let other = got.path.unwrap();
        let kept: Vec<_> = got.kept.iter().map(|text| text.replace(&other, &path)).collect();
        assert_eq!(kept, yielded[..n.min(yielded.len())]);
        assert_eq!(got.report, fail.report);
    }
}

/// Errors can be looked at while reading goes on, each reader has its own, and the default is to fail.
#[test]
fn each_reader_keeps_its_own_errors() {
    let builder = ReaderBuilder::new().on_error(ErrorPolicy::collect(5)).clone();
    let mut one = builder.from_slice(b"?\n1\n??\n2\n");
    let mut two = builder.from_reader(&b"3\n"[..]);
    assert_eq!(two.deserialize::<u8>().next().unwrap().unwrap(), 3);
    let mut numbers = one.deserialize::<u8>();
    assert_eq!(numbers.next().unwrap().unwrap(), 1);
    assert_eq!(numbers.reader().errors().len(), 1);
    assert_eq!(numbers.next().unwrap().unwrap(), 2);
    assert_eq!((one.errors().len(), two.errors().len()), (2, 0));
    assert_eq!(one.errors()[1].position(), Position { offset: 4, line: 3 });

    for builder in [ReaderBuilder::new(), ReaderBuilder::new().on_error(ErrorPolicy::default()).clone()] {
        let mut reader = builder.from_slice(b"?\n1\n");
        assert!(reader.deserialize::<u8>().next().unwrap().is_err());
        assert_eq!(reader.deserialize::<u8>().next().unwrap().unwrap(), 1);
        assert!(reader.errors().is_empty());
    }
}

/// Where an input holds nothing good, whoever skips is at its end at once, in every way of reading.
#[test]
fn nothing_but_bad_lines() {
    for input in [&b"?\n"[..], b"?", b"?\n?\n", b"\"\xFF", b"\n?\n\n"] {
        check::<Item>(&few_transports(), input, &NARROW, &sorts());
        let mut reader = ReaderBuilder::new().on_error(ErrorPolicy::skip()).from_slice(input);
        assert!(reader.deserialize::<u8>().next().is_none());
        assert_eq!(reader.position().offset, input.len() as u64);
    }
}

#[test]
fn max_errors() {
    let line = |n: usize| if n % 3 == 1 { BAD[n].0.to_vec() } else { good(n) };
    for input in [(0..12).map(line).collect::<Vec<_>>().join(&b'\n'), b"?\n\n?\r\n?\n".repeat(2)] {
        let n = judge::<Item>(&input, &NARROW).iter().filter(|line| line.bad().is_some()).count() as u64;
        assert!(n >= 4);
        for max in [0, 1, n - 1, n, n + 1, u64::MAX] {
            check::<Item>(&few_transports(), &input, &NARROW, &limited(Some(max), None));
        }
    }
}

#[test]
fn max_error_ratio_of_a_short_input() {
    let ratios = [(0, 1), (1, 4), (1, 2), (3, 4), (1, 1)];
    for input in
        [&b""[..], b"\n", b"{\"n\":1}", b"?", b"?\n{\"n\":1}\n", b"?\n?\n{\"n\":1}\n?", b"?\n\n{\"n\":1}\n\n\n\r\n"]
    {
        for ratio in ratios {
            check::<Item>(&few_transports(), input, &NARROW, &limited(None, Some(ratio)));
        }
    }
    // where both are exceeded, and where one is
    for (max, ratio) in [(0, (0, 1)), (0, (1, 1)), (2, (0, 1)), (1, (1, 4)), (2, (1, 4)), (9, (9, 10))] {
        check::<Item>(&in_memory(), b"?\n{\"n\":1}\n\n?\n", &NARROW, &limited(Some(max), Some(ratio)));
    }
}

/// Each part of a hundred, of which most are no exact floats.
#[test]
fn a_ratio_that_is_just_reached_is_not_exceeded() {
    for percent in 0..=100 {
        for bad in percent..=100.min(percent + 1) {
            let policy = ErrorPolicy::skip().max_error_ratio(percent as f64 / 100.0);
            let input = [b"?\n".repeat(bad), b"1\n".repeat(100 - bad)].concat();
            let last = ReaderBuilder::new().on_error(policy).from_slice(&input).deserialize::<u8>().last();
            let error = last.and_then(|last| last.err()).map(|e| e.kind());
            assert_eq!(error, (bad > percent).then_some(TooManyErrors), "{bad} of 100, {percent} %");
        }
    }
}

/// A ratio counts from the 1000th record on, and where a record is bad.
#[test]
fn max_error_ratio_of_a_long_input() {
    const GOOD: &[u8] = b"{\"n\":1}\n";
    const BAD: &[u8] = b"{\"n\":}\n\n";
    type Parts = &'static [(&'static [u8], usize)];
    let cases: [(Parts, (u64, u64), Option<u64>); 12] = [
        // the 999th is too early, the 1000th not
        (&[(GOOD, 998), (BAD, 1), (GOOD, 1)], (0, 1), Some(1002)),
        (&[(GOOD, 998), (BAD, 2), (GOOD, 1)], (0, 1), Some(1001)),
        (&[(GOOD, 999), (BAD, 1), (GOOD, 1)], (0, 1), Some(1000)),
        (&[(BAD, 999), (GOOD, 1000), (BAD, 1)], (1, 2), None),
        (&[(BAD, 999), (GOOD, 1001), (BAD, 1)], (1, 2), None),
        (&[(BAD, 1001), (GOOD, 2000)], (1, 2), Some(1999)),
        (&[(BAD, 500), (GOOD, 499), (BAD, 1)], (1, 2), Some(1500)),
        (&[(BAD, 500), (GOOD, 500), (BAD, 1)], (1, 2), Some(1501)),
        (&[(BAD, 500), (GOOD, 501), (BAD, 1)], (1, 2), None),
        // only a bad record makes the reader look, or the end
        (&[(BAD, 1), (GOOD, 1500)], (0, 1), Some(1503)),
        (&[(BAD, 1500)], (1, 1), None),
        (&[(BAD, 3), (GOOD, 994), (BAD, 5)], (1, 250), Some(1005)),
    ];
    for (parts, ratio, line) in cases {
        let input: Vec<u8> = parts.iter().flat_map(|(line, n)| line.repeat(*n)).collect();
        let dialect = Dialect { strict: false, max_record_len: 100, max_depth: 10 };
        let lines = judge::<Item>(&input, &dialect);
        for plan in limited(None, Some(ratio)) {
            let want = expect(&lines, &plan, false, None);
            let last = want.items.last().and_then(|item| item.fault()).filter(|fault| fault.kind == TooManyErrors);
            assert_eq!(last.map(|fault| fault.line), line, "the model, {ratio:?}: {}", show(&input));
            let got = run::<Item>(&Transport::Slice, &input, &dialect.builder(), &plan);
            let items: Vec<_> = got.items.into_iter().map(Outcome::new).collect();
            assert!(
                items == want.items,
                "{plan:?}: {:?} of {}, not {:?}",
                items.last(),
                items.len(),
                want.items.last()
            );
            assert_eq!(got.report, want.report, "{plan:?}");
        }
    }
}

#[test]
fn too_many_errors_in_words() {
    let input = b"1\n?\n3\n\"45\n6\n[\n8\n";
    let text = |policy: ErrorPolicy, path: bool| {
        let file = file_with(input);
        let mut builder = ReaderBuilder::new();
        builder.on_error(policy);
        let error = match path {
            true => builder.from_path(file.path()).unwrap().into_deserialize::<u8>().last(),
            false => builder.from_slice(input).into_deserialize::<u8>().last(),
        };
        let error = error.unwrap().unwrap_err();
        assert_eq!((error.kind(), error.is_io()), (TooManyErrors, true));
        assert!(!error.is_data() && !error.is_syntax() && !error.is_eof());
        assert_eq!(error.snippet(), "");
        assert_eq!(error.path(), path.then(|| file.path()));
        let text = error.to_string().replace(file.path().to_str().unwrap(), "FILE");
        assert_eq!(io::Error::from(error).kind(), io::ErrorKind::InvalidData);
        text
    };
    assert_eq!(
        text(ErrorPolicy::skip().max_errors(1), false),
        "too many errors: 2 of 4 records are bad, the limit is 1; the last one is `unclosed-string`: a string is not closed \
         on its line; it opens here (at line 4, byte 6)"
    );
    assert_eq!(
        text(ErrorPolicy::skip().max_errors(2), true),
        "FILE: too many errors: 3 of 6 records are bad, the limit is 2; the last one is `invalid-type`: invalid type: array, \
         expected u8 (at line 6, byte 12)"
    );
    for (ratio, want) in [(0.001, "0.1 %"), (0.07, "7 %"), (0.29, "29 %"), (0.0, "0 %"), (1.0 / 3.0, "33.333333333 %")]
    {
        let text = text(ErrorPolicy::skip().max_error_ratio(ratio), false);
        assert!(text.contains(&format!(" are bad, the limit is {want} (at")), "{text}");
    }
    assert_eq!(
        text(ErrorPolicy::fail().max_error_ratio(0.25), true),
        "FILE: too many errors: 3 of 7 records are bad, the limit is 25 % (at line 8, byte 16)"
    );
}

/// What a policy does is over with the input: nothing comes behind the one error, in no way of reading; raw lines do.
#[test]
fn too_many_errors_end_the_reading() {
    let input = b"1\n?\n?\n4\n5\n";
    for sort in [Sort::Fail, Sort::Skip] {
        let policy = Plan { max_errors: Some(0), ..Plan::new(sort) }.policy(&Sink::default(), &Sink::default());
        let mut reader = ReaderBuilder::new().on_error(policy.clone()).from_reader(Cursor::new(input));
        let kinds: Vec<_> = reader.deserialize::<u8>().skip(1).map(|item| item.unwrap_err().kind()).collect();
        let want = if sort == Sort::Fail { vec![ExpectedValue, TooManyErrors] } else { vec![TooManyErrors] };
        assert_eq!(kinds, want);
        assert!(reader.next_record().unwrap().is_none());
        assert!(reader.deserialize::<u8>().next().is_none());
        let report = reader.report();
        assert_eq!((report.records, report.errors, report.bytes), (1, 1, 4));
        assert_eq!(reader.position(), Position { offset: 4, line: 3 });
        assert_eq!(reader.next_line().unwrap().unwrap().as_bytes(), b"?");
        assert!(reader.next_record().unwrap().is_none(), "not behind raw lines either");
        // moved, it reads on, and what was bad before still counts
        reader.seek(Position { offset: 6, line: 4 }).unwrap();
        assert_eq!(reader.deserialize::<u8>().next().unwrap().unwrap(), 4);
        reader.seek(Position { offset: 4, line: 3 }).unwrap();
        let kinds: Vec<_> = reader.deserialize::<u8>().map(|item| item.unwrap_err().kind()).collect();
        assert_eq!(kinds, want);

        let mut slice = ReaderBuilder::new().on_error(policy).from_slice(input);
        assert_eq!(slice.deserialize::<u8>().count(), 1 + want.len());
        assert_eq!(slice.lines().count(), 3);
        slice.seek(Position { offset: 6, line: 4 }).unwrap();
        assert_eq!(slice.deserialize::<u8>().map(Result::unwrap).collect::<Vec<_>>(), [4, 5]);
    }
    // one that was not fetched yet does not come behind a seek
    let mut reader = ReaderBuilder::new().on_error(ErrorPolicy::fail().max_errors(0)).from_slice(input);
    assert_eq!(reader.deserialize::<u8>().nth(1).unwrap().unwrap_err().kind(), ExpectedValue);
    reader.seek(Position { offset: 6, line: 4 }).unwrap();
    let rest: Vec<_> = reader.deserialize::<u8>().collect();
    assert!(matches!(rest[..], [Ok(4), Ok(5)]), "{rest:?}");
}

/// Lines of which a source gives some, then fails, then gives the rest.
fn failing(input: &[u8], at: usize, kind: io::ErrorKind) -> Script {
    let (head, tail) = input.split_at(at);
    Script::new([Step::Give(head.to_vec()), Step::Fail(kind), Step::Give(tail.to_vec())])
}

#[test]
fn a_failing_source_is_yielded_by_each_policy() {
    let input = b"{\"n\":1}\n?\n\n\"open\r\n{\"n\":2}\n{\"n\":12345}\n?\n?";
    // limits that are exceeded only if the reading had ended, or by the records behind
    let plans = [sorts().to_vec(), limited(Some(3), Some((1, 1000))).to_vec()].concat();
    for at in 0..=input.len() {
        let whole = input[..at].iter().rposition(|b| *b == b'\n').map_or(0, |lf| lf + 1);
        let judged = judge::<Item>(&input[..whole], &NARROW);
        for plan in &plans {
            for lent in [false, true] {
                let unlimited = Plan::new(plan.sort);
                let want = expect(&judged, if plan.max_errors == Some(3) { &unlimited } else { plan }, lent, None);
                let (lines, rows) = (Sink::default(), Sink::default());
                let mut builder = NARROW.builder();
                builder.on_error(plan.policy(&lines, &rows));
                let mut reader = builder.from_reader(failing(input, at, io::ErrorKind::ConnectionReset));
                let mut next = || match lent {
                    true => decode(reader.next_record()),
                    false => reader.deserialize::<Item>().next(),
                };
                let what = format!("the source fails at {at}, {plan:?}, lent: {lent}");
                for item in &want.items {
                    assert_eq!(next().map(Outcome::new).as_ref(), Some(item), "{what}");
                }
                let error = next().expect(&what).expect_err(&what);
                assert_eq!((error.kind(), error.position().line), (Io, 1 + count_lf(&input[..at])), "{what}");
                assert_eq!(io::Error::from(error).kind(), io::ErrorKind::ConnectionReset, "{what}");
                assert!(next().is_none() && next().is_none(), "{what}");
                assert_eq!(reader.report(), want.report, "{what}");
                assert_eq!(texts(reader.errors()), want.kept, "{what}");
                assert_eq!((lines.bytes(), rows_in(&rows.bytes())), (want.lines, want.rows), "{what}");
            }
        }
    }
}

fn count_lf(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|b| **b == b'\n').count() as u64
}

#[test]
fn a_source_that_would_block_goes_on_by_each_policy() {
    let input = b"{\"n\":1}\n?\n\n\"open\r\n{\"n\":2}\n{\"n\":12345}\n?\n?";
    let judged = judge::<Item>(input, &NARROW);
    let plans = [sorts().to_vec(), limited(Some(2), None).to_vec(), limited(None, Some((1, 2))).to_vec()].concat();
    for plan in &plans {
        let want = expect(&judged, plan, false, None);
        for at in 0..=input.len() {
            let (lines, rows) = (Sink::default(), Sink::default());
            let mut builder = NARROW.builder();
            builder.on_error(plan.policy(&lines, &rows));
            let mut reader = builder.from_reader(failing(input, at, io::ErrorKind::WouldBlock));
            let (mut items, mut blocked) = (Vec::new(), 0);
            while let Some(item) = reader.deserialize::<Item>().next() {
                match item {
                    Err(error) if error.kind() == Io => blocked += 1,
                    item => items.push(Outcome::new(item)),
                }
            }
            let what = format!("the source would block at {at}, {plan:?}");
            assert_eq!(items, want.items, "{what}");
            assert!(blocked == 1 || plan.max_errors.is_some(), "{what}");
            assert_eq!(reader.report(), want.report, "{what}");
            assert_eq!(texts(reader.errors()), want.kept, "{what}");
            assert_eq!((lines.bytes(), rows_in(&rows.bytes())), (want.lines.clone(), want.rows.clone()), "{what}");
        }
    }
}

/// A reader with a policy still is what it was: it goes to other threads, and shows itself.
#[test]
fn readers_with_a_policy_go_to_other_threads() {
    let sink = Sink::default();
    let mut builder = ReaderBuilder::new();
    builder.on_error(ErrorPolicy::quarantine(sink.clone(), io::sink()));
    assert!(format!("{builder:?} {:?}", ErrorPolicy::collect(3).max_errors(5)).contains("Quarantine"));
    let reader = builder.from_reader(&b"1\n?\n"[..]);
    let slice = builder.from_slice(b"1\n??\n");
    thread::scope(|scope| {
        scope.spawn(move || assert_eq!(reader.into_deserialize::<u8>().count(), 1));
        scope.spawn(move || assert_eq!(slice.into_deserialize::<u8>().count(), 1));
        scope.spawn(|| assert_eq!(builder.from_slice(b"???").into_deserialize::<u8>().count(), 0));
    });
    assert_eq!(sink.bytes().len(), 2 + 3 + 4);
}

/// After each record that comes out, everything up to it is counted, and nothing behind it.
#[test]
fn a_report_at_every_point() {
    let mut random = Random(3);
    for round in 0..200 {
        let input = any_lines(&mut random, 25);
        let dialect = Dialect { strict: round % 3 == 0, ..NARROW };
        let lines = judge::<Item>(&input, &dialect);
        let sort = random.pick(&[Sort::Fail, Sort::Skip, Sort::Collect(1), Sort::Quarantine]);
        let mut builder = dialect.builder();
        builder.on_error(Plan::new(sort).policy(&Sink::default(), &Sink::default()));
        let chunks = [1 + random.below(100), 1 + random.below(10)];
        let mut reader = builder.buffer_size(1 + random.below(100)).from_reader(Chunks::new(&input, chunks));
        let mut slice = builder.from_slice(&input);
        assert_eq!((reader.report(), slice.report()), Default::default());
        let mut at = 0;
        loop {
            let comes_out =
                |line: &Judged<'_, Item>| line.good().is_some() || sort == Sort::Fail && line.bad().is_some();
            let end = lines[at..].iter().position(comes_out).map_or(lines.len(), |i| at + i + 1);
            let want = report_of(&lines[..end]);
            let from_slice = slice.deserialize::<Item>().next().map(Outcome::new);
            let from_reader = reader.deserialize::<Item>().next().map(Outcome::new);
            let what = format!("{sort:?}, {dialect:?}, reads of {chunks:?}, line {end} of {}", show(&input));
            assert_eq!(from_slice, from_reader, "{what}");
            assert_eq!(slice.report(), want, "slice: {what}");
            assert_eq!(reader.report(), want, "{what}");
            if from_slice.is_none() {
                break;
            }
            at = end;
        }
    }
}

/// Records decoded and lent, raw lines and seeks in any order: a report counts what was read, twice if it was read twice. Of
/// raw lines it counts the bytes.
#[test]
fn a_report_after_any_order_of_calls() {
    let mut random = Random(4);
    for round in 0..150 {
        let input = any_lines(&mut random, 20);
        let dialect = Dialect { strict: round % 3 == 0, ..NARROW };
        let lines = judge::<Item>(&input, &dialect);
        let start = |at: usize| match lines.get(at) {
            Some(line) => Position { offset: line.line.offset as u64, line: line.line.number },
            None => Position { offset: input.len() as u64, line: 1 + count_lf(&input) },
        };
        let mut builder = dialect.builder();
        builder.on_error(ErrorPolicy::skip());
        let mut reader = builder.buffer_size([1, 50, 5000][round % 3]).from_reader(Cursor::new(&input));
        let mut slice = builder.from_slice(&input);
        let (mut at, mut want, mut want_of_slice) = (0, ReadReport::default(), ReadReport::default());
        let mut calls = Vec::new();
        for _ in 0..40 {
            let call = random.below(6);
            calls.push(call);
            match call {
                0 => {
                    at = random.below(lines.len() + 1);
                    reader.seek(start(at)).unwrap();
                    slice.seek(start(at)).unwrap();
                }
                1 => {
                    let got = reader.next_line().map(|line| line.is_some()).map_err(|e| e.kind());
                    let too_long = lines.get(at).is_some_and(|line| line.line.raw.len() > dialect.max_record_len);
                    let line = if too_long { Err(RecordTooLong) } else { Ok(at < lines.len()) };
                    assert_eq!(got, line, "{calls:?}: {}", show(&input));
                    if let Some(line) = lines.get(at) {
                        want.bytes += line.end() - line.line.offset as u64;
                        want.terminated = line.line.terminated;
                        at += 1;
                        slice.seek(start(at)).unwrap();
                    }
                }
                _ => {
                    let lent = call > 3;
                    while let Some(line) = lines.get(at) {
                        line.count(&mut want, lent);
                        line.count(&mut want_of_slice, lent);
                        at += 1;
                        if line.good().is_some() || lent && line.bad().is_some_and(|bad| bad.lent) {
                            break;
                        }
                    }
                    if lent {
                        let lent = reader.next_record().unwrap().map(|record| record.as_bytes().to_vec());
                        let from_slice = slice.next_record().unwrap().map(|record| record.as_bytes().to_vec());
                        assert_eq!(from_slice, lent, "{calls:?}: {}", show(&input));
                    } else {
                        let item = reader.deserialize::<Item>().next().transpose().unwrap();
                        assert_eq!(slice.deserialize::<Item>().next().transpose().unwrap(), item);
                    }
                }
            }
            assert_eq!(reader.report(), want, "{calls:?}, {dialect:?}: {}", show(&input));
            assert_eq!(slice.report(), want_of_slice, "slice, {calls:?}, {dialect:?}: {}", show(&input));
        }
    }
}

/// By hand, what the tests above leave to a model.
#[test]
fn reports() {
    let strict = Dialect { strict: true, ..NARROW };
    let short = Dialect { max_record_len: 4, ..NARROW };
    let cases: [(Dialect, &[u8], &str); 15] = [
        (NARROW, b"", "0 records, 0 errors, 0 blank lines, 0 bytes; the longest record has 0 bytes"),
        (NARROW, b"\n", "0 records, 0 errors, 1 blank line, 1 byte; the longest record has 0 bytes"),
        (
            NARROW,
            b"  \n\t",
            "0 records, 0 errors, 2 blank lines, 4 bytes; the longest record has 0 bytes; the last line is not terminated",
        ),
        (strict, b"  \n", "0 records, 1 error (blank-line 1), 1 blank line, 3 bytes; the longest record has 2 bytes"),
        (
            NARROW,
            b"1",
            "1 record, 0 errors, 0 blank lines, 1 byte; the longest record has 1 byte; the last line is not terminated",
        ),
        (NARROW, b"1\n22\r\n", "2 records, 0 errors, 0 blank lines, 6 bytes; the longest record has 3 bytes"),
        (NARROW, b" 1 \n2\n", "2 records, 0 errors, 0 blank lines, 6 bytes; the longest record has 3 bytes"),
        (NARROW, b"\xEF\xBB\xBF1\n", "1 record, 0 errors, 0 blank lines, 5 bytes; the longest record has 1 byte"),
        (
            strict,
            b"\xEF\xBB\xBF1\n",
            "0 records, 1 error (byte-order-mark 1), 0 blank lines, 5 bytes; the longest record has 4 bytes",
        ),
        (
            short,
            b"1\n12345",
            "1 record, 1 error (record-too-long 1), 0 blank lines, 7 bytes; the longest record has 5 bytes; the last line is \
             not terminated",
        ),
        (
            short,
            b"      \n\n",
            "0 records, 1 error (record-too-long 1), 1 blank line, 8 bytes; the longest record has 6 bytes",
        ),
        (
            NARROW,
            b"1\n[1,]\n\"a\n[2,]\nx\n",
            "1 record, 4 errors (unclosed-string 1, trailing-comma 2, invalid-literal 1), 0 blank lines, 17 bytes; the longest \
             record has 4 bytes",
        ),
        (NARROW, b"1\r\n\r\n", "1 record, 0 errors, 1 blank line, 5 bytes; the longest record has 2 bytes"),
        (
            NARROW,
            b"\0\n",
            "0 records, 1 error (expected-value 1), 0 blank lines, 2 bytes; the longest record has 1 byte",
        ),
        (
            NARROW,
            b"\n?",
            "0 records, 1 error (expected-value 1), 1 blank line, 2 bytes; the longest record has 1 byte; the last line is not \
             terminated",
        ),
    ];
    for (dialect, input, want) in cases {
        for transport in few_transports() {
            for sort in [Sort::Fail, Sort::Skip] {
                let got = run::<serde_json::Value>(&transport, input, &dialect.builder(), &Plan::new(sort));
                // what is lent is not decoded yet
                if !matches!(transport, Transport::SliceRecords | Transport::ReadRecords(_)) {
                    assert_eq!(got.report.to_string(), want, "{transport:?}: {}", show(input));
                }
                assert_eq!(got.report.terminated, input.is_empty() || input.ends_with(b"\n"), "{}", show(input));
            }
        }
    }
}

/// What is lent is counted then, and what its borrower makes of it is not the reader's.
#[test]
fn a_lent_record_is_its_borrowers() {
    let mut reader =
        JsonlReader::builder().on_error(ErrorPolicy::skip().max_errors(0)).from_reader(&b"[1,]\n2\n\"\n3\n"[..]);
    assert_eq!(reader.next_record().unwrap().unwrap().deserialize::<Vec<u8>>().unwrap_err().kind(), TrailingComma);
    assert_eq!((reader.report().records, reader.report().errors), (1, 0));
    assert_eq!(reader.next_record().unwrap().unwrap().as_bytes(), b"2");
    assert_eq!(reader.next_record().unwrap_err().kind(), TooManyErrors);
    assert!(reader.next_record().unwrap().is_none());
    assert_eq!((reader.report().records, reader.report().errors, reader.report().bytes), (2, 1, 9));
}

#[test]
fn a_ratio_is_one() {
    for ratio in [-0.1, 1.1, 5.0, f64::NAN, f64::INFINITY] {
        let made = std::panic::catch_unwind(|| ErrorPolicy::skip().max_error_ratio(ratio));
        assert!(made.is_err(), "{ratio}");
    }
}
