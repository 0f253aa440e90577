#include "daemon/sources/matched_request.h"

#include <algorithm>

namespace culprit {

namespace {

// As EventClock::kAhead: a sender whose clock is wrong must not take the others' event time along.
constexpr Duration kAhead = std::chrono::minutes{5};

}  // namespace

CommitRequest match_request(const Recognition& recognition, SourceProfile profile, const std::vector<std::string_view>& records,
                            Offset first, EventTime now) {
    CommitRequest request;
    request.awaited = true;
    const InputPartition input = profile.input;
    Matcher matcher(recognition, std::move(profile), first);
    std::vector<RawRecord> raw;
    raw.reserve(records.size());
    for (const std::string_view bytes : records) {
        RawRecord record;
        record.bytes = bytes;
        record.offset = Offset{first.value + static_cast<std::int64_t>(raw.size())};
        record.written = now;
        raw.push_back(record);
    }
    matcher.accept(raw);
    matcher.close_open_entries();
    request.batch = matcher.take();
    request.batch.input = input;
    request.batch.next = Offset{first.value + static_cast<std::int64_t>(records.size())};
    WatermarkUpdate& update = request.batch.watermark;
    update.watermark = std::min(update.watermark, now + kAhead);
    update.idle = update.watermark == EventTime{};  // nothing had a time: it has no clock to hold back
    return request;
}

std::optional<std::size_t> first_without_change(const MatchedBatch& batch, Offset first, std::size_t records) {
    std::vector<bool> speaks(records, false);
    for (const Signal& signal : batch.signals) {
        const auto place = static_cast<std::size_t>(signal.source.offset.value - first.value);
        if (signal.family != Family::symptom && place < records) speaks[place] = true;
    }
    const auto silent = std::ranges::find(speaks, false);
    if (silent == speaks.end()) return std::nullopt;
    return static_cast<std::size_t>(silent - speaks.begin());
}

}  // namespace culprit
