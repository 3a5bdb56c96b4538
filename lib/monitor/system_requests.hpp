// SPDX-License-Identifier: Apache-2.0
//
// The services of the system account: which subjects are answered, what a request may ask for,
// and the envelope that answers come in. Each request is read, passed by if it is for other
// servers, answered by a document that the shards have put together, and published.
//
// Thread: the first shard's.
#pragma once

#include "broker/context.hpp"
#include "broker/local_session.hpp"
#include "monitor/accounts_document.hpp"
#include "monitor/process_usage.hpp"
#include "monitor/server_block.hpp"
#include "monitor/server_document.hpp"
#include "net/engine.hpp"
#include "wire/json.hpp"

#include <leafnats/result.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace leafnats::monitor {

/// A request, kept until it is answered.
struct SystemRequest {
  std::string subject;
  std::string reply;                   ///< empty: nobody waits
  std::string headers;
  std::string payload;
  base::ConnectionId publisher;
  /// The token of the subject that names an account; empty where there is none.
  [[nodiscard]] std::string account() const;
};

/// Whether an account without connections is passed over.
enum class Silence : std::uint8_t { never, without_connections };

class SystemRequests {
 public:
  SystemRequests(net::Engine& engine, broker::Context& context, ServerBlock& server);
  SystemRequests(const SystemRequests&) = delete;
  SystemRequests& operator=(const SystemRequests&) = delete;

  /// The subjects that are answered; a request is known by its place in this list.
  [[nodiscard]] std::vector<std::string> subjects() const;
  [[nodiscard]] std::size_t size() const noexcept { return services_.size(); }
  void handle(std::size_t place, SystemRequest request);

  /// Publishes this server's STATSZ.
  void publish_statsz(const std::string& subject);
  /// Publishes the numbers of an account to each of `subjects`, if there is such an account.
  void publish_connections(const std::string& account, std::vector<std::string> subjects,
                           Silence silence);
  [[nodiscard]] std::vector<std::string> account_names() const;

 private:
  /// The JSON of "data". Empty: nobody answers.
  using Document = Result<std::string>;
  using Handler = void (SystemRequests::*)(const SystemRequest& request);
  struct Service {
    std::string subject;
    Handler handler;
  };

  void add_server_service(std::string_view name, Handler handler);
  void add_account_service(std::string_view name, Handler handler);

  void on_idz(const SystemRequest& request);
  void on_statsz(const SystemRequest& request);
  void on_varz(const SystemRequest& request);
  void on_connz(const SystemRequest& request);
  void on_account_connz(const SystemRequest& request);
  void on_subsz(const SystemRequest& request);
  void on_account_subsz(const SystemRequest& request);
  void on_leafz(const SystemRequest& request);
  void on_account_leafz(const SystemRequest& request);
  void on_accountz(const SystemRequest& request);
  void on_account_info(const SystemRequest& request);
  void on_account_statz(const SystemRequest& request);
  void on_all_statz(const SystemRequest& request);
  void on_account_conns(const SystemRequest& request);
  void on_routez(const SystemRequest& request);
  void on_gatewayz(const SystemRequest& request);
  void on_jsz(const SystemRequest& request);
  void on_account_jsz(const SystemRequest& request);
  void on_healthz(const SystemRequest& request);
  void on_user_info(const SystemRequest& request);
  void on_kick(const SystemRequest& request);
  void on_lame_duck(const SystemRequest& request);
  void on_reload(const SystemRequest& request);

  using Fields = std::vector<wire::JsonField<wire::JsonTarget>>;
  /// Reads the payload into `fields`. False: it was answered (with an error), or is for others.
  bool read(const SystemRequest& request, Fields fields);
  void act_on_connection(const SystemRequest& request,
                         std::function<bool(broker::Session& session)> act);
  template <class Part, class Options>
  void answer_from_shards(const SystemRequest& request, Options options,
                          std::string (*document)(const std::string&, const Options&,
                                                  std::vector<Part>&));
  void answer_account(const SystemRequest& request, const std::string& account,
                      std::function<std::string(std::string detail)> wrap);
  void answer_statz(const SystemRequest& request, AccountStatzOptions options);
  void with_numbers(std::function<void(const ServerNumbers& numbers)> use);
  void answer(const SystemRequest& request, const Document& document);
  void answer_error(const SystemRequest& request, int code, std::string_view text);
  void publish(const std::string& subject, std::string_view headers, std::string_view payload);
  [[nodiscard]] ServerFacts facts() const;

  net::Engine& engine_;
  broker::Context& context_;
  ServerBlock& server_;
  ProcessUsage usage_;
  wire::JsonReader json_;
  const std::int64_t start_unix_ns_;
  std::vector<Service> services_;
  std::size_t in_progress_ = 0;
};

}  // namespace leafnats::monitor
