#pragma once
// A message of the server against one of its texts: which bytes are whose argument.
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace culprit {

/// The fixed pieces of `relation "{}" does not exist`, one more than there are arguments (the first and the last may be empty),
/// and the number of each argument: `{}` counts on, `{2}` says it.
struct TextPieces {
    std::vector<std::string_view> fixed;  // point into the text
    std::vector<std::size_t> arguments;   // from 0
    std::vector<std::string_view> names;  // `{name}`; empty for `{}` and `{2}`
};
TextPieces pieces_of(std::string_view text);

/// What stands between the pieces, in their order.
using Arguments = std::vector<std::string_view>;

/// All the ways in which `message` is an instance, but no more than a bounded number of them.
std::vector<Arguments> instances(std::string_view message, const TextPieces& pieces);

}  // namespace culprit
