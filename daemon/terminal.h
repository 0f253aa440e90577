#pragma once
// What an open file shows its text on.
#include <cstddef>

namespace culprit {

/// Columns; 0 where it is no terminal, or one that does not say.
std::size_t terminal_width(int descriptor);
/// Only on a terminal that knows it, and whose user wants it (NO_COLOR, TERM=dumb).
bool terminal_colour(int descriptor);

}  // namespace culprit
