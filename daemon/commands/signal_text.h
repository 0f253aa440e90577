#pragma once
// `culprit scan --emit signals --format text`: one signal, or one entry that gave none, as one line for people.
#include <string>

#include "matchers/signal.h"
#include "matchers/unmatched.h"

namespace culprit {

/// Control characters are replaced: names and messages come from logs, and the line may go to a terminal.
std::string signal_text(const Signal& signal);
std::string unmatched_text(const Unmatched& entry);

}  // namespace culprit
