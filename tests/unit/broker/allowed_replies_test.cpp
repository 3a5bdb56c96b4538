// SPDX-License-Identifier: Apache-2.0
//
// Answers that a client may give although it may not publish to their subjects.

#include "base/limits.hpp"
#include "broker/allowed_replies.hpp"

#include "support/catch.hpp"

#include <chrono>
#include <cstdint>
#include <string>

using namespace leafnats;
using namespace leafnats::broker;
using namespace std::chrono_literals;

namespace {
constexpr std::int64_t second = 1'000'000'000;
}

// There is something to keep only for a user with allow_responses.
TEST_CASE("broker: allowed replies are kept on demand", "[broker][replies]") {
  CHECK(AllowedReplies::make(nullptr) == nullptr);
  Permissions permissions;
  CHECK(AllowedReplies::make(&permissions) == nullptr);
  permissions.allow_responses.emplace();
  CHECK(AllowedReplies::make(&permissions) != nullptr);
}

// So many answers for each request, and no more; a new request counts anew.
TEST_CASE("broker: allowed replies are counted", "[broker][replies]") {
  AllowedReplies replies({2, 60s});
  CHECK_FALSE(replies.take("r", 0));
  replies.allow("r", 0);
  CHECK(replies.take("r", 0));
  CHECK_FALSE(replies.take("r2", 0));
  CHECK(replies.take("r", 0));
  CHECK_FALSE(replies.take("r", 0));
  CHECK_FALSE(replies.take("r", 0));
  replies.allow("r", 0);
  CHECK(replies.take("r", 0));
  replies.allow("r", 0);  // the same subject again: two from here on
  CHECK(replies.take("r", 0));
  CHECK(replies.take("r", 0));
  CHECK_FALSE(replies.take("r", 0));
}

// The time runs from the request on.
TEST_CASE("broker: allowed replies expire", "[broker][replies]") {
  AllowedReplies replies({10, 2s});
  replies.allow("r", 5 * second);
  CHECK(replies.take("r", 7 * second));
  CHECK_FALSE(replies.take("r", 7 * second + 1));
  replies.allow("r", 8 * second);
  CHECK(replies.take("r", 9 * second));
}

// -1 is without a limit, in either sense.
TEST_CASE("broker: allowed replies without limits", "[broker][replies]") {
  AllowedReplies endless({-1, 2s});
  endless.allow("r", 0);
  for (int i = 0; i < 1000; ++i) CHECK(endless.take("r", second));
  CHECK_FALSE(endless.take("r", 3 * second));
  AllowedReplies eternal({1, -1ms});
  eternal.allow("r", 0);
  CHECK(eternal.take("r", 1'000'000 * second));
  CHECK_FALSE(eternal.take("r", 1'000'000 * second));
}

// Requests that are never answered do not pile up: the oldest give way.
TEST_CASE("broker: allowed replies are bounded", "[broker][replies]") {
  AllowedReplies replies({1, -1ms});
  const auto name = [](std::size_t i) { return "r." + std::to_string(i); };
  for (std::size_t i = 0; i <= limits::allowed_replies_max; ++i) replies.allow(name(i), 0);
  CHECK_FALSE(replies.take(name(0), 0));
  CHECK(replies.take(name(1), 0));
  CHECK(replies.take(name(limits::allowed_replies_max), 0));
  CHECK(replies.size() <= limits::allowed_replies_max);
}

// Nor do those that were answered, behind one that never is: whoever asks and answers on one
// subject, over and over, must not grow the books.
TEST_CASE("broker: answered requests leave nothing behind", "[broker][replies]") {
  AllowedReplies replies({1, -1ms});
  replies.allow("never.answered", 0);
  for (std::size_t i = 0; i < 1000; ++i) {
    replies.allow("again", 0);
    CHECK(replies.take("again", 0));
    CHECK_FALSE(replies.take("again", 0));
  }
  CHECK(replies.size() <= 2);
  CHECK(replies.take("never.answered", 0));
}
