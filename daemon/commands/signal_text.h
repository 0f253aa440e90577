#pragma once
// `culprit scan --emit signals --format text`: one signal as one line for people.
#include <string>

#include "matchers/signal.h"

namespace culprit {

/// Control characters are replaced: names and messages come from logs, and the line may go to a terminal.
std::string signal_text(const Signal& signal);

}  // namespace culprit
