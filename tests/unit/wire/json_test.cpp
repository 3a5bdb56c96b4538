// SPDX-License-Identifier: Apache-2.0
//
// Reading accepts and refuses what nats-server 2.15.1 does (each row of the first tables was sent
// to its client port as a CONNECT), survives what no peer should send, and writing gives valid
// UTF-8 for any bytes.
#include "wire/json.hpp"

#include <array>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.hpp"
#include "support/catch.hpp"

using namespace leafnats;
using namespace leafnats::wire;

namespace {

/// A document with one field of each kind, read with defaults that no row below sends.
struct Sample {
  bool flag = true;
  std::int64_t number = -7;
  std::uint64_t id = 7;
  std::string name = "unset";
  std::vector<std::string> list{"unset"};
  std::optional<SubjectPermissions> permissions;
};

Result<Sample> read(JsonReader& reader, std::string_view text) {
  Sample sample;
  const std::array<JsonField<JsonTarget>, 6> fields{{{"flag", &sample.flag},
                                                     {"number", &sample.number},
                                                     {"id", &sample.id},
                                                     {"name", &sample.name},
                                                     {"list", &sample.list},
                                                     {"permissions", &sample.permissions}}};
  if (auto result = reader.read(text, fields); !result) return std::move(result).error();
  return sample;
}

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

}  // namespace

TEST_CASE("Values are taken as nats-server takes them") {
  struct Row {
    std::string_view text;
    bool flag;
  };
  JsonReader reader;
  for (const Row& row : std::vector<Row>{
           {"{}", true},
           {"null", true},
           {"\t {\"flag\":false}\r\n ", false},
           {"{\"flag\":null}", true},
           {"{\"Flag\":false}", false},
           {"{\"FLAG\":false}", false},
           {"{\"fla\\u0067\":false}", false},
           {"{\"flag\":false,\"flag\":true}", true},
           {"{\"flag\":true,\"FLAG\":false}", false},
           {"{\"flag\":false,\"flag\":null}", false},
           {"{\"flags\":false,\"fla\":false}", true},
           {"{\"flag\":false,\"other\":{\"a\":[1,2.5e3,{\"b\":null}]}}", false},
       }) {
    CAPTURE(row.text);
    const auto got = read(reader, row.text);
    REQUIRE(got);
    CHECK(got->flag == row.flag);
  }
}

TEST_CASE("What nats-server refuses is refused with a reason") {
  JsonReader reader;
  for (const std::string_view text : std::vector<std::string_view>{
           "", " ", "[]", "\"x\"", "1", "true", "{", "{\"flag\":false", "{\"flag\":false,}",
           "{\"flag\":false} x", "{\"flag\":false}{}", "{\"flag\":false} // c", "{'flag':false}",
           "{flag:false}", "{\"flag\":tru}", "{\"flag\":\"yes\"}", "{\"flag\":1}", "{\"flag\":[]}",
           "{\"number\":1.0}", "{\"number\":1e0}", "{\"number\":\"1\"}", "{\"number\":01}",
           "{\"number\":9223372036854775808}", "{\"number\":99999999999999999999}", "{\"id\":-1}",
           "{\"name\":5}", "{\"name\":[\"a\"]}", "{\"name\":\"a\x01\"}", "{\"name\":\"a\tb\"}",
           "{\"name\":\"\\x\"}", "{\"name\":\"\\u12\"}", "{\"list\":\"x\"}", "{\"list\":[1]}",
           "{\"list\":{}}", "{\"permissions\":5}", "{\"permissions\":[]}",
           "{\"permissions\":{\"allow\":\"x\"}}", "\xef\xbb\xbf{}",
           std::string_view("{\"flag\":false}\0", 15)}) {
    CAPTURE(text);
    const auto got = read(reader, text);
    REQUIRE(!got);
    CHECK(got.error().code == Errc::invalid_argument);
    CHECK(got.error().context.starts_with("JSON: "));
  }
}

TEST_CASE("Every kind of field is read") {
  JsonReader reader;
  const auto got = read(reader,
                        R"({"number":-9223372036854775808,"id":18446744073709551615,)"
                        R"("name":"a\u003eb\n\ud83d\ude00","list":["x",null,"y"],)"
                        R"("permissions":{"allow":["a.\u003e"],"deny":null,"more":1}})");
  REQUIRE(got);
  CHECK(got->flag);
  CHECK(got->number == std::numeric_limits<std::int64_t>::min());
  CHECK(got->id == std::numeric_limits<std::uint64_t>::max());
  CHECK(got->name == "a>b\n\xF0\x9F\x98\x80");
  CHECK(got->list == std::vector<std::string>{"x", "", "y"});
  REQUIRE(got->permissions);
  CHECK(got->permissions->allow == std::vector<std::string>{"a.>"});
  CHECK(got->permissions->deny.empty());
}

TEST_CASE("The name of a field with a wrong value is in the error") {
  JsonReader reader;
  CHECK(read(reader, "{\"name\":5}").error().context ==
        "JSON: wrong type of value for 'name'");
}

