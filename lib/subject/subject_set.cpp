// SPDX-License-Identifier: Apache-2.0
//
// A SubjectIndex of patterns that nobody is behind.

#include "subject/subject_set.hpp"

#include "subject/grammar.hpp"

namespace leafnats::subject {
namespace {

// The patterns come from a configuration, not from a peer: peers only ask for them, and cannot
// make them collide. So the seed need not be a secret.
constexpr std::uint64_t fixed_seed = 1;

}  // namespace

SubjectSet::Body::Body() : index(fixed_seed) {}

bool SubjectSet::insert(std::string_view pattern) {
  if (!is_valid_subject(pattern)) return false;
  if (body_ == nullptr) body_ = std::make_unique<Body>();
  body_->index.insert(pattern, {}, body_->interests.emplace_back());
  return true;
}

bool SubjectSet::matches(std::string_view literal) const {
  return body_ != nullptr && body_->index.has_interest(literal);
}

bool SubjectSet::covers(std::string_view pattern) const {
  bool hit = false;
  if (body_ == nullptr) return hit;
  body_->index.for_each([&](const Interest&, std::string_view known, std::string_view) {
    hit = hit || is_subset(pattern, known);
  });
  return hit;
}

bool SubjectSet::overlaps(std::string_view pattern) const {
  return body_ != nullptr && body_->index.overlaps(pattern);
}

}  // namespace leafnats::subject
