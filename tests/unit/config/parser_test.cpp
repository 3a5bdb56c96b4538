// SPDX-License-Identifier: Apache-2.0
//
// The language without the meaning of its keys: which tree comes out, and where it says each value
// stands. The verdicts on whole files are in verdict_test.cpp.

#include "config/limits.hpp"
#include "support/catch.hpp"
#include "unit/config/reading.hpp"

#include <cstdint>
#include <string>

using namespace leafnats;
using namespace leafnats::config;
using namespace leafnats::config::test;

namespace {

/// A value as JSON-like text with its type to be seen: i12, f1.5, "text", true, d0.
std::string show(const Value& value);

std::string show(const Map& map) {
  std::string text = "{";
  for (const Entry& entry : map.entries()) {
    text += (text.size() > 1 ? "," : "") + entry.key + ":" + show(entry.value);
  }
  return text + "}";
}

std::string show(const Value& value) {
  if (const auto* boolean = value.as<bool>()) return *boolean ? "true" : "false";
  if (const auto* integer = value.as<std::int64_t>()) return "i" + std::to_string(*integer);
  if (const auto* number = value.as<double>()) {
    std::string text = "f" + std::to_string(*number);
    return text.substr(0, text.find_last_not_of('0') + 1);
  }
  if (const auto* string = value.as<std::string>()) return "\"" + *string + "\"";
  if (const auto* date = value.as<DateTime>()) return "d" + std::to_string(date->unix_seconds);
  if (const auto* map = value.as<Map>()) return show(*map);
  std::string text = "[";
  for (const Value& element : *value.as<Array>()) {
    text += (text.size() > 1 ? "," : "") + show(element);
  }
  return text + "]";
}

std::string tree(std::string_view text, const World& world = {}) {
  const Result<Document> document = read(text, world);
  return document ? show(document->root) : document.error().context;
}

struct Reading {
  std::string_view text;
  std::string_view tree;
};

}  // namespace

// The same file in the relaxed form, in JSON, and in mixtures gives the same tree.
TEST_CASE("config: relaxed and JSON forms", "[config]") {
  const std::string_view expected = R"({port:i4222,leaf:{listen:"a:1",urls:["x","y"]},debug:true})";
  const std::string_view forms[] = {
      "port: 4222\nleaf {\n  listen: \"a:1\"\n  urls: [x, y]\n}\ndebug: true\n",
      "port = 4222; leaf = { listen = a:1; urls = [x\ny] }; debug = on",
      R"({"port": 4222, "leaf": {"listen": "a:1", "urls": ["x", "y"]}, "debug": true})",
      "{\n'port' 4222\n'leaf' {'listen' 'a:1', 'urls' ['x', 'y',],}\n'debug' yes\n}\n",
      "# c\nport 4222 // c\nleaf\n{ # c\nlisten:\n a:1 # c\nurls: [ // c\nx # c\ny]\n}\ndebug true",
  };
  for (const std::string_view form : forms) {
    INFO(form);
    CHECK(tree(form) == expected);
  }
}

