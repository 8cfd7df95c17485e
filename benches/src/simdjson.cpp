// The queries in C++ on simdjson's On-Demand API, written as its users write them: `iterate_many` over the text, the
// fields of a record in the order of the text, so that nothing is searched twice, and error codes for exceptions.
//
// On-Demand checks what it reads and the UTF-8 of everything, but not the syntax of the values it skips. So it is the DOM
// that validates.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "simdjson.h"

namespace {

using namespace simdjson;

// The checksum of `Tally` in Rust: FNV-1a over words.
class Tally {
public:
  uint64_t hash = 0xcbf29ce484222325;

  template <typename T> void add(const T &value) {
    if constexpr (std::is_integral_v<T>) {
      word(static_cast<uint64_t>(value));
    } else if constexpr (std::is_same_v<T, float>) {
      word(bits<uint32_t>(value));
    } else if constexpr (std::is_same_v<T, double>) {
      word(bits<uint64_t>(value));
    } else if constexpr (std::is_same_v<T, std::string_view>) {
      word(value.size());
      for (char byte : value) { word(static_cast<uint8_t>(byte)); }
    } else {
      value.fields([this](auto, const auto &field) {
        add(field);
        return SUCCESS;
      });
    }
  }

  template <typename T> void add(const std::vector<T> &values) {
    word(values.size());
    for (const T &value : values) { add(value); }
  }

private:
  void word(uint64_t value) { hash = (hash ^ value) * 0x100000001b3; }

  template <typename Bits, typename Float> static Bits bits(Float value) {
    Bits out;
    static_assert(sizeof out == sizeof value);
    std::memcpy(&out, &value, sizeof out);
    return out;
  }
};

// Lists the fields of a struct, in the order of the text, for `read` and for `Tally`.
#define FIELDS(...)                                                                                                    \
  template <typename Visit> simdjson_inline error_code fields(Visit visit) {                                           \
    __VA_ARGS__ return SUCCESS;                                                                                        \
  }                                                                                                                    \
  template <typename Visit> simdjson_inline error_code fields(Visit visit) const {                                     \
    __VA_ARGS__ return SUCCESS;                                                                                        \
  }
#define FIELD(name) KEYED(#name, name)
#define KEYED(key, name) SIMDJSON_TRY(visit(std::string_view(key), name))

// The records, as in types.rs.
struct Small {
  uint64_t id;
  std::string_view name, email;
  uint32_t age;
  bool active;
  FIELDS(FIELD(id) FIELD(name) FIELD(email) FIELD(age) FIELD(active))
};

struct Request {
  std::string_view method, path;
  uint16_t status;
  std::string_view ua, ip;
  FIELDS(FIELD(method) FIELD(path) FIELD(status) FIELD(ua) FIELD(ip))
};

struct Log {
  std::string_view ts, level, service, msg;
  Request req;
  double dur_ms;
  uint64_t bytes;
  std::vector<std::string_view> tags;
  FIELDS(FIELD(ts) FIELD(level) FIELD(service) FIELD(msg) FIELD(req) FIELD(dur_ms) FIELD(bytes) FIELD(tags))
};

struct LogProjection {
  std::string_view level;
  double dur_ms;
  FIELDS(FIELD(level) FIELD(dur_ms))
};

struct Message {
  std::string_view role, content;
  FIELDS(FIELD(role) FIELD(content))
};

struct Chat {
  std::vector<Message> messages;
  FIELDS(FIELD(messages))
};

struct Embedding {
  std::string_view id, text;
  std::vector<float> embedding;
  std::string_view model;
  FIELDS(FIELD(id) FIELD(text) FIELD(embedding) FIELD(model))
};

struct Actor {
  uint64_t id;
  std::string_view login;
  FIELDS(FIELD(id) FIELD(login))
};

struct Repo {
  uint64_t id;
  std::string_view name;
  FIELDS(FIELD(id) FIELD(name))
};

struct Event {
  std::string_view id, kind;
  Actor actor;
  Repo repo;
  bool is_public;
  std::string_view created_at;
  FIELDS(FIELD(id) KEYED("type", kind) FIELD(actor) FIELD(repo) KEYED("public", is_public) FIELD(created_at))
};

struct User {
  uint64_t id;
  std::string_view screen_name;
  uint64_t followers_count;
  FIELDS(FIELD(id) FIELD(screen_name) FIELD(followers_count))
};

struct Tweet {
  std::string_view created_at;
  uint64_t id;
  std::string_view text;
  User user;
  uint64_t retweet_count, favorite_count;
  std::string_view lang;
  FIELDS(FIELD(created_at) FIELD(id) FIELD(text) FIELD(user) FIELD(retweet_count) FIELD(favorite_count) FIELD(lang))
};

struct Metric {
  int64_t ts;
  std::string_view host, name;
  double value, min, max, mean, stddev;
  int64_t delta;
  std::vector<double> quantiles;
  FIELDS(FIELD(ts) FIELD(host) FIELD(name) FIELD(value) FIELD(min) FIELD(max) FIELD(mean) FIELD(stddev) FIELD(delta)
             FIELD(quantiles))
};

struct Level {
  std::string_view level;
  FIELDS(FIELD(level))
};

struct Tiny {
  uint32_t a;
  FIELDS(FIELD(a))
};

struct Huge {
  std::vector<Log> rows;
  FIELDS(FIELD(rows))
};

template <typename Record> simdjson_inline error_code read_fields(ondemand::object object, Record &record);

template <typename T> simdjson_inline error_code read(ondemand::value value, T &out) {
  if constexpr (std::is_same_v<T, uint16_t>) {
    uint64_t wide;
    SIMDJSON_TRY(value.get(wide));
    out = static_cast<uint16_t>(wide);
    return wide == out ? SUCCESS : NUMBER_OUT_OF_RANGE;
  } else if constexpr (std::is_same_v<T, float>) {
    double wide;
    SIMDJSON_TRY(value.get(wide));
    out = static_cast<float>(wide);
    return SUCCESS;
  } else if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, std::string_view>) {
    return value.get(out);
  } else {
    ondemand::object object;
    SIMDJSON_TRY(value.get_object().get(object));
    return read_fields(object, out);
  }
}

