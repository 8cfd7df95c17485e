//! A process that dies at any moment loses at most what it had not acknowledged: real children, killed by SIGKILL before and after
//! each of the system calls that change a file. The numbers are those of the reliability cases.

#![cfg(target_os = "linux")]

#[path = "common/child.rs"]
mod child;
#[path = "common/rows.rs"]
mod rows;
#[path = "common/sandbox.rs"]
mod sandbox;
#[path = "common/trace.rs"]
mod trace;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use child::{Ack, Op, POLICIES, Policy, Script, assert_exactly};
use proptest::prelude::*;
use rows::{
    Row, assert_position, bytes_of, folder, is_whole, lines, open_and_check, read_rows, rows_in, tail_of, torn_files,
};
use trace::{Act, Call, Run, trace};

#[test]
#[ignore = "what the other tests start as a process of its own"]
fn child() {
    child::run();
}

/// When a child is killed: before or after its n-th call that changes a file.
#[derive(Clone, Copy, Debug)]
enum Moment {
    Before(usize),
    After(usize),
}

impl Moment {
    fn act(self, call: &Call) -> Act {
        let now = match self {
            Moment::Before(n) => call.result.is_none() && call.number == n,
            Moment::After(n) => call.result.is_some() && call.number == n,
        };
        if now && call.matters() { Act::Kill } else { Act::GoOn }
    }
}

/// Kills a child before and after each call, until one ends by itself: runs what `script` gives for a fresh folder, and has the
/// remains looked at by `check`. Returns how many were killed.
fn kill_everywhere(script: impl Fn(&Path) -> Script, check: impl Fn(&Script, &Run)) -> usize {
    let mut killed = 0;
    for n in 1.. {
        for moment in [Moment::Before(n), Moment::After(n)] {
            let folder = folder();
            let script = script(folder.path());
            let run = trace(&script, |call| moment.act(call));
            check(&script, &run);
            if !run.killed {
                return killed;
            }
            killed += 1;
        }
    }
    unreachable!()
}

/// The files to which a script has rotated, then the file itself. (A rotation that was cut off may leave an empty file, which
/// has reserved the name.)
fn files_of(script: &Script) -> Vec<PathBuf> {
    let rotations = script.ops.iter().filter_map(Op::target);
    rotations.filter(|to| !bytes_of(to).is_empty()).chain([script.path.clone()]).collect()
}

/// Asserts that each record that was acknowledged with a position is there, in the file where it should be now.
fn assert_positions(script: &Script, acks: &[Ack]) {
    let mut files = files_of(script).into_iter();
    let mut bytes = fs::read(files.next().unwrap()).unwrap();
    for ack in acks {
        let (n, chars) = match &script.ops[ack.op] {
            Op::Append(n, chars) | Op::Raw(n, chars) => (*n, *chars),
            Op::Batch(rows) => rows[0],
            Op::Rotate(_) => {
                bytes = fs::read(files.next().unwrap()).unwrap();
                continue;
            }
            _ => continue,
        };
        assert_position(&bytes, &Row::new(n, chars), ack.result.clone().unwrap().expect("a position"));
    }
}

/// The next process opens the file of one that is dead, and appends: all is there.
fn go_on_after(script: &Script, run: &Run) {
    let mut begun = script.begun(&run.acks, 0);
    let appender = open_and_check(&script.builder(), &script.path);
    let next = Row::new(999, 7);
    let at = appender.append(&next).unwrap();
    assert_position(&fs::read(&script.path).unwrap(), &next, (at.offset, at.line));
    appender.close().unwrap();
    let next = Op::Append(999, 7);
    begun.push((&next, true));
    let found: Vec<u64> = files_of(script).iter().flat_map(|path| read_rows(path)).collect();
    assert_exactly(&found, &begun, &|| format!("{run:#?}"));
    assert_positions(script, &run.acks);
    assert_known_files(script);
}

