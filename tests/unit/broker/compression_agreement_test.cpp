// SPDX-License-Identifier: Apache-2.0
//
// What two ends make of their modes, and which level a round trip asks for.

#include "broker/compression_agreement.hpp"
#include "broker/s2_auto_level.hpp"
#include "wire/zstd_filter.hpp"

#include "support/catch.hpp"

#include <string>
#include <string_view>
#include <vector>

using namespace leafnats;
using namespace leafnats::broker;
using namespace std::chrono_literals;
using wire::S2Level;
using Format = CompressionAgreement::Format;
using Mode = CompressionMode;

namespace {

CompressionOptions with(Mode mode) {
  CompressionOptions options;
  options.mode = mode;
  return options;
}

/// What an end with `ours` does about a nats-server that says `theirs`.
std::string with_nats_server(Mode ours, std::string_view theirs) {
  const auto agreement = agree(with(ours), {theirs, 0, 0});
  return agreement ? std::string(to_string(agreement->mode)) : "refused";
}

/// What an end with `ours` does about one of ours with `theirs`.
CompressionAgreement between(Mode ours, Mode theirs) {
  return agree(with(ours), offer_of(with(theirs))).value();
}

std::int64_t ms(double count) { return static_cast<std::int64_t>(count * 1e6); }

}  // namespace

// selectCompressionMode() of nats-server 2.10 to 2.15, seen on the wire in all pairs.
TEST_CASE("broker: what is agreed on with nats-server", "[broker][leaf][compression]") {
  const std::vector<Mode> modes = {Mode::accept, Mode::s2_auto, Mode::s2_fast, Mode::s2_better,
                                   Mode::s2_best};
  for (const Mode ours : modes) {
    CAPTURE(to_string(ours));
    const std::string own(to_string(ours));
    const bool accepts = ours == Mode::accept;
    CHECK(with_nats_server(ours, "") == "not supported");
    CHECK(with_nats_server(ours, "not supported") == "not supported");
    CHECK(with_nats_server(ours, "off") == "off");
    CHECK(with_nats_server(ours, "accept") == (accepts ? "off" : own));
    CHECK(with_nats_server(ours, "s2_auto") == (accepts ? "s2_fast" : own));
    for (const char* level : {"s2_fast", "s2_better", "s2_best"}) {
      CHECK(with_nats_server(ours, level) == (accepts ? level : own));
    }
    CHECK(with_nats_server(ours, "gzip") == "refused");
    CHECK(with_nats_server(ours, "zstd") == "refused");
    CHECK(with_nats_server(ours, "S2_FAST") == "refused");
  }
  CHECK(with_nats_server(Mode::zstd, "s2_fast") == "s2_auto");
  CHECK(with_nats_server(Mode::zstd, "accept") == "s2_auto");
  CHECK(with_nats_server(Mode::zstd, "off") == "off");
}

// Both ends must come to the same format, whoever asks; zstd needs one that wants it and no end
// that wants something else.
TEST_CASE("broker: what two of ours agree on", "[broker][leaf][compression]") {
  const std::vector<Mode> modes = {Mode::accept,    Mode::s2_auto, Mode::s2_fast,
                                   Mode::s2_better, Mode::s2_best, Mode::zstd};
  for (const Mode a : modes) {
    for (const Mode b : modes) {
      CAPTURE(to_string(a), to_string(b));
      CHECK(between(a, b).format == between(b, a).format);
      const auto willing = [](Mode mode) { return mode == Mode::zstd || mode == Mode::accept; };
      const bool wanted = a == Mode::zstd || b == Mode::zstd;
      const bool zstd = wire::has_zstd && wanted && willing(a) && willing(b);
      const bool none = a == Mode::accept && b == Mode::accept;
      CHECK(between(a, b).format == (none ? Format::plain : zstd ? Format::zstd : Format::s2));
    }
    CHECK(between(a, Mode::off).format == Format::plain);
    CHECK(between(a, Mode::not_supported).format == Format::plain);
  }
  CHECK(offer_of(with(Mode::zstd)).mode == "s2_auto");
  CHECK(offer_of(with(Mode::s2_auto)).zstd_window_log == 0);
  CHECK(offer_of(with(Mode::not_supported)).mode.empty());
  CHECK(offer_of(with(Mode::off)).mode == "off");
}

