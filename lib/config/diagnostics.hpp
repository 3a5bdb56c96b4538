// SPDX-License-Identifier: Apache-2.0
//
// What is found wrong or odd while a configuration is turned into Options, each with its place;
// and where each option came from, so that a rule about options can be blamed on a line.
#pragma once

#include "config/value.hpp"

#include <leafnats/result.hpp>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace leafnats::config {

/// Lifetime: refers to the document.
class Diagnostics {
 public:
  explicit Diagnostics(const Document& document) : document_(document) {}

  /// The configuration cannot be used: it is wrong, or it needs what this version has not.
  void invalid(Position position, std::string text);
  void not_supported(Position position, std::string text);

  /// It can be used, but somebody should know. warn() is for what nats-server warns of too,
  /// remark() for what only we have to say.
  void warn(Position position, std::string text);
  void remark(Position position, std::string text);

  /// Remembers where `field` of Options was set: "leaf.remotes[0].urls[1]".
  void note_origin(std::string field, Position position);

  /// Where `field` was set, or else what it is a part of, or else the beginning of the file.
  [[nodiscard]] Position origin(std::string_view field) const;

  [[nodiscard]] bool has_errors() const { return !errors_.empty(); }

  /// More errors than are shown: an elaborate text for another one would be wasted.
  [[nodiscard]] bool has_enough_errors() const;

  /// All errors in file order, a line each; not_supported if that is all that is wrong.
  [[nodiscard]] Error error();

  [[nodiscard]] std::vector<std::string> warnings() const;
  [[nodiscard]] bool has_warned() const { return has_warned_; }

 private:
  struct Finding {
    Position position;
    Errc code;
    std::string text;
  };

  const Document& document_;
  std::vector<Finding> errors_;
  std::vector<Finding> warnings_;
  bool has_warned_ = false;  // warn() was called, not just remark()
  std::map<std::string, Position, std::less<>> origins_;
};

}  // namespace leafnats::config
