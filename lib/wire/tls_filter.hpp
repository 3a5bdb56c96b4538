// SPDX-License-Identifier: Apache-2.0
//
// TLS 1.2 and 1.3 as a filter, either end, on BoringSSL or OpenSSL 3. The library reads from the
// view that decode() was given and writes into the sink of the call at hand; nothing is buffered
// in between but what the handshake says while there is no sink, and less than a record of plain
// bytes until flush().
//
// Never renegotiates, never compresses, takes no early data. The time that certificates are judged
// by comes from outside.
#pragma once

#include "wire/stream_filter.hpp"
#include "wire/tls_context.hpp"
#include "wire/tls_peer.hpp"

#include <cstdint>
#include <memory>
#include <string>

struct bio_st;
struct ssl_st;
struct ssl_session_st;
struct x509_store_ctx_st;

namespace leafnats::wire {

/// Why a handshake failed, coarse enough to tell a user what to change.
enum class TlsFault : std::uint8_t {
  none,
  not_tls,           ///< the peer spoke something else; see TlsFilter::plain_peer()
  certificate_time,  ///< expired or not yet valid: the certificate or somebody's clock
  certificate_name,  ///< not for the host that was dialled
  certificate,       ///< not trusted, or wrong in another way
  not_pinned,
  no_certificate,  ///< the peer showed none and had to
  refused,         ///< the peer ended it with an alert
  protocol,        ///< no version or cipher in common, or broken bytes
};

/// What a peer that does not speak TLS speaks instead.
enum class PlainPeer : std::uint8_t { none, nats_info, nats_client, http, other };

/// A session that a server may resume. Of use only to the context and the server name it is from.
struct TlsSession {
  std::shared_ptr<const TlsContext> context;
  std::string server_name;
  std::shared_ptr<ssl_session_st> ticket;
};

class TlsFilter final : public StreamFilter {
 public:
  /// `unix_time`: seconds, what certificates are judged by.
  static std::unique_ptr<TlsFilter> accept(std::shared_ptr<const TlsContext> context,
                                           std::int64_t unix_time);

  /// `server_name`: host name or IP literal that the server's certificate must be for; also sent
  /// as SNI unless it is an IP literal. `resume` is left alone if it is from elsewhere.
  static std::unique_ptr<TlsFilter> connect(std::shared_ptr<const TlsContext> context,
                                            std::string server_name, std::int64_t unix_time,
                                            const TlsSession& resume = {});

  TlsFilter(const TlsFilter&) = delete;
  TlsFilter& operator=(const TlsFilter&) = delete;
  ~TlsFilter() override;

  [[nodiscard]] Kind kind() const override { return Kind::tls; }
  [[nodiscard]] State state() const override { return state_; }
  [[nodiscard]] std::string_view error() const override { return error_; }
  std::size_t decode(std::string_view& in, std::span<char> out) override;
  void encode(std::string_view plain, ByteSink& out) override;
  void flush(ByteSink& out) override;
  [[nodiscard]] bool has_output() const override { return !output_.empty() || !plain_.empty(); }
  void close(StreamEnd end, ByteSink& out) override;

  [[nodiscard]] TlsFault fault() const noexcept { return fault_; }
  [[nodiscard]] PlainPeer plain_peer() const noexcept { return plain_peer_; }

  /// Made anew at each call; only once open.
  [[nodiscard]] TlsPeer peer() const;

  /// The last session that the server offered for resumption; without a ticket if none yet.
  [[nodiscard]] TlsSession session() const;

 private:
  struct Release {
    void operator()(ssl_st* ssl) const noexcept;
  };
  class InputScope;
  class SinkScope;
  friend struct TlsCallbacks;

  TlsFilter(std::shared_ptr<const TlsContext> context, std::string server_name,
            std::int64_t unix_time);
  void create();
  void expect_server(const TlsSession& resume);
  bool looks_like_tls(std::string_view in);
  void advance_handshake();
  void judge_open();
  void write_record(std::string_view plain);
  void fail_with_library_error();
  void fail(TlsFault fault, std::string text);

  std::shared_ptr<const TlsContext> context_;
  std::unique_ptr<ssl_st, Release> ssl_;
  std::string_view* input_ = nullptr;  // during decode(): where the library reads from
  ByteSink* sink_ = nullptr;           // during calls that have one: where it writes to
  std::string output_;                 // what it wrote when there was none
  std::string plain_;                  // less than a record, for flush()
  std::string server_name_;
  std::string error_;
  std::string certificate_error_;  // what the verification found
  std::shared_ptr<ssl_session_st> ticket_;
  const std::int64_t unix_time_;
  State state_ = State::opening;
  TlsFault fault_ = TlsFault::none;
  TlsFault certificate_fault_ = TlsFault::none;
  PlainPeer plain_peer_ = PlainPeer::none;
  bool seen_input_ = false;
};

}  // namespace leafnats::wire
