#include <utility>  // first: Boost 1.74's coroutines use std::exchange without including it
//
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <array>
#include <thread>

#include "daemon/commands/commands.h"
#include "daemon/commands/run_nodes.h"
#include "daemon/kafka_fold.h"
#include "daemon/pipeline.h"
#include "daemon/shared_text.h"
#include "daemon/signal_log/kafka_signal_log.h"

namespace culprit {

namespace {

/// What /readyz says of both halves.
Readiness together(const Pipeline* pipeline, const KafkaFold* fold, const Sinks& sinks) {
    Readiness readiness{true, ""};
    if (pipeline) readiness = pipeline->readiness();
    if (!fold) return readiness;
    const std::string trouble = fold->trouble();
    readiness.ready = readiness.ready && trouble.empty();
    readiness.text += "correlator: " + (trouble.empty() ? "ok" : trouble) + "\n";
    for (const auto& sink : sinks) {
        const SinkHealth health = sink->health();
        readiness.ready = readiness.ready && health.ready;
        readiness.text += std::string(sink->name()) + ": " + health.state + "\n";
    }
    return readiness;
}

}  // namespace

struct Nodes::State {
    std::unique_ptr<KafkaSignalLog> log;
    std::unique_ptr<Pipeline> pipeline;
    std::unique_ptr<KafkaFold> fold;
    Sinks none;  // a matcher's
    const Sinks* sinks = nullptr;
};

Nodes::Nodes(Role role, const Config& config, NodeParts parts) : state_(std::make_unique<State>()) {
    const KafkaLogSettings& kafka = *config.signal_log.kafka;
    state_->sinks = &parts.sinks;
    if (role != Role::correlator) {
        const bool same_cluster = config.dead_letter.brokers == kafka.brokers;
        state_->log = std::make_unique<KafkaSignalLog>(kafka, same_cluster ? config.dead_letter.topic : std::string(),
                                                       config.dead_letter.raw);
        PipelineSettings settings;
        settings.quiet_horizon = parts.quiet_horizon;
        state_->pipeline = std::make_unique<Pipeline>(
            Pipeline::Parts{*state_->log, nullptr, parts.dead_letters, parts.telemetry, parts.sources, state_->none}, settings);
    }
    if (role != Role::matcher)
        state_->fold = std::make_unique<KafkaFold>(config.signal_log, config.correlation, parts.sinks, parts.telemetry);
}

Nodes::~Nodes() = default;

void Nodes::on_note(std::function<void(const OperatorNote&)> listener) {
    if (state_->fold) state_->fold->on_note(std::move(listener));
}

void Nodes::submit(OperatorNote note, NoteInbox::Told told) {
    if (state_->pipeline) return state_->pipeline->submit(std::move(note), std::move(told));
    told("this process is a correlator, which writes nothing into the log; say it to a matcher");
}

Readiness Nodes::readiness() const { return together(state_->pipeline.get(), state_->fold.get(), *state_->sinks); }

Result<Done> Nodes::run(std::stop_source& stop) {
    Result<Done> folded = Done{};
    std::stop_source stop_fold;
    std::jthread correlator;
    if (state_->fold) {
        correlator = std::jthread([&] {
            folded = state_->fold->run(stop_fold.get_token());
            if (!folded) stop.request_stop();
        });
    }
    Result<Done> matched = Done{};
    if (state_->pipeline) {
        matched = state_->pipeline->run(stop.get_token());
    } else {
        while (!stop.stop_requested()) std::this_thread::sleep_for(std::chrono::milliseconds{50});
    }
    // In the order of the flow: what the matchers committed last is another's to fold, or read again at the next start.
    stop_fold.request_stop();
    if (correlator.joinable()) correlator.join();
    std::size_t unsafe = 0;
    if (state_->fold) {
        for (const auto& sink : *state_->sinks) unsafe += sink->drain(std::chrono::seconds{15});
    }
    if (unsafe > 0) spdlog::warn("{} documents did not reach their sink; they are offered again by the next owner", unsafe);
    return matched ? folded : matched;
}

}  // namespace culprit
