#pragma once
// A message of PostgreSQL's own, `{name}` in the places of its arguments, made into expressions.
#include <string>
#include <string_view>
#include <vector>

#include "matchers/result.h"

namespace culprit {

struct MessageTemplate {
    std::string anywhere;  // matches the message within a longer text; names end at their quotation mark
    std::vector<std::string> literals;
};

/// `relation "{relation}" does not exist`. A line break stands for any white space.
Result<MessageTemplate> compile_template(std::string_view text);

}  // namespace culprit
