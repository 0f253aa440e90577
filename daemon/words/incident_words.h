#pragma once
// What people write about an incident, said from its document: the values that the message templates fill in. Pure.
//
// The facts are the document's (INTERFACE.md, "An incident"). What culprit cannot know (business impact, who leads, the next
// update) is what a person said with `--set`, and else is said to be unknown: nothing is made up.
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "matchers/event_time.h"

namespace culprit {

using Said = std::map<std::string, std::string>;  // what a person says: business_impact, next_update …

/// The document itself, and beside it:
///   `words`: time, detected, last_seen, resolved_at, date, elapsed, duration; is_open, is_resolved, is_merged, is_pending,
///            is_attributed, is_unattributed, is_investigating, is_identified, is_data_integrity; errors, users, services, hosts,
///            releases; causes[] {percent, when, time, and what the document says}, has_causes, found (the first cause, when
///            attributed); actions[] and timeline[] {time, what, text}, no_actions; verify_sql[] and fix_sql[], each with its
///            lines[], has_verify_sql, has_fix_sql
///   `said`:  what a person says; `unknown` stands for what nobody said
/// `now` is the time at which the message is written. Expects a document as `to_document` makes it; what is missing is left out.
nlohmann::json incident_words(const nlohmann::json& document, EventTime now, const Said& said);

}  // namespace culprit