template <typename T> simdjson_inline error_code read(ondemand::value value, std::vector<T> &out) {
  ondemand::array array;
  SIMDJSON_TRY(value.get_array().get(array));
  for (auto element : array) {
    ondemand::value item;
    SIMDJSON_TRY(element.get(item));
    SIMDJSON_TRY(read(item, out.emplace_back()));
  }
  return SUCCESS;
}

// Not a lambda: that was not always inlined, and then no key is compared as the constant it is.
struct ReadField {
  ondemand::object &object;

  template <typename T> simdjson_inline error_code operator()(std::string_view key, T &field) const {
    ondemand::value value;
    SIMDJSON_TRY(object.find_field(key).get(value));
    return read(value, field);
  }
};

template <typename Record> simdjson_inline error_code read_fields(ondemand::object object, Record &record) {
  return record.fields(ReadField{object});
}

struct Totals {
  uint64_t records;
  uint64_t hash;
};

// Not inlined into its caller: small records were measured to be an eighth slower with the stream as a local.
template <typename Record, bool check>
__attribute__((noinline)) error_code read_stream(ondemand::document_stream &stream, Totals &totals) {
  uint64_t records = 0;
  Tally tally;
  for (auto document : stream) {
    // A new one for each document, as in Rust: the same work. (One for all, whose vectors keep their memory, would read
    // `Log` in an eighth less time and `Chat` in a twentieth less; its strings do not outlast the document either way.)
    Record record;
    ondemand::object object;
    SIMDJSON_TRY(document.get_object().get(object));
    SIMDJSON_TRY(read_fields(object, record));
    if constexpr (check) {
      tally.add(record);
    } else {
      // As `black_box` in Rust: the record must have been built.
      asm volatile("" : : "r"(&record) : "memory");
    }
    ++records;
  }
  totals = {records, check ? tally.hash : 0};
  return SUCCESS;
}

template <typename Record> error_code read_all(padded_string_view text, size_t batch_size, bool check, Totals &totals) {
  // simdjson's own parser of the thread, which keeps its buffers. On the heap: as a `thread_local` object it was
  // measured to cost small records a third of the speed.
  ondemand::parser &parser = ondemand::parser::get_parser();
  parser.threaded = false;
  ondemand::document_stream stream;
  SIMDJSON_TRY(parser.iterate_many(text, batch_size).get(stream));
  return check ? read_stream<Record, true>(stream, totals) : read_stream<Record, false>(stream, totals);
}