/// Nothing is left in the folder that nobody knows.
fn assert_known_files(script: &Script) {
    let lock = PathBuf::from(format!("{}.lock", script.path.display()));
    let torn = torn_files(&script.path);
    let rotations: Vec<PathBuf> = script.ops.iter().filter_map(Op::target).collect();
    for entry in fs::read_dir(script.path.parent().unwrap()).unwrap() {
        let path = entry.unwrap().path();
        // killed in a rotation, an exclusive appender leaves one too
        let may_have_lock = script.shared || !rotations.is_empty();
        let known =
            path == script.path || rotations.contains(&path) || torn.contains(&path) || (may_have_lock && path == lock);
        assert!(known, "{path:?} was left by {script:?}");
    }
}

/// Some of everything.
fn everything(folder: &Path, policy: Policy, shared: bool) -> Script {
    let ops = [
        Op::Append(1, 0),
        Op::Append(2, 40),
        Op::Raw(3, 10),
        Op::Batch(vec![(4, 5), (5, 0), (6, 300)]),
        Op::Append(7, 3000),
        Op::Sync,
        Op::Rotate(folder.join("rotated.jsonl")),
        Op::Append(8, 3),
        Op::Batch(vec![(9, 1), (10, 2)]),
        Op::Append(11, 1),
        Op::Close,
    ];
    Script::new(&folder.join("events.jsonl"), policy, shared, ops)
}

#[test]
fn case_38_killed_at_every_call_of_an_exclusive_appender() {
    killed_at_every_call(false);
}

#[test]
fn case_38_killed_at_every_call_of_a_shared_appender() {
    killed_at_every_call(true);
}

fn killed_at_every_call(shared: bool) {
    if !trace::permitted() {
        return;
    }
    for policy in POLICIES {
        let killed = kill_everywhere(|folder| everything(folder, policy, shared), go_on_after);
        // Creating, nine writes, the rotation: it has really been killed everywhere.
        assert!(killed >= 2 * 11, "only {killed} kills under {policy:?}");
    }
}

/// The one that lives on appended before, and appends after.
#[test]
fn case_38_killed_beside_a_shared_appender_that_lives() {
    if !trace::permitted() {
        return;
    }
    for policy in [Policy::Os, Policy::EachRecord] {
        for n in 1.. {
            let folder = folder();
            let script = everything(folder.path(), policy, true);
            let lives = script.builder().open(&script.path).unwrap();
            lives.append(&Row::new(100, 9)).unwrap();
            // Before the next call is after this one, and after what was acknowledged between them.
            let run = trace(&script, |call| Moment::Before(n).act(call));
            lives.append(&Row::new(101, 9)).unwrap();
            let (first, last) = (Op::Append(100, 9), Op::Append(101, 9));
            let mut begun = vec![(&first, true)];
            begun.extend(script.begun(&run.acks, 0));
            begun.push((&last, true));
            let found: Vec<u64> = files_of(&script).iter().flat_map(|path| read_rows(path)).collect();
            assert_exactly(&found, &begun, &|| format!("{run:#?}"));
            if !run.killed {
                break;
            }
        }
    }
}

#[test]
fn case_38_killed_with_four_threads() {
    if !trace::permitted() {
        return;
    }
    for shared in [false, true] {
        // Threads take turns as they like, so it need not be the same calls each time; what must hold, holds for any.
        for n in 1.. {
            let folder = folder();
            let mut script = Script::new(&folder.path().join("events.jsonl"), Policy::EachRecord, shared, []);
            script.threads =
                (1..5).map(|t| (0..4).map(|i| Op::Append(100 * t + i, i as usize * 50)).collect()).collect();
            let run = trace(&script, |call| Moment::After(n).act(call));
            let appender = open_and_check(&script.builder(), &script.path);
            appender.append(&Row::new(999, 7)).unwrap();
            drop(appender);
            let mut found = read_rows(&script.path);
            assert_eq!(found.pop(), Some(999));
            for t in 1..5 {
                let of_thread: Vec<u64> = found.extract_if(.., |n| *n / 100 == t).collect();
                assert_exactly(&of_thread, &script.begun(&run.acks, t as usize), &|| format!("{run:#?}"));
            }
            assert!(found.is_empty(), "{found:?}");
            if !run.killed {
                break;
            }
        }
    }
}

