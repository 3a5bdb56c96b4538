// SPDX-License-Identifier: Apache-2.0
//
// One seed's world: its servers, links and clients, the rounds it goes through, and what must
// hold when it has come to rest after each of them.
//
//   round     the clients act at random moments; clients and links are cut
//   rest      what is under way arrives, links come up again, every client gets its last PONG
//   check     nothing lost, interest converged, memory returned
//   probe     from every server to every subject: a round without faults, and the same checks
#pragma once

#include "client.hpp"
#include "leaf_link.hpp"
#include "sim_server.hpp"
#include "stage.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace leafnats::sim {

class World {
 public:
  World(std::uint64_t seed, Journal::Lines lines);
  ~World();

  /// Lives through all rounds, or to the first failure.
  void run();

  [[nodiscard]] const Journal& journal() const noexcept { return stage_.journal; }
  [[nodiscard]] const Plan& plan() const noexcept { return stage_.plan; }
  [[nodiscard]] const Model& model() const noexcept { return stage_.model; }

 private:
  enum class Action : std::uint8_t {
    subscribe,
    unsubscribe,
    publish,
    request,
    burst,
    ping,
    stall,
    cut_client,
    cut_link,
    nap,
    activate,
  };

  void begin_round();
  void play_round();
  void play_probes();
  void come_to_rest();
  void check();
  void check_counts(const SimServer& server);
  void end();

  void act();
  [[nodiscard]] Action draw_action();
  void act_with(Client& client, Action action);
  void publish_burst(Client& client);
  void test_promise(ConnectionRecord& confirmed);
  void cut_client(Client& client);
  void connect_client();
  void connect_client(SimServer& server);
  [[nodiscard]] Client* draw_client();
  [[nodiscard]] Client* draw_client_of(int server);
  [[nodiscard]] bool idle() const;
  [[nodiscard]] std::vector<std::string> marks() const;
  [[nodiscard]] std::vector<std::string> probe_subjects() const;

  Stage stage_;
  int promises_tested_ = 0;
  std::vector<std::unique_ptr<Client>> clients_;
  std::vector<std::unique_ptr<LeafLink>> links_;
  std::vector<std::unique_ptr<SimServer>> servers_;  // last: their end reaches for the others
};

}  // namespace leafnats::sim