TEST_CASE("Malformed text becomes U+FFFD, as Go's decoder makes it, and the rest is read") {
  struct Row {
    std::string_view text;
    std::string_view name;
  };
  JsonReader reader;
  for (const Row& row : std::vector<Row>{
           {"{\"name\":\"a\xff\xfe"
            "b\"}",
            "a\uFFFD\uFFFD"
            "b"},
           {"{\"name\":\"\xc3\"}", "\uFFFD"},
           {"{\"name\":\"\xed\xa0\x80\"}", "\uFFFD\uFFFD\uFFFD"},
           {"{\"name\":\"\\ud800\"}", "\uFFFD"},
           {"{\"name\":\"x\\udc00\\ud83dy\"}", "x\uFFFD\uFFFDy"},
           {"{\"name\":\"\\ud800\\ud83d\\ude00\"}", "\uFFFD\U0001F600"},
           {"{\"name\":\"\\\\ud800\xff\"}", "\\ud800\uFFFD"},
           {"{\"name\":\"\\\"\\ud800\"}", "\"\uFFFD"},
           {"{\"na\xffme\":5,\"name\":\"x\"}", "x"},
       }) {
    CAPTURE(row.text);
    const auto got = read(reader, row.text);
    REQUIRE(got);
    CHECK(got->name == row.name);
  }
  // Repair does not make a valid document of an invalid one.
  for (const std::string_view text : {"{\"name\":\"\xff}", "{\"name\":\"\xff\\\"}", "\xff",
                                      "{\"name\":\"\\ud80\"}", "{\"name\":\"\\ud800\\", "{}\xff"}) {
    CAPTURE(text);
    CHECK(!read(reader, text));
  }
}

TEST_CASE("Depth and size are bounded, and a reader works on after either bound") {
  JsonReader reader;
  const auto nested = [](std::size_t depth) {
    return "{\"x\":" + std::string(depth, '[') + std::string(depth, ']') + ",\"flag\":false}";
  };
  CHECK(read(reader, nested(json_depth_max - 2)));
  CHECK(!read(reader, nested(json_depth_max + 1)));
  CHECK(!read(reader, nested(100'000)));
  CHECK(!read(reader, std::string(100'000, '[')));
  CHECK(!read(reader, std::string(limits::json_document_bytes_max + 1, ' ')));

  const std::string long_name(limits::json_document_bytes_max - 100, 'n');
  const auto got = read(reader, "{\"name\":\"" + long_name + "\"}");
  REQUIRE(got);
  CHECK(got->name == long_name);
  REQUIRE(read(reader, "{\"flag\":false}"));
  CHECK(!read(reader, nested(json_depth_max + 1)));
}

TEST_CASE("Strings are escaped as Go escapes them") {
  CHECK(quoted("") == "\"\"");
  CHECK(quoted("a.b") == "\"a.b\"");
  CHECK(quoted("\"\\/") == "\"\\\"\\\\/\"");
  CHECK(quoted("a.>") == "\"a.\\u003e\"");
  CHECK(quoted("<&>") == "\"\\u003c\\u0026\\u003e\"");
  CHECK(quoted(std::string_view("\0\x1f\n\x7f", 4)) == "\"\\u0000\\u001f\\u000a\x7f\"");
  CHECK(quoted("\u00e4\U0001F600") == "\"\u00e4\U0001F600\"");
  CHECK(quoted("a\xff\xc3") == "\"a\\ufffd\\ufffd\"");
}

TEST_CASE("Whatever bytes a string holds, what is written can be read") {
  JsonReader reader;
  std::string every_pair;
  for (int first = 0; first < 256; first += 3) {
    for (int second = 0; second < 256; second += 5) {
      every_pair += static_cast<char>(first);
      every_pair += static_cast<char>(second);
    }
  }
  const std::array<JsonField<JsonSource>, 1> field{{{"name", &every_pair}}};
  const auto once = read(reader, format_json(field));
  REQUIRE(once);
  // What was replaced once is valid and stays.
  const std::array<JsonField<JsonSource>, 1> again{{{"name", &once->name}}};
  const auto twice = read(reader, format_json(again));
  REQUIRE(twice);
  CHECK(twice->name == once->name);
}

TEST_CASE("Empty fields are left out unless they are always there") {
  const Sample empty{
      .flag = false, .number = 0, .id = 0, .name = {}, .list = {}, .permissions = {}};
  for (const JsonPresence presence : {JsonPresence::always, JsonPresence::if_not_empty}) {
    const std::array<JsonField<JsonSource>, 6> fields{{{"flag", &empty.flag, presence},
                                                       {"number", &empty.number, presence},
                                                       {"id", &empty.id, presence},
                                                       {"name", &empty.name, presence},
                                                       {"list", &empty.list, presence},
                                                       {"p", &empty.permissions, presence}}};
    CHECK(format_json(fields) ==
          (presence == JsonPresence::always
               ? R"({"flag":false,"number":0,"id":0,"name":"","list":[],"p":null})"
               : "{}"));
  }
  CHECK(format_json({}) == "{}");
}
