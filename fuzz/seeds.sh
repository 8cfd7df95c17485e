#!/usr/bin/env bash
# Writes the seeds of each fuzz target to fuzz/corpus, from a few lines of its own and from the public corpora where they
# are at hand: in the folder SIMD_JSONL_CORPUS, or in ../shared/corpus beside the repository.
set -euo pipefail
cd "$(dirname "$0")/.."

inputs="$(mktemp -d)"
trap 'rm -rf "$inputs"' EXIT

# seed INPUT: one with the escapes of printf's %b.
number=0
seed() {
    number=$((number + 1))
    printf '%b' "$1" >"$inputs/inline-$number"
}
seed '{"a":1,"b":[true,false,null],"c":{"d":"e"}}\n{"a":-1.5e3,"b":[],"c":{}}\n'
seed '[1,2]\r\n\r\n \t\r\n[3]'
seed '\xef\xbb\xbf{"bom":1}\n\xef\xbb\xbf{"bom":2}\n'
seed '"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00"\n"\\ud83d"\n"\\ude00x"\n"\\u12g4"\n'
seed '{"open":"\n{"next":1}\n"\\\n"x\\"\n2\n'
seed '0\n-0\n-0.0\n1e400\n1e-400\n18446744073709551616\n-9223372036854775809\n01\n1.\n.5\n+1\n1e5\n'
seed '{"a":1,}\n[1,]\n[,1]\n{,}\n{"a"}\n{"a":}\n1 2\n[1}\n{"a":1 "b":2}\n'
seed '{"a":1,"a":2}\n{"\\u0061":1}\n{"":{"":[[[]]]}}\n'
seed '{"~1":1,"/":2,"~0":[3],"a/b":{"~":{"m~n":4}},"":5,"~1":6}\n{"a":yes,"_b":1}\n[_,1]\n'
seed "\"$(printf 'x%.0s' {1..130})\"\n[$(printf '"\\\\\\\\",%.0s' {1..20})1]\n"
seed "$(printf '[%.0s' {1..100})$(printf ']%.0s' {1..100})\n"
seed '[\n  {"a": 1},\n  {"a": 2}\n]\n'
seed '"\xc3\xa9\xe2\x80\xa8\xf0\x9f\x98\x80"\n"\xff"\n"\xed\xa0\x80"\n1\x002\n'
seed '\x1f\x8b\x08\x00\n1\n'
seed '\xff\xfe1\x00\n\x00'

