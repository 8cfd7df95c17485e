//! Statuses of Twitter's API 1.1.

use std::fmt::{Result, Write};

use rand::RngExt;
use rand::rngs::ChaCha8Rng;

use super::{LABELS, WORDS, pick};

/// What the texts are made of: mostly Japanese, with the escapes that different writers use.
const PHRASES: [&str; 20] = [
    "今日はとても良い天気ですね。",
    "新しい記事を書きました",
    "おはようございます！",
    "電車が遅れています……",
    "コーヒーを飲みながら",
    "週末の予定はまだ決まっていない",
    "写真を撮ってきた",
    "ありがとうございます",
    "速報：",
    "「データの海」",
    "RT @reader: ",
    r"\n",
    r"\n\n",
    r#"\"引用\""#,
    "🎉",
    "😀😀",
    r"\ud83d\ude80",
    r"\ud83c\udf63",
    r"\u3042\u308a",
    "le café et la forêt ",
];

const SOURCES: [&str; 3] = [
    r#"<a href=\"http:\/\/twitter.com\/download\/iphone\" rel=\"nofollow\">Twitter for iPhone<\/a>"#,
    r#"<a href=\"http:\/\/twitter.com\/download\/android\" rel=\"nofollow\">Twitter for Android<\/a>"#,
    r#"<a href=\"http:\/\/twitter.com\" rel=\"nofollow\">Twitter Web Client<\/a>"#,
];

pub(super) fn status(out: &mut String, rng: &mut ChaCha8Rng, number: u64) -> Result {
    let id = 505_874_000_000_000_000 + 1_000_003 * number;
    write!(out, r#"{{"created_at":"{}","id":{id},"id_str":"{id}","text":"{}","#, time(rng), text(rng, 4..14))?;
    write!(out, r#""source":"{}","truncated":false,"in_reply_to_status_id":null,"#, pick(rng, &SOURCES))?;
    out.push_str(r#""in_reply_to_status_id_str":null,"in_reply_to_user_id":null,"in_reply_to_user_id_str":null,"#);
    out.push_str(r#""in_reply_to_screen_name":null,"user":"#);
    user(out, rng)?;
    out.push_str(r#","geo":null,"coordinates":null,"place":null,"contributors":null,"#);
    let (retweets, favorites) = (rng.random_range(0..2000), rng.random_range(0..500));
    write!(out, r#""retweet_count":{retweets},"favorite_count":{favorites},"entities":"#)?;
    entities(out, rng)?;
    let (favorited, lang) = (rng.random_bool(0.1), pick(rng, &["ja", "ja", "ja", "en", "fr", "und"]));
    write!(out, r#","favorited":{favorited},"retweeted":false,"possibly_sensitive":false,"lang":"{lang}"}}"#)
}

fn user(out: &mut String, rng: &mut ChaCha8Rng) -> Result {
    let id = rng.random_range(10_000..3_000_000_000_u64);
    let screen_name = format!("{}_{}", pick(rng, &WORDS[..LABELS]), id % 1000);
    let (name, location, description) =
        (text(rng, 1..2), pick(rng, &["", "東京", "大阪府 梅田", "Paris"]), text(rng, 2..9));
    write!(
        out,
        r#"{{"id":{id},"id_str":"{id}","name":"{name}","screen_name":"{screen_name}","location":"{location}","#
    )?;
    let url = link(rng);
    write!(out, r#""description":"{description}","url":"{url}","entities":{{"url":{{"urls":[{{"url":"{url}","#)?;
    write!(out, r#""expanded_url":"http:\/\/example.com\/{screen_name}","display_url":"example.com\/{screen_name}","#)?;
    out.push_str(r#""indices":[0,22]}]},"description":{"urls":[]}},"protected":false,"#);
    let [followers, friends, listed, favourites, statuses] =
        [900_000, 5000, 300, 20_000, 90_000].map(|most| rng.random_range(0..most));
    write!(out, r#""followers_count":{followers},"friends_count":{friends},"listed_count":{listed},"#)?;
    write!(out, r#""created_at":"{}","favourites_count":{favourites},"utc_offset":32400,"#, time(rng))?;
    write!(
        out,
        r#""time_zone":"Tokyo","geo_enabled":false,"verified":false,"statuses_count":{statuses},"lang":"ja","#
    )?;
    out.push_str(r#""contributors_enabled":false,"is_translator":false,"is_translation_enabled":false,"#);
    let [background, link, border, fill, ink] = [(); 5].map(|()| rng.random_range(0..0x100_0000));
    write!(out, r#""profile_background_color":"{background:06X}","#)?;
    for key in ["profile_background_image_url", "profile_background_image_url_https"] {
        write!(out, r#""{key}":"http:\/\/abs.twimg.com\/images\/themes\/theme{}\/bg.png","#, id % 20)?;
    }
    out.push_str(r#""profile_background_tile":false,"#);
    for key in ["profile_image_url", "profile_image_url_https"] {
        write!(out, r#""{key}":"http:\/\/pbs.twimg.com\/profile_images\/{}\/normal.jpeg","#, id * 31)?;
    }
    write!(out, r#""profile_banner_url":"https:\/\/pbs.twimg.com\/profile_banners\/{id}\/1409318784","#)?;
    write!(out, r#""profile_link_color":"{link:06X}","profile_sidebar_border_color":"{border:06X}","#)?;
    write!(out, r#""profile_sidebar_fill_color":"{fill:06X}","profile_text_color":"{ink:06X}","#)?;
    out.push_str(r#""profile_use_background_image":true,"default_profile":false,"default_profile_image":false,"#);
    out.push_str(r#""following":false,"follow_request_sent":false,"notifications":false}"#);
    Ok(())
}

fn entities(out: &mut String, rng: &mut ChaCha8Rng) -> Result {
    out.push_str(r#"{"hashtags":["#);
    if rng.random_bool(0.3) {
        write!(out, r#"{{"text":"{}","indices":[12,18]}}"#, pick(rng, &["拡散希望", "写真", "rustlang"]))?;
    }
    out.push_str(r#"],"symbols":[],"urls":["#);
    if rng.random_bool(0.4) {
        let url = link(rng);
        write!(
            out,
            r#"{{"url":"{url}","expanded_url":"http:\/\/example.com\/news","display_url":"example.com\/news","#
        )?;
        out.push_str(r#""indices":[30,52]}"#);
    }
    out.push_str(r#"],"user_mentions":["#);
    if rng.random_bool(0.5) {
        let id = rng.random_range(10_000..3_000_000_000_u64);
        write!(out, r#"{{"screen_name":"reader","name":"{}","id":{id},"id_str":"{id}","#, text(rng, 1..2))?;
        out.push_str(r#""indices":[3,10]}"#);
    }
    out.push_str("]}");
    Ok(())
}

fn text(rng: &mut ChaCha8Rng, count: std::ops::Range<usize>) -> String {
    let count = rng.random_range(count);
    (0..count).map(|_| pick(rng, &PHRASES)).collect()
}

fn link(rng: &mut ChaCha8Rng) -> String {
    format!(r"http:\/\/t.co\/{:010x}", rng.random::<u64>() >> 24)
}

fn time(rng: &mut ChaCha8Rng) -> String {
    let (day, hour) = (rng.random_range(1..30), rng.random_range(0..24));
    let (minute, second) = (rng.random_range(0..60), rng.random_range(0..60));
    format!("Sun Aug {day:02} {hour:02}:{minute:02}:{second:02} +0000 2014")
}
