#include "correlator/claims.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "correlator/evidence.h"

namespace culprit {

namespace {

constexpr double kNone = -std::numeric_limits<double>::infinity();

/// Does it run in one database, which nothing names?
bool is_exclusive(const Cause& candidate) {
    return candidate.scope.database.empty() &&
           (candidate.is_job || (candidate.kind != "deployment" && candidate.kind != "restart" && candidate.kind != "failover" &&
                                 candidate.kind != "configuration_change"));
}

}  // namespace

std::set<std::string> Claims::set(const Incident& its) {
    const std::string& incident = its.id;
    std::map<std::string, Claim> claims;
    for (const Cause& candidate : its.candidates)
        if (is_exclusive(candidate))
            claims.emplace(candidate.event_id, Claim{its.database, its.sum.table, rounded(candidate.score)});
    std::set<std::string> others;
    const auto concerns = [&](const std::string& event) {
        for (const auto& [other, claim] : claimants_[event])
            if (other != incident) others.insert(other);
    };
    std::set<std::string>& events = events_[incident];
    std::erase_if(events, [&](const std::string& event) {
        if (claims.contains(event)) return false;
        concerns(event);
        claimants_[event].erase(incident);
        if (claimants_[event].empty()) claimants_.erase(event);
        return true;
    });
    for (auto& [event, claim] : claims) {
        auto [it, inserted] = claimants_[event].try_emplace(incident, claim);
        if (!inserted && it->second == claim) continue;
        it->second = claim;
        events.insert(event);
        concerns(event);
    }
    if (events.empty()) events_.erase(incident);
    return others;
}

std::set<std::string> Claims::erase(const std::string& incident) {
    const auto found = events_.find(incident);
    std::set<std::string> others;
    if (found == events_.end()) return others;
    for (const std::string& event : found->second) {
        Claimants& claimants = claimants_[event];
        claimants.erase(incident);
        for (const auto& [other, claim] : claimants) others.insert(other);
        if (claimants.empty()) claimants_.erase(event);
    }
    events_.erase(found);
    return others;
}

void Claims::weigh(const std::string& incident, std::vector<Cause>& candidates) const {
    const double sharpness = causality_.sharpness();
    for (Cause& candidate : candidates) {
        const auto found = claimants_.find(candidate.event_id);
        if (found == claimants_.end()) continue;
        const auto mine = found->second.find(incident);
        if (mine == found->second.end()) continue;
        // The best claim of each other database, and of other tables of this one.
        std::map<std::string, double> elsewhere;
        double here = mine->second.score, other_table = kNone;
        for (const auto& [other, claim] : found->second) {
            if (other == incident) continue;
            if (!claim.database.empty() && !mine->second.database.empty() && claim.database != mine->second.database) {
                auto [it, inserted] = elsewhere.try_emplace(claim.database, claim.score);
                it->second = std::max(it->second, claim.score);
                continue;
            }
            if (claim.database == mine->second.database && !claim.database.empty()) here = std::max(here, claim.score);
            if (!claim.table.empty() && !mine->second.table.empty() && claim.table != mine->second.table)
                other_table = std::max(other_table, claim.score);
        }
        Weighing weighing{causality_, candidate};
        if (!elsewhere.empty()) {
            double rivals = 0;
            const auto best = std::ranges::max_element(elsewhere, {}, [](const auto& entry) { return entry.second; });
            for (const auto& [database, score] : elsewhere) rivals += std::exp(sharpness * (score - here));
            weighing.add("explains_elsewhere", std::min(1.0, std::log1p(rivals) / -causality_.weight("explains_elsewhere")),
                         "it may as well have run in " + best->first + ", where it fits " +
                             (best->second > here ? "better" : "no better"));
        }
        if (other_table > kNone)
            weighing.add("explains_another",
                         std::min(1.0, std::log1p(std::exp(sharpness * (other_table - mine->second.score))) /
                                           -causality_.weight("explains_another")),
                         "errors about another table may be all that it did");
        candidate.score = rounded(candidate.score);
    }
}

}  // namespace culprit
