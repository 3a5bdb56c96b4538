// SPDX-License-Identifier: Apache-2.0
//
// What may come over a leaf link: the parser must read a stream alike whole and in any pieces,
// and as its naive twin does. The first byte chooses the limits, the second how the stream is cut.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "unit/wire/naive_parser.hpp"

using namespace leafnats::wire;
using namespace leafnats::wire::test;

namespace {

std::vector<std::size_t> cuts(std::string_view stream, std::uint8_t choice) {
  std::vector<std::size_t> ends;
  std::uint32_t state = choice;
  for (std::size_t at = 0; at < stream.size();) {
    // The low values cut in equal strides, byte by byte included; the others follow the input.
    state = state * 1664525u + static_cast<unsigned char>(stream[at]) + 1013904223u;
    at += choice < 16 ? choice + 1u : 1u + (state >> 24) % 23u;
    if (at < stream.size()) ends.push_back(at);
  }
  return ends;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view stream(reinterpret_cast<const char*>(data) + 2, size - 2);
  const ParserLimits limits{std::size_t{8} << (data[0] & 7), std::size_t{4} << (data[0] >> 4)};
  const Transcript expected = NaiveParser(Dialect::leaf, limits).parse(std::string(stream));
  if (!(parse_whole(Dialect::leaf, limits, stream) == expected)) std::abort();
  const Transcript pieces = parse_in_pieces(Dialect::leaf, limits, stream, cuts(stream, data[1]));
  if (!(pieces == expected)) std::abort();
  return 0;
}
