// SPDX-License-Identifier: Apache-2.0
//
// INFO and CONNECT from strangers: no input may do harm, and what was read can be written, read
// again, and is the same. The reader is kept from input to input, as a shard keeps it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "wire/connect.hpp"
#include "wire/info.hpp"
#include "wire/json.hpp"

using namespace leafnats::wire;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static JsonReader reader;
  // A copy of the exact size: reading past it is seen by the sanitizer.
  const std::string text(reinterpret_cast<const char*>(data), size);

  if (const auto info = parse_info(reader, text)) {
    const std::string written = format_info(*info);
    const auto again = parse_info(reader, written);
    require(again && format_info(*again) == written);
    require(written.find('\n') == written.npos);
  }
  if (const auto leaf = parse_leaf_connect(reader, text)) {
    const std::string written = format_connect(*leaf);
    const auto again = parse_leaf_connect(reader, written);
    require(again && format_connect(*again) == written);
    require(written.find('\n') == written.npos);
    (void)version_at_least(leaf->version, "2.8.0");
  }
  if (const auto client = parse_client_connect(reader, text)) {
    require(parse_client_connect(reader, text, *client).has_value());
  } else {
    require(!client.error().context.empty());
  }

  std::string quoted;
  append_json_string(quoted, text);
  const auto name = parse_leaf_connect(reader, "{\"name\":" + quoted + "}");
  require(name.has_value());
  return 0;
}
