// SPDX-License-Identifier: Apache-2.0
//
// Compression of leaf links. What is used is agreed on while a link comes up, from the modes of
// both ends; nats-server knows S2 (2.10 and later), libleafnats also zstd.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace leafnats {

/// What this end of a leaf link wants. How this end sends, by what the other end wants:
///
///   the other is     off, not_supported, 2.9     accept       s2_*            zstd
///   off              plain                       plain        plain           plain
///   accept           plain                       plain        as the other    zstd
///   s2_*             plain                       s2_*         s2_*            s2_*
///   zstd             plain                       zstd         s2_auto         zstd
///
/// `accept` sends s2_fast to an end with s2_auto. An `accept` of nats-server, or of a build
/// without zstd, gets s2_auto where the table says zstd. Each end chooses the S2 level of what it
/// sends; whether there is compression, and of which kind, is the same for both directions.
/// Links over WebSocket are never compressed this way: that is permessage-deflate's.
enum class CompressionMode {
  not_supported,  ///< as nats-server 2.9: the word is not even mentioned
  off,
  accept,         ///< what the other end wants
  s2_auto,        ///< a level by the round trip time: see rtt_thresholds
  s2_fast,
  s2_better,
  s2_best,
  zstd,           ///< one stream for the life of the link; a peer without it gets s2_auto
};

/// Compression of the links that a listener accepts, or of one remote.
/// Server::start() refuses what is out of bounds with invalid_config and names the field, and
/// `zstd` with not_supported in a build without it (Meson option `compression`).
struct CompressionOptions {
  /// s2_auto is nats-server's default: up to 10 ms of round trip it sends stored chunks, which
  /// cost next to nothing and save nothing. Set to zstd where bytes cost money and to off where
  /// a link is local and each microsecond counts.
  CompressionMode mode = CompressionMode::s2_auto;

  /// For s2_auto: round trips up to the first send uncompressed chunks, up to the second s2_fast,
  /// up to the third s2_better, beyond s2_best. With fewer than three, what is beyond the last
  /// stays at its level. 0 leaves a level out. Ascending, at most four; empty: 10, 50, 100 ms.
  /// A stronger level takes three measurements in a row, none of them while bytes waited to be
  /// written; a weaker one takes one that is a fifth shorter than its threshold: a busy machine
  /// measures long round trips, and must not answer them with more work. Too low and CPU is spent
  /// on a fast network; too high and a thin link carries more than it must.
  std::vector<std::chrono::milliseconds> rtt_thresholds;

  /// zstd's effort, -10 to 19. From about 6 on it costs ten times the CPU for a tenth of the bytes.
  int zstd_level = 1;

  /// zstd looks back 2^this bytes, 10 to 21. Each link holds about 180 KB and two windows to
  /// compress, 150 KB and a window to decompress: 14 is enough for messages that resemble each
  /// other. The smaller of what the two ends have is used.
  int zstd_window_log = 14;

  /// Bytes that zstd takes for what came before the first message, up to 128 KiB: a dictionary
  /// made by `zstd --train`, or typical messages in a row. It helps a link's first kilobytes, so
  /// links that often start anew. Used if both ends have the same; if not, a line is logged and
  /// the link works without.
  std::string zstd_dictionary;

  /// A file with the dictionary, read by Server::start(), which fails if it cannot be read.
  /// Not both.
  std::string zstd_dictionary_file;
};

}  // namespace leafnats
