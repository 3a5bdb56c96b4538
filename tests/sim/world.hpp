// SPDX-License-Identifier: Apache-2.0
//
// One seed's world: its servers, links and clients, the rounds it goes through, and what must
// hold when it has come to rest after each of them.
//
//   round     the clients act at random moments; clients and links are cut, servers die and come
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

  void start_server(const ServerPlan& plan);
  LeafLink& start_link(LinkRecord& record);
  [[nodiscard]] SimServer& draw_server();
  [[nodiscard]] int server_count() const noexcept { return static_cast<int>(servers_.size()); }

  // Changes of servers and links, in upheaval.cpp
  void upset();
  [[nodiscard]] LeafLink* draw_link();
  [[nodiscard]] int draw_stranger(int server);
  LeafLink& add_link(int leaf, int hub);
  void remove_link(LeafLink& link);
  void move_leaf();
  void disable_link();
  void connect_parts();
  void join_server();
  void restart_server(SimServer& server);
  void close_circle();
  void open_circle();

  void begin_round();
  [[nodiscard]] bool all_wires_troubled() const noexcept;
  void play_round();
  void play_probes();
  void come_to_rest();
  void check();
  void check_counts(const SimServer& server);
  void end();

  [[nodiscard]] std::int64_t draw_moment();
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
  LeafLink* circle_ = nullptr;  // the link that closes one
  bool changing_ = false;      // a round is under way: time must not move meanwhile
  std::vector<std::unique_ptr<Client>> clients_;
  std::vector<std::unique_ptr<LeafLink>> links_;
  std::vector<std::unique_ptr<SimServer>> servers_;  // last: their end reaches for the others
};

}  // namespace leafnats::sim
