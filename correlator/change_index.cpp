#include "correlator/change_index.h"

#include <xxhash.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "correlator/change_linking.h"

namespace culprit {

namespace {

/// Of which lines it is made, and what they make together. Two that are made of the same lines differ by their release at most.
std::uint64_t hash_of(const ChangeEvent& event) {
    std::string text = event.release_id;
    const auto add = [&](std::int64_t number) { text.append(reinterpret_cast<const char*>(&number), sizeof number); };
    for (const ChangeEffect& effect : event.effects) {
        add(to_micros(effect.time));
        add(effect.signal.source.offset.value);
        add(effect.signal.source.input.partition);
        add(static_cast<std::int64_t>(effect.signal.phase));
        text += effect.signal.source.input.name + effect.signal.operation;
        for (const DatabaseObject& object : effect.signal.objects) text += object.name;
    }
    return XXH3_64bits(text.data(), text.size());
}

}  // namespace

bool ChangeIndex::ByTime::operator()(const Signal& a, const Signal& b) const {
    return std::tie(a.time, a.source, a.family, a.kind, a.operation, a.phase, a.objects, a.migration, a.statement) <
           std::tie(b.time, b.source, b.family, b.kind, b.operation, b.phase, b.objects, b.migration, b.statement);
}

void ChangeIndex::add(const Signal& change) {
    if (signals_.insert(change).second) current_ = all_told_ = false;
}

const std::vector<ChangeEvent>& ChangeIndex::events() const {
    if (current_) return events_;
    std::vector<const Signal*> lines;
    lines.reserve(signals_.size());
    for (const Signal& signal : signals_) lines.push_back(&signal);
    events_ = linked(lines);
    places_.clear();
    releases_.clear();
    std::ranges::stable_sort(
        events_, [](const ChangeEvent& a, const ChangeEvent& b) { return std::tie(a.time, a.id) < std::tie(b.time, b.id); });
    std::map<std::tuple<std::string, std::string, std::string>, std::string> releases;
    for (ChangeEvent& event : events_) {
        event.release_id = event.id;
        const Scope& scope = event.scope;
        if (scope.release.empty() || scope.service.empty()) continue;
        event.release_id = releases.try_emplace({scope.environment, scope.service, scope.release}, event.id).first->second;
    }
    for (std::size_t i = 0; i < events_.size(); ++i) {
        places_.emplace(events_[i].id, i);
        releases_[events_[i].release_id].push_back(events_[i].id);
    }
    current_ = true;
    return events_;
}

const ChangeEvent* ChangeIndex::find(const std::string& id) const {
    const std::vector<ChangeEvent>& all = events();
    const auto found = places_.find(id);
    return found == places_.end() ? nullptr : &all[found->second];
}

const std::vector<std::string>& ChangeIndex::of_release(const std::string& release_id) const {
    static const std::vector<std::string> kNone;
    events();
    const auto found = releases_.find(release_id);
    return found == releases_.end() ? kNone : found->second;
}

ChangeIndex::Changed ChangeIndex::take_changed() {
    Changed changed;
    if (std::exchange(all_told_, true)) return changed;
    std::map<std::string, std::uint64_t> now;
    for (const ChangeEvent& event : events()) {
        const std::uint64_t hash = hash_of(event);
        now.emplace(event.id, hash);
        const auto before = told_.find(event.id);
        if (before != told_.end() && before->second == hash) continue;
        changed.events.push_back(&event);
        changed.ids.insert(event.id);
    }
    for (const auto& [id, hash] : told_)
        if (!now.contains(id)) changed.ids.insert(id);
    told_ = std::move(now);
    return changed;
}

}  // namespace culprit