// What is a number, what a date, and what a string although it begins with a digit.
TEST_CASE("config: scalars", "[config]") {
  const Reading readings[] = {
      {"a: 12", "{a:i12}"},
      {"a: -12", "{a:i-12}"},
      {"a: 007", "{a:i7}"},
      {"a: 1.5", "{a:f1.5}"},
      {"a: -0.25", "{a:f-0.25}"},
      {"a: 8k", "{a:i8000}"},
      {"a: 4kb", "{a:i4096}"},
      {"a: 3ki", "{a:i3072}"},
      {"a: 4KiB", "{a:i4096}"},
      {"a: 2m", "{a:i2000000}"},
      {"a: 2MB", "{a:i2097152}"},
      {"a: 2g", "{a:i2000000000}"},
      {"a: 1GiB", "{a:i1073741824}"},
      {"a: 1t", "{a:i1000000000000}"},
      {"a: 1TB", "{a:i1099511627776}"},
      {"a: 1p", "{a:i1000000000000000}"},
      {"a: 1pi", "{a:i1125899906842624}"},
      {"a: 1e", "{a:i1000000000000000000}"},
      {"a: 1EB", "{a:i1152921504606846976}"},
      {"a: -2k", "{a:i-2000}"},
      {"a: 2kx", "{a:\"2kx\"}"},
      {"a: 2k5", "{a:\"2k5\"}"},
      {"a: -2k5", "{a:\"-2k5\"}"},
      {"a: 5'6", "{a:\"5'6\"}"},
      {"a: 5\\n\\x41", "{a:\"5\\nA\"}"},
      {"a: [1, 2k]", "{a:[i1,i2000]}"},
      {"a: 10s", "{a:\"10s\"}"},
      {"a: 10ms", "{a:\"10ms\"}"},
      {"a: 1.2.3", "{a:\"1.2.3\"}"},
      {"a: 127.0.0.1:4222", "{a:\"127.0.0.1:4222\"}"},
      {"a: 1970-01-02T00:00:01Z", "{a:d86401}"},
      {"a: 2016-05-04T18:53:41Z", "{a:d1462388021}"},
      {"a: true; b: Yes; c: ON", "{a:true,b:true,c:true}"},
      {"a: false; b: No; c: OFF", "{a:false,b:false,c:false}"},
      {"a: truex", "{a:\"truex\"}"},
      {"a: 'true'; b: \"5\"", "{a:\"true\",b:\"5\"}"},
      {"a: nats://u:p@h:1/x", "{a:\"nats://u:p@h:1/x\"}"},
      {"a: 'x # y'", "{a:\"x # y\"}"},
      {"a: x#y", "{a:\"x#y\"}"},
      {"a: \"t\\tn\\nr\\rq\\\"b\\\\x\\x41\\xff\"", "{a:\"t\tn\nr\rq\"b\\xA\xff\"}"},
      {"a: 'b\\tc'", "{a:\"b\\tc\"}"},
      {"a: tr\\x75e", "{a:\"true\"}"},
      {"a: 'b\nc'", "{a:\"b\nc\"}"},
      {"a: (\n b\n  )\n)\n", "{a:\"\n b\n  )\n\"}"},
      {"a: ( b\n)\r\nc: 1", "{a:\" b\n\",c:i1}"},
      {"{a: {b: \"\", c: [{}]}}", "{a:{b:\"\",c:[{}]}}"},
      {"a b", "{a:\"b\"}"},
      {"a b, c d", "{a:\"b\",c:\"d\"}"},
      {"a\xc2\xa0\xe3\x80\x80: b", "{a:\"b\"}"},
      {"\xef\xbb\xbf"
       "a: b",
       "{a:\"b\"}"},
      {"a: 1; a: 2; b: 3; a: 4", "{a:i4,b:i3}"},
      {"a: $2a$11$x/y.z", "{a:\"$2a$11$x/y.z\"}"},
      {"a: '$2b$11$x'", "{a:\"$2b$11$x\"}"},
  };
  for (const Reading& reading : readings) {
    INFO(reading.text);
    CHECK(tree(reading.text) == reading.tree);
  }
}

// An error and a value both know their line and byte column, in whichever file they stand.
TEST_CASE("config: positions", "[config]") {
  const World world{
      {{"dir/inner.conf", "\n\n  x: [1,\n  y"}, {"deep.conf", "a: 1\nb: {\n  c: 2 }"}}, {}};
  CHECK(tree("a: 1\n b: \"x\n\ny") ==
        "t.conf:2:5: Parse error on line 2: 'Unexpected EOF.': this quoted string has no end");
  CHECK(tree("a: 1\n  c: [ 1 2 ]").starts_with("t.conf:2:10: "));
  CHECK(tree("a: {\n b: {\n c: 1\n }")
            .starts_with("t.conf:1:5: Parse error on line 1: 'Unexpected EOF processing map.': "));
  CHECK(tree("a {\n include dir/inner.conf }", world) ==
        "dir/inner.conf:3:7: Parse error on line 3: 'Unexpected EOF processing array.': the '[' "
        "before this place is never closed");
  CHECK(tree("a: 1\nb: $nope") ==
        "t.conf:2:4: variable reference for 'nope' on line 2 can not be found");
  CHECK(tree(std::string_view("a: 1\nb\0c: 2", 11)) ==
        "t.conf:2:2: Parse error on line 2: 'the text contains a zero byte'");

  const Result<Document> document = read("one:  1\ninclude deep.conf\n  two: {three: x}", world);
  REQUIRE(document);
  const auto place = [&](const Map& map, std::size_t i) {
    const Entry& entry = map.entries().at(i);
    return document->place(entry.key_position) + document->place(entry.value.position);
  };
  CHECK(place(document->root, 0) == "t.conf:1:1: t.conf:1:7: ");
  CHECK(place(document->root, 1) == "deep.conf:1:1: deep.conf:1:4: ");
  CHECK(place(*document->root.find("b")->as<Map>(), 0) == "deep.conf:3:3: deep.conf:3:6: ");
  CHECK(place(*document->root.find("two")->as<Map>(), 0) == "t.conf:3:9: t.conf:3:16: ");
}

