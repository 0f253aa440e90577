#pragma once
// Which incidents a change is a candidate of. A migration of which only its tool's line is known ran in one database, and touched
// few tables: where it explains one incident well it has less to say about another one. "Explaining away" across incidents.
//
// A function of the set of claims, never of their order. Owned by the fold.
#include <map>
#include <set>
#include <string>
#include <vector>

#include "correlator/incident.h"

namespace culprit {

class Claims {
   public:
    explicit Claims(const Causality& causality) : causality_(causality) {}

    /// Replaces what is known of this incident. Returns the other incidents whose competition that changes.
    std::set<std::string> set(const Incident& incident);
    std::set<std::string> erase(const std::string& incident);

    /// Adds the terms of this competition to the incident's candidates.
    void weigh(const std::string& incident, std::vector<Cause>& candidates) const;

   private:
    struct Claim {
        std::string database, table;
        double score = 0;
        bool operator==(const Claim&) const = default;
    };
    using Claimants = std::map<std::string, Claim>;  // by incident

    const Causality& causality_;
    std::map<std::string, Claimants> claimants_;           // by event
    std::map<std::string, std::set<std::string>> events_;  // by incident
};

}  // namespace culprit
