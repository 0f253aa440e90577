#include "daemon/log_batch.h"

#include <algorithm>

#include "matchers/tally.h"

namespace culprit {

std::vector<KeptLetter> kept_letters_of(const CommitRequest& request) {
    std::vector<KeptLetter> letters;
    for (const DeadLetter& letter : request.batch.dead_letters) {
        const auto origin = request.origins.find(letter.source.offset);
        letters.push_back({letter, origin == request.origins.end() ? RecordOrigin{} : origin->second});
    }
    return letters;
}

LogBatch log_batch_of(const CommitRequest& request) {
    LogBatch batch;
    batch.input = request.batch.input;
    batch.next = request.batch.next;
    batch.identity = request.identity;
    batch.lease = request.lease;
    batch.keys = request.keys;
    batch.dead_letters = kept_letters_of(request);
    TallyTable tallies;
    for (const Signal& signal : request.batch.signals) {
        if (signal.family == Family::symptom) tallies.add(signal);
    }
    for (Tally& tally : tallies.drain()) batch.entries.emplace_back(std::move(tally));
    for (const Signal& signal : request.batch.signals) {
        if (signal.family != Family::symptom) batch.entries.emplace_back(signal);
    }
    WatermarkUpdate watermark = request.batch.watermark;
    watermark.input = request.batch.input;
    batch.entries.emplace_back(std::move(watermark));
    return batch;
}

std::optional<EventTime> latest_event(const std::vector<LogEntry>& entries) {
    std::optional<EventTime> latest;
    for (const LogEntry& entry : entries) {
        const auto* tally = std::get_if<Tally>(&entry);
        const auto* signal = std::get_if<Signal>(&entry);
        if (!tally && !signal) continue;
        const EventTime time = tally ? tally->last : signal->time;
        latest = latest ? std::max(*latest, time) : time;
    }
    return latest;
}

}  // namespace culprit
