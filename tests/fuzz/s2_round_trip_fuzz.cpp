// SPDX-License-Identifier: Apache-2.0
//
// What our S2 encoder makes of any bytes, at any level and flushed anywhere, is those bytes again
// for our decoder and for the naive one. The input is repeated with changes, so that there is
// something to find even in short ones.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "unit/wire/filter_end.hpp"
#include "unit/wire/naive_s2.hpp"
#include "wire/s2_filter.hpp"

using namespace leafnats::wire;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4) return 0;
  S2Filter filter(static_cast<S2Level>(data[0] & 3));
  const std::size_t piece = 1 + data[1] * std::size_t{97};
  std::string plain;
  for (unsigned copy = 0; copy <= data[2] % 8U; ++copy) {
    plain.append(reinterpret_cast<const char*>(data) + 3, size - 3);
    plain[plain.size() - 1 - data[2] % (size - 3)] ^= static_cast<char>(copy);
  }

  test::StringSink out;
  for (std::string_view rest = plain; !rest.empty();) {
    const std::string_view part = rest.substr(0, piece);
    filter.encode(part, out);
    if (part.size() % 3 == 0) filter.flush(out);
    rest.remove_prefix(part.size());
  }
  filter.flush(out);
  require(test::NaiveS2::stream(out.text) == plain);

  S2Filter reader(S2Level::fast);
  std::string_view in = out.text;
  std::vector<char> space(plain.size() + 1);
  require(reader.decode(in, space) == plain.size() && in.empty());
  require(std::string_view(space.data(), plain.size()) == plain);
  return 0;
}
