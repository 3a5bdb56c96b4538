// SPDX-License-Identifier: Apache-2.0
//
// JSON trees: what is read comes back, and numbers are never cut.

#include "wire/json_value.hpp"

#include "support/catch.hpp"

#include <string>
#include <vector>

using leafnats::wire::JsonValue;

namespace {

std::string again(const std::string& text) {
  const auto value = JsonValue::parse(text);
  return value ? value->format() : "refused";
}

}  // namespace

TEST_CASE("JSON tree: documents come back as they were", "[wire]") {
  for (const char* text :
       {"null", "true", "false", "0", "-1", "9223372036854775807", "-9223372036854775808",
        "18446744073709551615", "1.5", "\"\"", "\"a\\\"b\"", "[]", "{}", "[1,[2,[]],{}]",
        R"({"a":{"b":[null,true,"x"]},"c":-1})"}) {
    CHECK(again(text) == text);
  }
  CHECK(again(" { \"a\" : [ 1 , 2 ] } ") == R"({"a":[1,2]})");
  CHECK(again("\"<\\u0000>\"") == R"("\u003c\u0000\u003e")");
  for (const char* text : {"", "{", "[1,]", "nul", "1 2", "{\"a\"}", "18446744073709551616",
                           "1e999", "'a'"}) {
    CAPTURE(text);
    CHECK(again(text) == "refused");
  }
  CHECK(again(std::string(60, '[') + std::string(60, ']')) != "refused");
  CHECK(again(std::string(100'000, '[')) == "refused");
}

TEST_CASE("JSON tree: numbers fit or are none", "[wire]") {
  const auto integer = [](const char* text) { return JsonValue::parse(text)->integer(); };
  CHECK(integer("9223372036854775807") == 9223372036854775807);
  CHECK_FALSE(integer("9223372036854775808"));
  CHECK_FALSE(integer("1.0"));
  CHECK_FALSE(integer("1e3"));
  CHECK_FALSE(integer("\"1\""));
  CHECK(JsonValue::parse("18446744073709551615")->unsigned_integer() == 18446744073709551615U);
  CHECK_FALSE(JsonValue::parse("-1")->unsigned_integer());
  CHECK(JsonValue(std::uint64_t{5}).integer() == 5);
}

TEST_CASE("JSON tree: members are found whatever their case, the last that is not null", "[wire]") {
  const auto value = JsonValue::parse(R"({"Name":"a","name":"b","NAME":null,"x":null})");
  REQUIRE(value);
  CHECK(*value->find("name")->text() == "b");
  CHECK(value->find("x") == nullptr);
  CHECK(value->find("nam") == nullptr);
  CHECK(JsonValue(5).find("name") == nullptr);
}

TEST_CASE("JSON tree: building", "[wire]") {
  JsonValue value;
  value.add("a", 1).add_if("b", 0).add_if("c", "").add_if("d", false).add_if("e", JsonValue());
  value.add("f", std::vector<std::string>{"x", "y"}).add_if("g", JsonValue::Array());
  JsonValue list;
  list.push(1).push("two");
  value.add("h", list);
  CHECK(value.format() == R"({"a":1,"f":["x","y"],"h":[1,"two"]})");
}