TEST_CASE("broker: the smaller window counts, and a dictionary that both have",
          "[broker][leaf][compression]") {
  if (!wire::has_zstd) return;
  CompressionOptions small = with(Mode::zstd);
  small.zstd_window_log = 12;
  small.zstd_dictionary = "words";
  CompressionOptions large = with(Mode::accept);
  large.zstd_window_log = 18;
  large.zstd_dictionary = "words";
  CHECK(agree(small, offer_of(large))->zstd_window_log == 12);
  CHECK(agree(large, offer_of(small))->zstd_window_log == 12);
  CHECK(agree(small, offer_of(large))->with_dictionary);
  large.zstd_dictionary = "other words";
  CHECK_FALSE(agree(small, offer_of(large))->with_dictionary);
  // A peer cannot make us allocate what we did not configure, nor name what zstd does not have.
  CHECK(agree(small, {"accept", 31, 0})->zstd_window_log == 12);
  CHECK(agree(small, {"accept", 9, 0})->format == Format::s2);
  CHECK(agree(small, {"accept", -5, 0})->format == Format::s2);
  CHECK(agree(small, {"accept", INT64_MAX, 0})->zstd_window_log == 12);
}

// selectS2AutoModeBasedOnRTT() of nats-server.
TEST_CASE("broker: the level for a round trip", "[broker][leaf][compression]") {
  CHECK(s2_level_for(ms(10), {}) == S2Level::uncompressed);
  CHECK(s2_level_for(ms(10.001), {}) == S2Level::fast);
  CHECK(s2_level_for(ms(50), {}) == S2Level::fast);
  CHECK(s2_level_for(ms(100), {}) == S2Level::better);
  CHECK(s2_level_for(ms(101), {}) == S2Level::best);
  // What is beyond the last of fewer than three stays at its level; 0 leaves one out.
  CHECK(s2_level_for(ms(1000), {10ms}) == S2Level::uncompressed);
  CHECK(s2_level_for(ms(1000), {10ms, 20ms}) == S2Level::fast);
  CHECK(s2_level_for(ms(1), {0ms, 0ms, 20ms, 30ms}) == S2Level::better);
  CHECK(s2_level_for(ms(21), {0ms, 0ms, 20ms, 30ms}) == S2Level::best);
  CHECK(s2_level_for(ms(99), {0ms, 20ms, 0ms}) == S2Level::fast);
  CHECK(s2_level_for(ms(5), {0ms, 20ms}) == S2Level::fast);
}

TEST_CASE("broker: a stronger level takes three long round trips", "[broker][leaf][compression]") {
  const std::vector<std::chrono::milliseconds> thresholds;
  S2AutoLevel level(thresholds, ms(1));
  CHECK(level.level() == S2Level::uncompressed);
  CHECK(level.measured(ms(200), false) == S2Level::uncompressed);
  CHECK(level.measured(ms(200), false) == S2Level::uncompressed);
  CHECK(level.measured(ms(1), false) == S2Level::uncompressed);
  CHECK(level.measured(ms(200), false) == S2Level::uncompressed);
  CHECK(level.measured(ms(200), false) == S2Level::uncompressed);
  CHECK(level.measured(ms(60), false) == S2Level::better);  // the quickest of the three
  CHECK(level.measured(ms(200), false) == S2Level::better);
}

TEST_CASE("broker: near a threshold the level stays", "[broker][leaf][compression]") {
  const std::vector<std::chrono::milliseconds> thresholds;
  S2AutoLevel level(thresholds, ms(60));
  CHECK(level.level() == S2Level::better);
  for (int i = 0; i < 20; ++i)
    CHECK(level.measured(ms(i % 2 == 0 ? 45 : 55), false) == S2Level::better);
  CHECK(level.measured(ms(39), false) == S2Level::fast);
  for (int i = 0; i < 20; ++i)
    CHECK(level.measured(ms(i % 2 == 0 ? 45 : 55), false) == S2Level::fast);
  CHECK(level.measured(ms(1), false) == S2Level::uncompressed);
}

// A thousand leafs that come back at once all have a long handshake.
TEST_CASE("broker: the handshake alone does not ask for the strongest level",
          "[broker][leaf][compression]") {
  const std::vector<std::chrono::milliseconds> thresholds;
  S2AutoLevel level(thresholds, ms(5000));
  CHECK(level.level() == S2Level::better);
  CHECK(level.measured(ms(600), false) == S2Level::better);
  CHECK(level.measured(ms(600), false) == S2Level::better);
  CHECK(level.measured(ms(600), false) == S2Level::best);
}

// The spiral of nats-server's issue 7037: work delays PONGs, delay asks for more work.
TEST_CASE("broker: load does not raise the level", "[broker][leaf][compression]") {
  const std::vector<std::chrono::milliseconds> thresholds;
  S2AutoLevel queued(thresholds, ms(1));
  for (int i = 0; i < 100; ++i) CHECK(queued.measured(ms(500), true) == S2Level::uncompressed);
  S2AutoLevel busy(thresholds, ms(1));
  for (int i = 0; i < 100; ++i) {
    CHECK(busy.measured(ms(i % 3 == 0 ? 8 : 400), false) == S2Level::uncompressed);
  }
}
