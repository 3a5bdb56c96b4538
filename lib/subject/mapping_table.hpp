// SPDX-License-Identifier: Apache-2.0
//
// The subject mappings of an account, ready to use. The first mapping in the order given whose
// source covers a subject decides, as in nats-server, where a literal source has no precedence
// either; one of its destinations is taken by weight.
#pragma once

#include "subject/transform.hpp"

#include <leafnats/accounts.hpp>
#include <leafnats/result.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace leafnats::subject {

/// Immutable.
class MappingTable {
 public:
  MappingTable() = default;

  /// `cluster` is this server's, empty if it has none: a mapping that has destinations for it uses
  /// those alone. Of two mappings with the same source the later one takes the earlier one's
  /// place. Errors: invalid_argument, `mapping of "source": ` and nats-server's reason.
  static Result<MappingTable> make(std::span<const SubjectMapping> mappings,
                                   std::string_view cluster);

  [[nodiscard]] bool empty() const noexcept { return mappings_.empty(); }

  /// True if a mapping covers `literal` and sends it elsewhere: `out` says where, and is empty if
  /// the message is to be dropped. That is the lot of the percentage that the weights leave to 100
  /// where the source itself is one of the destinations; otherwise it stays what it is: false.
  /// `roll` is uniform over all its values: it decides between the destinations, and is what
  /// random() draws. Allocates only if the capacity of `out` is too small.
  /// Lifetime: `literal` must not lie in `out`.
  bool map(std::string_view literal, std::uint64_t roll, std::string& out) const;

  /// In order; leaf links are told of them as of interest.
  [[nodiscard]] const std::vector<std::string>& sources() const noexcept { return sources_; }

 private:
  /// A destination, for rolls below `end`; none: the source itself.
  struct Way {
    int weight;
    int end;
    std::optional<Transform> transform;
  };
  struct Mapping {
    Transform source;  // onto itself
    std::vector<Way> ways;
  };

  static Result<Mapping> make_mapping(const SubjectMapping& mapping, std::string_view cluster);
  static void finish(Mapping& made, bool source_is_named);
  void add(Mapping mapping);

  std::vector<Mapping> mappings_;
  std::vector<std::string> sources_;
};

}  // namespace leafnats::subject
