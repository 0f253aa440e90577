#include "daemon/local_fold.h"

#include <spdlog/spdlog.h>

#include <utility>

namespace culprit {

namespace {

constexpr std::size_t kEntriesPerRevision = 256;  // while recovering
constexpr std::size_t kForgottenAtOnce = 10'000;
constexpr std::chrono::milliseconds kReviseEvery{200};
constexpr int kShareOfRevisions = 4;                 // of the committer's time: one in five
constexpr std::size_t kEntriesPerSnapshot = 10'000;  // a start folds about so many at most

}  // namespace

Result<Done> LocalFold::recover(const std::function<void(const LogEntry&)>& seen) {
    std::size_t folded = 0;
    const auto stored = log_.snapshot();
    if (!stored) spdlog::warn("{}; the whole log is folded", stored.error().message);
    if (stored && stored.value()) {
        fold_.restore(*stored.value());
        for (const LogEntry& entry : stored.value()->fold.entries) seen(entry);
        folded_ = saved_ = stored.value()->fold.position;
    }
    auto read = log_.read(LogPosition{folded_.value + 1}, [&](const LogEntry& entry, LogPosition position) {
        fold_.apply(entry, position);
        folded_ = position;
        if (const auto* update = std::get_if<WatermarkUpdate>(&entry)) canaries_.folded(0, *update, true);
        seen(entry);
        // On the way, not only at the end: what was superseded in between has to reach the sinks as well.
        if (++folded % kEntriesPerRevision == 0) fold_.offer_revisions();
    });
    // What could be read is shown; nothing is added to a damaged log.
    if (!read && log_.damage().empty()) return read;
    if (!read) spdlog::error("{}; what lies behind is not known", read.error().message);
    since_saved_ = folded;
    fold_.offer_all();
    canaries_.offered();
    std::map<std::string, std::size_t> counts;
    fold_.count(counts);
    spdlog::info("{} entries of the signal log folded, {} incidents open, {} resolved", folded, counts["open"],
                 counts["resolved"]);
    return Done{};
}

void LocalFold::fold(const std::vector<LogBatch>& batches, const std::vector<LogPosition>& positions) {
    std::size_t next = 0;
    for (const LogBatch& batch : batches) {
        for (const LogEntry& entry : batch.entries) {
            fold_.apply(entry, positions.at(next));
            folded_ = positions.at(next++);
            if (const auto* update = std::get_if<WatermarkUpdate>(&entry)) canaries_.folded(0, *update, false);
        }
    }
    since_saved_ += next;
    owed_ = true;
    keep_up(WallClock::now());
}

void LocalFold::keep_up(WallClock::time_point now) {
    if (owed_ && now - revised_ >= pause_) hand_over();
}

void LocalFold::hand_over() {
    if (!std::exchange(owed_, false)) return;
    const auto begun = WallClock::now();
    fold_.offer_revisions();
    canaries_.offered();
    revised_ = WallClock::now();
    // However long it takes, the committer has several times as much for the log.
    pause_ = std::max<WallClock::duration>(kReviseEvery, kShareOfRevisions * (revised_ - begun));
}

/// The fold's state at the position that it has got to. Without one a start only takes longer.
void LocalFold::save() {
    if (folded_ == saved_) return;
    hand_over();  // what was superseded is known only then, and is part of it
    StoredSnapshot snapshot = fold_.snapshot();
    snapshot.epoch = log_.epoch();
    snapshot.rules = rules_;
    snapshot.fold.position = folded_;
    since_saved_ = 0;
    if (const auto saved = log_.save(snapshot); !saved) return spdlog::warn("{}", saved.error().message);
    saved_ = folded_;
}

void LocalFold::look_after(WallClock::time_point now) {
    if (since_saved_ >= kEntriesPerSnapshot) save();
    canaries_.look_after();
    std::map<std::string, std::size_t> counts{{"open", 0}, {"resolved", 0}};
    fold_.count(counts);
    for (const auto& [status, count] : counts) telemetry_.incidents(status, count);
    std::map<std::string, Correlator::TableSize> sizes;
    fold_.measure(sizes);
    for (const auto& [table, its] : sizes) telemetry_.state_size(table, its.size, its.limit);
    const auto watermark = fold_.watermark();
    if (!watermark) return;
    const auto wall = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
    telemetry_.watermark_delay(std::chrono::duration<double>(wall - *watermark).count());

    if (now < next_census_) return;
    next_census_ = now + std::chrono::minutes{1};
    fold_.forget_when_due(retention_);
    fold_.take_census();
    const auto forgotten = log_.forget(*watermark - retention_, kForgottenAtOnce);
    if (!forgotten) spdlog::warn("{}", forgotten.error().message);
    if (forgotten && forgotten.value() == kForgottenAtOnce) next_census_ = now;
}

}  // namespace culprit
