#include "daemon/canary_sender.h"

#include <spdlog/spdlog.h>

#include <condition_variable>
#include <mutex>

#include "daemon/kafka_partition.h"
#include "daemon/kafka_writer.h"
#include "matchers/canary.h"

namespace culprit {

namespace {

/// Those of the topic's partitions that have taken a canary; all or none are said to have, as one flush answers for all.
Result<int> send(KafkaWriter& writer, const CanarySettings& settings, EventTime produced) {
    const auto partitions = partition_count(settings.brokers, settings.properties, settings.topic);
    if (!partitions) return partitions.error();
    if (partitions.value() == 0) return Error{"the topic " + settings.topic + " does not exist"};
    for (int partition = 0; partition < partitions.value(); ++partition) {
        const KafkaRecord record{"culprit-canary", canary_record(produced), {{"culprit", "canary"}}};
        if (const auto sent = writer.produce(settings.topic, partition, record); !sent) return sent.error();
    }
    if (const auto safe = writer.flush(); !safe) return safe.error();
    return partitions;
}

}  // namespace

CanarySender::CanarySender(CanarySettings settings, Telemetry& telemetry)
    : settings_(std::move(settings)), telemetry_(telemetry), thread_([this](std::stop_token stop) { run(stop); }) {}

void CanarySender::run(std::stop_token stop) {
    // The consumer's properties, of which a producer takes the connection's; others it says it does not need.
    KafkaWriter writer(settings_.brokers, settings_.properties);
    std::mutex mutex;
    std::condition_variable_any wake;
    bool well = true;
    while (!stop.stop_requested()) {
        const auto produced = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
        const auto sent = send(writer, settings_, produced);
        if (!sent && well) spdlog::warn("no canary can be sent: {}", sent.error().message);
        if (sent && !well) spdlog::info("canaries are sent again");
        well = sent.ok();
        for (int partition = 0; sent && partition < sent.value(); ++partition)
            telemetry_.canary(Telemetry::CanaryStage::sent, settings_.topic, partition, produced);
        std::unique_lock lock(mutex);
        wake.wait_for(lock, stop, settings_.interval, [] { return false; });
    }
}

}  // namespace culprit