// A variable is looked up from the innermost map outwards, among keys that stand before it.
TEST_CASE("config: variables", "[config]") {
  const Reading readings[] = {
      {"x = 22\ny = $x", "{x:i22,y:i22}"},
      {"x = 22\nn { x = 11, y = $x }\nz = $x", "{x:i22,n:{x:i11,y:i11},z:i22}"},
      {"x = 22\nn { y = $x, x = 11 }", "{x:i22,n:{y:i22,x:i11}}"},
      {"x = 1\nl = [ $x, { y = $x } ]", "{x:i1,l:[i1,{y:i1}]}"},
      {"x = { a = [1] }\ny = $x", "{x:{a:[i1]},y:{a:[i1]}}"},
      {"x = [1]\ny = [$x, $x]", "{x:[i1],y:[[i1],[i1]]}"},
      {"{ x = 1 }\ny = $x", "{x:i1,y:i1}"},
      {"x = 1; x = 2; y = $x", "{x:i2,y:i2}"},
      {"'a b' = 1\ny = $a", "t.conf:2:5: variable reference for 'a' on line 2 can not be found"},
      {"y = { $x: 1 }", "{y:{$x:i1}}"},
      {"x = 1\ny = $x$x", "t.conf:2:5: variable reference for 'x$x' on line 2 can not be found"},
      {"x = $2a\ny = 1", "t.conf:1:5: variable reference for '2a' on line 1 can not be found"},
  };
  for (const Reading& reading : readings) {
    INFO(reading.text);
    CHECK(tree(reading.text) == reading.tree);
  }
}

// A key may be any name if something refers to it; a second, unused definition may not.
TEST_CASE("config: which keys were used as variables", "[config]") {
  const Result<Document> document = read("x = 1; y = 2; z = { x = 3; w = $x }; v = $y");
  REQUIRE(document);
  const auto is_used = [](const Map& map, std::size_t i) {
    return map.entries().at(i).used_as_variable;
  };
  CHECK_FALSE(is_used(document->root, 0));
  CHECK(is_used(document->root, 1));
  CHECK(is_used(*document->root.find("z")->as<Map>(), 0));
}

// The environment comes last, and what it holds is read as a value.
TEST_CASE("config: environment", "[config]") {
  const World world{{},
                    {{"N", "22"},
                     {"S", "xyz"},
                     {"Q", "'3 x'"},
                     {"L", " [1, $N] # two"},
                     {"M", "{ a: 1\n b: $S }"},
                     {"E", ""},
                     {"BAD", "'x"},
                     {"TWO", "a b"},
                     {"TWO_LINES", "a\nb: 1"},
                     {"CYCLE", "$CYCLE2"},
                     {"CYCLE2", "[$CYCLE]"},
                     {"INCLUDES", "{ include x.conf }"}}};
  CHECK(tree("a = $N", world) == "{a:i22}");
  CHECK(tree("N = 1; a = $N", world) == "{N:i1,a:i1}");
  CHECK(tree("a = $S", world) == "{a:\"xyz\"}");
  CHECK(tree("a = $Q", world) == "{a:\"3 x\"}");
  CHECK(tree("a = $L", world) == "{a:[i1,i22]}");
  CHECK(tree("N = 5; a = $L", world) == "{N:i5,a:[i1,i22]}");
  CHECK(tree("a = $M", world) == "{a:{a:i1,b:\"xyz\"}}");
  CHECK(tree("a = $E", world) == "{a:\"\"}");
  CHECK(tree("a = $BAD", world) ==
        "$BAD:1:1: Parse error on line 1: 'Unexpected EOF.': this quoted string has no end");
  CHECK(tree("a = $TWO", world).starts_with("$TWO:1:3: Parse error on line 1: 'a value must be"));
  CHECK(tree("a = $TWO_LINES", world) ==
        "$TWO_LINES:2:1: Parse error on line 2: 'there is more than one value'");
  CHECK(tree("a = $CYCLE", world) ==
        "$CYCLE2:1:2: variable reference for 'CYCLE' on line 1 is a cycle");
  CHECK(tree("a = $INCLUDES", world).find("error parsing include file 'x.conf'") !=
        std::string::npos);

  const Result<Document> document = read("a: 1\nb: $N", world);
  REQUIRE(document);
  CHECK(document->place(document->root.find("b")->position) == "t.conf:2:4: ");
}

