#include "daemon/fold.h"

#include "correlator/forgetting.h"

namespace culprit {

namespace {

constexpr std::size_t kMergedKept = 1'000;

}  // namespace

void Fold::apply(const LogEntry& entry, LogPosition position) {
    correlator_->apply(entry, position);
    if (const auto* note = std::get_if<OperatorNote>(&entry); note && note_listener_) note_listener_(*note);
}

void Fold::offer_all() {
    offer(correlator_->revisions());
    offer(correlator_->incidents());
    correlator_->change_revisions();
    offer_changes(correlator_->changes());
}

void Fold::offer_revisions() {
    offer(correlator_->revisions());
    offer_changes(correlator_->change_revisions());
}

void Fold::offer_changes(const std::vector<IncidentDocument>& revisions) {
    if (revisions.empty()) return;
    for (const auto& sink : sinks_) sink->offer_changes(revisions);
}

void Fold::offer(const std::vector<IncidentDocument>& revisions) {
    if (revisions.empty()) return;
    for (const IncidentDocument& incident : revisions) {
        if (incident.status == "merged") {
            status_of_incident_.erase(incident.id);
            merged_.push_back(incident);
            if (merged_.size() > kMergedKept) merged_.pop_front();
        } else {
            status_of_incident_[incident.id] = incident.status;
        }
    }
    for (const auto& sink : sinks_) sink->offer(revisions);
}

StoredSnapshot Fold::snapshot() const {
    StoredSnapshot snapshot;
    snapshot.fold = correlator_->snapshot();
    snapshot.merged.assign(merged_.begin(), merged_.end());
    return snapshot;
}

void Fold::restore(const StoredSnapshot& snapshot) {
    correlator_->restore(snapshot.fold);
    for (const LogEntry& entry : snapshot.fold.entries) {
        if (const auto* note = std::get_if<OperatorNote>(&entry); note && note_listener_) note_listener_(*note);
    }
    offer(snapshot.merged);
}

void Fold::forget(EventTime before, Duration age) {
    FoldSnapshot snapshot = correlator_->snapshot();
    if (!let_go(snapshot, before, age)) return;
    correlator_ = std::make_unique<Correlator>(settings_);
    correlator_->restore(snapshot);
    offer_revisions();
}

void Fold::forget_when_due(Duration retention) {
    const auto now = watermark();
    if (!now || (forgotten_ && *now - *forgotten_ < retention / 24)) return;
    forgotten_ = now;
    forget(*now - retention, retention);
}

void Fold::take_census() {
    status_of_incident_.clear();
    for (const IncidentDocument& incident : correlator_->incidents()) status_of_incident_[incident.id] = incident.status;
}

void Fold::measure(std::map<std::string, Correlator::TableSize>& sizes) const {
    for (const Correlator::TableSize& table : correlator_->sizes()) {
        Correlator::TableSize& sum = sizes[std::string(table.table)];
        sum.size += table.size;
        sum.limit += table.limit;
    }
}

void Fold::count(std::map<std::string, std::size_t>& counts) const {
    for (const auto& [id, status] : status_of_incident_) ++counts[status];
}

}  // namespace culprit
