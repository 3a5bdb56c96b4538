// SPDX-License-Identifier: Apache-2.0
//
// The outermost text of a configuration. The grammar is in text_parser.cpp.
#include "config/parser.hpp"

#include "config/text_parser.hpp"

#include <utility>

namespace leafnats::config {

Result<Document> parse(const Source& source, const Surroundings& surroundings) {
  Reading reading{.surroundings = surroundings,
                  .document = {},
                  .values = 0,
                  .bytes = 0,
                  .including = {source.name},
                  .expanding = {},
                  .problem = {}};
  TextParser parser(reading, source.text, source.name, source.folder, 0);
  Map root;
  if (!parser.parse_file(root)) {
    const Problem& problem = *reading.problem;
    return Error{Errc::invalid_config, reading.document.place(problem.position) + problem.text};
  }
  reading.document.root = std::move(root);
  return std::move(reading.document);
}

}  // namespace leafnats::config