// Includes are relative to the file they stand in, and their keys land where the include stands.
TEST_CASE("config: includes", "[config]") {
  const World world{{{"a.conf", "x: 1\ny: 2"},
                     {"d/b.conf", "include 'c.conf'\nz: $x"},
                     {"d/c.conf", "x: 3"},
                     {"json.conf", "{ \"x\": [1] }"},
                     {"empty.conf", "# nothing"},
                     {"key.conf", "AAAA"},
                     {"self.conf", "include ./self.conf"},
                     {"ping.conf", "include pong.conf"},
                     {"pong.conf", "include ping.conf"},
                     {"slash.conf", "q: 1"},
                     {"uses.conf", "y: $x"}},
                    {}};
  CHECK(tree("include a.conf", world) == "{x:i1,y:i2}");
  CHECK(tree("include 'a.conf'; z: $y", world) == "{x:i1,y:i2,z:i2}");
  CHECK(tree("m { include \"a.conf\" }", world) == "{m:{x:i1,y:i2}}");
  CHECK(tree("m { include a.conf; z: 3 }", world) == "{m:{x:i1,y:i2,z:i3}}");
  CHECK(tree("{ include a.conf }", world) == "{x:i1,y:i2}");
  CHECK(tree("include d/b.conf", world) == "{x:i3,z:i3}");
  CHECK(tree("m { include json.conf }", world) == "{m:{x:[i1]}}");
  CHECK(tree("m { include empty.conf }", world) == "{m:{}}");
  CHECK(tree("x: 0; include a.conf", world) == "{x:i1,y:i2}");
  CHECK(tree("include a.conf\nx: 0", world) == "{x:i0,y:i2}");
  CHECK(tree("include key.conf", world) ==
        "key.conf:1:1: config is invalid (key.conf:1:1): \"AAAA\" has no value");
  CHECK(tree("include self.conf", world) ==
        "self.conf:1:9: error parsing include file './self.conf', it includes itself");
  CHECK(tree("include ping.conf", world) ==
        "pong.conf:1:9: error parsing include file 'ping.conf', it includes itself");
  CHECK(tree("include t.conf", world) ==
        "t.conf:1:9: error parsing include file 't.conf', it includes itself");
  CHECK(tree("x: 1\ninclude uses.conf", world) ==
        "uses.conf:1:4: variable reference for 'x' on line 1 can not be found");
  CHECK(tree("include nope.conf", world) ==
        "t.conf:1:9: error parsing include file 'nope.conf', nope.conf: no such file");

  // As in nats-server a leading slash does not make a path absolute.
  const auto in_folder = [&](std::string_view text, const std::string& folder) {
    const Result<Document> document = parse({text, "t.conf", folder}, world.surroundings());
    return document ? show(document->root) : document.error().context;
  };
  CHECK(in_folder("include c.conf", "d") == "{x:i3}");
  CHECK(in_folder("include /c.conf", "d/") == "{x:i3}");
  CHECK(in_folder("include ./c.conf", "d/") == "{x:i3}");

  const Result<Document> nowhere = parse({"include a.conf", "t.conf", ""}, {});
  CHECK(error_of(nowhere) ==
        "t.conf:1:9: error parsing include file 'a.conf', includes are not possible here");
}

// Each bound answers with an error at the place where it is reached, and one less still loads.
TEST_CASE("config: bounds", "[config]") {
  const auto nested = [](std::size_t levels) {
    return "a: " + std::string(levels, '[') + "1" + std::string(levels, ']');
  };
  CHECK(read(nested(limits::config_depth_max)));
  CHECK(tree(nested(limits::config_depth_max + 1)).find("nested too deeply") != std::string::npos);
  CHECK(tree(std::string(5000, '{')).find("nested too deeply") != std::string::npos);

  // Each variable holds two of the one before: 2^40 values if nobody counted.
  std::string doubling = "v0: [x, x]\n";
  for (int i = 1; i <= 40; ++i) {
    const std::string last = "$v" + std::to_string(i - 1);
    doubling += "v" + std::to_string(i) + ": [" + last + "," + last + "]\n";
  }
  CHECK(tree(doubling).find("too large here") != std::string::npos);

  // A variable may not take nesting past the bound either.
  std::string deepening = "v0: [x]\n";
  for (std::size_t i = 1; i <= limits::config_depth_max; ++i) {
    deepening += "v" + std::to_string(i) + ": [$v" + std::to_string(i - 1) + "]\n";
  }
  CHECK(tree(deepening).find("nested too deeply") != std::string::npos);

  std::string repeating = "t: '" + std::string(1024 * 1024, 'x') + "'\nl: [";
  for (int i = 0; i < 40; ++i) repeating += "$t,";
  CHECK(tree(repeating + "]").find("too large here") != std::string::npos);

  World chain;
  for (int i = 0; i < 100; ++i) {
    chain.files["f" + std::to_string(i)] = "include f" + std::to_string(i + 1);
    chain.environment["V" + std::to_string(i)] = "$V" + std::to_string(i + 1);
  }
  CHECK(tree("include f0", chain).find("include each other too deeply") != std::string::npos);
  CHECK(tree("x: $V0", chain).find("is nested too deeply") != std::string::npos);

  std::string many;
  chain.files["leaf"] = "";
  for (std::size_t i = 0; i <= limits::config_files_max; ++i) many += "include leaf\n";
  CHECK(tree(many, chain).find("too many files") != std::string::npos);
}
