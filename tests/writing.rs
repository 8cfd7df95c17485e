//! A first look.
use simd_jsonl::*;
#[test]
fn smoke() {
    for level in Level::available() {
        let mut w = WriterBuilder::new().level(level).from_writer(Vec::new());
        let v: serde_json::Value = serde_json::json!({"a":[1,2.5,null,true,"x\n\"\u{1}é"],"b":{},"c":[],"long":"0123456789".repeat(20)+"\\"+&"é".repeat(40), "":{"k":-5}});
        w.write(&v).unwrap();
        assert_eq!(String::from_utf8(w.into_inner().unwrap()).unwrap(), serde_json::to_string(&v).unwrap() + "\n");
    }
}
