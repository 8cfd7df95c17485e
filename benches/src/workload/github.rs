//! Events of GitHub in the shape that GH Archive keeps them.

use std::fmt::{Result, Write};

use rand::RngExt;
use rand::rngs::ChaCha8Rng;

use super::{LABELS, WORDS, pick, words};

const API: &str = "https://api.github.com";
const HTML: &str = "https://github.com";

/// Who or what an event is about: a number and a name.
#[derive(Clone)]
struct Named {
    id: u32,
    name: String,
}

/// Writes what an actor did to a repository.
type Payload = fn(&mut String, &mut ChaCha8Rng, &Named, &Named) -> Result;

pub(super) fn event(out: &mut String, rng: &mut ChaCha8Rng, id: u64) -> Result {
    let actor = login(rng);
    let owner = login(rng);
    let repo = Named { id: rng.random_range(1_000_000..900_000_000), name: format!("{}/{}", owner.name, label(rng)) };
    let (kind, payload): (_, Payload) = match rng.random_range(0..10) {
        0..5 => ("PushEvent", push),
        5..7 => ("PullRequestEvent", pull_request),
        7..9 => ("IssueCommentEvent", issue_comment),
        _ => ("ForkEvent", fork),
    };
    write!(out, r#"{{"id":"{}","type":"{kind}","actor":{{"id":{},"#, 30_000_000_000 + 7 * id, actor.id)?;
    let name = &actor.name;
    write!(out, r#""login":"{name}","display_login":"{name}","gravatar_id":"","url":"{API}/users/{name}","#)?;
    write!(out, r#""avatar_url":"https://avatars.githubusercontent.com/u/{}?"}},"#, actor.id)?;
    let Named { id, name } = &repo;
    write!(out, r#""repo":{{"id":{id},"name":"{name}","url":"{API}/repos/{name}"}},"payload":{{"#)?;
    payload(out, rng, &actor, &repo)?;
    write!(out, r#"}},"public":true,"created_at":"{}""#, time(rng))?;
    if rng.random_range(0..4) == 0 {
        let Named { id, name } = login(rng);
        write!(out, r#","org":{{"id":{id},"login":"{name}","gravatar_id":"","url":"{API}/orgs/{name}","#)?;
        write!(out, r#""avatar_url":"https://avatars.githubusercontent.com/u/{id}?"}}"#)?;
    }
    out.push('}');
    Ok(())
}

fn push(out: &mut String, rng: &mut ChaCha8Rng, actor: &Named, repo: &Named) -> Result {
    let (push, size) = (rng.random_range(10_000_000_000_u64..20_000_000_000), rng.random_range(2..6));
    let (head, before) = (sha(rng), sha(rng));
    write!(out, r#""repository_id":{},"push_id":{push},"size":{size},"distinct_size":{size},"#, repo.id)?;
    write!(out, r#""ref":"refs/heads/main","head":"{head}","before":"{before}","commits":["#)?;
    for i in 0..size {
        let (sha, message) = (sha(rng), text(rng, 3..12));
        let (name, comma) = (&actor.name, if i > 0 { "," } else { "" });
        write!(
            out,
            r#"{comma}{{"sha":"{sha}","author":{{"email":"{name}@users.noreply.github.com","name":"{name}"}},"#
        )?;
        write!(out, r#""message":"{message}","distinct":true,"url":"{API}/repos/{}/commits/{sha}"}}"#, repo.name)?;
    }
    out.push(']');
    Ok(())
}

fn pull_request(out: &mut String, rng: &mut ChaCha8Rng, actor: &Named, repo: &Named) -> Result {
    let (number, id) = (rng.random_range(1..9000), rng.random_range(1_000_000_000..2_000_000_000_u32));
    let action = pick(rng, &["opened", "closed", "synchronize"]);
    let base = format!("{API}/repos/{}/pulls/{number}", repo.name);
    write!(out, r#""action":"{action}","number":{number},"pull_request":{{"url":"{base}","id":{id},"#)?;
    write!(out, r#""html_url":"{HTML}/{}/pull/{number}","number":{number},"state":"open","locked":false,"#, repo.name)?;
    let (title, body) = (text(rng, 3..9), text(rng, 15..60));
    write!(out, r#""title":"{title}","user":"#)?;
    user(out, actor)?;
    write!(out, r#","body":"{body}","created_at":"{}","updated_at":"{}","closed_at":null,"#, time(rng), time(rng))?;
    write!(out, r#""merged_at":null,"merge_commit_sha":"{}","assignee":null,"assignees":[],"labels":["#, sha(rng))?;
    let (label, color) = (label(rng), rng.random_range(0..0x100_0000));
    write!(out, r#"{{"id":{},"name":"{label}","color":"{color:06x}","default":false}}],"draft":false,"#, id / 3)?;
    for side in ["head", "base"] {
        let (branch, sha) = (pick(rng, &["main", "fix-retry", "feature/cache", "release-2"]), sha(rng));
        let (owner, _) = repo.name.split_once('/').expect("the owner's name, a slash, the repository's");
        write!(out, r#""{side}":{{"label":"{owner}:{branch}","ref":"{branch}","sha":"{sha}","repo":"#)?;
        repository(out, rng, repo)?;
        out.push_str("},");
    }
    write!(out, r#""_links":{{"self":{{"href":"{base}"}},"commits":{{"href":"{base}/commits"}}}},"#)?;
    write!(out, r#""author_association":"CONTRIBUTOR","merged":false,"mergeable":null,"comments":{},"#, number % 7)?;
    let [commits, additions, deletions] = [10, 900, 400].map(|most| rng.random_range(0..most));
    write!(
        out,
        r#""commits":{commits},"additions":{additions},"deletions":{deletions},"changed_files":{}}}"#,
        commits + 1
    )
}

fn issue_comment(out: &mut String, rng: &mut ChaCha8Rng, actor: &Named, repo: &Named) -> Result {
    let (number, id) = (rng.random_range(1..9000), rng.random_range(1_000_000_000..2_000_000_000_u32));
    let author = login(rng);
    let issue = format!("{API}/repos/{}/issues/{number}", repo.name);
    write!(out, r#""action":"created","issue":{{"url":"{issue}","comments_url":"{issue}/comments","id":{id},"#)?;
    write!(out, r#""number":{number},"title":"{}","user":"#, text(rng, 4..10))?;
    user(out, &author)?;
    write!(out, r#","labels":[],"state":"open","locked":false,"assignee":null,"milestone":null,"#)?;
    write!(out, r#""comments":{},"created_at":"{}","author_association":"NONE","#, number % 11, time(rng))?;
    write!(out, r#""body":"{}","reactions":{{"total_count":1,"+1":1,"-1":0,"heart":0}}}},"#, text(rng, 20..120))?;
    write!(out, r#""comment":{{"url":"{issue}/comments/{}","id":{},"user":"#, id / 2, id / 2)?;
    user(out, actor)?;
    write!(out, r#","created_at":"{}","author_association":"MEMBER","body":"{}"}}"#, time(rng), text(rng, 10..80))
}

fn fork(out: &mut String, rng: &mut ChaCha8Rng, actor: &Named, repo: &Named) -> Result {
    let (_, name) = repo.name.split_once('/').expect("the owner's name, a slash, the repository's");
    let forked = Named { id: repo.id + 1, name: format!("{}/{name}", actor.name) };
    out.push_str(r#""forkee":"#);
    repository(out, rng, &forked)
}

fn repository(out: &mut String, rng: &mut ChaCha8Rng, repo: &Named) -> Result {
    let Named { id, name } = repo;
    let (owner, short) = name.split_once('/').expect("the owner's name, a slash, the repository's");
    write!(out, r#"{{"id":{id},"name":"{short}","full_name":"{name}","private":false,"owner":"#)?;
    user(out, &Named { id: id / 7, name: owner.to_owned() })?;
    write!(out, r#","html_url":"{HTML}/{name}","description":"{}","fork":false,"#, text(rng, 4..12))?;
    write!(out, r#""url":"{API}/repos/{name}","created_at":"{}","pushed_at":"{}","#, time(rng), time(rng))?;
    let [size, stars, issues] = [90_000, 3000, 200].map(|most| rng.random_range(0..most));
    write!(out, r#""homepage":null,"size":{size},"stargazers_count":{stars},"language":"Rust","#)?;
    write!(out, r#""license":{{"key":"mit","name":"MIT License"}},"topics":["{}"],"#, label(rng))?;
    write!(out, r#""open_issues":{issues},"watchers":{stars},"default_branch":"main"}}"#)
}

fn user(out: &mut String, Named { id, name }: &Named) -> Result {
    write!(out, r#"{{"login":"{name}","id":{id},"avatar_url":"https://avatars.githubusercontent.com/u/{id}?v=4","#)?;
    write!(out, r#""url":"{API}/users/{name}","html_url":"{HTML}/{name}","type":"User","site_admin":false}}"#)
}

/// A paragraph as people write it there: with quotes and line breaks, now and then.
fn text(rng: &mut ChaCha8Rng, count: std::ops::Range<usize>) -> String {
    let count = rng.random_range(count);
    words(rng, count).replace("value ", r#"\"value\" "#).replace("parser ", r"parser.\r\n")
}

fn login(rng: &mut ChaCha8Rng) -> Named {
    let (name, number) = (label(rng), rng.random_range(1..500));
    Named { id: rng.random_range(1000..150_000_000), name: format!("{name}-{number}") }
}

fn label(rng: &mut ChaCha8Rng) -> &'static str {
    pick(rng, &WORDS[..LABELS])
}

fn sha(rng: &mut ChaCha8Rng) -> String {
    let [a, b] = rng.random::<[u64; 2]>();
    format!("{a:016x}{b:016x}{:08x}", rng.random::<u32>())
}

fn time(rng: &mut ChaCha8Rng) -> String {
    let (day, hour) = (rng.random_range(1..29), rng.random_range(0..24));
    let (minute, second) = (rng.random_range(0..60), rng.random_range(0..60));
    format!("2025-01-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}
