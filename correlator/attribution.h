#pragma once
// Which change did it, and how sure that is.
//
// Every change that a rule of the causality table fits, before or after the onset, is a candidate. Its evidence adds up in
// log-odds, each term named and kept. Candidates then compete with each other and with "none of these": confidence is
// the candidate's share, so a better-explained cause explains the others away.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "correlator/causality.h"
#include "correlator/change_index.h"
#include "correlator/onset.h"
#include "correlator/symptom_groups.h"

namespace culprit {

struct EvidenceTerm {
    std::string name;
    double weight = 0;
    std::string detail;  // for people
};

/// A candidate, with copies of what is shown of it.
struct Cause {
    double score = 0, confidence = 0;
    std::string event_id, release_id;  // of the event, and of the first event of its release
    std::string kind, tool, migration, story;
    Scope scope;
    Phase phase = Phase::unknown;
    Signal effect;                        // the line that did it
    Duration offset{};                    // of the effect from the onset that the incident shows; negative: before
    Duration clock_offset{};              // the same by the clock that logged both, where there is one: what is weighed
    std::vector<EvidenceTerm> evidence;   // in a fixed order
    std::vector<SourcePosition> sources;  // every line of the event
    std::set<Link> links;                 // of them all
    std::optional<Signal> awaited;        // the change that the errors were waiting for, when this cause ran ahead of it
    Duration awaited_offset{};
    bool sequence = false, failed = false, is_awaited = false;  // which story the rule tells
    bool is_job = false;                                        // a deployment of a service that runs migrations
    EventTime first{}, last{};                                  // of the event
};

/// A change that ended the errors, or should have.
struct Remedy {
    Signal signal;
    std::string event_id;
    bool sequence = false;
    bool worked = false;  // no symptom since
};

/// What an incident is about, as attribution and diagnosis see it.
struct Problem {
    const Session* session = nullptr;
    Tally sum;                       // of the session
    std::set<std::string> services;  // by name, from both sides
    EventTime onset{};
    std::optional<EventTime> server_first;  // by the server's own log
    std::vector<Occurrences> before;        // symptoms of the same scope in the 24 hours before the session, by time
    EventTime observed_since{};             // when the first log line of its environment was seen
    bool probe = false;                     // asked for once, by no application, and created at once
};

class Attribution {
   public:
    explicit Attribution(const Causality& causality) : causality_(causality) {}

    std::vector<Remedy> remedies(const Problem& problem, const std::vector<ChangeEvent>& events) const;
    /// All that a rule fits, with this incident's own evidence; not yet in competition.
    std::vector<Cause> candidates(const Problem& problem, const std::vector<ChangeEvent>& events,
                                  const std::vector<Remedy>& remedies) const;
    /// Their confidence, and best first.
    void compete(std::vector<Cause>& candidates) const;
    /// Did a tool look for its own table, miss it, and create it?
    bool is_probe(const Problem& problem, const std::vector<ChangeEvent>& events) const;

   private:
    std::optional<Cause> weigh(const Problem& problem, const CausalityRule& rule, const ChangeEvent& event,
                               const std::vector<ChangeEvent>& events, const std::vector<Remedy>& remedies) const;
    /// The first line, of an event other than `event`, that made what the errors were waiting for; null pointers when there is
    /// none.
    std::pair<const ChangeEvent*, const ChangeEffect*> awaited_change(const Problem& problem, const ChangeEvent& event,
                                                                      const std::vector<ChangeEvent>& events) const;
    const Causality& causality_;
};

}  // namespace culprit