/// While threads append, another one rotates: each thread's records are in the files in order, whichever they are in.
#[test]
fn case_38_killed_while_threads_append_and_rotate() {
    if !trace::permitted() {
        return;
    }
    for shared in [false, true] {
        for n in (1..).step_by(2) {
            let folder = folder();
            let mut script = Script::new(&folder.path().join("events.jsonl"), Policy::EachRecord, shared, []);
            script.threads = (1..4).map(|t| (0..4).map(|i| Op::Append(100 * t + i, 9)).collect()).collect();
            let targets = ["rotated-1", "rotated-2"].map(|name| folder.path().join(name));
            script.threads.push(targets.clone().map(Op::Rotate).into());
            let run = trace(&script, |call| Moment::Before(n).act(call));
            script.begun(&run.acks, 4);
            drop(open_and_check(&script.builder(), &script.path));
            let mut found: Vec<u64> = targets.iter().chain([&script.path]).flat_map(|path| read_rows(path)).collect();
            for t in 1..4 {
                let of_thread: Vec<u64> = found.extract_if(.., |n| *n / 100 == t).collect();
                assert_exactly(&of_thread, &script.begun(&run.acks, t as usize), &|| format!("{run:#?}"));
            }
            assert!(found.is_empty(), "{found:?}");
            if !run.killed {
                break;
            }
        }
    }
}

/// A write of many pages is really cut short by a kill: where, nobody knows.
#[test]
fn case_38_killed_during_a_long_write() {
    if !trace::permitted() {
        return;
    }
    let mut torn = 0;
    for i in 0..12 {
        let folder = folder();
        let script = Script::new(&folder.path().join("events.jsonl"), Policy::Os, i % 2 == 1, [Op::Append(1, 200_000)]);
        let run = trace(&script, |call| match call.is_write() && call.result.is_none() {
            true => Act::KillIn(Duration::from_micros(i * 15)),
            false => Act::GoOn,
        });
        let bytes = bytes_of(&script.path);
        torn += usize::from(tail_of(&bytes) < bytes.len());
        assert!(Row::new(1, 200_000).line().starts_with(&bytes));
        go_on_after(&script, &run);
    }
    println!("{torn} of 12 kills have torn a record");
}

/// Tails that a file may have, and are saved or completed.
fn tails() -> Vec<Vec<u8>> {
    let long = Row::new(3, 20_000).line();
    let tails: [&[u8]; 7] = [
        b"{\"n\":",
        b"12",
        b"\0\0\0\0",
        &long[..long.len() / 2],
        &long[..long.len() - 2],
        &long[..long.len() - 1],
        b"{\"n\":3,\"pad\":\"\"}",
    ];
    tails.map(<[u8]>::to_vec).to_vec()
}

#[test]
fn case_38_killed_while_it_repairs() {
    if !trace::permitted() {
        return;
    }
    let before = lines(&[(1, 5), (2, 50)]);
    for (i, tail) in tails().iter().enumerate() {
        let torn = [&before[..], tail].concat();
        let script = |folder: &Path| {
            let path = folder.join("events.jsonl");
            fs::write(&path, &torn).unwrap();
            Script::new(&path, Policy::Os, i % 2 == 1, [Op::Append(4, 10)])
        };
        let check = |script: &Script, run: &Run| {
            // Whatever happened, nobody has lost the tail.
            let saved = |path: &PathBuf| fs::read(path).unwrap() == *tail;
            let there = fs::read(&script.path).unwrap().starts_with(&torn);
            assert!(there || torn_files(&script.path).iter().any(saved), "the tail is nowhere: {run:#?}");

            let appender = open_and_check(&script.builder(), &script.path);
            appender.append(&Row::new(999, 7)).unwrap();
            drop(appender);
            let (completed, next) = (Op::Append(3, 0), Op::Append(999, 7));
            let earlier = [Op::Append(1, 5), Op::Append(2, 50)];
            let mut begun: Vec<_> = earlier.iter().map(|op| (op, true)).collect();
            if is_whole(tail) {
                begun.push((&completed, true));
            }
            begun.extend(script.begun(&run.acks, 0));
            begun.push((&next, true));
            assert_exactly(&read_rows(&script.path), &begun, &|| format!("{run:#?}"));
            // The fragment is saved once; the only other file may be one that was half done.
            let torn = torn_files(&script.path);
            assert_eq!(torn.iter().filter(|path| saved(path)).count(), usize::from(!is_whole(tail)), "{torn:?}");
            for path in &torn {
                assert!(tail.starts_with(&fs::read(path).unwrap()), "{path:?} holds something else");
            }
            assert!(torn.len() <= 2, "{torn:?}");
            assert_known_files(script);
        };
        let killed = kill_everywhere(script, check);
        assert!(killed >= 2 * 3, "only {killed} kills while {tail:?} was repaired");
    }
}

