#pragma once
// What a person said of an incident or planned, through the API. An entry of the signal log like any other, so that it outlives
// a restart and a replay says the same again.
//
// An incident is named by its problem and a moment within it, not by its id alone: ids change when late data moves an incident's
// first symptom, and what was said must stay with it whatever the order of arrival.
#include <optional>
#include <string>
#include <string_view>

#include "matchers/event_time.h"

namespace culprit {

enum class NoteKind { acknowledge, silence, feedback, maintenance };

std::string_view to_string(NoteKind kind);
std::optional<NoteKind> note_kind(std::string_view text);

struct OperatorNote {
    NoteKind kind = NoteKind::acknowledge;
    EventTime time{};        // when it was said, by the daemon's clock; of two that contradict each other the later one holds
    bool withdrawn = false;  // takes back what was said before: an acknowledgement, a silence, a window
    std::string id;          // of the incident as it was then; of a maintenance window: its own
    std::string author, text;

    std::string problem_kind, problem_name;  // the incident's; empty for maintenance
    EventTime moment{};                      // within the incident: its onset when it was said

    std::string environment, database;  // of the incident or the window; empty: not known, any
    std::string verdict, cause;         // feedback: `right`, `wrong` or `other`; what it was instead
    EventTime from{}, until{};          // maintenance; a silence has `until` alone

    auto operator<=>(const OperatorNote&) const = default;
};

}  // namespace culprit