// A batch must hold a whole record. More than that is indexed twice, so it is little more; records are alike.
size_t batch_for_huge(padded_string_view text) {
  size_t first = text.find('\n');
  return std::max(ondemand::DEFAULT_BATCH_SIZE, first == text.npos ? text.size() : first + first / 64);
}

struct Verdict {
  uint64_t valid;
  uint64_t invalid;
};

bool is_white(const uint8_t *from, const uint8_t *to) {
  return std::all_of(from, to, [](uint8_t byte) { return byte == ' ' || byte == '\n' || byte == '\t' || byte == '\r'; });
}

// The DOM, which reads every value. It finds documents by their brackets, wherever lines end, so that it needs to be checked
// that each has a line of its own; and what is wrong in one may leave no place to go on at, so that the first error ends it.
// Not inlined, as `read_stream`.
__attribute__((noinline)) Verdict validate_stream(dom::document_stream &stream, const uint8_t *data, size_t len) {
  Verdict verdict = {0, 1};
  const uint8_t *line = data;
  for (auto document = stream.begin(); document != stream.end(); ++document) {
    if ((*document).error()) { return verdict; }
    const uint8_t *start = data + document.current_index();
    if (start < line || !is_white(line, start)) { return verdict; }
    const void *line_end = std::memchr(start, '\n', data + len - start);
    if (!line_end) { return verdict; }
    line = static_cast<const uint8_t *>(line_end) + 1;
    ++verdict.valid;
  }
  verdict.invalid = !is_white(line, data + len);
  return verdict;
}

Verdict validate_all(dom::parser &parser, const uint8_t *data, size_t len) {
  dom::document_stream stream;
  return parser.parse_many(data, len).get(stream) ? Verdict{0, 1} : validate_stream(stream, data, len);
}

// The padding of a line is the next one.
Verdict validate_lines(dom::parser &parser, const uint8_t *data, size_t len) {
  Verdict verdict = {0, 0};
  const uint8_t *end = data + len;
  while (const void *found = std::memchr(data, '\n', end - data)) {
    const uint8_t *line_end = static_cast<const uint8_t *>(found);
    bool is_valid = !parser.parse(data, line_end - data, false).error();
    ++(is_valid ? verdict.valid : verdict.invalid);
    data = line_end + 1;
  }
  return verdict;
}

} // namespace

// `query` is `Query` in Rust. Returns simdjson's error code.
extern "C" int32_t simdjson_bench_read(uint32_t query, const uint8_t *data, size_t len, size_t capacity, bool check,
                                       Totals *totals) noexcept {
  padded_string_view text(data, len, capacity);
  size_t batch_size = ondemand::DEFAULT_BATCH_SIZE;
  switch (query) {
  case 0: return read_all<Small>(text, batch_size, check, *totals);
  case 1: return read_all<Log>(text, batch_size, check, *totals);
  case 2: return read_all<LogProjection>(text, batch_size, check, *totals);
  case 3: return read_all<Chat>(text, batch_size, check, *totals);
  case 4: return read_all<Embedding>(text, batch_size, check, *totals);
  case 5: return read_all<Event>(text, batch_size, check, *totals);
  case 6: return read_all<Tweet>(text, batch_size, check, *totals);
  case 7: return read_all<Metric>(text, batch_size, check, *totals);
  case 8: return read_all<Level>(text, batch_size, check, *totals);
  case 9: return read_all<Tiny>(text, batch_size, check, *totals);
  case 10: return read_all<Huge>(text, batch_for_huge(text), check, *totals);
  default: return UNEXPECTED_ERROR;
  }
}

extern "C" void simdjson_bench_validate(const uint8_t *data, size_t len, size_t, bool by_line,
                                        Verdict *verdict) noexcept {
  static thread_local dom::parser parser;
  parser.threaded = false;
  *verdict = by_line ? validate_lines(parser, data, len) : validate_all(parser, data, len);
}

extern "C" const char *simdjson_bench_error(int32_t error) noexcept {
  return error_message(static_cast<error_code>(error));
}

extern "C" const char *simdjson_bench_description() noexcept {
  static const std::string description = [] {
    std::string stage1 = get_active_implementation()->name();
    std::string on_demand = builtin_implementation()->name();
    std::string text = "simdjson " SIMDJSON_VERSION ", " + stage1;
    return on_demand == stage1 ? text : text + " (On-Demand: " + on_demand + ")";
  }();
  return description.c_str();
}
