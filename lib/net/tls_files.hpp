// SPDX-License-Identifier: Apache-2.0
//
// Certificates, keys and roots on disk. The TLS context of a listener or a remote is made from
// files at start, where everything wrong is an error, and made anew for new connections when a
// file has changed. A change that does not work is logged once and the old context stays.
//
// Thread: any. A listener's context is asked for by every shard; the lock is held while files are
// looked at, at most once a second, and while they are read, when they have changed.
#pragma once

#include "broker/context.hpp"
#include "wire/tls_context.hpp"

#include <leafnats/result.hpp>
#include <leafnats/tls.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace leafnats::net {

class TlsFiles {
 public:
  using Log = std::function<void(LogLevel level, const std::string& line)>;

  /// `name` is for messages: "leafnodes". Lifetime: `log` must be good as long as this.
  TlsFiles(std::string name, wire::TlsRole role, TlsOptions options, Log log);

  /// Reads everything now; an error names the file.
  Result<void> load();

  /// What new connections use; loads if that was not done. An error only if it never worked.
  Result<std::shared_ptr<const wire::TlsContext>> current();

  [[nodiscard]] const TlsOptions& options() const noexcept { return options_; }

 private:
  /// What tells that a file has changed, as far as the system knows.
  struct Stamp {
    std::int64_t modified_ns = 0;
    std::int64_t size = -1;         // -1: not there
    std::uint64_t inode = 0;
    bool operator==(const Stamp&) const = default;
  };
  using Stamps = std::vector<Stamp>;

  [[nodiscard]] Stamps look() const;
  Result<std::shared_ptr<const wire::TlsContext>> read() const;
  Result<void> load_locked();

  const std::string name_;
  const wire::TlsRole role_;
  const TlsOptions options_;
  const Log log_;
  std::vector<std::string> paths_;

  std::mutex mutex_;
  std::shared_ptr<const wire::TlsContext> context_;
  Stamps stamps_;
  std::chrono::steady_clock::time_point looked_at_{};
};

/// The listeners' TLS.
class ListenerTls final : public broker::TlsSource {
 public:
  explicit ListenerTls(broker::Context& context);

  /// Reads the files of all listeners.
  Result<void> load();

  [[nodiscard]] std::shared_ptr<const wire::TlsContext> client_listener() override;
  [[nodiscard]] std::shared_ptr<const wire::TlsContext> leaf_listener() override;
  [[nodiscard]] std::shared_ptr<const wire::TlsContext> websocket_listener() override;
  [[nodiscard]] bool admits_client() override;

 private:
  std::unique_ptr<TlsFiles> client_;
  std::unique_ptr<TlsFiles> leaf_;
  std::unique_ptr<TlsFiles> websocket_;
  const int rate_limit_;
  std::mutex rate_mutex_;                              // clients come to all shards
  std::chrono::steady_clock::time_point second_begin_{};
  int begun_ = 0;                                      // handshakes since second_begin_
};

}  // namespace leafnats::net
