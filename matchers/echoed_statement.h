#pragma once
// `psql -a` and `psql -e` print each statement before its outcome, which is a command tag (`ALTER TABLE`) or an error. The tag
// does not say of which table; the statement does.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace culprit {

/// The statement that ends nearest before the outcome. `before`: the lines before it, nearest first. `tag`: the outcome's words,
/// which the statement must begin with (`CREATE INDEX` is that of `create unique index`); empty for an error.
/// Nothing when the lines before are not a statement with an effect on the schema: then nothing was echoed.
std::optional<std::string> echoed_statement(const std::vector<std::string>& before, std::string_view tag);

}  // namespace culprit