/// The target of a rotation is another file's: nothing changes, also not by a crash.
#[test]
fn case_38_killed_while_it_refuses_to_rotate() {
    if !trace::permitted() {
        return;
    }
    for n in 1.. {
        let folder = folder();
        let to = folder.path().join("rotated.jsonl");
        fs::write(&to, "something else").unwrap();
        let ops = [Op::Append(1, 5), Op::Rotate(to.clone()), Op::Append(2, 5)];
        let script = Script::new(&folder.path().join("events.jsonl"), Policy::Os, false, ops);
        let run = trace(&script, |call| Moment::Before(n).act(call));
        assert_eq!(fs::read(&to).unwrap(), b"something else");
        let acks: Vec<bool> = run.acks.iter().map(|ack| ack.result.is_ok()).collect();
        let expected = [true, true, false, true];
        assert!(expected.starts_with(&acks), "{acks:?}");
        let found = read_rows(&script.path);
        let least = [0, 0, 1, 1, 2][acks.len()];
        assert!([1, 2].starts_with(&found) && found.len() >= least, "{found:?}: {run:#?}");
        if !run.killed {
            assert_eq!(acks, expected);
            break;
        }
    }
}

/// What one process does in a life, how it ends, and what the power failure takes of the last record in the file.
#[derive(Clone, Debug)]
struct Life {
    policy: Policy,
    shared: bool,
    plans: Vec<Plan>,
    death: Option<Moment>,
    closes: bool,
    cut: Option<prop::sample::Index>,
}

#[derive(Clone, Debug)]
enum Plan {
    Append(usize),
    Raw(usize),
    Batch(Vec<usize>),
    Sync,
    Rotate,
}

fn life() -> impl Strategy<Value = Life> {
    let chars = || prop_oneof![3 => 0..100usize, 1 => 0..10_000usize];
    let plan = prop_oneof![
        5 => chars().prop_map(Plan::Append),
        2 => chars().prop_map(Plan::Raw),
        2 => prop::collection::vec(chars(), 0..4).prop_map(Plan::Batch),
        1 => Just(Plan::Sync),
        1 => Just(Plan::Rotate),
    ];
    let moment = prop_oneof![(1..30usize).prop_map(Moment::Before), (1..30usize).prop_map(Moment::After)];
    let policy = prop::sample::select(&POLICIES[..]);
    let cut = prop::option::of(any::<prop::sample::Index>());
    (policy, any::<bool>(), prop::collection::vec(plan, 0..8), prop::option::of(moment), any::<bool>(), cut)
        .prop_map(|(policy, shared, plans, death, closes, cut)| Life { policy, shared, plans, death, closes, cut })
}

/// All that several lives have left: the records that must be there, and the fragments that must have been saved.
struct Story {
    path: PathBuf,
    rotations: Vec<PathBuf>,
    next: u64,
    rows: Vec<u64>,
    fragments: Vec<Vec<u8>>,
}

