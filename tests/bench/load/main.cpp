// SPDX-License-Identifier: Apache-2.0
//
// leafnats-bench-load: puts one kind of load on one or two running NATS servers and says what
// became of it.
//
//   connect, subscribe -> "held" -> warm-up -> "warm" -> measured phase -> {result} -> "done"
//
// (idle connections end after "held"; an {"error": ...} may come instead of any of these.) At each
// word in quotes it waits for a line from the driver, which reads the servers' memory and CPU
// clocks there; with --unattended it goes straight through. The exit status is 0 if nothing was
// lost or broken.
#include <cstdio>
#include <exception>

#include "checkpoint.hpp"
#include "flow.hpp"
#include "idle_crowd.hpp"
#include "options.hpp"
#include "phase.hpp"
#include "requests.hpp"

namespace {

using namespace leafnats::bench;

void pause_at(const LoadOptions& options, const char* point, const std::deque<Client*>& clients) {
    if (!options.unattended) hold_at(point, clients);
}

bool report(const PhaseResult& result) {
    std::printf("%s\n", to_json(result).c_str());
    std::fflush(stdout);
    return !result.failed();
}

template <class Load>
PhaseResult run_phases(const LoadOptions& options, Load& load) {
    if (options.warm_up_seconds > 0) {
        PhaseResult warm_up = load.run({options.warm_up_seconds, options.messages_max});
        if (warm_up.failed()) return warm_up;
    }
    pause_at(options, "warm", load.clients());
    return load.run({options.seconds, options.messages_max});
}

template <class Load>
bool run_load(const LoadOptions& options, Load& load) {
    pause_at(options, "held", load.clients());
    const bool good = report(run_phases(options, load));
    if (good) pause_at(options, "done", load.clients());
    return good;
}

bool run_shape(const LoadOptions& options) {
    if (options.shape == Shape::request) {
        Requests requests(options);
        return run_load(options, requests);
    }
    if (options.shape == Shape::flow) {
        Flow flow(options);
        flow.open_way();
        return run_load(options, flow);
    }
    IdleCrowd crowd(options);
    pause_at(options, "held", crowd.clients());
    return true;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run_shape(parse_options(argc, argv)) ? 0 : 1;
    } catch (const std::exception& failure) {
        PhaseResult nothing;
        nothing.error = failure.what();
        report(nothing);
        return 1;
    }
}
