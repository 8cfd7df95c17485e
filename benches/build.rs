//! Compiles the queries on simdjson when that peer is asked for.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    #[cfg(feature = "simdjson")]
    simdjson();
}

#[cfg(feature = "simdjson")]
fn simdjson() {
    println!("cargo::rerun-if-changed=src/simdjson.cpp");
    // simdjson-sys tells where it has put the headers.
    let root = std::env::var("DEP_SIMDJSON_ROOT").expect("simdjson-sys is built before");
    // No `-march=native`: the kernel is picked at run time, for stage 1 and for strings. Only the rest of On-Demand is
    // then compiled for the baseline. On a machine with AVX-512 nine queries were measured both ways: seven were faster
    // so, by up to 4 %, and two slower, by up to 5 %.
    cc::Build::new()
        .cpp(true)
        .std("c++17")
        .opt_level(3)
        .define("NDEBUG", None)
        .include(std::path::Path::new(&root).join("include"))
        .file("src/simdjson.cpp")
        .compile("simd_jsonl_bench_simdjson");
}
