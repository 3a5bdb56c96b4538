// SPDX-License-Identifier: Apache-2.0
//
// What every part of one world stands on. One thread, one generator: whoever draws from it does
// so in an order that the seed decides.
#pragma once

#include "base/random.hpp"
#include "checker.hpp"
#include "journal.hpp"
#include "model.hpp"
#include "plan.hpp"
#include "scheduler.hpp"

#include <fmt/format.h>

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace leafnats::sim {

struct Stage {
  Stage(std::uint64_t seed, Journal::Lines lines)
      : random(seed),
        journal(lines),
        plan(make_plan(seed, random)),
        model(plan),
        checker(scheduler, journal, model) {}

  Scheduler scheduler;
  base::Random random;
  Journal journal;
  const Plan plan;
  Model model;
  Checker checker;
  /// What those who log in with a name are permitted; absent: everything.
  std::map<std::string, std::shared_ptr<const Permissions>, std::less<>> users;
  /// A connection has got a PONG, and the model knows: the moment to test the promise.
  std::function<void(ConnectionRecord&)> on_pong;

  template <class... Args>
  void tell(fmt::format_string<Args...> format, Args&&... args) {
    if (!journal.wants_lines()) return;
    journal.add_line(scheduler.now(), fmt::format(format, std::forward<Args>(args)...));
  }
};

}  // namespace leafnats::sim
