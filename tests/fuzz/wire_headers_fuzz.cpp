// SPDX-License-Identifier: Apache-2.0
//
// Header blocks from strangers: no input may do harm, every view lies inside it, and a block
// rebuilt from its parts has the same parts.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wire/headers.hpp"

using namespace leafnats::wire;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void require_inside(std::string_view part, const std::vector<char>& bytes) {
  if (part.empty()) return;
  require(part.data() >= bytes.data());
  require(part.data() + part.size() <= bytes.data() + bytes.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::vector<char> bytes(data, data + size);
  const auto block = HeaderBlock::parse({bytes.data(), bytes.size()});
  if (!block) return 0;

  require_inside(block->status(), bytes);
  require_inside(block->description(), bytes);
  HeaderBuilder builder(block->status(), block->description());
  for (const Header& header : *block) {
    require_inside(header.name, bytes);
    require_inside(header.value, bytes);
    require(block->find(header.name).has_value());
    require(builder.add(header.name, header.value));
  }

  const std::string rebuilt = std::move(builder).finish();
  const auto again = HeaderBlock::parse(rebuilt);
  require(again.has_value());
  require(again->status() == block->status() && again->description() == block->description());
  require(std::equal(block->begin(), block->end(), again->begin(), again->end()));
  return 0;
}