corpus="${SIMD_JSONL_CORPUS:-../shared/corpus}"
if [[ -d "$corpus" ]]; then
    find "$corpus/json-test-suite/test_parsing" -name '*.json' -size -8 -exec cp --no-preserve=mode -t "$inputs" {} +
    for file in "$corpus"/jsonl/*; do
        head -n 60 "$file" | split -l 3 - "$inputs/$(basename "$file")-"
    done
    for file in "$corpus"/float-vectors/*; do
        head -n 200 "$file" | awk '{ print $4 }' | split -l 20 - "$inputs/$(basename "$file")-"
    done
else
    echo "no corpora at $corpus: the seeds are the inline ones alone"
fi

# The target `reader` wants them behind headers: flags, record limit, buffer size, how many sizes of reads, and the sizes, of
# which 254 would block and 255 is interrupted.
headers=('\x00\xff\x00\x01\x01' '\x06\xff\x40\x03\x03\xff\x07' '\x09\x20\x10\x02\x40\xfe' '\x0f\x40\xff\x00')
# `stage1`: repetitions, an alignment, how many numbers of lines, and these. `lazy`: a size of reads, how many choices, these, and
# a line that is a key and a pointer.
layouts=('\x00\x07\x00' '\xd0\x40\x03\x00\x02\x09' '\x00\x21\x01\x00' '\xff\x01\x02\x07\x00')
questions=('\x07\x03\x00\x00\x00a\n' '\xff\x02\x01\x00/a/0\n' '\x01\x01\x02/c\n' '\x40\x04\x01\x01\x00\x00/1/b\n' '\x03\x01\x0fuser\n')
# The target `validate` wants them behind such, without a buffer size.
plans=('\x01\xff\x00' '\x04\xff\x01\x01' '\x02\x20\x02\x40\xff' '\x0b\x40\x03\x03\xff\x07')
mkdir -p fuzz/corpus/{convert,de_vs_serde_json,floats,lazy,reader,stage1,validate,writer_roundtrip}
number=0
for file in "$inputs"/*; do
    name="${file##*/}"
    # a type, by turns; and the same bytes to make lines of
    { printf '%b' "\x$(printf %02x $((number % 20)))" && cat "$file"; } >"fuzz/corpus/de_vs_serde_json/$name"
    { printf '%b' "\x$(printf %02x $((128 + number % 20)))" && cat "$file"; } >"fuzz/corpus/de_vs_serde_json/made-$name"
    { printf '%b' "${headers[number % ${#headers[@]}]}" && cat "$file"; } >"fuzz/corpus/reader/$name"
    { printf '%b' "${layouts[number % ${#layouts[@]}]}" && cat "$file"; } >"fuzz/corpus/stage1/$name"
    { printf '%b' "${questions[number % ${#questions[@]}]}" && cat "$file"; } >"fuzz/corpus/lazy/$name"
    # a level, and each line as a text of its own (8), with its length
    { printf '\0' && LC_ALL=C awk '{ text = substr($0, 1, 63); if (text != "") printf "%c%c%s", 8, length(text), text }' "$file"; } \
        >"fuzz/corpus/floats/$name"
    { printf '%b' "${plans[number % ${#plans[@]}]}" && cat "$file"; } >"fuzz/corpus/validate/$name"
    # a size of reads, and the lines as elements of an array
    { printf '%b' '\x07[' && paste -sd , "$file" && printf '\n]'; } >"fuzz/corpus/convert/$name"
    # any bytes are values to write
    cp "$file" "fuzz/corpus/writer_roundtrip/$name"
    number=$((number + 1))
done

# Texts that `floats` makes of numbers: digits (2), a float as it is printed (3), half way between two of 64 or 32 bits (4, 5), an
# edge of the integers (6) and any integer (7).
for how in {2..7} {130..135}; do
    for shape in 0 3 23 96; do
        # shellcheck disable=SC2059
        printf "\\0\\x$(printf %x "$how")\\x$(printf %x "$shape")\\x11\\x3f\\x80$(printf '\\x%x' {33..72})" \
            >"fuzz/corpus/floats/made-$how-$shape"
    done
done

# The target `appender` wants programs: of each step what to do, a length and so many bytes. Here: the file is shared (9) or not,
# an input is what another process leaves (5) or a torn file has (11) or a record (1), records are appended around it (0 to 3),
# and the file is cut (10), zeroed (12), repaired (13) and rotated (6, 7).
before=('\x00\x03abc\x0b' '\x09\x01\x01\x01\x071.5e+10\x05' '\x09\x01\x02\x01')
behind=('\x00\x01b\x0a\x01\x07\x02\x04,a,b\x06\x00\x07\x00\x00\x01c'
    '\x00\x01b\x08\x00\x05\x03{"a\x02\x02,c\x06\x00\x09\x01\x0d'
    '\x0d\x00\x03\x00\x0c\x01\x80\x0b\x02{}\x0d\x00\x0b\x0212\x0a\x01\x01\x04\x00')
mkdir -p fuzz/corpus/appender
number=0
for file in "$inputs"/*; do
    size="$(head -c 255 "$file" | wc -c)"
    {
        printf '%b' "${before[number % 3]}$(printf '\\x%02x' "$size")"
        head -c 255 "$file"
        printf '%b' "${behind[number % 3]}"
    } >"fuzz/corpus/appender/${file##*/}"
    number=$((number + 1))
done
echo "$number seeds for each target"
