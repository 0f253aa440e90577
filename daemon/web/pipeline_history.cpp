#include "daemon/web/pipeline_history.h"

#include <algorithm>

namespace culprit {

void PipelineHistory::take(Time now, const std::vector<Telemetry::Value>& values) {
    Moment moment{now};
    for (const Telemetry::Value& each : values) {
        if (each.name == "culprit_records_total") moment.records += each.value;
        if (each.name == "culprit_bytes_total") moment.bytes += each.value;
        if (each.name == "culprit_signals_total") moment.signals += each.value;
    }
    moments_.push_back(moment);
    if (moments_.size() > kMoments) moments_.pop_front();
}

PipelineHistory::Moment PipelineHistory::rates() const {
    Moment rates;
    if (moments_.size() < 2) return rates;
    const Moment& last = moments_.back();
    const Moment& first = moments_[moments_.size() - std::min<std::size_t>(moments_.size(), 7)];
    const double seconds = std::chrono::duration<double>(last.time - first.time).count();
    if (seconds <= 0) return rates;
    rates.time = last.time;
    rates.records = (last.records - first.records) / seconds;
    rates.bytes = (last.bytes - first.bytes) / seconds;
    rates.signals = (last.signals - first.signals) / seconds;
    return rates;
}

std::vector<std::uint64_t> PipelineHistory::records() const {
    std::vector<std::uint64_t> counts;
    for (std::size_t at = 1; at < moments_.size(); ++at)
        counts.push_back(static_cast<std::uint64_t>(std::max(0.0, moments_[at].records - moments_[at - 1].records)));
    return counts;
}

}  // namespace culprit