impl Story {
    fn live(&mut self, life: &Life) {
        let mut ops: Vec<Op> = life.plans.iter().map(|plan| self.op(plan)).collect();
        ops.extend(life.closes.then_some(Op::Close));
        let script = Script::new(&self.path, life.policy, life.shared, ops);
        let run = trace(&script, |call| life.death.map_or(Act::GoOn, |moment| moment.act(call)));
        let begun = script.begun(&run.acks, 0);

        // A fragment from before may still be there, if the repair was not finished; one that is whole counts as a record.
        let mut bytes = bytes_of(&self.path);
        let tail = bytes.split_off(tail_of(&bytes));
        if is_whole(&tail) {
            bytes.extend_from_slice(&tail);
            bytes.push(b'\n');
        }
        let mut found: Vec<u64> = self.rotations.iter().flat_map(|path| read_rows(path)).collect();
        found.extend(rows_in(&bytes));
        let later = found.strip_prefix(&self.rows[..]);
        let later = later.unwrap_or_else(|| panic!("{:?} was there, now there is {found:?}: {run:#?}", self.rows));
        assert_exactly(later, &begun, &|| format!("{run:#?}"));
        self.rows = found;
        if let (Some(cut), true) = (life.cut, tail.is_empty()) {
            self.cut(cut, bytes);
        }
    }

    /// The last bytes of the last record are gone.
    fn cut(&mut self, cut: prop::sample::Index, mut bytes: Vec<u8>) {
        let Some(begin) = bytes.len().checked_sub(1).map(|end| tail_of(&bytes[..end])) else { return };
        bytes.truncate(begin + cut.index(bytes.len() - begin));
        fs::write(&self.path, &bytes).unwrap();
        let tail = &bytes[begin..];
        if !is_whole(tail) {
            self.rows.pop();
            self.fragments.extend((!tail.is_empty()).then(|| tail.to_vec()));
        }
    }

    fn op(&mut self, plan: &Plan) -> Op {
        let mut number = || {
            self.next += 1;
            self.next
        };
        match plan {
            Plan::Append(chars) => Op::Append(number(), *chars),
            Plan::Raw(chars) => Op::Raw(number(), *chars),
            Plan::Batch(all) => Op::Batch(all.iter().map(|chars| (number(), *chars)).collect()),
            Plan::Sync => Op::Sync,
            Plan::Rotate => {
                self.rotations.push(self.path.with_file_name(format!("rotated-{}", self.rotations.len())));
                Op::Rotate(self.rotations.last().unwrap().clone())
            }
        }
    }
}

proptest! {
    #![proptest_config({
        // Each case is several processes.
        let cases = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(100_u32).div_ceil(4);
        ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 200, ..ProptestConfig::default() }
    })]

    #[test]
    fn case_38_any_sequence_of_lives(lives in prop::collection::vec(life(), 1..6)) {
        if !trace::permitted() {
            return Ok(());
        }
        let folder = folder();
        let path = folder.path().join("events.jsonl");
        let mut story = Story { path, rotations: Vec::new(), next: 0, rows: Vec::new(), fragments: Vec::new() };
        for life in &lives {
            story.live(life);
        }
        let last = Life {
            policy: Policy::Os,
            shared: false,
            plans: vec![Plan::Append(3)],
            death: None,
            closes: true,
            cut: None,
        };
        open_and_check(&simd_jsonl::AppenderBuilder::new(), &story.path).close().unwrap();
        story.live(&last);
        let saved: Vec<Vec<u8>> = torn_files(&story.path).iter().map(|path| fs::read(path).unwrap()).collect();
        for fragment in &story.fragments {
            prop_assert!(saved.contains(fragment), "a fragment of {} bytes was not saved", fragment.len());
        }
    }
}

/// Whoever made the file was killed before it could sync the directory: the next one does, before it promises anything.
#[test]
fn case_40_the_directory_of_a_new_file_is_synced_after_a_crash() {
    if !trace::permitted() {
        return;
    }
    for shared in [false, true] {
        for n in 1.. {
            let folder = folder();
            let script = Script::new(&folder.path().join("events.jsonl"), Policy::EachRecord, shared, []);
            let first = trace(&script, |call| Moment::Before(n).act(call));
            let mut next = script.clone();
            next.ops.push(Op::Append(1, 5));
            let second = trace(&next, |_| Act::GoOn);
            let synced = |run: &Run| run.calls.iter().any(|call| call.is_sync() && call.is_of(folder.path()));
            assert!(synced(&first) || synced(&second), "nobody has synced the directory: {first:#?} {second:#?}");
            if !first.killed {
                break;
            }
        }
    }
}
