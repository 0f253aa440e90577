#pragma once
// Requests that say something of an incident, or plan maintenance → notes for the signal log. Pure.
#include <string>
#include <string_view>

#include "daemon/web/incident_store.h"
#include "matchers/operator_note.h"
#include "matchers/result.h"

namespace culprit {

/// Who says it and when, by the daemon's clock.
struct Speaker {
    std::string name;  // as authenticated; empty: the body's `by`
    EventTime now{};
};

/// `body`: a JSON object. acknowledge `{text?, withdrawn?}`; silence `{until | minutes, text?, withdrawn?}`; feedback
/// `{verdict: right|wrong|other, cause?, text?}`; each with `by?`. Unknown keys are errors.
Result<OperatorNote> note_on(const KeptIncident& incident, NoteKind kind, std::string_view body, const Speaker& speaker);

/// `{environment?, database?, from, until, text?, by?}`; at least one of environment and database, or `everywhere: true`.
Result<OperatorNote> maintenance_note(std::string_view body, const Speaker& speaker);

/// The note that ends `window` now, or calls it off when it has not begun. An Error when it is over.
Result<OperatorNote> ending_of(OperatorNote window, const Speaker& speaker);

}  // namespace culprit
