#pragma once
// What a change that is new, or has become another, can matter to: whether an incident has to be analysed anew because of it.
// Never too narrow: whatever the analysis of an incident asks of a change (attribution.h, evidence.h, severity.h) is asked here
// as well.
#include <vector>

#include "correlator/causality.h"
#include "correlator/change_index.h"
#include "correlator/incident.h"

namespace culprit {

class ChangeReach {
   public:
    explicit ChangeReach(const Causality& causality) : causality_(causality) {}

    /// `changed`: events as they are now, and ids of those that are gone or were others.
    bool reaches(const std::vector<const ChangeEvent*>& events, const std::set<std::string>& ids, const Incident& incident) const;

   private:
    bool reaches(const ChangeEvent& event, const Incident& incident) const;
    bool may_cause(const ChangeEvent& event, const ChangeEffect& effect, const Incident& incident) const;
    bool may_mend(const ChangeEvent& event, const ChangeEffect& effect, const Incident& incident) const;

    const Causality& causality_;
};

}  // namespace culprit
