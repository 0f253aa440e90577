#pragma once
// One session of symptoms → one incident. In two steps, because candidates compete across incidents:
//
//   analyse()    what this session's own symptoms and the changes say: onset, baseline, trend, impact, severity, candidates
//   conclude()   what the other incidents' claims and the clock add: causes, attribution, resolution, diagnosis
//
// Both are functions of the state alone. Owned by the fold.
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "correlator/change_index.h"
#include "correlator/claims.h"
#include "correlator/evidence_flow.h"
#include "correlator/incident.h"
#include "correlator/operator_notes.h"
#include "correlator/playbook.h"
#include "correlator/settings.h"
#include "correlator/watermarks.h"

namespace culprit {

class IncidentAnalysis {
   public:
    /// What it reads; all of it outlives the analysis.
    struct Sources {
        const CorrelationSettings& settings;
        const Causality& causality;
        const ChangeIndex& changes;
        const EvidenceFlow& evidence;
        const Claims& claims;
        const Watermarks& watermarks;
        const OperatorNotes& notes;
    };
    /// Throws std::runtime_error when they do not load.
    explicit IncidentAnalysis(Sources sources);

    /// `sessions`: all of the same problem.
    Incident analyse(const std::vector<Session>& sessions, const Session& session) const;
    void conclude(Incident& incident) const;
    /// The next time at which the clock alone changes what is said of this incident; nothing when it is final.
    std::optional<EventTime> deadline_of(const Incident& incident) const;

   private:
    void settle(Incident& incident) const;
    void grade(Incident& incident) const;
    std::set<std::string> changes_before(const Incident& incident) const;
    bool is_planned(const Incident& incident) const;

    Sources from_;
    SeverityTree severities_;
    Playbooks playbooks_;
    Attribution attribution_;
};

}  // namespace culprit
