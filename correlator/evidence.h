#pragma once
// The terms of evidence, one function each: what speaks for a candidate and what against it. Weights are causality.yaml's; each
// term is added to the candidate's score and kept, with words for people.
#include <set>
#include <string>

#include "correlator/attribution.h"

namespace culprit {

/// Adds terms to one candidate. Lives as long as both references.
struct Weighing {
    const Causality& causality;
    Cause& cause;
    /// `share` of the term's weight, rounded to three decimals.
    void add(const std::string& term, double share, std::string detail);
};

/// When errors began and how many came before a change, by the clock that both were logged by where there is one: hosts' clocks
/// differ by up to half a minute.
struct Clocks {
    EventTime onset{};
    bool shared = false;  // the server logged both
    Duration slack{};     // by which the order of change and errors may be wrong
};
Clocks clocks_between(const Problem& problem, const Signal& change);

void weigh_scope(Weighing& weighing, const Problem& problem, const ChangeEvent& event);
/// For a release that lacks something: did the application say that migrations were pending? Its lines become the cause's own.
void weigh_pending(Weighing& weighing, const Problem& problem, const ChangeEvent& event, const std::vector<ChangeEvent>& events);
void weigh_proximity(Weighing& weighing, Duration half_life);
/// `habitual`: what weigh_habit found.
void weigh_surge(Weighing& weighing, const Problem& problem, EventTime time, const Clocks& clocks, double habitual);
/// Did as many errors come at this hour on the days before the change? Returns how much it is like those days, from 0 to 1. A
/// change that came at this hour on one of those days itself may well have caused those errors, too.
double weigh_habit(Weighing& weighing, const Problem& problem, const ChangeEvent& event, const std::vector<ChangeEvent>& events);
/// For changes that do harm while they run: did the errors end with it?
void weigh_ending(Weighing& weighing, const Problem& problem, EventTime time);
/// For stories about a sequence: did the colliding keys come from one?
void weigh_sequence(Weighing& weighing, const Problem& problem);
/// For changes that name no object: does the server log DDL, and does it show none of theirs?
void weigh_silence(Weighing& weighing, const ChangeEvent& event, const std::vector<ChangeEvent>& events);
/// Was the error raised in the change's own session?
bool in_session_of(const Problem& problem, const ChangeEvent& event);
/// For changes that name no object: people call migrations after what they touch.
void weigh_name(Weighing& weighing, const Problem& problem, const ChangeEvent& event);
void weigh_remedies(Weighing& weighing, const std::vector<Remedy>& remedies, const std::string& event_id, EventTime time,
                    bool awaited);

/// Is it one of these services, perhaps under a longer name?
bool related_service(const std::set<std::string>& services, const std::string& service);
/// "42 s before the onset".
std::string distance(Duration offset);
/// Scores are compared between runs and platforms: three decimals are kept.
double rounded(double value);

}  // namespace culprit
