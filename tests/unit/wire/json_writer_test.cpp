// SPDX-License-Identifier: Apache-2.0
//
// Documents of any shape: commas where they belong, nothing where nothing is to be said.

#include "support/catch.hpp"
#include "wire/json_writer.hpp"

#include <utility>

using leafnats::wire::JsonWriter;

TEST_CASE("objects and lists nest, and commas stand between", "[wire][json]") {
  JsonWriter out;
  out.open();
  out.add("text", "a\"b");
  out.open("inner");
  out.add("yes", true);
  out.add("number", -7);
  out.close();
  out.open_list("list");
  out.item("x");
  out.open();
  out.close();
  out.item("y");
  out.close();
  out.add("half", 0.5);
  out.add_null("nothing");
  out.add_json("raw", "[1]");
  out.close();
  CHECK(std::move(out).take() ==
        R"({"text":"a\"b","inner":{"yes":true,"number":-7},"list":["x",{},"y"],"half":0.5,)"
        R"("nothing":null,"raw":[1]})");
}

TEST_CASE("what is empty is left out on request", "[wire][json]") {
  JsonWriter out;
  out.open();
  out.add_if("text", "");
  out.add_if("number", 0);
  out.add_if("flag", false);
  out.add_if("list", std::vector<std::string>{});
  out.add("kept", std::vector<std::string>{});
  out.close();
  CHECK(std::move(out).take() == R"({"kept":[]})");
}
