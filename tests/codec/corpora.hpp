// SPDX-License-Identifier: Apache-2.0
//
// What the codecs are compared on: batches as a leaf link flushes them. All of it is generated
// from a seed, so that every run and every machine has the same bytes; only `text` is read, from
// the project's own sources.
#pragma once

#include <string>
#include <vector>

namespace leafnats::codec {

struct Corpus {
  std::string name;
  std::vector<std::string> batches;  ///< each is flushed
};

/// `sources`: the folder whose .cpp, .hpp and .md files make up the text.
[[nodiscard]] std::vector<Corpus> make_corpora(const std::string& sources);

/// One LMSG frame of telemetry as JSON, about 178 bytes, the `index`-th.
[[nodiscard]] std::string telemetry_frame(unsigned index);

}  // namespace leafnats::codec
