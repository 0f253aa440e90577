#include "daemon/pending_batches.h"

#include <algorithm>
#include <iterator>

namespace culprit {

namespace {

template <class T>
void append(std::vector<T>& to, std::vector<T>&& from) {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

void merge_evidence(std::vector<EvidenceSeen>& into, const std::vector<EvidenceSeen>& from) {
    for (const EvidenceSeen& seen : from) {
        const auto same = std::find_if(into.begin(), into.end(), [&](const EvidenceSeen& known) {
            return known.kind == seen.kind && known.environment == seen.environment && known.database == seen.database &&
                   known.service == seen.service;
        });
        if (same == into.end()) {
            into.push_back(seen);
        } else {
            same->first = std::min(same->first, seen.first);
            same->last = std::max(same->last, seen.last);
        }
    }
}

}  // namespace

void merge(CommitRequest& earlier, CommitRequest&& later) {
    MatchedBatch& batch = earlier.batch;
    batch.next = later.batch.next;
    append(batch.signals, std::move(later.batch.signals));
    append(batch.dead_letters, std::move(later.batch.dead_letters));
    batch.watermark.watermark = std::max(batch.watermark.watermark, later.batch.watermark.watermark);
    batch.watermark.idle = later.batch.watermark.idle;
    batch.watermark.canary = std::max(batch.watermark.canary, later.batch.watermark.canary);
    earlier.origins.merge(later.origins);
    merge_evidence(batch.watermark.evidence, later.batch.watermark.evidence);
    batch.counters.add(later.batch.counters);
    earlier.identity = std::move(later.identity);
    earlier.finished = later.finished;
    earlier.opening = earlier.opening || later.opening;
    earlier.awaited = earlier.awaited || later.awaited;
    append(earlier.keys.added, std::move(later.keys.added));
    append(earlier.keys.forgotten, std::move(later.keys.forgotten));
}

void PendingBatches::add(CommitRequest request, WallClock::time_point now) {
    ++added_;
    const InputPartition input = request.batch.input;
    const auto idle = idle_.find(input);
    const bool urgent = !request.batch.signals.empty() || !request.batch.dead_letters.empty() || request.opening ||
                        request.finished ||
                        (idle == idle_.end() ? request.batch.watermark.idle : request.batch.watermark.idle != idle->second);
    const auto found = waiting_.find(input);
    if (found != waiting_.end() && found->second.request.lease != request.lease) {
        waiting_.erase(found);  // read under a hold that is over: read again under this one
        waiting_.emplace(input, Waiting{std::move(request), now, urgent});
        return;
    }
    if (found == waiting_.end()) {
        waiting_.emplace(input, Waiting{std::move(request), now, urgent});
        return;
    }
    merge(found->second.request, std::move(request));
    found->second.urgent = found->second.urgent || urgent;
}

std::vector<CommitRequest> PendingBatches::take_due(WallClock::time_point now) {
    std::vector<CommitRequest> due;
    if (waiting_.empty() || (added_ < kMost && now - taken_ < spacing_)) return due;
    for (auto it = waiting_.begin(); it != waiting_.end();) {
        // A commit writes a watermark: one for each sender's quiet request would outgrow what they say.
        const auto hold = it->second.request.awaited ? hold_ / 5 : hold_;
        if (!it->second.urgent && now - it->second.since < hold) {
            ++it;
            continue;
        }
        idle_[it->first] = it->second.request.batch.watermark.idle;
        due.push_back(std::move(it->second.request));
        it = waiting_.erase(it);
    }
    if (!due.empty()) {
        taken_ = now;
        added_ = 0;
    }
    return due;
}

std::vector<CommitRequest> PendingBatches::take_all() {
    for (auto& [input, waiting] : waiting_) waiting.urgent = true;
    added_ = kMost;
    return take_due({});
}

}  // namespace culprit
