#pragma once
// How much room text takes on a terminal, in its columns. Pure.
#include <cstddef>
#include <string_view>

namespace culprit {

/// The columns that valid UTF-8 takes: East Asian wide characters and pictures two, marks that join the one before them none. A
/// byte that is no UTF-8 takes one.
std::size_t columns_of(std::string_view text);

/// The bytes of the longest beginning that fits into `columns`, and ends at a blank if it can. At least one character.
std::size_t fitting(std::string_view text, std::size_t columns);

}  // namespace culprit
